"""The one bar at the top: what is open, the search, and what is at work."""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QSizePolicy, QToolBar, QWidget

from dgn_explorer.gui.look.theme import MEDIUM, SMALL


class TopPlace(Enum):
    """Where a widget stands in it."""

    OPEN = 0  # network and generator
    SEARCH = 1
    JOBS = 2


@dataclass(frozen=True)
class TopItem:
    """One widget of the bar."""

    place: TopPlace
    widget: QWidget


class TopBar(QToolBar):
    """Three places from left to right; the search has the middle."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__("Top bar", window)
        self.setObjectName("top")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setProperty("role", "top")
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        self._places: dict[TopPlace, QHBoxLayout] = {}
        for place in TopPlace:
            part = QHBoxLayout()
            part.setSpacing(SMALL)
            row.addLayout(part, 2 if place is TopPlace.SEARCH else 0)
            self._places[place] = part
        body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(body)
        window.addToolBar(self)

    def add(self, item: TopItem) -> None:
        """Take in a widget of a feature."""
        self._places[item.place].addWidget(item.widget)
