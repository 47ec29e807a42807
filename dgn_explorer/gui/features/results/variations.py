"""Variations of one recipe: several seeds, or a sweep over two parameters."""

from dataclasses import dataclass, replace

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.synthesis.methods.table import method_named
from dgn_explorer.synthesis.parameters import ParameterKind, ParameterSpec
from dgn_explorer.synthesis.recipe import Recipe

SEED = "seed"
MOST_CELLS = 400
_LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Axis:
    """One direction of a sweep: a parameter (or the seed) and its values; no name is no axis."""

    name: str = ""
    values: tuple[float, ...] = (0.0,)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values with the name, for headers and captions."""
        if not self.name:
            return ("",)
        title = self.name.replace("_", " ")
        return tuple(
            f"{title} {int(v) if self.name == SEED else number_text(v)}" for v in self.values
        )


@dataclass(frozen=True)
class Sheet:
    """Recipes row by row, with the texts of columns and rows."""

    title: str
    across: Axis
    down: Axis
    recipes: tuple[tuple[Recipe, ...], ...]

    @property
    def captions(self) -> list[str]:
        """One caption a cell, row by row."""
        return [
            ", ".join(part for part in (across, down) if part)
            for down in self.down.texts
            for across in self.across.texts
        ]


def choices(method: str) -> dict[str, ParameterSpec]:
    """What can vary: the seed, and every number among the method's parameters."""
    seed = ParameterSpec(
        SEED, ParameterKind.INTEGER, 0, "random code to start from", 0, _LARGEST_SEED
    )
    specs = method_named(method).parameters.specs()
    numbers = (ParameterKind.INTEGER, ParameterKind.NUMBER)
    return {SEED: seed, **{spec.name: spec for spec in specs if spec.kind in numbers}}


def evenly(spec: ParameterSpec, first: float, last: float, count: int) -> Axis:
    """``count`` values from ``first`` to ``last``; equal ones after rounding count once.

    Raises `DgnError` for values out of the parameter's range.
    """
    for value in (first, last):
        if not spec.low <= value <= spec.high:
            raise DgnError(
                f"{spec.name} cannot be {number_text(value)}.",
                f"It goes from {number_text(spec.low)} to {number_text(spec.high)}.",
            )
    share = [i / (count - 1) if count > 1 else 0.0 for i in range(count)]
    values = [_rounded(first + (last - first) * s, spec.kind) for s in share]
    return Axis(spec.name, tuple(dict.fromkeys(values)))


def _rounded(value: float, kind: ParameterKind) -> float:
    # Ten digits are more than anyone types, and hide the last bits of the division.
    return round(value) if kind is ParameterKind.INTEGER else float(f"{value:.10g}")


def make_sheet(title: str, recipe: Recipe, across: Axis, down: Axis) -> Sheet:
    """Every combination of two axes; raises `DgnError` if they are too many."""
    count = len(across.values) * len(down.values)
    if count > MOST_CELLS:
        raise DgnError(f"The sheet would have {count} cells.", f"Take at most {MOST_CELLS}.")
    if across.name and across.name == down.name:
        raise DgnError(f"{across.name} cannot vary in both directions.", "Choose another one.")
    return Sheet(
        title,
        across,
        down,
        tuple(
            tuple(_with(_with(recipe, down, y), across, x) for x in across.values)
            for y in down.values
        ),
    )


def _with(recipe: Recipe, axis: Axis, value: float) -> Recipe:
    if not axis.name:
        return recipe
    if axis.name == SEED:
        return replace(recipe, seed=int(value))
    return replace(recipe, parameters=recipe.parameters.changed(**{axis.name: value}))
