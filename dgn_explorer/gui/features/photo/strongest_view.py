"""The units that a photo excites most, grouped by layer, against what is usual.

Of a layer of which photographs have been measured that is what each unit makes of them; of others
it is the range of the layer's units for this very photo.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
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
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import plain, tip_text
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.state.surveys import Wish
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record

_UnitRole = Qt.ItemDataRole.UserRole + 1
_ShareRole = Qt.ItemDataRole.UserRole + 2
_NARROW_PX = 270
_BAR_PX = 96
_ROW = 26
_OPEN = 6  # layers whose units are in sight at first
_OF_LAYER = (
    "Bars compare a unit with the rest of its layer; with what photos give once you have asked"
    " “Real photos” of the layer."
)


class _Bars(QStyledItemDelegate):
    """A bar for how far a unit lies above what is usual."""

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
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
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
        self._record: Record | None = None
        self._wish: Wish | None = None
        self._asked: tuple[str, ...] = ()  # the layers of which the wish is
        self._values: dict[str, np.ndarray] = {}  # of layers of which photographs are measured
        self.note = label(_OF_LAYER, "muted", wrap=True)
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
        for column, width in ((1, 76), (2, _BAR_PX)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        self.tree.currentItemChanged.connect(self._select)
        self.tree.itemActivated.connect(self._open)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.addWidget(self.note)
        column_.addWidget(self.tree)
        self._session.usual.changed.connect(self._ask)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the names have it."""
        super().resizeEvent(event)
        self.tree.setColumnHidden(2, self.width() < _NARROW_PX)

    def show_record(self, record: Record) -> None:
        """Show ``record``, without the units that one layer hands on unchanged from another."""
        if record is not self._record:
            self._record, self._values, self._asked = record, {}, ()
        self._draw(record)
        self._ask()

    def _ask(self) -> None:
        """Find out where the photo lies among those that are measured, where some are."""
        record, network = self._record, self._session.network
        if record is None or network is None:
            return
        photo, shown = record.order.input("photo"), set(record.parts["layer"])
        measured = tuple(path for path in self._session.usual.layers if path in shown)
        of_this = record.order.network_fingerprint == network.fingerprint
        if photo is None or not of_this or measured == self._asked:
            return
        if self._wish is not None:
            self._wish.drop()
        self._asked, self._values = measured, {}
        if measured:
            self._wish = self._session.surveys.values(network, photo, measured, self._take)

    def _take(self, made: Record) -> None:
        layers, values = np.array(made.parts["layer"]), made.array("activation")
        self._values = {path: values[layers == path] for path in self._asked}
        if self._record is not None:
            self._draw(self._record)

    def _draw(self, record: Record) -> None:
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
        usual = self._session.usual
        among = {path: usual.layers[path] for path in self._values if path in usual.layers}
        self.note.setText(_note(among))
        for layer, part in by_layer.items():
            top = QTreeWidgetItem([plain(layer), "", ""])
            top.setFirstColumnSpanned(True)
            if layer in among:
                for one in usual.standings(layer, self._values[layer], len(part)):
                    said = f"highest activation {number_text(one.activation)}, {one.text}"
                    top.addChild(
                        self._item(one.unit, one.activation, min(1.0, max(0.0, one.strength)), said)
                    )
            else:
                for row in part:
                    said = (
                        f"activation {number_text(row['activation'])}, {row['deviations']:.1f}"
                        " standard deviations above its layer's mean"
                    )
                    share = max(0.0, row["deviations"]) / max(most, 1e-9)
                    unit = UnitAddress(layer, int(row["unit"]))
                    top.addChild(self._item(unit, row["activation"], share, said))
            self.tree.addTopLevelItem(top)
            top.setExpanded(self.tree.topLevelItemCount() <= _OPEN)

    def _item(
        self, unit: UnitAddress, activation: float, share: float, said: str
    ) -> QTreeWidgetItem:
        network = self._session.network
        name = network.label(unit) if network is not None else ""
        item = QTreeWidgetItem([plain(name or f"unit {unit.index}"), "", ""])
        item.setText(1, number_text(activation))
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(2, _ShareRole, float(share))
        item.setData(0, _UnitRole, unit)
        for column in range(3):
            item.setData(column, Qt.ItemDataRole.ToolTipRole, tip_text(f"{unit}: {said}"))
        return item

    def _select(self, item: QTreeWidgetItem | None) -> None:
        unit = item.data(0, _UnitRole) if item is not None else None
        if isinstance(unit, UnitAddress) and self.isVisible():
            self._session.select(unit)

    def _open(self, item: QTreeWidgetItem) -> None:
        unit = item.data(0, _UnitRole)
        if isinstance(unit, UnitAddress):
            self._session.visualise(unit)


def _note(among: Mapping[str, int]) -> str:
    """What is taken for usual; ``among`` are layers with how many photographs are measured.

    >>> _note({"fc": 2400})
    "Usual in fc is what 2,400 photos gave, elsewhere the range of the layer's units."
    """
    if not among:
        return _OF_LAYER
    fewest, most = min(among.values()), max(among.values())
    photos = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    names = list(among)
    where = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return plain(
        f"Usual in {where} is what {photos} photos gave, elsewhere the range of the layer's units."
    )
