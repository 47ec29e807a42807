"""An ascent or a morph as a film: looked at first, then saved."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSlider,
    QStackedWidget,
    QWidget,
)

from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.theme import MEDIUM, SMALL, Theme
from dgn_explorer.gui.state.session import Session
from dgn_explorer.synthesis.morph import MAX_FRAMES, PATHS

_CANVAS_PX = 320
_PATH_NAMES = {"spherical": "Spherical: evenly far from the mean", "linear": "Linear: straight"}
_AGAIN_MS = 400
Ask = Callable[[int, str, Callable[[np.ndarray], None], Callable[[], None]], int]


class FilmDialog(FormDialog):
    """``ask`` gets how many frames, by which path, and what is called with or without an answer.

    `save_wanted` carries the frames and options.
    """

    save_wanted = Signal(object, float, bool)  # frames (N, H, W, 3), frames a second, back

    def __init__(
        self,
        title: str,
        text: str,
        ask: Ask,
        morph: bool,
        session: Session,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(title, text, "Save…", parent)
        self._ask, self._session = ask, session
        self._number: int | None = None
        self.frames: np.ndarray | None = None
        self.canvas = Canvas(theme)
        self.canvas.setFixedHeight(_CANVAS_PX)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the film")
        self._stop = QPushButton("Stop")
        self._stop.setAccessibleName("Stop making the film")
        self._stop.setAutoDefault(False)
        self._stop.clicked.connect(self._drop)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Frame")
        self.slider.valueChanged.connect(self._show_frame)
        self.play = QPushButton("Pause")
        self.play.setAccessibleName("Play or pause")
        self.play.setAutoDefault(False)
        self.play.clicked.connect(self._toggle)
        self.column.addWidget(self.canvas)
        self.column.addWidget(self._make_transport())
        self._said = label(" ", "muted")  # notices of the window are behind the dialog
        self.column.addWidget(self._said)
        self.count = NumberField(int, 2, MAX_FRAMES, 60)
        self.count.edited.connect(self._ask_later)
        self.rate = NumberField(float, 1.0, 50.0, 20.0)
        self.rate.edited.connect(lambda _value: self._set_speed())
        self.path = QComboBox()
        for name in PATHS:
            self.path.addItem(_PATH_NAMES[name], name)
        self.path.activated.connect(self._ask_now)
        self.back = QCheckBox("Play backwards at the end")
        self.back.setChecked(morph)
        self.add("Frames", self.count)
        self.add("Frames a second", self.rate)
        if morph:
            self.add("Way", self.path)
        self.add("Loop", self.back)
        self.cancel.setText("Close")
        self.cancel.setAccessibleName("Close")
        self.go.clicked.disconnect()
        self.go.clicked.connect(self._save)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._next)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_AGAIN_MS)
        self._later.timeout.connect(self._ask_now)
        session.questions.progressed.connect(self._progressed)
        self.finished.connect(self._end)
        self.finish(560)
        self._ask_now()

    def _make_transport(self) -> QWidget:
        making, playing = QWidget(), QWidget()
        row = QHBoxLayout(making)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        row.addWidget(label("Making the frames", "muted"))
        row.addWidget(self._bar, 1)
        row.addWidget(self._stop)
        row = QHBoxLayout(playing)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.play)
        row.addWidget(self.slider, 1)
        self._transport = QStackedWidget()
        self._transport.addWidget(making)
        self._transport.addWidget(playing)
        return self._transport

    def _ask_later(self) -> None:
        self._later.start()

    def _ask_now(self) -> None:
        self._drop()
        self._clock.stop()
        self.frames = None
        self.go.setEnabled(False)
        self._bar.setRange(0, 0)
        self._transport.setCurrentIndex(0)
        self._number = self._ask(
            int(self.count.value), self.path.currentData(), self._answered, self._stopped
        )

    def _drop(self) -> None:
        if self._number is not None:
            self._session.questions.drop(self._number)
            self._number = None

    def _progressed(self, number: int, done: int, total: int) -> None:
        if number == self._number:
            self._bar.setRange(0, total)
            self._bar.setValue(done)

    def _stopped(self) -> None:
        self._bar.setRange(0, 1)
        self._bar.setValue(0)

    def _answered(self, frames: np.ndarray) -> None:
        self._number, self.frames = None, frames
        self.slider.setRange(0, len(frames) - 1)
        self.slider.setValue(0)
        self._show_frame(0)
        self._transport.setCurrentIndex(1)
        self.go.setEnabled(True)
        self._set_speed()
        self._clock.start()
        self.play.setText("Pause")

    def _set_speed(self) -> None:
        self._clock.setInterval(round(1000 / float(self.rate.value)))

    def _toggle(self) -> None:
        if self._clock.isActive():
            self._clock.stop()
        else:
            self._clock.start()
        self.play.setText("Pause" if self._clock.isActive() else "Play")

    def _next(self) -> None:
        if self.frames is not None:
            self.slider.setValue((self.slider.value() + 1) % len(self.frames))

    def _show_frame(self, number: int) -> None:
        if self.frames is not None:
            self.canvas.show_image(self.frames[number], moving=True)

    def say(self, text: str) -> None:
        """Say what came of saving."""
        self._said.setText(text)

    def _save(self) -> None:
        if self.frames is not None:
            self.save_wanted.emit(self.frames, float(self.rate.value), self.back.isChecked())

    def _end(self) -> None:
        self._clock.stop()
        self._later.stop()
        self._drop()


def film_name(name: str) -> str:
    """A file name for a film of ``name``.

    >>> film_name("volcano to strawberry")
    'volcano to strawberry.webp'
    """
    kept = "".join(c if c.isalnum() or c in " .,+-()" else "-" for c in name).strip(" .")
    return f"{Path(kept[:120] or 'film').name}.webp"
