"""The panels around the page, and where they belong."""

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from dgn_explorer.gui.desk.dock_header import DockHeader
from dgn_explorer.gui.look.theme import Theme

_MOVES = (
    QDockWidget.DockWidgetFeature.DockWidgetClosable
    | QDockWidget.DockWidgetFeature.DockWidgetMovable
    | QDockWidget.DockWidgetFeature.DockWidgetFloatable
)
_NARROW = 1200
_BOTTOM_PX, _LOW_BOTTOM_PX = 164, 122
_LOW = 760


class Area(Enum):
    """Where a panel belongs."""

    LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
    RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
    BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


_WIDE_PX = {Area.LEFT: 280, Area.RIGHT: 304}
_NARROW_PX = {Area.LEFT: 216, Area.RIGHT: 276}


@dataclass(frozen=True)
class Panel:
    """One panel: its name on the tab, where it belongs, and how narrow it may become.

    The first one of an area is in front after a `Panels.reset`.
    """

    name: str
    widget: QWidget
    area: Area
    least_px: int


class Panels(QObject):
    """The docks around the middle; `reset` puts them back."""

    def __init__(self, window: QMainWindow, theme: Theme) -> None:
        super().__init__(window)
        self._window, self._theme = window, theme
        self._docks: dict[str, QDockWidget] = {}
        self._areas: dict[Area, list[QDockWidget]] = {area: [] for area in Area}
        window.setDockNestingEnabled(True)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)

    def add(self, panel: Panel) -> None:
        """Take in a panel; `reset` puts it to its place."""
        dock = QDockWidget(panel.name, self._window)
        dock.setObjectName(panel.name.lower())
        low = panel.area is Area.BOTTOM  # where tabs name the panels
        upright = QDockWidget.DockWidgetFeature.DockWidgetVerticalTitleBar
        dock.setFeatures(_MOVES | upright if low else _MOVES)
        dock.setTitleBarWidget(DockHeader(dock, panel.name, self._theme, low))
        panel.widget.setMinimumWidth(panel.least_px)
        dock.setWidget(panel.widget)
        dock.visibilityChanged.connect(self._name_tabs)
        self._docks[panel.name] = dock
        self._areas[panel.area].append(dock)

    def toggles(self) -> list[QAction]:
        """The actions that show and hide each panel."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def reset(self) -> None:
        """Put every panel to its place and size, and show it."""
        window = self._window
        firsts = {}
        for area, docks in self._areas.items():
            for dock in docks:
                window.addDockWidget(area.value, dock)
            for dock, after in pairwise(docks):
                window.tabifyDockWidget(dock, after)
            for dock in docks:
                dock.setFloating(False)
                dock.show()
            if docks:
                docks[0].raise_()
                firsts[area] = docks[0]
        narrow = window.width() < _NARROW
        sizes = _NARROW_PX if narrow else _WIDE_PX
        sides = [area for area in (Area.LEFT, Area.RIGHT) if area in firsts]
        window.resizeDocks(
            [firsts[area] for area in sides],
            [sizes[area] for area in sides],
            Qt.Orientation.Horizontal,
        )
        if Area.BOTTOM in firsts:
            height = _LOW_BOTTOM_PX if window.height() < _LOW else _BOTTOM_PX
            window.resizeDocks([firsts[Area.BOTTOM]], [height], Qt.Orientation.Vertical)

    def _name_tabs(self) -> None:
        """Name the tab bars, which Qt makes when panels come to share a place."""
        for bar in self._window.findChildren(QTabBar):
            bar.setAccessibleName("Panels: " + ", ".join(map(bar.tabText, range(bar.count()))))

    def show(self, name: str) -> None:
        """Bring a panel to the front."""
        self._docks[name].show()
        self._docks[name].raise_()
