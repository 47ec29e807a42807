"""Tables: a row an entry; a row that names a unit opens it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record

_MOST = 2000  # rows; more only cost time
_UnitRole = Qt.ItemDataRole.UserRole + 1


class TableView(QWidget):
    """The columns of a record; units and classes have their names."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session = desk.session
        self.table = QTableWidget()
        self.table.setAccessibleName("Answer as a table")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.itemActivated.connect(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        rows = record.rows()[:_MOST]
        declared = [part.name for part in record.order.about.parts]
        columns = [name for name in declared if name in record.parts]
        self.table.clear()
        self.table.setColumnCount(len(columns))
        self.table.setRowCount(len(rows))
        self.table.setHorizontalHeaderLabels([name.replace("_", " ") for name in columns])
        for number, row in enumerate(rows):
            unit = self._unit(row)
            for place, name in enumerate(columns):
                item = QTableWidgetItem(self._text(name, row[name], unit))
                item.setData(_UnitRole, unit)
                if not isinstance(row[name], str) and name not in ("unit", "class_index"):
                    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    item.setTextAlignment(right)
                if unit is not None:
                    set_tip(item, f"{unit}: Enter or a double-click opens it")
                self.table.setItem(number, place, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def _unit(self, row: dict[str, object]) -> UnitAddress | None:
        """The unit that a row is about, if it names one of the open network."""
        network = self._session.network
        layer, unit, index = row.get("layer"), row.get("unit"), row.get("class_index")
        try:
            if network is not None and isinstance(layer, str) and isinstance(unit, int):
                return network.resolve(f"{layer}:{unit}")
            if network is not None and isinstance(index, int):
                return network.resolve(f"{network.output_layer}:{index}")
        except DgnError:
            return None
        return None

    def _text(self, name: str, value: object, unit: UnitAddress | None) -> str:
        network = self._session.network
        if unit is not None and network is not None and name in ("unit", "class_index"):
            return plain(network.label(unit) or f"{unit.index}")
        if name == "probability" and isinstance(value, float):
            return f"{value:.1%}"
        return number_text(value) if isinstance(value, float) else plain(str(value))

    def _open(self, item: QTableWidgetItem) -> None:
        unit = item.data(_UnitRole)
        if isinstance(unit, UnitAddress):
            self._session.visualise(unit)
