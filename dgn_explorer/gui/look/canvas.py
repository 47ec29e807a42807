"""The picture in the middle: crisp at any size, with zoom and pan."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.theme import LARGE, Theme
from dgn_explorer.gui.look.tone import Tone

_STEP = 1.25
_LARGEST = 32.0
_RESAMPLED_PX = 1600  # beyond this the picture is larger than the view and Qt scales it


class Canvas(QWidget):
    """Shows one (H, W, 3) uint8 image; wheel zooms, drag pans, arrows pan, double-click fits.

    There is nothing to pan while all of it fits: a drag then takes the picture out of the window.
    """

    view_changed = Signal()  # another zoom or place
    drag_wanted = Signal()  # the picture is pulled at
    picture_changed = Signal()  # there is a picture now, or there is none any more

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image: np.ndarray | None = None
        self._pixmap: QPixmap | None = None
        self._zoom: float | None = None  # None fits; else screen pixels an image pixel
        self._offset = QPointF()
        self._grabbed: QPointF | None = None
        self._pressed = QPointF()
        self._moving = False
        self.smooth = True
        self.tone = Tone()
        self.empty = "Waiting for the first step…"  # what stands there without a picture
        self.setMinimumSize(160, 110)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Picture")
        theme.changed.connect(self.update)

    @property
    def image(self) -> np.ndarray | None:
        """What is on show."""
        return self._image

    @property
    def zoom(self) -> float:
        """Screen pixels an image pixel."""
        return self._fit() if self._zoom is None else self._zoom

    @property
    def view(self) -> tuple[float | None, QPointF]:
        """Zoom (None fits) and place, for another canvas to follow."""
        return self._zoom, QPointF(self._offset)

    def set_view(self, zoom: float | None, offset: QPointF) -> None:
        """Take over another canvas's zoom and place."""
        self._zoom, self._offset, self._pixmap = zoom, QPointF(offset), None
        self.update()

    def show_image(self, image: np.ndarray | None, moving: bool = False) -> None:
        """Show another image; the zoom stays as long as the size does.

        A ``moving`` picture is one of many a second and is enlarged at less cost.
        """
        self._moving = moving
        if image is None or self._image is None or image.shape != self._image.shape:
            self._zoom, self._offset = None, QPointF()
        before, self._image, self._pixmap = self._image, image, None
        if (before is None) != (image is None):
            self.picture_changed.emit()
        self.update()

    def set_smooth(self, smooth: bool) -> None:
        """Resample smoothly, or show whole pixels."""
        self.smooth, self._pixmap = smooth, None
        self.update()

    def set_tone(self, tone: Tone) -> None:
        """Look at it with another contrast; `image` stays what it is."""
        self.tone, self._pixmap = tone, None
        self.update()

    def fit(self) -> None:
        """Fit the image into the widget."""
        self._set_zoom(None)

    def actual_size(self) -> None:
        """Show one image pixel as one screen pixel."""
        self._set_zoom(1.0)

    def zoom_by(self, steps: float, at: QPointF | None = None) -> None:
        """Zoom in by ``steps`` (negative: out), keeping the point ``at`` in place."""
        if self._image is None:
            return
        before = self.zoom
        after = min(max(before * _STEP**steps, 0.1), _LARGEST)
        centre = QPointF(self.width() / 2, self.height() / 2)
        point = (at or centre) - centre
        self._offset = point - (point - self._offset) * (after / before)
        self._set_zoom(after)

    def _set_zoom(self, zoom: float | None) -> None:
        if zoom is None:
            self._offset = QPointF()
        self._zoom, self._pixmap = zoom, None
        self.view_changed.emit()
        self.update()

    def _fit(self) -> float:
        if self._image is None:
            return 1.0
        height, width = self._image.shape[:2]
        room = QSize(self.width() - 2 * LARGE, self.height() - 2 * LARGE)
        return float(max(0.05, min(room.width() / width, room.height() / height)))

    def _target(self, image: np.ndarray) -> QRectF:
        width, height = image.shape[1] * self.zoom, image.shape[0] * self.zoom
        left = (self.width() - width) / 2 + self._offset.x()
        top = (self.height() - height) / 2 + self._offset.y()
        return QRectF(round(left), round(top), round(width), round(height))

    def _scaled(self, image: np.ndarray, target: QRectF) -> QPixmap:
        """The image at the target's size in device pixels, or as it is if that is too large."""
        if self._pixmap is None:
            image, ratio = self.tone.of(image), self.devicePixelRatioF()
            width, height = round(target.width() * ratio), round(target.height() * ratio)
            twice = 2 * image.shape[1], 2 * image.shape[0]
            if self._moving and self.smooth and width > twice[0]:
                # Lanczos to twice the size and Qt's bilinear for the rest: 1 ms instead of 10.
                self._pixmap = to_pixmap(scaled(image, *twice))
            elif max(width, height) <= _RESAMPLED_PX * ratio:
                self._pixmap = to_pixmap(scaled(image, width, height, self.smooth), ratio)
            else:
                self._pixmap = to_pixmap(image)
        return self._pixmap

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        colours = self._theme.colours
        painter.fillRect(self.rect(), QColor(colours.canvas))
        if self._image is None:
            painter.setPen(QColor(colours.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.empty)
        else:
            target = self._target(self._image)
            pixmap = self._scaled(self._image, target)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
            painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
        if self.hasFocus():
            painter.setPen(QColor(colours.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit to the new size."""
        self._pixmap = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom or step."""
        self.zoom_by(event.angleDelta().y() / 120, event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the picture."""
        if event.button() == Qt.MouseButton.LeftButton and self._image is not None:
            self._grabbed = event.position() - self._offset
            self._pressed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the picture."""
        if self._grabbed is None:
            return
        if self._zoom is None:
            distance = (event.position() - self._pressed).manhattanLength()
            if distance >= QApplication.startDragDistance():
                self._let_go()
                self.drag_wanted.emit()
        else:
            self._offset = event.position() - self._grabbed
            self.view_changed.emit()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the picture."""
        self._let_go()

    def _let_go(self) -> None:
        self._grabbed = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit the picture."""
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on keys."""
        move = {
            Qt.Key.Key_Left: QPointF(40, 0),
            Qt.Key.Key_Right: QPointF(-40, 0),
            Qt.Key.Key_Up: QPointF(0, 40),
            Qt.Key.Key_Down: QPointF(0, -40),
        }.get(Qt.Key(event.key()))
        if move is None or self._zoom is None:
            super().keyPressEvent(event)
            return
        self._offset += move
        self.view_changed.emit()
        self.update()
