"""What the rows for training a prior do."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMainWindow

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.centre import Centre
from dgn_explorer.gui.desk.command_group import CommandGroup, Slots
from dgn_explorer.gui.features.training.training_dialog import TrainingDialog
from dgn_explorer.gui.features.training.training_run import Training, TrainingOrder
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.training.folder import DONE


class TrainingCommands(CommandGroup):
    """Start, watch, stop and continue a run, and draw with its prior."""

    def __init__(
        self, window: QMainWindow, session: Session, training: Training, centre: Centre
    ) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._training, self._centre = training, centre
        self._order: TrainingOrder | None = None
        self.follow(training.changed, session.opened)

    def slots(self) -> Slots:
        """What each row does."""
        return {
            "train": self._ask,
            "train_watch": self._choose_run,
            "train_stop": self._stop,
            "train_continue": self._go_on,
            "train_load": self._load,
            "training": lambda: self._centre.show_page("training"),
        }

    def enabled(self) -> dict[str, bool]:
        """What can be done now."""
        view, under_way = self._training.view, self._training.under_way
        status = view.status if view is not None else None
        ended = not under_way and (status is None or status.state != DONE)
        return {
            "train": True,
            "train_watch": True,
            "train_stop": under_way,
            "train_continue": ended and self._order is not None,
            "train_load": view is not None and view.prior is not None,
            "training": view is not None,
        }

    def _ask(self) -> None:
        network = self._session.asked[0] or "lite0"
        dialog = TrainingDialog(network, self._window)
        dialog.accepted.connect(lambda: self._start(dialog.order))
        dialog.open()

    def _start(self, order: TrainingOrder) -> None:
        try:
            self._training.start(order)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        self._order = order
        self._centre.show_page("training")

    def _choose_run(self) -> None:
        chooser = QFileDialog(self._window, "Folder of a training run")
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.fileSelected.connect(self.watch)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def watch(self, folder: str) -> None:
        """Show the run in ``folder``."""
        self._training.watch(Path(folder))
        self._centre.show_page("training")

    def _stop(self) -> None:
        try:
            self._training.stop()
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        self._session.notice.emit(Notice("The training saves and stops after its current step."))

    def _go_on(self) -> None:
        if self._order is not None:
            self._start(self._order)

    def _load(self) -> None:
        view = self._training.view
        if view is not None and view.prior is not None:
            network = self._order.network if self._order else self._session.asked[0]
            self._session.reopen(network, str(view.prior))
