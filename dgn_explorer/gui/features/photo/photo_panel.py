"""The units that a dropped photo excites most, layer by layer."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import ElidedLabel, label, panel
from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.row_delegate import QuietRole, RowDelegate
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL

_UnitRole = Qt.ItemDataRole.UserRole + 1
_PICTURE_PX = 72


class PhotoPanel(QWidget):
    """A list to walk through; Enter or a double-click visualises."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._photo, theme = desk.session, desk.photo, desk.theme
        self._picture = QLabel()
        self._picture.setFixedSize(_PICTURE_PX, _PICTURE_PX)
        self._name = ElidedLabel("strong")
        self._text = label("", "caption", wrap=True)
        start = QPushButton("Start from this photo")
        start.setAccessibleName("Start from this photo")
        set_tip(start, "Begin every ascent with the code of this photo")
        start.clicked.connect(desk.photo.start_from)
        self.list = QListWidget()
        self.list.setAccessibleName("Strongest units of the photo")
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setItemDelegate(RowDelegate(theme, parent=self.list))
        self.list.itemActivated.connect(self._visualise)
        self.list.currentItemChanged.connect(self._select)
        texts = QVBoxLayout()
        texts.addWidget(self._name)
        texts.addWidget(self._text)
        texts.addStretch()
        top = QHBoxLayout()
        top.setSpacing(SMALL)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(texts, 1)
        body, column = panel(margin=0)
        column.setContentsMargins(MEDIUM, MEDIUM, SMALL, SMALL)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        column.setSpacing(SMALL)
        column.addLayout(top)
        column.addWidget(start)
        column.addWidget(self.list, 1)
        desk.photo.opened.connect(self._show_photo)
        desk.photo.units_found.connect(self._show_units)

    def _show_photo(self) -> None:
        """Show the photo while its units are looked for."""
        image = self._photo.image
        if image is None:
            return
        height, width = image.shape[:2]
        factor = _PICTURE_PX / max(height, width)
        small = scaled(image, max(1, round(width * factor)), max(1, round(height * factor)))
        self._picture.setPixmap(to_pixmap(small))
        self._name.setText(self._photo.name)
        self._text.setText("Looking for its strongest units…")
        self.list.clear()

    def _show_units(self) -> None:
        """List the units, the layers nearest to the output first."""
        network = self._session.network
        self._text.setText("Its strongest units, from the output to the input")
        order = {layer.path: n for n, layer in enumerate(network.layers)} if network else {}
        for one in sorted(self._photo.units, key=lambda one: (-order.get(one.unit.layer, 0),)):
            name = network.label(one.unit) if network else ""
            item = QListWidgetItem(plain(name or str(one.unit)))
            quiet = f"{one.unit}  ·  " if name else ""
            item.setData(QuietRole, f"{quiet}{number_text(one.activation)}")
            item.setData(_UnitRole, one.unit)
            set_tip(
                item,
                f"{one.unit}: activation {number_text(one.activation)}, "
                f"{one.deviations:.1f} standard deviations above its layer's mean",
            )
            self.list.addItem(item)
        if self.isVisible():  # who has gone on to another page is not called back
            self.list.setFocus()

    def _select(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._session.select(item.data(_UnitRole))

    def _visualise(self, item: QListWidgetItem) -> None:
        self._session.visualise(item.data(_UnitRole))
