"""Combinations: several weighted units in one objective, read from text and written back.

Each ascent step divides the gradient of every unit by its mean absolute value, multiplies by the
weight, and adds them up. So the weights are shares of the step, and a unit whose activations are a
hundred times larger than another's does not win by that.
"""

import math

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Caption, Maximise


def parse_part(text: str) -> tuple[str, float]:
    """Split ``UNIT=WEIGHT`` into the unit's text and the weight, which is 1 if it is left out.

    >>> parse_part("strawberry=0.6"), parse_part("fc:980"), parse_part("great white shark=-1")
    (('strawberry', 0.6), ('fc:980', 1.0), ('great white shark', -1.0))
    """
    name, separator, number = text.rpartition("=")
    if not separator:
        return text.strip(), 1.0
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight) or weight == 0 or not name.strip():
        raise DgnError(
            f"{text!r} is not a unit with its weight.",
            "Write UNIT=WEIGHT, such as strawberry=0.6; a negative weight avoids the unit.",
        )
    return name.strip(), weight


def label_of(network: NetworkInfo, recipe: Recipe) -> str:
    """The class name of a recipe's unit; for several units with names, all of them; a caption."""
    if isinstance(recipe.target, Caption):
        return recipe.target.text()
    labels = [network.label(unit) for unit in recipe.units]
    if len(labels) == 1 and isinstance(recipe.target, Maximise):
        return labels[0]
    return recipe.target.text(labels) if any(labels) else ""
