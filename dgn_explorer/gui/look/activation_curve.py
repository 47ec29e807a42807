"""The activation at every step, drawn with QPainter."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import BODY_PT, CAPTION_PT, MEDIUM, SMALL, TIGHT, Theme, font

HEIGHT = 76
LEFT, RIGHT = 56, 96  # room for the numbers of the axis, and for the last activation
_WIDE_PX = 300  # a narrower curve does without the numbers of the axis
_LEAST_PX = 40  # a curve in less than that says nothing
_POINTS = 600  # more than the pixels of a wide curve


class ActivationCurve(QWidget):
    """Shows how far the activation has come, on an axis that holds all steps from the start."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._trace = np.zeros(0, np.float32)
        self._steps = 0
        self._p = np.zeros(0, np.float32)
        self._marks: list[int] = []
        self.reached = ""  # the number beside the curve
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Activation curve")
        theme.changed.connect(self.update)

    def show_trace(
        self,
        trace: np.ndarray,
        steps: int,
        reached: Sequence[float] = (),
        marks: Sequence[int] = (),
        p: np.ndarray | None = None,
    ) -> None:
        """Show ``trace`` (n,), the first n of ``steps`` activations.

        ``reached`` are the activations of the images on show: the trace of a search for several
        images ends at whatever was tried last. ``marks`` are the steps, from 1, that gave them.
        ``p`` (n,) is a probability in every step, drawn between the lines for 0 and 1.
        """
        self._trace = trace[np.isfinite(trace)]
        self._steps = max(steps, len(trace), 1)
        self._p = np.zeros(0, np.float32) if p is None else p[np.isfinite(p)]
        self._marks = [mark for mark in marks if 1 <= mark <= len(self._trace)]
        if len(self._trace):
            low, high = (min(reached), max(reached)) if reached else (self._trace[-1],) * 2
            texts = dict.fromkeys((number_text(low), number_text(high)))  # one if they are alike
            self.reached = " to ".join(texts)
            first, last = number_text(self._trace[0]), self.reached
            said = f"From {first} to {last} in {len(trace)} steps"
            self.setAccessibleDescription(
                f"{said}; p is {number_text(self._p[-1])}" if len(self._p) else said
            )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the curve where there is room for one, and the last activation in any case."""
        if not len(self._trace):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = LEFT if self.width() >= _WIDE_PX else TIGHT
        plot = QRectF(self.rect()).adjusted(left, SMALL, -RIGHT - MEDIUM, -SMALL)
        if plot.width() >= _LEAST_PX:
            self._draw_curve(painter, plot, axis=left == LEFT)
        x = max(0, self.width() - RIGHT)
        self._draw_numbers(painter, QRectF(x, plot.top() - 4, RIGHT - SMALL, 18))
        painter.end()

    def _draw_curve(self, painter: QPainter, plot: QRectF, axis: bool) -> None:
        colours = self._theme.colours
        low, high = float(self._trace.min()), float(self._trace.max())
        span = (high - low) or 1.0
        painter.setPen(QPen(QColor(colours.border), 1))
        for y in (plot.top(), plot.bottom()):
            painter.drawLine(
                QPointF(plot.left(), round(y) + 0.5), QPointF(plot.right(), round(y) + 0.5)
            )
        painter.setFont(font(CAPTION_PT))
        painter.setPen(QColor(colours.muted))
        right = Qt.AlignmentFlag.AlignRight
        for value, y in ((high, plot.top()), (low, plot.bottom())) if axis else ():
            box = QRectF(0, y - 8, LEFT - SMALL, 16)
            painter.drawText(box, right | Qt.AlignmentFlag.AlignVCenter, number_text(value))

        self._draw_p(painter, plot)
        points = self._points(self._trace, plot, low, span)
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        area = QPainterPath(path)
        area.lineTo(points[-1].x(), plot.bottom())
        area.lineTo(points[0].x(), plot.bottom())
        shade = QLinearGradient(plot.topLeft(), plot.bottomLeft())
        for at, alpha in ((0.0, 90), (1.0, 10)):
            tint = QColor(colours.accent)
            tint.setAlpha(alpha)
            shade.setColorAt(at, tint)
        painter.fillPath(area, shade)
        painter.setPen(QPen(QColor(colours.accent), 2))
        painter.drawPath(path)
        self._draw_marks(painter, plot, low, span)
        painter.setBrush(QColor(colours.accent))
        painter.setPen(QPen(QColor(colours.panel), 2))
        painter.drawEllipse(points[-1], 4.5, 4.5)

    def _draw_p(self, painter: QPainter, plot: QRectF) -> None:
        """A thin line below the activation's, on an axis from 0 to 1."""
        if not len(self._p):
            return
        points = self._points(self._p, plot, 0.0, 1.0)
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        painter.setPen(QPen(QColor(self._theme.colours.muted), 1))
        painter.drawPath(path)
        box = QRectF(plot.right() - 60, max(plot.top(), points[-1].y() - 14), 58, 14)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, f"p {number_text(self._p[-1])}")

    def _draw_marks(self, painter: QPainter, plot: QRectF, low: float, span: float) -> None:
        """A ring at every step that gave an image, as long as they stand apart."""
        if len(self._marks) * 8 > plot.width():
            return
        painter.setBrush(QColor(self._theme.colours.panel))
        painter.setPen(QPen(QColor(self._theme.colours.accent), 1.5))
        for mark in self._marks:
            value = (float(self._trace[mark - 1]) - low) / span
            x = plot.left() + plot.width() * mark / self._steps
            painter.drawEllipse(QPointF(x, plot.bottom() - plot.height() * value), 3, 3)

    def _draw_numbers(self, painter: QPainter, box: QRectF) -> None:
        colours = self._theme.colours
        painter.setPen(QColor(colours.muted))
        painter.setFont(font(CAPTION_PT))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, "Activation")
        painter.setPen(QColor(colours.text))
        reached, chosen = _fitting(self.reached, box.width())
        painter.setFont(chosen)
        painter.drawText(
            box.translated(0, 18).adjusted(0, 0, 0, 14),
            Qt.AlignmentFlag.AlignLeft,
            reached,
        )
        painter.setPen(QColor(colours.muted))
        painter.setFont(font(CAPTION_PT))
        start = f"from {number_text(self._trace[0])}"
        painter.drawText(box.translated(0, 50), Qt.AlignmentFlag.AlignLeft, start)

    def _points(self, values: np.ndarray, plot: QRectF, low: float, span: float) -> list[QPointF]:
        count = len(values)
        picked = np.unique(np.linspace(0, count - 1, min(count, _POINTS)).astype(int))
        x = plot.left() + plot.width() * (picked + 1) / self._steps
        y = plot.bottom() - plot.height() * (values[picked].astype(float) - low) / span
        return [QPointF(float(a), float(b)) for a, b in zip(x, y, strict=True)]


def _fitting(text: str, width_px: float) -> tuple[str, QFont]:
    """``text`` and the largest bold font in which it is not cut; a long range takes two lines."""
    for scale in (1.5, 1.1, 1.0):
        chosen = font(BODY_PT * scale, bold=True)
        if QFontMetricsF(chosen).horizontalAdvance(text) <= width_px:
            return text, chosen
    return text.replace(" to ", "\nto "), font(CAPTION_PT, bold=True)
