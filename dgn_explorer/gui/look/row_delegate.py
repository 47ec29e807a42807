"""A list line with an icon, a text at the left and a quiet text at the right."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from dgn_explorer.gui.look.theme import CAPTION_PT, SMALL, TIGHT, Theme, font

QuietRole = Qt.ItemDataRole.UserRole + 9
HEIGHT = 28
_ICON = 16
_PICTURE = 28

Picture = Callable[[QModelIndex | QPersistentModelIndex], QPixmap | None]


class RowDelegate(QStyledItemDelegate):
    """Lines of one height; the quiet text is in `QuietRole`.

    ``picture`` gives the thumbnail of a line that is in sight, or None for an empty frame.
    """

    def __init__(
        self,
        theme: Theme,
        icons: bool = False,
        picture: Picture | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._icons, self._picture = theme, icons, picture

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The size it asks for."""
        return QSize(120, HEIGHT if self._picture is None else _PICTURE + 2 * TIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one item."""
        colours = self._theme.colours
        state = option.state
        box: QRect = option.rect.adjusted(1, 1, -1, -1)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        enabled = bool(state & QStyle.StateFlag.State_Enabled)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selected if selected else colours.hover))
            painter.drawRoundedRect(box, 5, 5)
        ink = colours.on_selected if selected else colours.text if enabled else colours.muted
        quiet = colours.on_selected if selected else colours.muted
        inner = box.adjusted(SMALL, 0, -SMALL, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        if self._icons:
            picture = index.data(Qt.ItemDataRole.DecorationRole)
            if isinstance(picture, QIcon):
                square = QRect(inner.left(), inner.center().y() - _ICON // 2 + 1, _ICON, _ICON)
                mode = QIcon.Mode.Normal if enabled else QIcon.Mode.Disabled
                picture.paint(painter, square, Qt.AlignmentFlag.AlignCenter, mode)
            inner.setLeft(inner.left() + _ICON + SMALL)
        if self._picture is not None:
            square = QRect(inner.left(), inner.center().y() - _PICTURE // 2 + 1, _PICTURE, _PICTURE)
            pixmap = self._picture(index)
            if pixmap is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawPixmap(square, pixmap)
            else:
                painter.setPen(QColor(colours.border))
                painter.setBrush(QColor(colours.canvas))
                painter.drawRoundedRect(square.adjusted(0, 0, -1, -1), 3, 3)
            inner.setLeft(inner.left() + _PICTURE + SMALL)
        right = index.data(QuietRole) or ""
        painter.setFont(font(CAPTION_PT))
        painter.setPen(QColor(quiet))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | middle, right)
        inner.setRight(inner.right() - painter.fontMetrics().horizontalAdvance(right) - SMALL)
        painter.setFont(font())
        painter.setPen(QColor(ink))
        text = index.data(Qt.ItemDataRole.DisplayRole)
        short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | middle, short)
        painter.restore()
