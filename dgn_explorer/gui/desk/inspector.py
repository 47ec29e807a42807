"""The right side: sections about the page's subject, one below the other."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QToolButton, QVBoxLayout, QWidget

from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.desk.book import Book
from dgn_explorer.gui.look.parts import fill_scrolling, line, panel
from dgn_explorer.gui.look.theme import MEDIUM, SMALL, TIGHT
from dgn_explorer.gui.state.topics import PageName

_CLOSED = "inspector_closed"
_OPENED = "inspector_opened"


@dataclass(frozen=True)
class Section:
    """One section: what it is called, and on which pages it is there.

    ``place`` orders sections, ``open`` says whether its content is in sight until somebody decides.
    """

    name: str
    widget: QWidget
    pages: tuple[PageName, ...]
    place: int = 0
    open: bool = True


class Inspector(QWidget):
    """Shows the sections of the page on show; a click on a heading folds its section."""

    def __init__(self, book: Book, preferences: Preferences) -> None:
        super().__init__()
        self._book, self._preferences = book, preferences
        self._folded = {
            name: set(filter(None, preferences.get(name, "").split(",")))
            for name in (_CLOSED, _OPENED)
        }
        self._sections: list[Section] = []
        self._headings: dict[str, QToolButton] = {}
        self._frames: dict[str, QWidget] = {}
        body, self._column = panel(margin=0, spacing=0)
        self._column.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        self._column.addStretch()
        fill_scrolling(self, body)
        book.page_changed.connect(self._show)

    def add(self, section: Section) -> None:
        """Take in a section of a feature."""
        heading = QToolButton()
        heading.setProperty("role", "heading")
        heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        heading.setText(section.name)
        heading.setCheckable(True)
        heading.setChecked(self._is_open(section))
        heading.setAccessibleName(f"Section {section.name}")
        heading.clicked.connect(lambda on: self._fold(section, on))
        frame = QWidget()
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, TIGHT, 0, TIGHT)
        column.setSpacing(TIGHT)
        column.addWidget(heading)
        column.addWidget(section.widget)
        column.addWidget(line())
        self._headings[section.name], self._frames[section.name] = heading, frame
        before = sum(one.place <= section.place for one in self._sections)
        self._column.insertWidget(before, frame)
        self._sections.insert(before, section)
        self._show()

    def show_section(self, name: str) -> None:
        """Unfold a section and scroll to it, where the page has it."""
        section = next(one for one in self._sections if one.name == name)
        self._fold(section, True)
        area = self.findChild(QScrollArea)
        if area is not None:
            area.ensureWidgetVisible(self._headings[name])

    def is_open(self, name: str) -> bool:
        """Whether a section's content is in sight, on the pages that have it."""
        return self._headings[name].isChecked()

    def remember(self) -> None:
        """Put what is folded into the preferences."""
        for name, sections in self._folded.items():
            self._preferences.put(name, ",".join(sorted(sections)))

    def _is_open(self, section: Section) -> bool:
        folded = self._folded[_CLOSED if section.open else _OPENED]
        return (section.name not in folded) if section.open else (section.name in folded)

    def _fold(self, section: Section, open: bool) -> None:
        for name, wanted in ((_CLOSED, not open), (_OPENED, open)):
            self._folded[name].discard(section.name)
            if wanted:
                self._folded[name].add(section.name)
        self._headings[section.name].setChecked(open)
        self._show()

    def _show(self) -> None:
        for section in self._sections:
            open = self._is_open(section)
            self._frames[section.name].setVisible(self._book.page in section.pages)
            section.widget.setVisible(open)
            arrow = Qt.ArrowType.DownArrow if open else Qt.ArrowType.RightArrow
            self._headings[section.name].setArrowType(arrow)
