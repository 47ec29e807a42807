"""A photo on which a hole is painted."""

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.theme import Theme

_LONG_PX = 384
_LEAST, _MOST = 4, 120  # of the brush, in pixels


class MaskPainter(QWidget):
    """Drag paints, with the right button or Shift it wipes; [ and ] change the brush."""

    changed = Signal()

    def __init__(self, theme: Theme, photo: np.ndarray) -> None:
        super().__init__()
        self._theme = theme
        height, width = photo.shape[:2]
        factor = _LONG_PX / max(height, width)
        self._width, self._height = max(8, round(width * factor)), max(8, round(height * factor))
        self._picture = to_pixmap(scaled(photo, self._width, self._height))
        self._mask = QImage(self._width, self._height, QImage.Format.Format_Grayscale8)
        self._last: QPointF | None = None
        self.brush_px = 36
        self.setFixedSize(self._width, self._height)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Photo to paint a hole on")
        self.clear()

    @property
    def hole(self) -> np.ndarray:
        """The hole (H, W) uint8, 255 where it was painted, in the photo's proportions."""
        lines = np.frombuffer(self._mask.constBits(), np.uint8)
        rows = lines.reshape(self._height, self._mask.bytesPerLine())
        return rows[:, : self._width].copy()

    @property
    def share(self) -> float:
        """How much of the middle square is painted, 0 to 1; only that is filled."""
        side = min(self._width, self._height)
        left, top = (self._width - side) // 2, (self._height - side) // 2
        return float((self.hole[top : top + side, left : left + side] > 127).mean())

    def clear(self) -> None:
        """No hole."""
        self._mask.fill(0)
        self.update()
        self.changed.emit()

    def load(self, mask: np.ndarray) -> None:
        """Take a mask (H, W) from 0 to 1, white where the hole is."""
        grey = np.repeat((mask * 255).round().astype(np.uint8)[..., None], 3, 2)
        image = to_pixmap(scaled(grey, self._width, self._height)).toImage()
        self._mask = image.convertToFormat(QImage.Format.Format_Grayscale8)
        self.update()
        self.changed.emit()

    def resize_brush(self, by: int) -> None:
        """Make the brush larger or smaller."""
        self.brush_px = min(_MOST, max(_LEAST, self.brush_px + by))

    def stroke(self, start: QPointF, end: QPointF, wipe: bool) -> None:
        """Paint, or wipe, from ``start`` to ``end``."""
        painter = QPainter(self._mask)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(0, 0, 0) if wipe else QColor(255, 255, 255)
        pen = QPen(colour, self.brush_px)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(start, end + QPointF(0.01, 0))  # a line without length is not drawn
        painter.end()
        self.update()
        self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        self._last = event.position()
        self.stroke(self._last, self._last, _wipes(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with it."""
        if self._last is not None:
            self.stroke(self._last, event.position(), _wipes(event))
            self._last = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End it."""
        self._last = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """The photo, dim where it is not looked at, and the hole in the accent's colour."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        side = min(self._width, self._height)
        left, top = (self._width - side) // 2, (self._height - side) // 2
        dim = QColor(0, 0, 0, 140)
        for x, y, w, h in (
            (0, 0, left, self._height),
            (left + side, 0, self._width, self._height),
            (0, 0, self._width, top),
            (0, top + side, self._width, self._height),
        ):
            painter.fillRect(x, y, w, h, dim)
        tint = QColor(self._theme.colours.accent_fill)
        over = np.zeros((self._height, self._width, 4), np.uint8)
        over[..., :3] = tint.red(), tint.green(), tint.blue()
        over[..., 3] = self.hole.astype(np.uint16) * 190 // 255
        painter.drawImage(
            0, 0, QImage(over.data, self._width, self._height, QImage.Format.Format_RGBA8888)
        )
        painter.end()


def _wipes(event: QMouseEvent) -> bool:
    right = bool(event.buttons() & Qt.MouseButton.RightButton)
    return right or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
