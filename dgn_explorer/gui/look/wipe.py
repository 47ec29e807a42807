"""Two pictures of one thing in one place, with a line between them that can be moved."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import LARGE, Theme

_STEP = 0.05


class Wipe(QWidget):
    """The first picture left of the line, the second right of it; both square parts of a photo."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pair: tuple[np.ndarray, np.ndarray] | None = None
        self._drawn: tuple[int, QPixmap, QPixmap] | None = None
        self.share = 0.5  # of the width that the first one has
        self.setMinimumSize(160, 110)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Photo and answer in one place")
        self.setAccessibleDescription("The arrow keys move the line between them")
        self.setCursor(Qt.CursorShape.SplitHCursor)
        set_tip(self, "Drag the line, or use the arrow keys")
        theme.changed.connect(self.update)

    def show_pair(self, first: np.ndarray, second: np.ndarray) -> None:
        """Show two square pictures (S, S, 3) uint8, which may be of different sizes."""
        self._pair, self._drawn = (first, second), None
        self.update()

    def move_line(self, share: float) -> None:
        """Give the first picture ``share`` of the width, from 0 to 1."""
        self.share = min(max(share, 0.0), 1.0)
        self.update()

    @property
    def _box(self) -> QRectF:
        edge = max(1, min(self.width(), self.height()) - 2 * LARGE)
        return QRectF((self.width() - edge) // 2, (self.height() - edge) // 2, edge, edge)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        colours, painter = self._theme.colours, QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.canvas))
        if self._pair is not None:
            box, ratio = self._box, self.devicePixelRatioF()
            edge = round(box.width() * ratio)
            if self._drawn is None or self._drawn[0] != edge:
                first, second = (to_pixmap(scaled(one, edge, edge), ratio) for one in self._pair)
                self._drawn = edge, first, second
            line = box.left() + box.width() * self.share
            painter.drawPixmap(box.topLeft(), self._drawn[2])
            painter.save()
            painter.setClipRect(QRectF(box.left(), box.top(), line - box.left(), box.height()))
            painter.drawPixmap(box.topLeft(), self._drawn[1])
            painter.restore()
            painter.setPen(QPen(QColor(colours.accent), 3))
            painter.drawLine(QPointF(line, box.top()), QPointF(line, box.bottom()))
            painter.setBrush(QColor(colours.accent))
            painter.drawEllipse(QPointF(line, box.center().y()), 7, 7)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(colours.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the line."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the line."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on keys."""
        step = {Qt.Key.Key_Left: -_STEP, Qt.Key.Key_Right: _STEP}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.move_line(self.share + step)

    def _to(self, x: float) -> None:
        box = self._box
        self.move_line((x - box.left()) / box.width())
