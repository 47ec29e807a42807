"""What a site shows, as plain values: networks, their layers, units, and what was made of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Shown:
    """One record of a unit.

    ``images`` (N, H, W, 3) uint8; ``values`` and ``classes`` have an entry for each or none:
    activations, and the network's best classes in words with their probabilities. ``recipe`` is
    the order's JSON and ``make`` the command that makes it again.
    """

    key: str
    method: str
    title: str
    address: str
    label: str
    images: np.ndarray
    values: Sequence[float]
    classes: Sequence[Sequence[tuple[str, float]]]
    facts: Sequence[tuple[str, str]]
    recipe: str
    make: str


@dataclass(frozen=True)
class Table:
    """What a study says of a unit: rows of texts below names, and pictures (h, w, 3)
    uint8 of the rows, which are photographs, if any."""

    title: str
    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    pictures: Sequence[np.ndarray] = ()


@dataclass(frozen=True)
class UnitPage:
    """A unit with everything there is of it; ``notes`` are words to find it by, besides its label.

    ``open`` is the command that opens it in the window.
    """

    address: str
    label: str
    notes: str
    open: str
    shown: Sequence[Shown]
    tables: Sequence[Table]


class Layer(Protocol):
    """One layer; its pages are made one after another, so that a large site fits into memory."""

    @property
    def path(self) -> str:
        """Its name."""

    @property
    def count(self) -> int:
        """How many pages it has at most."""

    def pages(self) -> Iterator[UnitPage]:
        """Its pages in order."""


@dataclass(frozen=True)
class NetworkPages:
    """A network with its layers; ``id`` names it in addresses of pages."""

    id: str
    name: str
    layers: Sequence[Layer]
