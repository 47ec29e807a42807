"""Widgets of which one is on show, by name."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget


class Pages(QStackedWidget):
    """The first one added is on show until another is asked for."""

    page_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._named: dict[str, QWidget] = {}
        self.currentChanged.connect(lambda _index: self.page_changed.emit())

    @property
    def page(self) -> str:
        """The name of the page on show; empty without pages."""
        shown = self.currentWidget()
        return next((name for name, widget in self._named.items() if widget is shown), "")

    def add_page(self, name: str, widget: QWidget) -> None:
        """Add a page."""
        self._named[name] = widget
        self.addWidget(widget)

    def show_page(self, name: str) -> None:
        """Show a page."""
        self.setCurrentWidget(self._named[name])
