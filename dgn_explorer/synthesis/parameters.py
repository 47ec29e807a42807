"""Parameters of the methods: frozen dataclasses whose fields carry range, unit and one-line help.

The window builds its controls and the command line its options from these fields, so a parameter is
described once. Nothing here imports torch.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, cast

from dgn_explorer.errors import DgnError


@dataclass(frozen=True)
class ParameterSpec:
    """How one parameter is shown and checked; ``low`` and ``high`` are inclusive."""

    name: str
    kind: type  # int, float or bool
    default: float
    low: float
    high: float
    unit: str
    help: str


def parameter(default: float, low: float, high: float, unit: str, help: str) -> Any:
    """A dataclass field with a range, a unit (may be empty) and a help sentence."""
    metadata = {"low": low, "high": high, "unit": unit, "help": help}
    return dataclasses.field(default=default, metadata=metadata)


def _is_number(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int) or (kind is float and isinstance(value, float))


class Parameters:
    """Base of all parameter sets: `specs` describes the fields, creation checks the ranges."""

    def __post_init__(self) -> None:
        for spec in self.specs():
            value = getattr(self, spec.name)
            if not _is_number(value, spec.kind) or not spec.low <= value <= spec.high:
                unit = f" {spec.unit}" if spec.unit else ""
                raise DgnError(
                    f"{spec.name} cannot be {value!r}.",
                    f"It goes from {spec.low:g} to {spec.high:g}{unit}: {spec.help}.",
                )
            # 1 and 1.0 are the same parameter, so they must be the same in a recipe's key
            object.__setattr__(self, spec.name, spec.kind(value))

    @classmethod
    def specs(cls) -> tuple[ParameterSpec, ...]:
        """Describe every parameter, in the order of definition."""
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        defaults = [cast(float, f.default) for f in fields]  # `parameter` always gives one
        return tuple(
            ParameterSpec(f.name, type(default), default, **f.metadata)
            for f, default in zip(fields, defaults, strict=True)
        )


@dataclass(frozen=True)
class DgnAmParameters(Parameters):
    """DGN-AM (Nguyen et al., 2016): the defaults are tuned for the built-in prior.

    >>> DgnAmParameters(steps=0)
    Traceback (most recent call last):
    dgn_explorer.errors.DgnError: steps cannot be 0. It goes from 1 to 10000: ascent steps.
    """

    steps: int = parameter(250, 1, 10_000, "", "ascent steps")
    step_start: float = parameter(0.25, 1e-6, 100.0, "", "size of the first step, in code units")
    step_end: float = parameter(1e-3, 0.0, 100.0, "", "size of the last step, in code units")
    decay: float = parameter(0.01, 0.0, 0.5, "a step", "share of the code that is lost in a step")
    bounds: float = parameter(
        1.0, 0.05, 10.0, "x", "how far codes may go, in the prior's own bounds"
    )
    init_scale: float = parameter(0.3, 0.0, 10.0, "", "spread of the random first code")
    zoom: float = parameter(0.2, 0.0, 0.5, "", "how far a step may zoom into a random cut")


@dataclass(frozen=True)
class PixelsParameters(Parameters):
    """Ascent without a prior, after Lucid and Lucent; see `pixels`."""

    steps: int = parameter(256, 1, 10_000, "", "ascent steps")
    step: float = parameter(0.05, 1e-6, 10.0, "", "learning rate of Adam")
    jitter: float = parameter(6.0, 0.0, 64.0, "px", "how far the image is shifted before a look")
    scale: float = parameter(0.1, 0.0, 0.5, "", "how much it is scaled before a look")
    rotate: float = parameter(10.0, 0.0, 180.0, "degrees", "how far it is turned before a look")


METHODS: dict[str, type[Parameters]] = {"dgn-am": DgnAmParameters, "pixels": PixelsParameters}
WITHOUT_PRIOR = frozenset({"pixels"})  # their recipes name no prior

PRESETS: dict[str, dict[str, Parameters]] = {
    "dgn-am": {
        "default": DgnAmParameters(),
        # Script 1 of the released code: 200 steps of 8 to 1e-10 in units of the code, L2 0.99,
        # from normally distributed numbers.
        "published": DgnAmParameters(
            steps=200, step_start=8.0, step_end=1e-10, decay=0.01, init_scale=1.0, zoom=0.0
        ),
    },
    "pixels": {"default": PixelsParameters()},
}


def method_parameters(method: str) -> type[Parameters]:
    """The parameter class of ``method``; raises `DgnError` for an unknown one."""
    if method not in METHODS:
        raise DgnError(
            f"There is no method called {method!r}.", f"The methods are: {', '.join(METHODS)}."
        )
    return METHODS[method]
