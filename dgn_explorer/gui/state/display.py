"""Plain values that pass from the session to the widgets: what is on show, and notices."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record
from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.kinds import Top
from dgn_explorer.synthesis.progress import SoFar
from dgn_explorer.synthesis.recipe import Recipe


class Showing(Enum):
    """The kinds of content of the canvas."""

    LOADING = "loading"
    NOTHING = "nothing"
    LIVE = "live"
    RESULT = "result"
    EXAMPLE = "example"
    FAILED = "failed"


@dataclass(frozen=True)
class Display:
    """What the canvas shows now; ``job`` is set while it follows a running job.

    ``order`` is the recipe or survey that it comes of. ``aside`` says that nobody asked to see it:
    it came with the choice of another unit, and brings no page to the front. ``example`` is a
    picture that came with the program: no result, and nothing that can be saved or deleted.
    ``halted`` is after how many steps the job has stopped, until its result is there.
    """

    showing: Showing
    order: Order | None = None
    label: str = ""
    job: int | None = None
    result: Record | None = None
    cached: bool = False
    message: str = ""
    hint: str = ""
    aside: bool = False
    example: Record | None = None
    halted: int | None = None

    @classmethod
    def of_example(cls, example: Record) -> "Display":
        """An example, which nobody has asked to see."""
        return cls(
            Showing.EXAMPLE, example.order, example.label, aside=True, example=example
        )  # fmt: skip

    @property
    def pictured(self) -> Record | None:
        """The finished images on show: a result's, or an example's."""
        return self.example or (self.result if self.job is None else None)

    @property
    def recipe(self) -> Recipe | None:
        """The recipe of the images on show; None for an analysis, and for nothing."""
        return self.order if isinstance(self.order, Recipe) else None

    @property
    def unit(self) -> UnitAddress | None:
        """The unit on show."""
        return self.order.units[0] if self.order and self.order.units else None

    @property
    def badge(self) -> str:
        """The state in words."""
        if self.showing is Showing.LIVE:
            return "Forming" if self.halted is None else f"Stopped at step {self.halted}"
        if self.showing is Showing.FAILED:
            return "Failed"
        if self.example is not None:
            return "Example"
        if self.result is None:
            return ""
        if self.result.state == "stopped":
            return f"Stopped at step {self.result.steps}"
        return "From cache" if self.cached else "Finished"


@dataclass(frozen=True)
class Forming:
    """The newest picture of running job ``job``: image (H, W, 3) uint8 RGB after ``step`` steps.

    ``trace`` (step,) float32 holds all activations so far, ``so_far`` what several images have
    come to. ``top`` is what the network saw last: class index and probability, best first.
    """

    job: int
    step: int
    steps: int
    image: np.ndarray
    trace: np.ndarray
    seconds_left: float
    top: Top = ()
    so_far: SoFar | None = None


@dataclass(frozen=True)
class Ended:
    """Job ``number`` has made ``result``, found it in the store (``cached``), or has failed.

    ``name`` is what people call it. ``batch`` is None if this window does not know the job.
    """

    number: int
    name: str = ""
    batch: bool | None = None
    recipe: Recipe | None = None
    result: Record | None = None
    cached: bool = False
    message: str = ""
    hint: str = ""
    details: str = ""


class Level(Enum):
    """How much a notice matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Notice:
    """A message that does not block, with at most one thing to do about it."""

    text: str
    level: Level = Level.INFO
    action: str = ""
    run: Callable[[], None] | None = None
