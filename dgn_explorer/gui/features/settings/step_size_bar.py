"""One line over the parameters while their step size is not known or is being measured."""

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QStackedWidget, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import action_button, label
from dgn_explorer.gui.look.theme import SMALL


class StepSizeBar(QStackedWidget):
    """An offer to measure, or how far that is with a way to stop it; hidden otherwise."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._step_size = desk.session.step_size
        measure = action_button(desk.table["measure_step"], "Measure")
        self.addWidget(_row(label("Step size not measured yet", "caption"), measure))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of measuring the step size")
        self.stop = QPushButton("Stop")
        self.stop.setAccessibleName("Stop measuring the step size")
        self.stop.clicked.connect(self._step_size.stop)
        self.addWidget(_row(label("Measuring", "caption"), self.bar, self.stop))
        self._step_size.changed.connect(self._show)
        desk.session.settings.changed.connect(self._show)  # another method may need none
        self._show()

    def _show(self) -> None:
        measuring = self._step_size.measuring
        done, total = self._step_size.progress
        self.bar.setRange(0, total)  # 0 of 0 moves to and fro
        self.bar.setValue(done)
        self.setCurrentIndex(1 if measuring else 0)
        self.setVisible(measuring or self._step_size.needed)


def _row(text: QWidget, *more: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SMALL)
    row.addWidget(text, 0 if len(more) > 1 else 1)
    for widget in more:
        row.addWidget(widget, 1 if isinstance(widget, QProgressBar) else 0)
    return made
