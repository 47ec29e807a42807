"""A card of a grid or strip: what it shows, and the role under which a model gives it."""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap

from dgn_explorer.gui.look.plain import plain

CardRole = Qt.ItemDataRole.UserRole + 1


_LONGEST = 200  # letters; a card shows twenty


class CardState(Enum):
    """The six states of a unit; the value is what people read."""

    NOT_COMPUTED = "not made"
    QUEUED = "queued"
    RUNNING = "running"
    CACHED = "made"
    EXAMPLE = "example"  # a picture that came with the program; the unit itself is not made
    FAILED = "failed"


@dataclass(frozen=True)
class Card:
    """What a card of the grid or of the results strip shows."""

    title: str
    subtitle: str
    state: CardState
    pixmap: QPixmap | None
    detail: str = ""
    favourite: bool = False
    more: str = ""  # said besides, in the tool tip and to screen readers alone
    quiet: bool = False  # the title is in grey
    short: str = ""  # instead of the subtitle where that has no room

    def __post_init__(self) -> None:
        for name in ("title", "subtitle", "detail"):
            object.__setattr__(self, name, plain(getattr(self, name), _LONGEST))

    @property
    def spoken(self) -> str:
        """The card in words, for screen readers and tool tips."""
        star = "favourite" if self.favourite else ""
        parts = (self.title, self.detail, self.subtitle, star, self.more)
        return ", ".join(part for part in parts if part)
