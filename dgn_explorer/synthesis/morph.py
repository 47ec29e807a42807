"""Paths between two codes; free of torch."""

import numpy as np

from dgn_explorer.errors import DgnError

PATHS = ("spherical", "linear")
MAX_FRAMES = 600


def between(first: np.ndarray, second: np.ndarray, frames: int, path: str) -> np.ndarray:
    """Codes (frames, K) float32 from ``first`` (K,) to ``second`` (K,), both included.

    ``linear`` goes straight. ``spherical`` turns the direction evenly and changes the length
    evenly, so that codes in the middle are as far from the mean code as those at the ends; in
    between codes of a straight line are shorter, and look greyer. Raises `DgnError` for codes of
    different sizes or values out of range.

    >>> between(np.array([1.0, 0.0]), np.array([0.0, 3.0]), 3, "spherical").round(3).tolist()
    [[1.0, 0.0], [1.4140000343322754, 1.4140000343322754], [0.0, 3.0]]
    """
    if path not in PATHS:
        raise DgnError(f"There is no path called {path!r}.", f"The paths are: {', '.join(PATHS)}.")
    if not 2 <= frames <= MAX_FRAMES:
        raise DgnError(f"A morph cannot have {frames} frames.", f"It takes 2 to {MAX_FRAMES}.")
    if first.shape != second.shape:
        raise DgnError(
            f"Codes of {first.size} and {second.size} numbers cannot be joined.",
            "Take two results of the same prior.",
        )
    share = np.linspace(0.0, 1.0, frames)[:, None]
    one, other = first.astype(np.float64), second.astype(np.float64)
    codes = (1 - share) * one + share * other
    lengths = np.linalg.norm(one), np.linalg.norm(other)
    if path == "spherical" and min(lengths) > 0:
        cosine = float(np.clip(one @ other / (lengths[0] * lengths[1]), -1, 1))
        angle = np.arccos(cosine)
        # Parallel codes have no plane to turn in, and opposite ones have too many.
        if 1e-4 < angle < np.pi - 1e-4:
            turned = np.sin((1 - share) * angle) * one / lengths[0]
            turned += np.sin(share * angle) * other / lengths[1]
            codes = turned / np.sin(angle) * ((1 - share) * lengths[0] + share * lengths[1])
    codes[0], codes[-1] = one, other
    return codes.astype(np.float32)
