"""The middle of the window: the picture, the gallery, a comparison, or a sheet of variations."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from dgn_explorer.gui.state.session import Session


class Centre(QStackedWidget):
    """One page at a time; whatever starts or is opened brings the picture back."""

    page_changed = Signal()

    def __init__(self, session: Session, pages: dict[str, QWidget]) -> None:
        super().__init__()
        self._session, self._pages_by_name = session, pages
        for page in pages.values():
            self.addWidget(page)
        self.currentChanged.connect(lambda _index: self.page_changed.emit())
        session.display_changed.connect(self._follow)

    @property
    def page(self) -> str:
        """The name of the page on show."""
        shown = self.currentWidget()
        return next(name for name, page in self._pages_by_name.items() if page is shown)

    def show_page(self, name: str) -> None:
        """Show a page."""
        self.setCurrentWidget(self._pages_by_name[name])

    def _follow(self) -> None:
        display = self._session.display
        # What merely finishes must not take the gallery away from under the mouse.
        if display.job is not None or display.cached:
            self.show_page("picture")
