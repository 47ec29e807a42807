"""What the canvas shows, and notices: plain values that pass from the session to the widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.result import Result
from dgn_explorer.synthesis.recipe import Recipe


class Showing(Enum):
    """The kinds of content of the canvas."""

    LOADING = "loading"
    NOTHING = "nothing"
    LIVE = "live"
    RESULT = "result"
    FAILED = "failed"


@dataclass(frozen=True)
class Display:
    """What the canvas shows now; ``job`` is set while it follows a running job."""

    showing: Showing
    recipe: Recipe | None = None
    label: str = ""
    job: int | None = None
    result: Result | None = None
    cached: bool = False
    message: str = ""
    hint: str = ""

    @property
    def unit(self) -> UnitAddress | None:
        """The unit on show."""
        return self.recipe.objective[0].unit if self.recipe else None

    @property
    def badge(self) -> str:
        """The state in words."""
        if self.showing is Showing.LIVE:
            return "Forming"
        if self.showing is Showing.FAILED:
            return "Failed"
        if self.result is None:
            return ""
        if self.result.state == "stopped":
            return f"Stopped at step {self.result.steps}"
        return "From cache" if self.cached else "Finished"


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
