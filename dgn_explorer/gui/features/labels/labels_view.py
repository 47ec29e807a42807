"""A dissection: how many detectors there are, and a row for every unit.

Beside another one it is a row for every concept that either detects, and the figure of both.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.errors import DgnError
from dgn_explorer.export.csv_table import save_csv
from dgn_explorer.export.detector_plot import detector_plot
from dgn_explorer.export.png import save_png
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.labels.comparison import COLUMNS, Comparison, labels_in
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import network_text, plain, set_tip
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record
from dgn_explorer.studies.dissection.labels import UnitLabel, side_by_side, tallies

_COLUMNS = ("Unit", "Concept", "Category", "Overlap", "One half", "Other half")
_MOST = 5000  # rows; more only cost time
_UnitRole = Qt.ItemDataRole.UserRole + 1


class LabelsView(QWidget):
    """Detectors by overlap; those in grey do not hold in both halves of the pictures.

    With another dissection chosen: concepts with their detectors in both, and the figure.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._session, self._theme = desk, desk.session, desk.theme
        self._record: Record | None = None
        self.labels: list[UnitLabel] = []
        self.summary = label("", "muted", wrap=True)
        self.detectors_only = QCheckBox("Detectors only")
        self.detectors_only.setChecked(True)
        self.detectors_only.toggled.connect(lambda _on: self._fill())
        save_table, save_figure = QPushButton("Save table…"), QPushButton("Save figure…")
        save_table.clicked.connect(lambda: self._choose("CSV (*.csv)", "csv", self.save_table))
        save_figure.clicked.connect(lambda: self._choose("PNG (*.png)", "png", self.save_figure))
        self.table = QTableWidget()
        self.table.setAccessibleName("Labels of units")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.itemActivated.connect(self._open)
        self.comparison = Comparison(desk)
        self.comparison.changed.connect(self._compare)
        self.figure = Canvas(desk.theme)
        self.figure.setAccessibleName("Detectors and unique detectors by layer, of both")
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(self.detectors_only)
        row.addWidget(self.comparison)
        row.addStretch()
        row.addWidget(save_table)
        row.addWidget(save_figure)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.summary)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self.figure, 1)
        desk.theme.changed.connect(self._fill)

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        self._record = record
        self.labels = labels_in(record)
        self.comparison.show_record(record)
        self._compare()

    def _compare(self) -> None:
        """Show both, or the one alone."""
        record, other = self._record, self.comparison.other
        if record is None:
            return
        said = _said(record, self.labels)
        if other is not None:
            names = [plain(network_text(one.order.network)) for one in (record, other)]
            there = _said(other, self.comparison.labels)
            said = f"Here {names[0]}: {said}\nThere {names[1]}: {there}{_other_set(record, other)}"
            self.figure.show_image(detector_plot(self.comparison.panels(self.labels)))
        self.summary.setText(plain(said))
        self.figure.setVisible(other is not None)
        self.detectors_only.setVisible(other is None)
        self._fill()

    def _fill(self) -> None:
        if self.comparison.other is not None:
            self._fill_both()
            return
        shown = [one for one in self.labels if one.detector or not self.detectors_only.isChecked()]
        shown = sorted(shown, key=lambda one: -one.iou)[:_MOST]
        self.table.setSortingEnabled(False)
        self.table.clear()
        self.table.setColumnCount(len(_COLUMNS))
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.setRowCount(len(shown))
        quiet = QColor(self._theme.colours.muted)
        for row, one in enumerate(shown):
            cells = (
                *(str(one.address), plain(one.concept), plain(one.category)),
                *(round(value, 3) for value in (one.iou, one.iou_first, one.iou_second)),
            )
            for column, value in enumerate(cells):
                item = QTableWidgetItem()
                item.setData(Qt.ItemDataRole.DisplayRole, value)  # numbers sort as numbers
                item.setData(_UnitRole, one.address)
                if not one.stable or not one.detector:
                    item.setForeground(quiet)
                if not isinstance(value, str):
                    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    item.setTextAlignment(right)
                set_tip(item, _tip(one))
                self.table.setItem(row, column, item)
        self.table.setSortingEnabled(True)
        self.table.horizontalHeader().setSortIndicator(3, Qt.SortOrder.DescendingOrder)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def _fill_both(self) -> None:
        rows = side_by_side(self.labels, self.comparison.labels)[:_MOST]
        self.table.setSortingEnabled(False)
        self.table.clear()
        self.table.setColumnCount(len(COLUMNS))
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            cells = (
                *(plain(row["concept"]), plain(row["category"])),
                *(row["units_first"], row["units_second"]),
                *(round(row[f"best_{place}"], 3) for place in ("first", "second")),
            )
            for column, value in enumerate(cells):
                item = QTableWidgetItem()
                item.setData(Qt.ItemDataRole.DisplayRole, value)
                if not isinstance(value, str):
                    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    item.setTextAlignment(right)
                self.table.setItem(number, column, item)
        self.table.setSortingEnabled(True)
        self.table.horizontalHeader().setSortIndicator(2, Qt.SortOrder.DescendingOrder)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def save_table(self, path: Path) -> None:
        """Write all rows as CSV, and say so."""
        rows = [one.to_dict() for one in self.labels]
        if self.comparison.other is not None:
            rows = side_by_side(self.labels, self.comparison.labels)
        self._desk.flows.start(self._save(lambda: save_csv(path, rows), path))

    def save_figure(self, path: Path) -> None:
        """Write the paper's figure of the layers on show, and say so."""
        record = self._record
        if record is None:
            return
        panels = self.comparison.panels(self.labels)
        order = record.order if self.comparison.other is None else None  # a figure of two has none
        self._desk.flows.start(
            self._save(lambda: save_png(path, detector_plot(panels), order), path)
        )

    async def _save(self, write: Callable[[], object], path: Path) -> None:
        try:
            await self._desk.flows.on_disk(write)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
        else:
            self._desk.notify(f"Saved {path.name}.")

    def _choose(self, kinds: str, suffix: str, save: Callable[[Path], None]) -> None:
        chooser = QFileDialog(self.window(), "Save labels")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilter(kinds)
        chooser.setDefaultSuffix(suffix)
        chooser.selectFile(f"labels.{suffix}")
        chooser.fileSelected.connect(lambda path: save(Path(path)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _open(self, item: QTableWidgetItem) -> None:
        unit = item.data(_UnitRole)
        if isinstance(unit, UnitAddress):
            self._session.visualise(unit)


def _said(record: Record, labels: list[UnitLabel]) -> str:
    """How many detectors each layer has, and what was left out."""
    pictures = int(record.array("pictures")[0])
    said = [
        f"{one.layer}: {one.detectors} of {one.units} units are detectors of {one.unique} things;"
        f" {one.agreement:.0%} of the labels hold in both halves of {pictures:,} pictures."
        for one in tallies(labels)
    ]
    left_out = record.parts["left_out"]
    if len(left_out):
        said.append(f"{len(left_out)} pictures were left out, such as: {left_out[0]}")
    return " ".join(said)


def _other_set(record: Record, other: Record) -> str:
    """A warning where the two were not measured on the same pictures."""
    sets = [{one.sha256 for one in each.order.inputs} for each in (record, other)]
    return "" if sets[0] == sets[1] else " The two are of different sets: compare with care."


def _tip(one: UnitLabel) -> str:
    if not one.detector:
        why = "too little overlap for a detector"
    elif one.stable:
        why = "the best label in both halves of the pictures"
    else:
        why = "another label is better in a half of the pictures"
    return f"{one.address}: {why}. Enter or a double-click opens it"
