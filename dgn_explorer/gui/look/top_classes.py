"""What the network itself sees in the finished image: its five best classes as bars."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.theme import CAPTION_PT, SMALL, TIGHT, Theme, font

_ROW = 22


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "<1%"


class TopClasses(QWidget):
    """Names, probabilities and bars."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: tuple[tuple[str, float], ...] = ()
        self.setAccessibleName("The network's five best classes for this image")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_classes(self, rows: tuple[tuple[str, float], ...]) -> None:
        """Show (name, probability) pairs, best first."""
        rows = tuple((plain(name, 200), share) for name, share in rows)
        self._rows = rows
        self.setAccessibleDescription(", ".join(f"{name} {_percent(p)}" for name, p in rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """The size it asks for."""
        return QSize(200, _ROW * len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(CAPTION_PT))
        metrics = QFontMetrics(font(CAPTION_PT))
        for number, (name, share) in enumerate(self._rows):
            box = QRectF(0, number * _ROW, self.width(), _ROW - TIGHT)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.hover))
            painter.drawRoundedRect(box, 4, 4)
            filled = QRectF(box)
            filled.setWidth(max(4.0, box.width() * share))
            tint = QColor(colours.accent)
            tint.setAlpha(70)
            painter.setBrush(tint)
            painter.drawRoundedRect(filled, 4, 4)
            painter.setPen(QColor(colours.text))
            inner = box.adjusted(SMALL, 0, -SMALL, 0)
            number_width = metrics.horizontalAdvance("100 %")
            text = metrics.elidedText(
                name, Qt.TextElideMode.ElideMiddle, int(inner.width()) - number_width - SMALL
            )
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | middle, text)
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | middle, _percent(share))
        painter.end()
