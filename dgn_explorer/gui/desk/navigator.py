"""The left side: what leads to subjects, such as layers and units, or a tray of photos."""

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.desk.book import Book
from dgn_explorer.gui.desk.pages import Pages
from dgn_explorer.gui.state.topics import PageName


@dataclass(frozen=True)
class Guide:
    """One content of the navigator, and the pages beside which it is there."""

    name: str
    widget: QWidget
    pages: tuple[PageName, ...]


class Navigator(Pages):
    """Shows the guide of the page on show; a page without one keeps that of the page before."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self._book = book
        self._guides: list[Guide] = []
        book.page_changed.connect(self._follow)

    def add(self, guide: Guide) -> None:
        """Take in a guide of a feature."""
        self._guides.append(guide)
        self.add_page(guide.name, guide.widget)
        self._follow()

    def _follow(self) -> None:
        for guide in self._guides:
            if self._book.page in guide.pages:
                self.show_page(guide.name)
                return
