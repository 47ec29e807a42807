"""`Result`: a recipe and what came of it."""

from dataclasses import dataclass, field

import numpy as np

from dgn_explorer.synthesis.recipe import Recipe


@dataclass(frozen=True)
class Result:
    """One finished or stopped ascent.

    ``image`` (H, W, 3) uint8 RGB; ``code`` (K,) float32, the code that made the image; ``trace``
    (steps,) float32, the objective's activation at every step; ``state`` is ``done`` or
    ``stopped``. ``top`` holds (class index, probability) of the network's own five best classes
    for the 8-bit image at its native input size, empty for networks without classes.
    ``created`` is ISO 8601 UTC; ``seconds`` the time the ascent took.
    """

    recipe: Recipe
    image: np.ndarray
    code: np.ndarray
    trace: np.ndarray
    state: str
    seconds: float
    device: str
    created: str
    top: tuple[tuple[int, float], ...] = ()
    label: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The recipe's key."""
        return self.recipe.key

    @property
    def steps(self) -> int:
        """How many ascent steps were done."""
        return len(self.trace)

    @property
    def activation(self) -> float:
        """The activation at the last step."""
        return float(self.trace[-1])
