"""What goes into the engine and what comes out: small frozen dataclasses with numpy arrays."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import FLOAT32, PriorInfo
from dgn_explorer.results.result import Result
from dgn_explorer.synthesis.recipe import Recipe


class Lane(Enum):
    """Interactive jobs pre-empt each other and pause batch jobs."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


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
    recipe: Recipe


@dataclass(frozen=True)
class Frame:
    """The newest picture of a running job.

    ``image`` (H, W, 3) uint8 RGB, ``step`` counts from 1, ``trace`` (step,) float32 holds all
    activations so far.
    """

    job: int
    step: int
    steps: int
    image: np.ndarray
    trace: np.ndarray
    seconds_left: float


@dataclass(frozen=True)
class Finished:
    """The result of job ``job`` is in the store; ``cached`` if it was there before.

    ``saved`` is False if it was not to be kept, or could not be: then ``notice`` says why.
    """

    job: int
    result: Result
    cached: bool
    saved: bool = True
    notice: str = ""


@dataclass(frozen=True)
class Failed:
    """Job ``job`` ended without a result; ``details`` is a traceback or empty."""

    job: int
    message: str
    hint: str
    details: str


@dataclass(frozen=True)
class Cancelled:
    """Job ``job`` was cancelled before its first step, so there is nothing to keep."""

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
class Strongest:
    """Ask which ``count`` units of every layer respond most to ``image`` (H, W, 3) uint8.

    The answer is a tuple of `UnitStrength`.
    """

    network_fingerprint: str
    image: np.ndarray
    count: int = 5


@dataclass(frozen=True)
class UnitStrength:
    """How much a photo excites a unit: its activation, and that in deviations of its layer."""

    unit: UnitAddress
    activation: float
    deviations: float


@dataclass(frozen=True)
class Encode:
    """Ask for the code (K,) float32 whose picture is nearest to ``image`` (H, W, 3) uint8."""

    prior_fingerprint: str
    image: np.ndarray


@dataclass(frozen=True)
class Judge:
    """Ask what open networks see in ``image`` (H, W, 3) uint8, a picture of the prior named.

    The answer is a tuple of `Judgement`, in the order of ``network_fingerprints``.
    """

    image: np.ndarray
    network_fingerprints: tuple[str, ...]
    prior_fingerprint: str = ""


@dataclass(frozen=True)
class Judgement:
    """A network's best classes with their probabilities, best first; none without labels."""

    network_fingerprint: str
    top: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class FindStep:
    """Ask for a good step size of a pair that are both open; the answer is a float."""

    network_fingerprint: str
    prior_fingerprint: str


Question = Decode | Encode | FindStep | Judge | Replay | Strongest
Answer = np.ndarray | tuple[UnitStrength, ...] | tuple[Judgement, ...] | float


@dataclass(frozen=True)
class Answered:
    """The answer to question ``job``."""

    job: int
    answer: Answer


Event = Ready | Opened | OpenFailed | Started | Finished | Failed | Cancelled | Answered
