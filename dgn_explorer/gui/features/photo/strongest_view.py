"""The units that a photo excites most, grouped by layer, against what is usual in the layer."""

from collections import defaultdict

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.plain import plain, tip_text
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record

_UnitRole = Qt.ItemDataRole.UserRole + 1
_ShareRole = Qt.ItemDataRole.UserRole + 2
_NARROW_PX = 270
_ROW = 26
_OPEN = 6  # layers whose units are in sight at first


class _Bars(QStyledItemDelegate):
    """A bar for how many deviations a unit lies above its layer's mean."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The size it asks for."""
        return QSize(90, _ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one item."""
        share = index.data(_ShareRole)
        if isinstance(share, float):
            box = QRectF(option.rect).adjusted(2, 7, -6, -7)
            painter.save()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.colours.hover))
            painter.drawRoundedRect(box, 4, 4)
            box.setWidth(max(3.0, box.width() * share))
            painter.setBrush(QColor(self._theme.colours.accent))
            painter.drawRoundedRect(box, 4, 4)
            painter.restore()
        super().paint(painter, option, index)


class StrongestView(QWidget):
    """Layers from the output to the input; Enter or a double-click makes a unit's image."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session = desk.session
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Strongest units of the photo")
        self.tree.setHeaderLabels(["Unit", "Activation", "Above usual"])
        self.tree.setUniformRowHeights(True)
        self.tree.setRootIsDecorated(True)
        self.tree.setIndentation(12)
        self.tree.setItemDelegateForColumn(2, _Bars(desk.theme, self.tree))
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 76), (2, 96)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        self.tree.currentItemChanged.connect(self._select)
        self.tree.itemActivated.connect(self._open)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.addWidget(self.tree)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the names have it."""
        super().resizeEvent(event)
        self.tree.setColumnHidden(2, self.width() < _NARROW_PX)

    def show_record(self, record: Record) -> None:
        """Show ``record``, without the units that one layer hands on unchanged from another."""
        network = self._session.network
        order = {layer.path: n for n, layer in enumerate(network.layers)} if network else {}
        rows = sorted(record.rows(), key=lambda row: -order.get(row["layer"], -1))
        seen: set[tuple[int, float, float]] = set()
        by_layer: dict[str, list[dict[str, float]]] = defaultdict(list)
        for row in rows:
            same = row["unit"], row["activation"], row["deviations"]
            if same not in seen:
                seen.add(same)
                by_layer[str(row["layer"])].append(row)
        most = max((row["deviations"] for part in by_layer.values() for row in part), default=1.0)
        self.tree.clear()
        for layer, part in by_layer.items():
            top = QTreeWidgetItem([plain(layer), "", ""])
            top.setFirstColumnSpanned(True)
            for row in part:
                top.addChild(self._item(UnitAddress(layer, int(row["unit"])), row, most))
            self.tree.addTopLevelItem(top)
            top.setExpanded(self.tree.topLevelItemCount() <= _OPEN)

    def _item(self, unit: UnitAddress, row: dict[str, float], most: float) -> QTreeWidgetItem:
        network = self._session.network
        name = network.label(unit) if network is not None else ""
        item = QTreeWidgetItem([plain(name or f"unit {unit.index}"), "", ""])
        item.setText(1, number_text(row["activation"]))
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(2, _ShareRole, float(max(0.0, row["deviations"]) / max(most, 1e-9)))
        item.setData(0, _UnitRole, unit)
        for column in range(3):
            tip = (
                f"{unit}: activation {number_text(row['activation'])}, "
                f"{row['deviations']:.1f} standard deviations above its layer's mean"
            )
            item.setData(column, Qt.ItemDataRole.ToolTipRole, tip_text(tip))
        return item

    def _select(self, item: QTreeWidgetItem | None) -> None:
        unit = item.data(0, _UnitRole) if item is not None else None
        if isinstance(unit, UnitAddress) and self.isVisible():
            self._session.select(unit)

    def _open(self, item: QTreeWidgetItem) -> None:
        unit = item.data(0, _UnitRole)
        if isinstance(unit, UnitAddress):
            self._session.visualise(unit)
