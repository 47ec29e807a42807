"""Parameters of methods and studies: frozen dataclasses whose fields carry kind, range, unit, help.

The window builds its controls and the command line its options from these fields, so a parameter is
described once. `number`, `switch`, `choice`, `words` and `span` make the fields. Nothing here
imports torch.

**The rule for later versions:** recipes and surveys are keyed by their parameters, and keys are for
ever. A field that joins later says ``since=2`` (or a later number) and has a default that changes
nothing; while it has that default it is left out of the JSON, so that existing keys stay.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from dgn_explorer.errors import DgnError

MOST_TEXT = 10_000  # characters


class ParameterKind(Enum):
    """What values a parameter takes; widgets, parsers and checks are tables over these."""

    INTEGER = "integer"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    TEXT = "text"
    RANGE = "range"  # two numbers, the lower one first
    INPUT = "input"  # a photograph, mask or photo set: its SHA-256


@dataclass(frozen=True)
class ParameterSpec:
    """How one parameter is shown and checked.

    ``low`` and ``high`` are inclusive bounds of numbers, of both ends of a range, and of a text's
    length. ``choices`` are those of a `CHOICE`. ``since`` is the schema that knows it first.
    ``file`` is what an `INPUT` takes, one of `INPUT_KINDS`.
    """

    name: str
    kind: ParameterKind
    default: Any
    help: str
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    choices: tuple[str, ...] = ()
    since: int = 1
    file: str = ""


def number(default: float, low: float, high: float, unit: str, help: str, *, since: int = 1) -> Any:
    """A number with a range and a unit (may be empty); whole if ``default`` is an int."""
    kind = ParameterKind.INTEGER if isinstance(default, int) else ParameterKind.NUMBER
    return _field(default, kind, help, low=low, high=high, unit=unit, since=since)


def switch(default: bool, help: str, *, since: int = 1) -> Any:
    """On or off."""
    return _field(default, ParameterKind.SWITCH, help, low=0, high=1, since=since)


def choice(default: str, choices: tuple[str, ...], help: str, *, since: int = 1) -> Any:
    """One of a few words."""
    return _field(default, ParameterKind.CHOICE, help, choices=choices, since=since)


def words(default: str, help: str, *, most: int = MOST_TEXT, since: int = 1) -> Any:
    """A text of at most ``most`` characters."""
    return _field(default, ParameterKind.TEXT, help, low=0, high=most, since=since)


def span(
    default: tuple[float, float], low: float, high: float, unit: str, help: str, *, since: int = 1
) -> Any:
    """Two numbers from ``low`` to ``high``, the first not above the second."""
    return _field(default, ParameterKind.RANGE, help, low=low, high=high, unit=unit, since=since)


def _field(default: Any, kind: ParameterKind, help: str, **rest: Any) -> Any:
    return dataclasses.field(default=default, metadata={"kind": kind, "help": help, **rest})


class Parameters:
    """Base of all parameter sets: `specs` describes the fields, creation checks the values."""

    def __post_init__(self) -> None:
        for spec in self.specs():
            value = checked(spec, getattr(self, spec.name))
            # 1 and 1.0 are the same parameter, so they must be the same in a recipe's key
            object.__setattr__(self, spec.name, value)

    @classmethod
    def specs(cls) -> tuple[ParameterSpec, ...]:
        """Describe every parameter, in the order of definition."""
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        return tuple(ParameterSpec(f.name, default=f.default, **f.metadata) for f in fields)

    def changed(self, **values: Any) -> Self:
        """A copy with some other values; raises `DgnError` if one is out of its range."""
        return dataclasses.replace(self, **values)  # type: ignore[type-var]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without what later schemas added and this set does not use."""
        return {
            spec.name: list(value) if spec.kind is ParameterKind.RANGE else value
            for spec in self.specs()
            if (value := getattr(self, spec.name)) != spec.default or spec.since == 1
        }

    @property
    def schema(self) -> int:
        """The first schema that knows everything that this set uses."""
        used = (s.since for s in self.specs() if getattr(self, s.name) != s.default)
        return max(used, default=1)


@dataclass(frozen=True)
class NoParameters(Parameters):
    """Of methods and studies that have nothing to set."""


def checked(spec: ParameterSpec, value: Any) -> Any:
    """``value`` in the type of ``spec``; raises `DgnError` if it is of another kind or range."""
    usable = _CHECKS[spec.kind](spec, value)
    if usable is None:
        raise DgnError(
            f"{spec.name} cannot be {_quoted(value)}.", f"{_allowed(spec)}: {spec.help}."
        )
    return usable


def parsed(spec: ParameterSpec, text: str) -> Any:
    """The value that a user wrote as ``text``; raises `DgnError` if it is none.

    >>> parsed(ParameterSpec("range", ParameterKind.RANGE, (0.0, 1.0), "what", 0, 9), "2..3.5")
    (2.0, 3.5)
    """
    try:
        return checked(spec, _PARSERS[spec.kind](text.strip()))
    except ValueError:
        raise DgnError(
            f"{spec.name} cannot be {_quoted(text)}.",
            f"Write {spec.name}={written(spec, spec.default)}, say.",
        ) from None


def written(spec: ParameterSpec, value: Any) -> str:
    """``value`` as `parsed` reads it.

    >>> written(ParameterSpec("range", ParameterKind.RANGE, (0.0, 1.0), ""), (2.0, 3.5))
    '2.0..3.5'
    """
    if spec.kind is ParameterKind.RANGE:
        return f"{value[0]!r}..{value[1]!r}"
    if spec.kind in (ParameterKind.INTEGER, ParameterKind.NUMBER):
        return repr(value)
    if spec.kind is ParameterKind.SWITCH:
        return "on" if value else "off"
    return str(value)


def from_dict(kind: type[Parameters], values: Mapping[str, Any]) -> Parameters:
    """Read `Parameters.to_dict` back; raises `TypeError` for unknown names, `DgnError` for values.

    Parameters of schema 1 have to be there: their defaults may change from version to version.
    """
    missing = [s.name for s in kind.specs() if s.since == 1 and s.name not in values]
    if missing:
        raise TypeError(f"it lacks the parameter {missing[0]!r}")
    return kind(**values)


def _integer(spec: ParameterSpec, value: Any) -> int | None:
    right = isinstance(value, int) and not isinstance(value, bool)
    return value if right and spec.low <= value <= spec.high else None


def _number(spec: ParameterSpec, value: Any) -> float | None:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if right and spec.low <= value <= spec.high else None


def _switch(spec: ParameterSpec, value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _choice(spec: ParameterSpec, value: Any) -> str | None:
    return value if isinstance(value, str) and value in spec.choices else None


def _text(spec: ParameterSpec, value: Any) -> str | None:
    return value if isinstance(value, str) and spec.low <= len(value) <= spec.high else None


def _range(spec: ParameterSpec, value: Any) -> tuple[float, float] | None:
    if not isinstance(value, tuple | list) or len(value) != 2:
        return None
    low, high = _number(spec, value[0]), _number(spec, value[1])
    return None if low is None or high is None or low > high else (low, high)


_CHECKS: dict[ParameterKind, Callable[[ParameterSpec, Any], Any]] = {
    ParameterKind.INTEGER: _integer,
    ParameterKind.NUMBER: _number,
    ParameterKind.SWITCH: _switch,
    ParameterKind.CHOICE: _choice,
    ParameterKind.TEXT: _text,
    ParameterKind.RANGE: _range,
    ParameterKind.INPUT: _text,
}


def _parse_switch(text: str) -> bool:
    words = {"on": True, "yes": True, "true": True, "1": True}
    words |= {"off": False, "no": False, "false": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


def _parse_range(text: str) -> tuple[float, float]:
    low, separator, high = text.partition("..")
    if not separator:
        raise ValueError(text)
    return float(low), float(high)


_PARSERS: dict[ParameterKind, Callable[[str], Any]] = {
    ParameterKind.INTEGER: int,
    ParameterKind.NUMBER: float,
    ParameterKind.SWITCH: _parse_switch,
    ParameterKind.CHOICE: str,
    ParameterKind.TEXT: str,
    ParameterKind.RANGE: _parse_range,
    ParameterKind.INPUT: str,
}


def _allowed(spec: ParameterSpec) -> str:
    if spec.kind is ParameterKind.CHOICE:
        return f"It is one of {', '.join(spec.choices)}"
    if spec.kind is ParameterKind.SWITCH:
        return "It is on or off"
    if spec.kind in (ParameterKind.TEXT, ParameterKind.INPUT):
        return f"It is a text of at most {spec.high:g} characters"
    unit = f" {spec.unit}" if spec.unit else ""
    limits = f"{spec.low:g} to {spec.high:g}{unit}"
    if spec.kind is ParameterKind.RANGE:
        return f"It is two numbers, the lower first, from {limits}"
    return f"It goes from {limits}"


def _quoted(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
