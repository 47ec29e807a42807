"""What the canvas shows without a picture: loading, what to do, or what went wrong."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.look.icons import program_pixmap
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, TIGHT, WIDE

EXAMPLES = ("golden retriever", "jellyfish", "castle")  # suggested units, the first one first
_HOW = (
    ("Double-click", "a unit at the left and watch its image form"),
    ("Ctrl+F", "find a class, a layer, or a unit such as fc:980"),
    ("Esc", "stop; what is done so far is kept"),
    ("Ctrl+Shift+P", "find any command"),
    ("F1", "show every shortcut"),
)

_HIGH, _LOW = 460, 240  # below these heights the table of keys, and the picture, give way
_LARGE_PX, _SMALL_PX = 96, 56  # sides of the example pictures
_ROOM, _ROOMY = (360, 240), 400  # the least width and height for them; the height for large ones


class Welcome(QWidget):
    """A page of three kinds: loading, welcome, problem."""

    example = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = label()
        self._picture.setPixmap(program_pixmap(72, 2.0))
        self._title = label("", "display", wrap=True)
        self._text = label("", "muted", wrap=True)
        for part in (self._picture, self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._how = self._make_how()
        self._wants_how = False
        self._buttons: list[QPushButton] = []
        self._pictures: list[QToolButton] = []
        self._pictured = False
        self._examples = self._make_examples()
        self._origin = label("These examples came with the program.", "caption")
        self._origin.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        column.setSpacing(MEDIUM)
        column.addStretch()
        column.addWidget(self._picture)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addWidget(self._examples)
        column.addWidget(self._origin)
        column.addSpacing(LARGE)
        column.addWidget(self._how, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()

    def show_loading(self) -> None:
        """Torch is being imported; the window can be looked at already."""
        self._show("Loading PyTorch…", "The layers appear at the left in a moment.", False, False)

    def show_welcome(self, labels: tuple[str, ...], pictures: Mapping[str, QPixmap]) -> None:
        """A network is open and nothing has been asked for; ``pictures`` are those of `EXAMPLES`.

        Without one of each that the network knows none is shown.
        """
        self._pictured = all(name in pictures for name in EXAMPLES if name in labels)
        for name, picture in zip(EXAMPLES, self._pictures, strict=True):
            picture.setIcon(QIcon(pictures.get(name, QPixmap())))
        known = [button.text() in labels for button in self._buttons]
        for button, on in zip(self._buttons, known, strict=True):
            button.setVisible(on)
        self._show(
            "What does a neuron want to see?",
            "Pick a unit and its favourite image forms in front of you."
            + (" Try one of these:" if any(known) else ""),
            any(known),
            True,
        )

    def show_problem(self, message: str, hint: str) -> None:
        """Nothing came of what was asked for."""
        self._show(message, hint, False, False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit to the new size."""
        self._fit()

    def _fit(self) -> None:
        high = self.height()
        room = self.width() >= _ROOM[0] and high >= _ROOM[1]
        pictured = self._pictured and self._wants_how and room
        edge = _LARGE_PX if high >= _ROOMY else _SMALL_PX
        for picture in self._pictures:
            picture.setIconSize(QSize(edge, edge))
            picture.setVisible(pictured)
        self._origin.setVisible(pictured and high >= _ROOMY)
        more = edge if pictured else 0
        self._how.setVisible(self._wants_how and high >= _HIGH + more)
        self._picture.setVisible(high >= _LOW and not pictured)

    def _show(self, title: str, text: str, examples: bool, how: bool) -> None:
        self._title.setText(title)
        self._text.setText(text)
        self._examples.setVisible(examples)
        self._wants_how = how
        self._fit()

    def _make_examples(self) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, SMALL, 0, 0)
        grid.setHorizontalSpacing(SMALL)
        grid.setVerticalSpacing(TIGHT)
        for at, name in enumerate(EXAMPLES, 1):
            picture = QToolButton()
            picture.setProperty("role", "flat")
            picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the button below it is the same
            picture.setAccessibleName(f"Example of {name}")
            set_tip(picture, "An example that came with the program; a click makes your own")
            button = QPushButton(name)
            button.setAccessibleName(f"Visualise {name}")
            for part in (picture, button):
                part.clicked.connect(lambda _checked=False, name=name: self.example.emit(name))
            self._pictures.append(picture)
            self._buttons.append(button)
            grid.addWidget(picture, 0, at, Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(button, 1, at)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(len(EXAMPLES) + 1, 1)
        self._buttons[0].setProperty("role", "primary")
        return made

    @staticmethod
    def _make_how() -> QWidget:
        made = QWidget()
        made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(MEDIUM)
        grid.setVerticalSpacing(TIGHT + 2)
        for row, (keys, what) in enumerate(_HOW):
            grid.addWidget(label(keys, "key"), row, 0, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(label(what, "muted"), row, 1)
        return made
