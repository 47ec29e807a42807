"""What a loader hands over, before it becomes a `Network`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing

Confirm = Callable[[str], bool]

IMAGENET_PREPROCESSING = Preprocessing(IMAGENET_MEAN, IMAGENET_STD, 1.0, "rgb", crop=0.875)


def refuse(question: str) -> bool:
    """Answer no: nothing of the user's own code runs unless a person has said yes."""
    return False


@dataclass(frozen=True)
class Request:
    """What a loader is asked for: the options, and whom to ask before code is run."""

    options: NetworkOptions = field(default_factory=NetworkOptions)
    confirm: Confirm = refuse


@dataclass(frozen=True)
class Loaded:
    """A module as its file or library describes it; the user's options come on top.

    ``structure`` is any text that, with the weights, decides what the network computes; it goes
    into the fingerprint. ``output_layer`` is found by tracing if it is None. ``averaged`` are
    layers whose units are meant as the mean over positions. ``batch_limit`` is the most images a
    pass takes. ``notices`` are sentences that people who use the network must read. ``assumed``
    says that nobody knows how images are prepared, so that ``preprocessing`` is only the usual one.
    Class names may lie ``beside`` that file (see `labels_beside`); they go before ``labels``.
    """

    module: nn.Module
    name: str
    title: str
    preprocessing: Preprocessing
    input_size: int
    working_size: int | None = None
    labels: tuple[str, ...] = ()
    output_layer: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    averaged: frozenset[str] = frozenset()
    structure: str = ""
    fingerprint: str | None = None
    batch_limit: int | None = None
    beside: Path | None = None
    positions: tuple[str, ...] = ()
    position: str = ""
    notices: tuple[str, ...] = ()
    assumed: bool = False
