"""`Progress` and `Made`: what everything that computes yields, and what it returns in the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

NEWEST = 12  # images that are shown while a run goes on
T = TypeVar("T")
Parts = Mapping[str, "np.ndarray | tuple[str, ...]"]
_NO_TRACE = np.zeros(0, np.float32)


@dataclass(frozen=True)
class Made:
    """The named arrays of one order (see `kinds`), and its trace.

    ``trace`` (steps,) float32 is the target's value in every step, empty for surveys. ``seconds``
    is for the pieces of drafts alone: how long it took to come so far.
    """

    parts: Parts
    trace: np.ndarray = field(default_factory=lambda: _NO_TRACE)
    seconds: float = 0.0


@dataclass(frozen=True)
class SoFar:
    """What a run that makes several images has come to, for those who watch it.

    There are ``found`` images; ``newest`` (n, S, S, 3) uint8 are the last `NEWEST` of them at most,
    and ``activations`` (found, units) float32 are all of theirs, as the network reads them from the
    8-bit pixels. ``working`` (m, units) are those of the images in work. ``steps`` (found,) int32
    counts the steps up to each image, empty where several come at once, and ``drawn`` says how many
    were drawn, those that were not kept included. ``p`` (steps,) float32 is how probable the target
    was in every step, empty where that is not known.
    """

    found: int
    newest: np.ndarray
    activations: np.ndarray
    working: np.ndarray
    steps: np.ndarray
    drawn: int
    p: np.ndarray = field(default_factory=lambda: _NO_TRACE)


@dataclass(frozen=True)
class Progress(Generic[T]):
    """How far the work on one order, or on several together, has come.

    ``done`` of ``total`` counts steps, photographs or whatever the work is made of. The functions
    get the place of an order among those that are computed together; they may cost a transfer from
    the device, so ask when needed: ``picture`` gives the newest picture (H, W, 3) uint8,
    ``trace`` all values so far (steps,) float32, ``partial`` what there is to keep if it ends here
    (None where a part is worth nothing), and ``so_far`` what several images have come to.
    """

    done: int
    total: int
    picture: Callable[[int], np.ndarray] | None = None
    trace: Callable[[int], np.ndarray] | None = None
    partial: Callable[[int], T] | None = None
    so_far: Callable[[int], SoFar] | None = None
