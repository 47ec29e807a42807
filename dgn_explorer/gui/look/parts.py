"""Small building blocks that several panels share."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.look.plain import breakable, plain_lines, set_tip
from dgn_explorer.gui.look.theme import MEDIUM, SMALL


class PlainLabel(QLabel):
    """Shows every text as it is, without what would turn or break it.

    With ``wrap`` it is of several lines, and a word of 2,000 letters makes no panel wider.
    """

    def __init__(self, text: str = "", wrap: bool = False) -> None:
        super().__init__()
        self._text = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show ``text``."""
        self._text = plain_lines(text)
        super().setText(breakable(self._text) if self.wordWrap() else self._text)

    def text(self) -> str:
        """What is shown, without the places to break that are not seen."""
        return self._text


def label(text: str = "", role: str = "", wrap: bool = False) -> QLabel:
    """A text in one of the style sheet's roles."""
    made = PlainLabel(text, wrap)
    if role:
        made.setProperty("role", role)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


_FEW = 4  # letters, the ellipsis among them


class ElidedLabel(PlainLabel):
    """A text of one line with an ellipsis in its middle where there is no room for all of it.

    Where not even a few letters would be left, it is not drawn. ``end`` cuts at the end, where what
    matters stands first.
    """

    def __init__(self, role: str = "", end: bool = False) -> None:
        super().__init__()
        self._cut = Qt.TextElideMode.ElideRight if end else Qt.TextElideMode.ElideMiddle
        self.setProperty("role", role)

    def minimumSizeHint(self) -> QSize:
        """Little, because the text gives way."""
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        short = self.fontMetrics().elidedText(self.text(), self._cut, self.width())
        cut = short != self.text()
        set_tip(self, self.text() if cut else "")
        if not cut or len(short) > _FEW:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, short)
        painter.end()


def panel(*, margin: int = MEDIUM, spacing: int = SMALL) -> tuple[QWidget, QVBoxLayout]:
    """A panel and its vertical layout."""
    made = QWidget()
    made.setProperty("role", "panel")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    layout = QVBoxLayout(made)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return made, layout


def fill_scrolling(widget: QWidget, body: QWidget) -> None:
    """Make ``body`` all of ``widget``, scrolling up and down where it is too high."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setWidget(body)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    outer = QVBoxLayout(widget)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(scroll)


def line() -> QFrame:
    """A thin horizontal rule."""
    made = QFrame()
    made.setProperty("role", "line")
    return made


def flat_button(action: QAction) -> QToolButton:
    """An icon-only button for ``action`` with a name for screen readers."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setIconSize(QSize(16, 16))
    button.setProperty("role", "flat")
    button.setAccessibleName(action.text())
    action.changed.connect(lambda: button.setAccessibleName(action.text()))
    return button


def action_button(action: QAction, text: str = "") -> QPushButton:
    """A button that does ``action``, named, explained and enabled as it is.

    ``text`` is for words of its own, where those of the action are too long.
    """
    button = QPushButton(text)
    button.clicked.connect(action.trigger)

    def take_over() -> None:
        button.setAccessibleName(action.text())
        button.setToolTip(action.toolTip())  # made fit by `set_tip` already
        button.setEnabled(action.isEnabled())
        if not text:
            button.setText(action.text())

    action.changed.connect(take_over)
    take_over()
    return button


def closing_button(dialog: QDialog) -> QPushButton:
    """The main button of a dialog that only tells something."""
    button = QPushButton("Close")
    button.setAccessibleName("Close")
    button.setProperty("role", "primary")
    button.setDefault(True)
    button.clicked.connect(dialog.accept)
    return button


def set_role(widget: QWidget, name: str, value: str) -> None:
    """Change a property that the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def fix_width(dialog: QDialog, width: int) -> None:
    """Make a dialog ``width`` wide and as high as its wrapped texts need."""
    layout = dialog.layout()
    if layout is not None:
        layout.activate()
        # Without a wrapped text there is no height for a width: the layout answers -1.
        high = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else -1
        dialog.setFixedSize(width, high if high > 0 else layout.totalMinimumSize().height())
