"""The middle of the window: the picture, the gallery, or whatever page a feature brings."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.desk.pages import Pages
from dgn_explorer.gui.state.session import Session

PICTURE = "picture"


def _no_height() -> int:
    return 0


@dataclass(frozen=True)
class Page:
    """One page of the middle.

    ``resize`` makes its thumbnails larger (1) or smaller (-1), if it has any. ``clearance`` is how
    many pixels at its lower edge notices leave free. ``selects`` is for a page whose subject is the
    results selected on it: they are what saving, copying and deleting mean while it is on show.
    """

    name: str
    widget: QWidget
    resize: Callable[[int], object] | None = None
    clearance: Callable[[], int] = _no_height
    selects: bool = False


class Centre(Pages):
    """One page at a time; whatever starts or is opened brings the picture back."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._records: dict[str, Page] = {}
        session.display_changed.connect(self._follow)

    def add(self, page: Page) -> None:
        """Take in a page of a feature."""
        self._records[page.name] = page
        self.add_page(page.name, page.widget)

    @property
    def resize_thumbnails(self) -> Callable[[int], object] | None:
        """What makes the thumbnails of the page on show larger or smaller."""
        return self._records[self.page].resize if self.page else None

    @property
    def clearance(self) -> int:
        """How many pixels notices leave free at the lower edge."""
        return self._records[self.page].clearance() if self.page else 0

    @property
    def selects(self) -> bool:
        """Whether the subject of the page on show is what is selected on it."""
        return bool(self.page) and self._records[self.page].selects

    def _follow(self) -> None:
        display = self._session.display
        # What merely finishes must not take the gallery away from under the mouse.
        if display.job is not None or display.cached:
            self.show_page(PICTURE)
