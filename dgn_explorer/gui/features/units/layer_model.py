"""The layer tree: dotted module paths as a tree, with the shape of each layer."""

from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.texts import shape_text
from dgn_explorer.networks.info import LayerInfo, NetworkInfo

PathRole = Qt.ItemDataRole.UserRole + 1


@dataclass
class _Node:
    layer: LayerInfo | None = None
    children: dict[str, "_Node"] = field(default_factory=dict)


class LayerModel(QStandardItemModel):
    """Layers in network order; a path with one child only is one row.

    Those that cannot be read are greyed, with the reason as their tool tip.
    """

    def __init__(self, network: NetworkInfo) -> None:
        super().__init__()
        self.setHorizontalHeaderLabels(["Layer", "Units · map"])
        self._items: dict[str, QStandardItem] = {}
        self._output = network.output_layer
        root = _Node()
        for layer in (*network.layers, *network.unreadable):
            node = root
            for part in layer.path.split("."):
                node = node.children.setdefault(part, _Node())
            node.layer = layer
        for name, node in root.children.items():
            self._add(self.invisibleRootItem(), name, node)

    def item_of(self, path: str) -> QStandardItem | None:
        """The row of a layer."""
        return self._items.get(path)

    def _add(self, parent: QStandardItem, name: str, node: _Node) -> None:
        while node.layer is None and len(node.children) == 1:
            part, node = next(iter(node.children.items()))
            name = f"{name}.{part}"
        first, second = QStandardItem(plain(name)), QStandardItem()
        layer = node.layer
        if layer is not None and layer.unreadable:
            second.setText("not readable")
            for item in (first, second):
                set_tip(item, layer.unreadable)
                item.setEnabled(False)
            first.setAccessibleText(plain(f"{layer.path}, not readable: {layer.unreadable}"))
        elif layer is not None:
            first.setData(layer.path, PathRole)
            second.setText(shape_text(layer))
            extra = "output layer, " if layer.path == self._output else ""
            spoken = f"{layer.path}, {extra}{layer.kind}, {layer.channels:,} units"
            for item in (first, second):
                set_tip(item, spoken)
            first.setAccessibleText(plain(spoken))
            self._items[layer.path] = first
        for item in (first, second):
            item.setEditable(False)
        second.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        parent.appendRow([first, second])
        for part, child in node.children.items():
            self._add(first, part, child)
