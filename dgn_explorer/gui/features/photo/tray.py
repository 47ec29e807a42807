"""The navigator of photos: a tray of thumbnails, and what can be done with one."""

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import ElidedLabel, action_button, label, panel
from dgn_explorer.gui.look.pictures import to_pixmap
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.gui.state.photo import TrayPhoto

_PhotoRole = Qt.ItemDataRole.UserRole + 1
_EMPTY = (
    "Drop photos here from anywhere: files, a folder, a zip, or a picture from a web page. "
    "Or paste one with Ctrl+V."
)
_EDGE = 84


class PhotoTray(QWidget):
    """One click or Enter shows a photo."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._photo = desk.photo
        self._title = ElidedLabel("section")
        self.list = QListWidget()
        self.list.setAccessibleName("Tray of photos")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(_EDGE, _EDGE))
        self.list.setGridSize(QSize(_EDGE + 14, _EDGE + 30))
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.itemActivated.connect(self._show)
        self.list.itemClicked.connect(self._show)
        empty = label(_EMPTY, "muted", wrap=True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._pages.addWidget(empty)
        self._pages.addWidget(self.list)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(action_button(desk.table["open_photo"], "Open…"), 1)
        buttons.addWidget(action_button(desk.table["paste_photo"], "Paste"), 1)
        body, column = panel(margin=0)
        column.setContentsMargins(MEDIUM, MEDIUM, SMALL, SMALL)
        column.addWidget(self._title)
        column.addLayout(buttons)
        column.addWidget(self._pages, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        desk.photo.tray_changed.connect(self._fill)
        desk.photo.opened.connect(self._mark)
        self._fill()

    def _fill(self) -> None:
        self.list.clear()
        for photo in self._photo.tray:
            item = QListWidgetItem(QIcon(to_pixmap(photo.thumbnail)), plain(photo.name))
            item.setData(_PhotoRole, photo)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, plain(f"Photo {photo.name}"))
            item.setSizeHint(QSize(_EDGE + 14, _EDGE + 30))
            set_tip(item, photo.name)
            self.list.addItem(item)
        count = len(self._photo.tray)
        self._title.setText("PHOTOS" if not count else f"{count:,} PHOTO{'S' * (count > 1)}")
        self._pages.setCurrentIndex(1 if count else 0)
        self._mark()

    def _mark(self) -> None:
        """Select the photo on show."""
        shown = self._photo.input
        for row, photo in enumerate(self._photo.tray):
            if shown is not None and photo.sha256 == shown.sha256:
                self.list.setCurrentRow(row)

    def _show(self, item: QListWidgetItem) -> None:
        photo = item.data(_PhotoRole)
        shown = self._photo.input
        if isinstance(photo, TrayPhoto) and (shown is None or shown.sha256 != photo.sha256):
            self._photo.show(photo)

    def _menu(self, place: QPoint) -> None:
        item = self.list.itemAt(place)
        photo = item.data(_PhotoRole) if item is not None else None
        if isinstance(photo, TrayPhoto):
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction("Show", lambda: self._photo.show(photo))
            menu.addAction("Take out of the tray", lambda: self._photo.forget(photo))
            menu.popup(self.list.mapToGlobal(place))
