"""Folders of random photographs for tests."""

from pathlib import Path

import numpy as np
from PIL import Image


def photo(seed: int, side: int = 24) -> Image.Image:
    """Noise of a colour of its own, so that units tell photographs apart."""
    random = np.random.default_rng(seed)
    noise = random.integers(0, 256, (side, side, 3)) * 0.5 + random.integers(0, 128, 3)
    return Image.fromarray(noise.astype(np.uint8))


def fill(folder: Path, first: int = 0, **classes: int) -> Path:
    """So many photographs in every class folder, all different, numbered from ``first`` on."""
    for place, (name, count) in enumerate(classes.items()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(first, first + count):
            photo(1000 * place + number).save(folder / name / f"{number}.png")
    return folder
