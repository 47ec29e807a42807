"""A whole feature in one file: all that a feature can bring, and something to keep.

It counts the pictures that were finished since the window opened. Its row is
``FEATURES = (..., tally_feature)`` in `dgn_explorer.gui.features.table`.
"""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.answers import Answer
from dgn_explorer.gui.desk.book import View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Drop, Feature
from dgn_explorer.gui.desk.inspector import Section
from dgn_explorer.gui.desk.panels import Area, Panel
from dgn_explorer.gui.desk.top_bar import TopItem, TopPlace
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.results.record import Record


class Tally(QObject):
    """The count; a child of the window, so that it ends with it."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self.count = desk.preferences.get("tally", 0)
        self.text: QLabel = label(f"{self.count} pictures", "title")
        desk.session.runs.finished.connect(self.add)

    def add(self) -> None:
        """One more."""
        self.set(self.count + 1)

    def set(self, count: int) -> None:
        """Count from here."""
        self.count = count
        self.text.setText(f"{count} pictures")
        self.changed.emit()

    def read(self, path: str) -> None:
        """Go on from the number in a file."""
        self.set(int(Path(path).read_text()))


class Rows(QLabel):
    """Shows a table by how many rows it has."""

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        self.setText(f"{record.count} rows")


def tally_feature(desk: Desk) -> Feature:
    """All that the window needs to know."""
    tally = Tally(desk)
    return Feature(
        name="tally",
        actions=(
            Action("tally", "View", -1, "Tally", "Show how many pictures were made",
                   lambda: desk.book.show_page(PageName.LIBRARY, "tally"), keys="F9",
                   toolbar=45, pages=frozenset({PageName.LIBRARY})),
            Action("tally_reset", "Edit", 3, "Reset the tally", "Count from nothing",
                   lambda: tally.set(0), enabled=lambda: tally.count > 0),
        ),
        follows=(tally.changed,),
        panels=(Panel("Tally", tally.text, Area.RIGHT, 100),),
        views=(View("tally", label("A canvas of its own", "title"), (PageName.LIBRARY,)),),
        sections=(Section("Tally", label("A section of its own"), (PageName.PRIOR,), 50),),
        answers=(Answer("table", Rows, about="verdict"),),
        top=(TopItem(TopPlace.JOBS, label("A word of its own")),),
        drops=(Drop(frozenset({".tally"}), tally.read),),
        remember=lambda: desk.preferences.put("tally", tally.count),
    )  # fmt: skip
