"""Training a prior of one's own: starting, watching, stopping and continuing a run."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.book import PageTopic, View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.inspector import Section
from dgn_explorer.gui.desk.navigator import Guide
from dgn_explorer.gui.features.training.followed import FollowedRun
from dgn_explorer.gui.features.training.generator_guide import GeneratorGuide
from dgn_explorer.gui.features.training.prior_card import PriorCard
from dgn_explorer.gui.features.training.training_dialog import TrainingDialog
from dgn_explorer.gui.features.training.training_panel import TrainingPanel
from dgn_explorer.gui.features.training.training_run import Training, TrainingOrder
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.look.texts import TIMES
from dgn_explorer.gui.state.topics import OfPrior, PageName, Topic
from dgn_explorer.training.running.folder import DONE

_VIEW = "training"
_PRIOR = frozenset({PageName.PRIOR})


def training_feature(desk: Desk) -> Feature:
    """The page of the prior; a training run itself is a process of its own."""
    run = Training(desk)
    training = _Training(desk, run)
    FollowedRun(run, desk)
    return Feature(
        name="training",
        actions=training.actions(),
        follows=(run.changed, desk.session.opened),
        views=(View(_VIEW, TrainingPanel(run, desk.table), tuple(_PRIOR)),),
        topics=(PageTopic(PageName.PRIOR, training.topic, (desk.session.opened,)),),
        guides=(Guide("generators", GeneratorGuide(desk, run), tuple(_PRIOR)),),
        sections=(Section("This generator", PriorCard(desk), tuple(_PRIOR)),),
    )


class _Training(QObject):
    def __init__(self, desk: Desk, run: Training) -> None:
        super().__init__(desk.window)
        self._desk, self._session, self._run = desk, desk.session, run
        self._order: TrainingOrder | None = None

    def topic(self) -> Topic:
        """The generator that is open."""
        prior = self._session.prior
        if prior is None:
            return Topic("No generator yet", "It is loaded with the network")
        size = f"{prior.image_size} {TIMES} {prior.image_size} pixels"
        name = f"Generator {network_text(prior.name)}"
        return Topic(name, f"draws {size}", owns=OfPrior(prior.name))

    def actions(self) -> tuple[Action, ...]:
        """Everything about a run."""
        run = self._run

        def has_prior() -> bool:
            return run.view is not None and run.view.prior is not None

        return (
            Action("train", "File", -1, "Train a generator…",
                   "Make a generator from your own photographs", self._ask,
                   icon="play", toolbar=10, pages=_PRIOR),
            Action("train_watch", "File", -1, "Watch a training…",
                   "Follow a training run in a folder", self._choose_run,
                   icon="eye", toolbar=11, pages=_PRIOR),
            Action("train_stop", "Run", 3, "Stop the training", "Save the training run and end it",
                   self._stop, enabled=lambda: run.under_way),
            Action("train_continue", "Run", 3, "Go on training",
                   "Continue the run from its last checkpoint", self._go_on,
                   enabled=self._can_go_on),
            Action("train_load", "Run", 3, "Load the trained generator",
                   "Draw with the generator of the run", self._load, enabled=has_prior),
        )  # fmt: skip

    def _can_go_on(self) -> bool:
        view, under_way = self._run.view, self._run.under_way
        status = view.status if view is not None else None
        ended = not under_way and (status is None or status.state != DONE)
        return ended and self._order is not None

    def _show_page(self) -> None:
        self._desk.book.show_page(PageName.PRIOR, _VIEW)

    def _ask(self) -> None:
        network = self._session.pair[0] or "lite0"
        dialog = TrainingDialog(network, self._desk.window)
        dialog.accepted.connect(lambda: self._start(dialog.order))
        dialog.open()

    def _start(self, order: TrainingOrder) -> None:
        try:
            self._run.start(order)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        self._order = order
        self._show_page()

    def _choose_run(self) -> None:
        chooser = QFileDialog(self._desk.window, "Folder of a training run")
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.fileSelected.connect(self._watch)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _watch(self, folder: str) -> None:
        self._run.watch(Path(folder))
        self._show_page()

    def _stop(self) -> None:
        try:
            self._run.stop()
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        self._desk.notify("The training saves and stops after its current step.")

    def _go_on(self) -> None:
        if self._order is not None:
            self._start(self._order)

    def _load(self) -> None:
        view = self._run.view
        if view is not None and view.prior is not None:
            network = self._order.network if self._order else self._session.pair[0]
            self._session.reopen(network, str(view.prior))
