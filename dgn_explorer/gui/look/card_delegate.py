"""Draws a card: thumbnail or placeholder, a badge of shape and word, and two lines of text."""

import re

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from dgn_explorer.gui.look.card import Card, CardRole, CardState
from dgn_explorer.gui.look.icons import icon_pixmap
from dgn_explorer.gui.look.theme import CAPTION_PT, SMALL, TIGHT, Theme, font

_BADGES = {
    CardState.QUEUED: "clock",
    CardState.RUNNING: "play",
    CardState.CACHED: "check",
    CardState.FAILED: "warning",
}
_RADIUS = 6
_NARROW = 86  # percent of the width of letters, where a word would be cut
_BREAKS = re.compile(r" |-(?=.)")


class CardDelegate(QStyledItemDelegate):
    """Cards with a thumbnail of ``edge`` device-independent pixels."""

    def __init__(self, theme: Theme, edge: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.edge = edge
        self.least_px = 0  # a card is as wide as this at least, so that its texts can be read
        self.title_lines = 1  # with 0 there is only the picture
        self.cell_px = 0  # where a card has more room than it needs, its texts take all of it

    def size(self) -> QSize:
        """The size of every card."""
        texts = 1 + self.title_lines if self.title_lines else 0
        lines = texts * QFontMetrics(font(CAPTION_PT)).height()
        width = max(self.edge, self.least_px)
        return QSize(width + 2 * SMALL, self.edge + 2 * SMALL + TIGHT + lines)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The size it asks for."""
        size = self.size()
        return QSize(max(size.width(), self.cell_px), size.height())

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one item."""
        card = index.data(CardRole)
        if not isinstance(card, Card):
            return
        colours = self._theme.colours
        state = option.state
        box: QRect = option.rect.adjusted(2, 2, -2, -2)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selected if selected else colours.hover))
            painter.drawRoundedRect(box, _RADIUS + 2, _RADIUS + 2)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), _RADIUS + 1, _RADIUS + 1)
        left = box.left() + (box.width() - self.edge) // 2
        square = QRect(left, box.top() + SMALL - 2, self.edge, self.edge)
        self._paint_picture(painter, card, square)
        self._paint_badge(painter, card, square)
        if card.favourite:
            self._paint_star(painter, square)
        if self.title_lines:
            self._paint_text(painter, card, square, box, selected)
        painter.restore()

    def _paint_picture(self, painter: QPainter, card: Card, square: QRect) -> None:
        colours = self._theme.colours
        path = QPainterPath()
        path.addRoundedRect(QRectF(square), _RADIUS, _RADIUS)
        if card.pixmap is not None:
            painter.save()
            painter.setClipPath(path)
            painter.drawPixmap(square, card.pixmap)
            painter.restore()
            return
        painter.setBrush(QColor(colours.raised))
        empty = card.state is CardState.NOT_COMPUTED
        dashes = Qt.PenStyle.DashLine if empty else Qt.PenStyle.SolidLine
        painter.setPen(QPen(QColor(colours.control_border), 1, dashes))
        painter.drawRoundedRect(QRectF(square).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        if empty:
            painter.setPen(QColor(colours.muted))
            painter.setFont(font(CAPTION_PT))
            text = card.detail.rpartition(":")[2] or card.title
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_badge(self, painter: QPainter, card: Card, square: QRect) -> None:
        name = _BADGES.get(card.state)
        if name is None:
            return
        colours = self._theme.colours
        ink = {CardState.FAILED: colours.bad, CardState.CACHED: colours.good}.get(
            card.state, colours.accent
        )
        large = card.pixmap is None
        size = 22 if large else 12
        disc = QRect(0, 0, size + 6, size + 6)
        if large:
            disc.moveCenter(square.center())
        else:
            disc.moveBottomRight(square.bottomRight() - QPoint(3, 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        painter.drawEllipse(disc)
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        painter.drawPixmap(
            disc.topLeft() + QRect(3, 3, 1, 1).topLeft(), icon_pixmap(name, ink, size, ratio)
        )

    def _paint_star(self, painter: QPainter, square: QRect) -> None:
        disc = QRect(0, 0, 18, 18)
        disc.moveTopRight(square.topRight() + QPoint(-3, 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colours.raised))
        painter.drawEllipse(disc)
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        star = icon_pixmap("star", self._theme.colours.warn, 12, ratio)
        painter.drawPixmap(disc.topLeft() + QPoint(3, 3), star)

    def _paint_text(
        self, painter: QPainter, card: Card, square: QRect, box: QRect, selected: bool
    ) -> None:
        colours = self._theme.colours
        ink = colours.on_selected if selected else colours.text
        quiet = faint = colours.on_selected if selected else colours.muted
        if card.state is CardState.FAILED and not selected:
            quiet = colours.bad
        title = in_lines(card.title, box.width() - 6, self.title_lines)
        head = faint if card.quiet else ink
        lines = [(part, head, True) for part in title] + [(card.subtitle, quiet, False)]
        for number, (text, colour, bold) in enumerate(lines):
            written = font(CAPTION_PT, bold)
            metrics = QFontMetrics(written)
            if bold and metrics.horizontalAdvance(text) > box.width() - 6:
                written.setStretch(_NARROW)  # a whole name says more than wide letters
                metrics = QFontMetrics(written)
            top = square.bottom() + TIGHT + number * metrics.height()
            line = QRect(box.left() + 3, top, box.width() - 6, metrics.height())
            painter.setFont(written)
            painter.setPen(QColor(colour))
            if not bold and card.short and metrics.horizontalAdvance(text) > line.width():
                text = card.short  # half a number would be another number
            short = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, short)


def in_lines(text: str, width: int, most: int) -> list[str]:
    """A title in at most so many lines, broken behind a word or a hyphen where that helps."""
    metrics = QFontMetrics(font(CAPTION_PT, True))
    if most < 2 or metrics.horizontalAdvance(text) <= width:
        return [text]
    ends = [found.end() for found in _BREAKS.finditer(text)]
    lines = [text]
    for room in (width, width * 100 // _NARROW):  # with letters as they are, and narrow ones
        fitting = [end for end in ends if metrics.horizontalAdvance(text[:end].strip()) <= room]
        at = fitting[-1] if fitting else ends[0] if ends else 0
        lines = [text[:at].strip(), text[at:].strip()] if at else [text]
        if all(metrics.horizontalAdvance(line) <= room for line in lines):
            break
    return lines
