"""What goes into the engine and what comes out: small frozen dataclasses with numpy arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.photos.film import Film
from dgn_explorer.priors.info import FLOAT32, PriorInfo
from dgn_explorer.results.record import Record
from dgn_explorer.results.summary import Summary
from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.kinds import Top
from dgn_explorer.synthesis.progress import SoFar
from dgn_explorer.synthesis.recipe import Recipe


class Lane(IntEnum):
    """Who waits for whom: work of a lower lane makes room for that of a higher one between steps.

    A new interactive order also cancels the interactive ones before it.
    """

    INTERACTIVE = 0
    ASIDE = 1  # questions, and surveys that somebody waits for
    WATCH = 2  # a film, which goes on until somebody stops it
    LONG = 3  # what looks at many photographs, and goes on behind everything that is looked at
    BATCH = 4  # the queue


@dataclass(frozen=True)
class Ready:
    """Torch is loaded; ``device`` in words, such as ``CPU, 2 threads``.

    Comes once more, with a ``notice``, if the device has failed and another one takes over.
    """

    device: str
    notice: str = ""


@dataclass(frozen=True)
class Opened:
    """The network and the prior asked for are open; ``numeric`` is what runs fastest here."""

    network: NetworkInfo
    prior: PriorInfo
    numeric: str = FLOAT32


@dataclass(frozen=True)
class OpenFailed:
    """A network or a prior could not be opened; the ones open before stay open."""

    message: str
    hint: str
    details: str


@dataclass(frozen=True)
class Started:
    """Job ``job`` runs now."""

    job: int
    order: Order


@dataclass(frozen=True)
class Frame:
    """The newest state of a running job or question.

    ``step`` of ``steps`` are done; ``image`` (H, W, 3) uint8 RGB is None where there is no picture
    to see; ``trace`` (step,) float32 holds all values of the target so far, or nothing. ``top`` is
    what the network sees in the image: class index and probability, best first; not in every frame.
    ``so_far`` is there where several images are made one after another.
    """

    job: int
    step: int
    steps: int
    image: np.ndarray | None
    trace: np.ndarray
    seconds_left: float
    top: Top = ()
    so_far: SoFar | None = None


@dataclass(frozen=True)
class Halted:
    """Job ``last.job`` was cancelled and has stopped after ``last.step`` steps, with this image.

    Its `Finished` comes after it: what is kept is drawn in full, judged and stored before that.
    """

    last: Frame


@dataclass(frozen=True)
class Finished:
    """The record of job ``job``, with its line for lists; ``cached`` if it was stored before.

    ``summary`` is None if it was not to be kept, or could not be: then ``notice`` says why.
    """

    job: int
    record: Record
    summary: Summary | None
    cached: bool = False
    notice: str = ""


@dataclass(frozen=True)
class Failed:
    """Job ``job`` ended without a record; ``details`` is a traceback or empty."""

    job: int
    message: str
    hint: str
    details: str


@dataclass(frozen=True)
class Cancelled:
    """Job ``job`` was cancelled before there was anything to keep."""

    job: int


@dataclass(frozen=True)
class Decode:
    """Ask for the pictures of ``codes`` (N, K) float32; the answer is (N, S, S, 3) uint8."""

    prior_fingerprint: str
    codes: np.ndarray


@dataclass(frozen=True)
class Replay:
    """Ask for ``frames`` pictures of the first ``steps`` steps; the answer is as for `Decode`."""

    recipe: Recipe
    steps: int
    frames: int


@dataclass(frozen=True)
class FindStep:
    """Ask for a good step size of a pair that are both open; the answer is a float."""

    network_fingerprint: str
    prior_fingerprint: str


@dataclass(frozen=True)
class Glance:
    """Ask where in a photograph ``unit`` looks, by one of `HOWS`; answered by a `Glimpse`.

    For those of `AT_ONCE` the forward pass is kept: another unit of the same layer costs a backward
    pass. Nothing is recorded; the survey `saliency` makes the same map to keep.
    """

    network_fingerprint: str
    photo: Input
    unit: UnitAddress
    how: str
    layer: str = ""  # of Grad-CAM; "" is the last maps


@dataclass(frozen=True)
class Glimpse:
    """``map`` (S, S) float32 of the middle square ``seen`` (S, S, 3) uint8, not normalised.

    ``colours`` (3, S, S) where the family tells them apart; ``activation`` is the unit's.
    """

    ask: Glance
    map: np.ndarray
    colours: np.ndarray | None
    seen: np.ndarray
    activation: float


@dataclass(frozen=True)
class Sight:
    """What the network sees in picture ``number`` of a film.

    ``seen`` (S, S, 3) uint8 is its middle square, ``maps`` (C, H, W) what ``layer`` puts out, or
    None if that has no maps; ``activations`` (C,) are means over positions; ``classes`` are the
    best ones, (index, probability), empty for a network without labels.
    """

    number: int
    layer: str
    seen: np.ndarray
    maps: np.ndarray | None
    activations: np.ndarray
    classes: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Watch:
    """Ask for a `Sight` of every picture of a film that there is time for.

    ``show`` is called with each on the engine's thread and must return at once. The answer is how
    many there were; a live film only ends when the question is cancelled.
    """

    network_fingerprint: str
    film: Film
    layer: str
    show: Callable[[Sight], None]


@dataclass(frozen=True)
class ListNetworks:
    """Ask which networks can be opened by a name; answered by `NetworkNames`."""


@dataclass(frozen=True)
class NetworkNames:
    """By where they come from; a library that is not installed has none.

    ``missing`` are those of ``built_in`` whose weights are not installed.
    """

    built_in: tuple[str, ...]
    own: tuple[str, ...]
    torchvision: tuple[str, ...] = ()
    timm: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inspect:
    """Ask what the network ``spec`` is, before it is used; answered by a `NetworkCard`.

    With ``photos``, a folder or zip of labelled photographs, it is tried on at most ``limit``.
    """

    spec: str
    photos: str = ""
    limit: int = 200


@dataclass(frozen=True)
class Checked:
    """How many of ``photos`` a network names right, and whether another preprocessing does better.

    ``better`` names it, with its share ``better_top1`` and how to ask for it; empty if none does.
    """

    photos: int
    top1: float
    better: str = ""
    better_top1: float = 0.0
    flags: str = ""


@dataclass(frozen=True)
class NetworkCard:
    """What a network is: ``preprocessing`` in words, and how many ``weights`` it has."""

    info: NetworkInfo
    preprocessing: str
    weights: int
    checked: Checked | None = None


Question = Decode | Replay | FindStep | Glance | Watch | ListNetworks | Inspect
Answer = np.ndarray | float | Glimpse | NetworkNames | NetworkCard


@dataclass(frozen=True)
class Answered:
    """The answer to question ``job``."""

    job: int
    answer: Answer


Event = Ready | Opened | OpenFailed | Started | Halted | Finished | Failed | Cancelled | Answered
