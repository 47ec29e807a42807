"""What a dissection says, for people: labels to look for, and how many there are in each layer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dgn_explorer.networks.address import UnitAddress


@dataclass(frozen=True)
class UnitLabel:
    """What one unit answers to.

    ``concept`` is the best one, empty if there is none; ``detector`` says whether its ``iou``
    (intersection over union) is above the study's least, and ``stable`` whether it is the best one
    in both halves of the pictures too: labels that are not are shown in grey.
    """

    address: UnitAddress
    concept: str
    category: str
    iou: float
    iou_first: float
    iou_second: float
    stable: bool
    detector: bool
    threshold: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON and tables."""
        return {
            "address": str(self.address),
            "concept": self.concept,
            "category": self.category,
            "iou": self.iou,
            "stable": self.stable,
            "detector": self.detector,
            "iou_first": self.iou_first,
            "iou_second": self.iou_second,
            "threshold": self.threshold,
        }


def labels_of(rows: Iterable[Mapping[str, Any]], least: float) -> list[UnitLabel]:
    """The labels of a record's rows; detectors have more than ``least``."""
    return [
        UnitLabel(
            UnitAddress(row["layer"], row["unit"]),
            row["concept"],
            row["category"],
            row["iou"],
            row["iou_first"],
            row["iou_second"],
            bool(row["stable"]),
            row["iou"] > least,
            row["threshold"],
        )
        for row in rows
    ]


def holding(labels: Iterable[UnitLabel], text: str) -> list[UnitLabel]:
    """The detectors whose concept or category holds every word of ``text``, strongest first."""
    words = text.lower().split()
    found = [
        label
        for label in labels
        if label.detector
        and all(word in f"{label.concept} {label.category}".lower() for word in words)
    ]
    return sorted(found, key=lambda label: -label.iou)


ORDERS = ("unit", "iou", "concept")


def in_order(labels: Sequence[UnitLabel], order: str) -> list[UnitLabel]:
    """As the study lists them, the largest overlap first, or by concept in every layer."""
    if order == "iou":
        return sorted(labels, key=lambda label: -label.iou)
    if order == "concept":
        return sorted(labels, key=lambda one: (one.address.layer, one.concept, -one.iou))
    return list(labels)


@dataclass(frozen=True)
class LayerTally:
    """How many units of a layer have a label.

    ``unique`` counts the concepts among the detectors, ``stable`` the detectors whose label holds
    in both halves. ``categories`` has for each category its detectors and its unique concepts.
    """

    layer: str
    units: int
    detectors: int
    unique: int
    stable: int
    unique_stable: int
    categories: tuple[tuple[str, int, int], ...]

    @property
    def agreement(self) -> float:
        """The share of the detectors that are stable; 0 without any."""
        return self.stable / self.detectors if self.detectors else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON and tables."""
        return {
            "layer": self.layer,
            "units": self.units,
            "detectors": self.detectors,
            "unique": self.unique,
            "stable": self.stable,
            "unique_stable": self.unique_stable,
            "agreement": self.agreement,
            "categories": {
                name: {"detectors": detectors, "unique": unique}
                for name, detectors, unique in self.categories
            },
        }


def tallies(labels: Iterable[UnitLabel]) -> list[LayerTally]:
    """One for every layer, in the order of the labels."""
    layers: dict[str, list[UnitLabel]] = {}
    for label in labels:
        layers.setdefault(label.address.layer, []).append(label)
    return [_tally(layer, of_layer) for layer, of_layer in layers.items()]


def _tally(layer: str, labels: list[UnitLabel]) -> LayerTally:
    detectors = [label for label in labels if label.detector]
    stable = [label for label in detectors if label.stable]
    categories = sorted({label.category for label in detectors})
    return LayerTally(
        layer,
        len(labels),
        len(detectors),
        _unique(detectors),
        len(stable),
        _unique(stable),
        tuple(
            (name, len(mine), _unique(mine))
            for name in categories
            for mine in [[label for label in detectors if label.category == name]]
        ),
    )


def _unique(labels: Iterable[UnitLabel]) -> int:
    return len({(label.category, label.concept) for label in labels})


def side_by_side(first: Iterable[UnitLabel], second: Iterable[UnitLabel]) -> list[dict[str, Any]]:
    """For every concept that either network detects, how many units do in each, most first."""
    counts: dict[tuple[str, str], dict[str, Any]] = {}
    for place, labels in (("first", first), ("second", second)):
        for label in labels:
            if not label.detector:
                continue
            row = counts.setdefault(
                (label.concept, label.category),
                {
                    "concept": label.concept,
                    "category": label.category,
                    **{
                        f"{name}_{one}": 0
                        for one in ("first", "second")
                        for name in ("units", "stable")
                    },
                    "best_first": 0.0,
                    "best_second": 0.0,
                },
            )
            row[f"units_{place}"] += 1
            row[f"stable_{place}"] += label.stable
            row[f"best_{place}"] = max(row[f"best_{place}"], label.iou)
    return sorted(
        counts.values(),
        key=lambda row: (-row["units_first"] - row["units_second"], row["concept"]),
    )
