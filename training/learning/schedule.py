"""How the learning rate falls over a run."""

import math

# of 1.3 million steps: 300,000, 500,000, 700,000, 900,000 and 1.1 million
HALVINGS = tuple(step / 13 for step in (3, 5, 7, 9, 11))


def rate_factor(progress: float, schedule: str, share: float, warm_up: float = 0.0) -> float:
    """Learning rate factor after the ``progress`` share (0 to 1) of a run.

    ``anneal``: 1, then down a half cosine to 0 over the last ``share`` of the run. ``halving``:
    half at each of the five moments of the published solver, 1/32 in the end. Over the first
    ``warm_up`` share it rises from almost 0.

    >>> [round(rate_factor(p, "anneal", 0.5), 3) for p in (0.0, 0.5, 0.75, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    >>> [rate_factor(step / 1.3e6, "halving", 0.5) for step in (299_999, 300_001, 1_200_000)]
    [1.0, 0.5, 0.03125]
    >>> [round(rate_factor(p, "anneal", 0.5, 0.1), 3) for p in (0.0, 0.05, 0.1)]
    [0.01, 0.5, 1.0]
    """
    if progress < warm_up:
        return max(0.01, progress / warm_up)
    if schedule == "halving":
        return 0.5 ** sum(progress >= moment for moment in HALVINGS)
    if share <= 0 or progress < 1 - share:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (progress - 1 + share) / share))
