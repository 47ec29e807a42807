"""The panels around the picture, and where they belong."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

_FEATURES = (
    QDockWidget.DockWidgetFeature.DockWidgetClosable
    | QDockWidget.DockWidgetFeature.DockWidgetMovable
)
_NARROW = 1200
_LEFT, _RIGHT, _BOTTOM = 320, 300, 176


class Panels(QObject):
    """Docks for browsing, settings, details, results and queue; `reset` puts them back."""

    def __init__(
        self,
        window: QMainWindow,
        browser: QWidget,
        controls: QWidget,
        details: QWidget,
        combine: QWidget,
        results: QWidget,
        queue: QWidget,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        window.setDockNestingEnabled(True)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        for name, widget, least in (
            ("Browse", browser, 250),
            ("Settings", controls, 276),
            ("Details", details, 276),
            ("Combine", combine, 276),
            ("Results", results, 240),
            ("Queue", queue, 240),
        ):
            dock = QDockWidget(name, window)
            dock.setObjectName(name.lower())
            dock.setFeatures(_FEATURES)
            # Tabs name the panels; a title bar above each would only repeat them.
            dock.setTitleBarWidget(QWidget(dock))
            widget.setMinimumWidth(least)
            dock.setWidget(widget)
            dock.visibilityChanged.connect(self._name_tabs)
            self._docks[name] = dock
        self.reset()

    def toggles(self) -> list[QAction]:
        """The actions that show and hide each panel."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def reset(self) -> None:
        """Put every panel to its place and size, and show it."""
        window, docks = self._window, self._docks
        area = Qt.DockWidgetArea
        window.addDockWidget(area.LeftDockWidgetArea, docks["Browse"])
        window.addDockWidget(area.RightDockWidgetArea, docks["Settings"])
        window.addDockWidget(area.RightDockWidgetArea, docks["Details"])
        window.addDockWidget(area.RightDockWidgetArea, docks["Combine"])
        window.addDockWidget(area.BottomDockWidgetArea, docks["Results"])
        window.addDockWidget(area.BottomDockWidgetArea, docks["Queue"])
        window.tabifyDockWidget(docks["Settings"], docks["Details"])
        window.tabifyDockWidget(docks["Details"], docks["Combine"])
        window.tabifyDockWidget(docks["Results"], docks["Queue"])
        for dock in docks.values():
            dock.setFloating(False)
            dock.show()
        docks["Settings"].raise_()
        docks["Results"].raise_()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        narrow = window.width() < _NARROW
        sides = [_LEFT - 60, _RIGHT - 20] if narrow else [_LEFT, _RIGHT]
        window.resizeDocks([docks["Browse"], docks["Settings"]], sides, horizontal)
        window.resizeDocks([docks["Results"]], [_BOTTOM], vertical)

    def _name_tabs(self) -> None:
        """Name the tab bars, which Qt makes when panels come to share a place."""
        for bar in self._window.findChildren(QTabBar):
            bar.setAccessibleName("Panels: " + ", ".join(map(bar.tabText, range(bar.count()))))

    def show(self, name: str) -> None:
        """Bring a panel to the front."""
        self._docks[name].show()
        self._docks[name].raise_()
