"""The images of an evaluation: made in batches and kept as PNG files, so that it can go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from dgn_explorer.export.png import save_png
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.runners import RUNNERS
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.verdict import activations_of_images

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Maker:
    """Makes images with one network and one prior; finished ones lie in ``folder``.

    They are named after their recipe's key, so that no other recipe can be mistaken for it.
    """

    network: Network
    prior: Prior | None
    folder: Path
    batch: int
    progress: Progress

    def images(self, what: str, recipes: Sequence[Recipe]) -> np.ndarray:
        """The images (N, S, S, 3) uint8 of ``recipes``, which share method and parameters.

        Raises `DgnError` if an ascent fails or a file cannot be written.
        """
        kept = {recipe.key: _read(self._path(recipe)) for recipe in recipes}
        missing = [recipe for recipe in recipes if kept[recipe.key] is None]
        total = len(recipes)
        self.progress(what, total - len(missing), total)
        for i in range(0, len(missing), self.batch):
            part = missing[i : i + self.batch]
            for recipe, image in zip(part, self._make(part), strict=True):
                save_png(self._path(recipe), image, recipe)
                kept[recipe.key] = image
            self.progress(what, total - len(missing) + i + len(part), total)
        return np.stack([image for recipe in recipes if (image := kept[recipe.key]) is not None])

    def _make(self, recipes: Sequence[Recipe]) -> np.ndarray:
        last = None
        for step in RUNNERS[recipes[0].method](self.network, self.prior, recipes, None):
            last = step
        assert last is not None
        return last.images()

    def reached(self, recipes: Sequence[Recipe], images: np.ndarray) -> torch.Tensor:
        """Activations (N,) of each recipe's objective for its finished image."""
        values = []
        for i in range(0, len(recipes), self.batch):
            part = slice(i, i + self.batch)
            values.append(
                activations_of_images(self.network, self.prior, recipes[part], images[part])
            )
        return torch.cat(values).cpu()

    def _path(self, recipe: Recipe) -> Path:
        return self.folder / f"{recipe.key}.png"


def _read(path: Path) -> np.ndarray | None:
    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError):
        return None  # it is made again
