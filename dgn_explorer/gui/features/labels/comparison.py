"""Two dissections side by side: another network's, another checkpoint's, or other layers'."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.export.detector_plot import Panel
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import network_text, plain
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.results.record import Record
from dgn_explorer.results.summary import Summary
from dgn_explorer.studies.dissection.about import DISSECTION, DissectionParameters
from dgn_explorer.studies.dissection.labels import UnitLabel, labels_of, tallies

NOTHING = "Nothing"
COLUMNS = ("Concept", "Category", "Units here", "Units there", "Best here", "Best there")


class Comparison(QWidget):
    """A list of the other dissections that are stored; ``other`` is the one that is chosen."""

    changed = Signal()  # another one is chosen, and read

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._library = desk, desk.session.library
        self._of: Record | None = None
        self.other: Record | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName("Compare with another dissection")
        self.choice.activated.connect(lambda _row: self._choose())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(label("Compare with", "muted"))
        row.addWidget(self.choice)
        self._library.changed.connect(self._list)
        self._library.added.connect(self._list)

    def show_record(self, record: Record) -> None:
        """Offer what can stand beside ``record``."""
        self._of, self.other = record, None
        self._list()

    @property
    def labels(self) -> list[UnitLabel]:
        """Those of the other one; empty without one."""
        return [] if self.other is None else labels_in(self.other)

    def panels(self, own: Sequence[UnitLabel]) -> list[Panel]:
        """What the figure shows: ``own`` labels, and those of the other one."""
        assert self._of is not None
        shown = [(self._of, own), *([(self.other, self.labels)] if self.other else [])]
        return [
            Panel(plain(network_text(record.order.network)), tallies(labels))
            for record, labels in shown
        ]

    def _list(self) -> None:
        """The newest first; what is chosen stays."""
        if self._of is None:
            return
        wanted = "" if self.other is None else self.other.key
        others = [one for one in self._library.studies(DISSECTION.name) if one.key != self._of.key]
        self.choice.clear()
        self.choice.addItem(NOTHING, "")
        for one in others:
            self.choice.addItem(plain(_words(one)), one.key)
            tip = f"Made {one.created[:10]}"
            self.choice.setItemData(self.choice.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.choice.setCurrentIndex(max(0, self.choice.findData(wanted)))
        self.setVisible(bool(others))

    def _choose(self) -> None:
        self._desk.flows.start(self._read(str(self.choice.currentData() or "")))

    async def _read(self, key: str) -> None:
        found = None
        if key:
            try:
                found = await self._library.load(key)
            except DgnError as error:
                self._desk.session.problem.emit(error.message, error.hint, "")
        if key == str(self.choice.currentData() or ""):
            self.other = found
            self.changed.emit()


def labels_in(record: Record) -> list[UnitLabel]:
    """The labels of a dissection."""
    parameters = record.order.parameters
    assert isinstance(parameters, DissectionParameters)
    return labels_of(record.rows(), parameters.least)


def _words(one: Summary) -> str:
    return f"{network_text(one.network)}  ·  {one.address}"
