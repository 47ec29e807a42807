"""The middle of the window: six pages, each with a title, questions and a canvas.

The page on show has one subject, its `Topic`. Title, questions, strip, inspector, menus and every
command mean that one, and nothing else that is chosen or shown elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from dgn_explorer.gui.state.display import Showing
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.state.topics import PageName, Topic, page_of

_LEAST_PX = 280, 150


def _no_height() -> int:
    return 0


@dataclass(frozen=True)
class View:
    """One thing that the canvas of a page can show; the first one of a page is there at first.

    ``resize`` makes its thumbnails larger (1) or smaller (-1), if it has any. ``clearance`` is how
    many pixels at its lower edge notices leave free.
    """

    name: str
    widget: QWidget
    pages: tuple[PageName, ...]
    resize: Callable[[int], object] | None = None
    clearance: Callable[[], int] = _no_height


@dataclass(frozen=True)
class PageTopic:
    """What ``page`` is about; asked again after each of ``follows``."""

    page: PageName
    topic: Callable[[], Topic]
    follows: tuple[SignalInstance, ...] = ()


class Book(QWidget):
    """One page at a time; what somebody asks to see brings its page to the front."""

    page_changed = Signal()  # another page, or another view of the same
    topic_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._page = PageName.UNIT
        self._views: dict[str, View] = {}
        self._shown: dict[PageName, str] = {}  # the view of each page
        self._topics: dict[PageName, Callable[[], Topic]] = {}
        self.topic = Topic()
        self._stack = QStackedWidget()
        # Else the one view that wants the most room would hold up every page.
        self._stack.setMinimumSize(*_LEAST_PX)
        self._blank = QWidget()
        self._stack.addWidget(self._blank)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._stack, 1)
        session.display_changed.connect(self._follow)

    def put_above(self, *widgets: QWidget) -> None:
        """Put the title and the questions over the canvas."""
        for place, widget in enumerate(widgets):
            self._column.insertWidget(place, widget)

    def add(self, view: View) -> None:
        """Take in what a page can show."""
        self._views[view.name] = view
        self._stack.addWidget(view.widget)
        for page in view.pages:
            self._shown.setdefault(page, view.name)
        self._turn()

    def tell(self, told: PageTopic) -> None:
        """Ask ``told`` what its page is about."""
        self._topics[told.page] = told.topic
        for signal in told.follows:
            signal.connect(self.look)
        self.look()

    @property
    def page(self) -> PageName:
        """The page on show."""
        return self._page

    @property
    def view(self) -> str:
        """What its canvas shows."""
        return self._shown.get(self._page, "")

    @property
    def resize_thumbnails(self) -> Callable[[int], object] | None:
        """What makes the thumbnails on show larger or smaller."""
        return self._views[self.view].resize if self.view else None

    @property
    def clearance(self) -> int:
        """How many pixels notices leave free at the lower edge."""
        return self._views[self.view].clearance() if self.view else 0

    def first_view(self, page: PageName) -> str:
        """What the canvas of ``page`` shows at first."""
        return next((one.name for one in self._views.values() if page in one.pages), "")

    def show_page(self, page: PageName, view: str = "") -> None:
        """Show a page, as it was last or with ``view`` on its canvas."""
        before = self._page, self.view
        if view:
            self._shown[page] = view
        self._page = page
        if before[0] is not page and page.subject is not None:
            self._session.settings.enter(page.subject)
        self._turn()
        self.look()  # first, as who turns to a page may ask about it at once
        if (page, self.view) != before:
            self.page_changed.emit()
            self.look()

    def look(self) -> None:
        """Ask again what the page on show is about."""
        told = self._topics.get(self._page)
        topic = told() if told is not None else Topic()
        if topic != self.topic:
            self.topic = topic
            self.topic_changed.emit()

    def _turn(self) -> None:
        view = self._views.get(self.view)
        self._stack.setCurrentWidget(view.widget if view else self._blank)

    def _follow(self) -> None:
        display = self._session.display
        # What merely finishes must not take the gallery away from under the mouse.
        wanted = display.showing is Showing.LIVE or display.cached
        if wanted and display.order is not None and not display.aside:
            page = page_of(display.order)
            self.show_page(page, self.first_view(page))
