"""Targets: what an image is asked to be. Frozen dataclasses that know their units and their JSON.

`Maximise` is the target of schema 1 and keeps its form there (see `recipe`).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress


@dataclass(frozen=True)
class Term:
    """One unit of a target with its weight; a negative weight minimises."""

    unit: UnitAddress
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.weight) or self.weight == 0:
            raise DgnError(
                f"The weight of {self.unit} cannot be {self.weight}.", "Give a number other than 0."
            )
        object.__setattr__(self, "weight", float(self.weight))  # 1 and 1.0 make the same key

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"unit": str(self.unit), "weight": self.weight}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Term":
        """Read `to_dict` back."""
        return cls(UnitAddress.parse(values["unit"]), values["weight"])


@dataclass(frozen=True)
class Band:
    """A unit whose activation shall lie between ``low`` and ``high``, both included."""

    unit: UnitAddress
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise DgnError(
                f"The activation of {self.unit} cannot lie from {self.low} to {self.high}.",
                "Give two numbers, the lower one first.",
            )
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))


@dataclass(frozen=True)
class Maximise:
    """Weighted units, added up.

    >>> Maximise.of("fc:980").units
    (UnitAddress(layer='fc', index=980, position=None),)
    """

    terms: tuple[Term, ...]
    name: ClassVar[str] = "maximise"

    def __post_init__(self) -> None:
        if not self.terms:
            raise DgnError("The target has no unit.", "Name at least one unit.")

    @classmethod
    def of(cls, *units: str | UnitAddress) -> "Maximise":
        """Units with weight 1, as addresses or their texts."""
        parsed = (UnitAddress.parse(u) if isinstance(u, str) else u for u in units)
        return cls(tuple(Term(unit) for unit in parsed))

    @property
    def units(self) -> tuple[UnitAddress, ...]:
        """The units, in the order given."""
        return tuple(term.unit for term in self.terms)

    def text(self, labels: Sequence[str] = ()) -> str:
        """The target on one line; a non-empty entry of ``labels`` replaces its unit's address.

        >>> target = Maximise((Term(UnitAddress("fc", 980)), Term(UnitAddress("fc", 949), 0.6)))
        >>> target.text(), target.text(("volcano", "strawberry"))
        ('fc:980 + 0.6*fc:949', 'volcano + 0.6*strawberry')
        """
        return weighted_text(self.terms, labels)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": self.name, "terms": [term.to_dict() for term in self.terms]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Maximise":
        """Read `to_dict` back."""
        return cls(tuple(Term.from_dict(t) for t in values["terms"]))


@dataclass(frozen=True)
class Link:
    """A stretch of a chain: ``count`` samples of one target."""

    target: Maximise
    count: int

    def __post_init__(self) -> None:
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise DgnError(
                f"{self.target.text()} cannot have {self.count} samples.",
                "Give a whole number from 1.",
            )


@dataclass(frozen=True)
class Chain:
    """Targets one after another; whoever makes more samples than planned begins again in front.

    >>> plan = Chain((Link(Maximise.of("fc:980"), 2), Link(Maximise.of("fc:949"), 1)))
    >>> plan.text(), [str(plan.at(number).units[0]) for number in range(5)]
    ('fc:980*2, fc:949*1', ['fc:980', 'fc:980', 'fc:949', 'fc:980', 'fc:980'])
    """

    links: tuple[Link, ...]
    name: ClassVar[str] = "chain"

    def __post_init__(self) -> None:
        if not self.links:
            raise DgnError("The chain has no unit.", "Name at least one with its samples.")

    @property
    def units(self) -> tuple[UnitAddress, ...]:
        """Every unit once, in the order of the plan."""
        return tuple(dict.fromkeys(unit for link in self.links for unit in link.target.units))

    @property
    def terms(self) -> tuple[Term, ...]:
        """None: each sample has terms of its own, see `at`."""
        return ()

    @property
    def count(self) -> int:
        """How many samples are planned."""
        return sum(link.count for link in self.links)

    def at(self, number: int) -> Maximise:
        """The target of the sample ``number``, from 0."""
        left = number % self.count
        for link in self.links:
            if left < link.count:
                return link.target
            left -= link.count
        raise AssertionError("the links have as many samples as they count")

    def text(self, labels: Sequence[str] = ()) -> str:
        """The plan on one line; a non-empty entry of ``labels`` replaces its unit's address."""
        names = dict(zip(self.units, labels, strict=False))
        parts = []
        for link in self.links:
            name = link.target.text([names.get(unit, "") for unit in link.target.units])
            plain = len(link.target.terms) == 1 and link.target.terms[0].weight == 1
            parts.append(f"{name if plain else f'({name})'}*{link.count}")
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        links = [{"target": one.target.to_dict(), "count": one.count} for one in self.links]
        return {"kind": self.name, "links": links}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Chain":
        """Read `to_dict` back."""
        links = (Link(Maximise.from_dict(x["target"]), x["count"]) for x in values["links"])
        return cls(tuple(links))


@dataclass(frozen=True)
class InRange:
    """Activations that shall lie in bands; ``terms`` are further units, raised or lowered.

    >>> golden = Band(UnitAddress("fc", 207), 8, 10)
    >>> InRange((golden,), (Term(UnitAddress("fc", 852), -1),)).text()
    'fc:207 in 8..10, -1*fc:852'
    """

    bands: tuple[Band, ...]
    terms: tuple[Term, ...] = ()
    name: ClassVar[str] = "in-range"

    def __post_init__(self) -> None:
        if not self.bands:
            raise DgnError("The target has no range.", "Give one unit with low..high at least.")
        twice = [unit for unit, count in Counter(self.units).items() if count > 1]
        if twice:
            raise DgnError(f"{twice[0]} is named twice.", "Name every unit once.")

    @property
    def units(self) -> tuple[UnitAddress, ...]:
        """The units with a band, then the others."""
        return (*(band.unit for band in self.bands), *(term.unit for term in self.terms))

    def text(self, labels: Sequence[str] = ()) -> str:
        """The target on one line; a non-empty entry of ``labels`` replaces its unit's address."""
        names = _named(self.units, labels)
        parts = [
            f"{name} in {band.low:g}..{band.high:g}"
            for name, band in zip(names, self.bands, strict=False)
        ]
        rest = weighted_text(self.terms, names[len(self.bands) :])
        return ", ".join((*parts, rest) if rest else parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        bands = [{"unit": str(b.unit), "low": b.low, "high": b.high} for b in self.bands]
        terms = [term.to_dict() for term in self.terms]
        return {"kind": self.name, "bands": bands, "terms": terms}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "InRange":
        """Read `to_dict` back."""
        bands = (Band(UnitAddress.parse(b["unit"]), b["low"], b["high"]) for b in values["bands"])
        return cls(tuple(bands), tuple(Term.from_dict(t) for t in values["terms"]))


@dataclass(frozen=True)
class Match:
    """The features of an input photograph at one layer.

    ``role`` names the recipe's input; without the layer's other units there is nothing to weigh,
    so the target has no units.
    """

    layer: str
    role: str = "photo"
    name: ClassVar[str] = "match"

    @property
    def units(self) -> tuple[UnitAddress, ...]:
        """None: the whole layer is matched."""
        return ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """None."""
        return ()

    def text(self, labels: Sequence[str] = ()) -> str:
        """The target on one line."""
        return f"{self.role} at {self.layer}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": self.name, "layer": self.layer, "role": self.role}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Match":
        """Read `to_dict` back."""
        return cls(str(values["layer"]), str(values["role"]))


MOST_CAPTION = 1_000  # characters; it is the name of what is made, too


@dataclass(frozen=True)
class Caption:
    """Words that a caption network shall say of the image (Nguyen et al. 2017, section 4)."""

    words: tuple[str, ...]
    name: ClassVar[str] = "caption"

    def __post_init__(self) -> None:
        if not self.words or not all(self.words):
            raise DgnError("The caption has no words.", "Write at least one word.")
        letters = len(self.text())
        if letters > MOST_CAPTION:
            raise DgnError(
                f"The caption has {letters:,} characters.", f"Write {MOST_CAPTION:,} at most."
            )

    @property
    def units(self) -> tuple[UnitAddress, ...]:
        """None: the words are the caption network's."""
        return ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """None."""
        return ()

    def text(self, labels: Sequence[str] = ()) -> str:
        """The target on one line."""
        return " ".join(self.words)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": self.name, "words": list(self.words)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Caption":
        """Read `to_dict` back."""
        return cls(tuple(str(word) for word in values["words"]))


Target = Maximise | Chain | InRange | Match | Caption
TARGETS: tuple[type[Target], ...] = (Maximise, Chain, InRange, Match, Caption)


def target_from_dict(values: Mapping[str, Any]) -> Target:
    """Read any target's `to_dict` back; raises `ValueError` for an unknown kind."""
    for kind in TARGETS:
        if kind.name == values["kind"]:
            return kind.from_dict(values)
    raise ValueError(f"its target is of the kind {values['kind']!r}")


def weighted_text(terms: Sequence[Term], labels: Sequence[str] = ()) -> str:
    """Weighted units on one line, each by its label where there is one."""
    names = _named([term.unit for term in terms], labels)
    return " + ".join(
        name if term.weight == 1 else f"{term.weight:g}*{name}"
        for term, name in zip(terms, names, strict=True)
    )


def _named(units: Sequence[UnitAddress], labels: Sequence[str]) -> list[str]:
    return [
        (labels[number] if number < len(labels) else "") or str(unit)
        for number, unit in enumerate(units)
    ]
