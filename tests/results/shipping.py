"""Sheets of small pictures for tests, made from numbers."""

from collections.abc import Sequence

import numpy as np

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Provenance
from dgn_explorer.results.shipped.sheet import Sheet, encoded, sheet_of
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

EDGE = 32


def picture(index: int) -> np.ndarray:
    """(32, 32, 3) uint8 of one colour, another for each of the first units."""
    made = np.zeros((EDGE, EDGE, 3), np.uint8)
    made[...] = (40 * index % 256, 90, 250 - 30 * index % 256)
    return made


def make_sheet(recipe: Recipe, layer: str, classes: Sequence[int], device: str = "cuda") -> Sheet:
    """Unit n answers with 10 + n, as its whole image does with 20 + n, and is seen first."""
    index = np.array(classes)
    top = np.stack([index, index + 1], 1)
    return sheet_of(
        recipe.with_target(Maximise.of(UnitAddress(layer, classes[0]))),
        layer,
        EDGE,
        90,
        [(classes[0], Provenance(2.5, device, f"2026-11-27T10:00:{classes[0]:02}+00:00"))],
        [encoded(picture(n), 90) for n in classes],
        {
            "classes": index,
            "activations": 10 + index,
            "full_activations": 20 + index,
            "top_classes": top,
            "top_probabilities": np.full(top.shape, 0.25),
        },
    )
