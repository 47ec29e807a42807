"""Weights of two to four units by one point on a square."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import CAPTION_PT, SMALL, TIGHT, Theme, font

FEWEST, MOST = 2, 4
# Where the units sit, x to the right and y down, each from 0 to 1.
_ANCHORS = {
    2: ((0.0, 0.5), (1.0, 0.5)),
    3: ((0.5, 0.0), (0.0, 1.0), (1.0, 1.0)),
    4: ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)),
}
_STEP, _SMALL_STEP = 0.05, 0.01
_HEIGHT, _LINE_HEIGHT, _RADIUS = 176, 72, 7.0


def weights_at(x: float, y: float, count: int) -> tuple[float, ...]:
    """The weights of ``count`` units (2 to 4) at a point; the largest is 1, none is below 0.

    >>> weights_at(0.5, 0.5, 2), weights_at(0.0, 0.0, 4)
    ((1.0, 1.0), (1.0, 0.0, 0.0, 0.0))
    >>> weights_at(0.5, 0.0, 3), weights_at(0.75, 0.5, 2)
    ((1.0, 0.0, 0.0), (0.33, 1.0))
    """
    x, y = _nearest(x, y, count)
    if count == 2:
        shares: tuple[float, ...] = (1 - x, x)
    elif count == 3:
        right = x - (1 - y) / 2
        shares = (1 - y, y - right, right)
    else:
        shares = ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y)
    largest = max(shares)
    return tuple(round(share / largest, 2) for share in shares)


def _nearest(x: float, y: float, count: int) -> tuple[float, float]:
    """The point on the line, in the triangle (at the same height) or in the square."""
    x, y = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
    if count == 2:
        return x, 0.5
    if count == 3:
        left = (1 - y) / 2
        return min(max(x, left), left + y), y
    return x, y


def point_of(weights: Sequence[float]) -> tuple[float, float]:
    """The point whose weights are in proportion to these, or the nearest; negative ones are 0.

    >>> point_of((1.0, 1.0)), point_of((0.0, 2.0)), point_of((1, 1, 1, 1)), point_of((0, 0))
    ((0.5, 0.5), (1.0, 0.5), (0.5, 0.5), (0.5, 0.5))
    """
    positive = [max(weight, 0.0) for weight in weights]
    total = sum(positive)
    anchors = _ANCHORS[len(weights)]
    shares = [w / total if total else 1 / len(weights) for w in positive]
    x = sum(share * anchor[0] for share, anchor in zip(shares, anchors, strict=True))
    y = sum(share * anchor[1] for share, anchor in zip(shares, anchors, strict=True))
    return x, y


class WeightPad(QWidget):
    """Drag the point, or move it by arrow keys (Shift: less); Home goes to equal weights."""

    started = Signal()  # a drag, or a visit by keyboard: what follows is one step of undo
    moved = Signal(object)  # the new weights, a tuple of floats

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._weights: tuple[float, ...] = ()
        self._point = 0.5, 0.5
        self._dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Weight pad")
        set_tip(self, "Drag the point, or use the arrow keys; Home makes all weights equal")
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """The size it asks for."""
        return QSize(220, _LINE_HEIGHT if len(self._weights) == 2 else _HEIGHT)

    def show_weights(self, names: Sequence[str], weights: Sequence[float]) -> None:
        """Follow the model; with another number of units than 2 to 4 the pad is not usable."""
        self._names, self._weights = tuple(names), tuple(weights)
        texts = (f"{n} {number_text(w)}" for n, w in zip(names, weights, strict=True))
        self.setAccessibleDescription(", ".join(texts))
        self.updateGeometry()
        if FEWEST <= len(weights) <= MOST and self._weights != self._at(*self._point):
            self._point = point_of(weights)
        self.update()

    def place(self, x: float, y: float) -> None:
        """Move the point; both coordinates from 0 to 1."""
        if not FEWEST <= len(self._weights) <= MOST:
            return
        self._point = _nearest(x, y, len(self._weights))
        weights = self._at(*self._point)
        self.update()
        if weights != self._weights:
            self.moved.emit(weights)

    def _at(self, x: float, y: float) -> tuple[float, ...]:
        return weights_at(x, y, len(self._weights))

    @property
    def field(self) -> QRectF:
        """The square in which the point moves."""
        line = QFontMetrics(font(CAPTION_PT)).height() + TIGHT
        return QRectF(self.rect()).adjusted(
            SMALL + _RADIUS, line + _RADIUS, -SMALL - _RADIUS, -line - _RADIUS
        )

    def _to(self, position: QPointF) -> None:
        box = self.field
        self.place(
            (position.x() - box.left()) / box.width(), (position.y() - box.top()) / box.height()
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the point."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = True
            self.started.emit()
            self._to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the point."""
        if self._dragged:
            self._to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the point."""
        self._dragged = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin to move by keyboard."""
        self.started.emit()
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on keys."""
        small = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = _SMALL_STEP if small else _STEP
        x, y = self._point
        places = {
            Qt.Key.Key_Left: (x - step, y),
            Qt.Key.Key_Right: (x + step, y),
            Qt.Key.Key_Up: (x, y - step),
            Qt.Key.Key_Down: (x, y + step),
            Qt.Key.Key_Home: point_of((1.0,) * max(FEWEST, len(self._weights))),
        }
        place = places.get(Qt.Key(event.key()))
        if place is None:
            super().keyPressEvent(event)
            return
        self.place(*place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(
            QPen(QColor(colours.accent if self.hasFocus() else colours.control_border), 1)
        )
        painter.setBrush(QColor(colours.canvas))
        painter.drawRoundedRect(box, 5, 5)
        if FEWEST <= len(self._weights) <= MOST:
            self._draw_units(painter)
        painter.end()

    def _draw_units(self, painter: QPainter) -> None:
        colours, field = self._theme.colours, self.field
        anchors = [self._on_screen(*anchor) for anchor in _ANCHORS[len(self._weights)]]
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if len(anchors) == 4:
            painter.drawRect(field)
        else:
            painter.drawPolygon(QPolygonF(anchors))
        painter.setFont(font(CAPTION_PT))
        metrics = QFontMetrics(font(CAPTION_PT))
        point = self._on_screen(*self._point)
        exact = self._at(*self._point) == self._weights
        for anchor, name, weight in zip(anchors, self._names, self._weights, strict=True):
            tint = QColor(colours.accent)
            tint.setAlphaF(min(max(weight, 0.0), 1.0))
            painter.setPen(QPen(tint, 2))
            painter.drawLine(anchor, point)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.muted))
            painter.drawEllipse(anchor, 3, 3)
            self._draw_name(painter, metrics, anchor, f"{name}  {number_text(weight)}")
        painter.setPen(QPen(QColor(colours.accent), 2))
        # Hollow: the sliders stand where no point of the pad is.
        painter.setBrush(QColor(colours.accent if exact else colours.canvas))
        painter.drawEllipse(point, _RADIUS, _RADIUS)

    def _draw_name(
        self, painter: QPainter, metrics: QFontMetrics, anchor: QPointF, text: str
    ) -> None:
        field = self.field
        middle = abs(anchor.x() - field.center().x()) < 1
        room = self.width() - 2 * SMALL if middle else self.width() / 2 - SMALL - TIGHT
        short = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, int(room))
        width = metrics.horizontalAdvance(short)
        left = anchor.x() - width / 2
        left = min(max(left, SMALL), self.width() - SMALL - width)
        above = anchor.y() < field.bottom() - 1
        top = anchor.y() - _RADIUS - metrics.height() if above else anchor.y() + _RADIUS
        painter.setPen(QColor(self._theme.colours.text))
        box = QRectF(left, top, width + 1, metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, short)

    def _on_screen(self, x: float, y: float) -> QPointF:
        field = self.field
        return QPointF(field.left() + x * field.width(), field.top() + y * field.height())
