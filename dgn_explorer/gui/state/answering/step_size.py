"""The step size of the open pair of network and prior: remembered, or measured on request."""

from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.questions import Questions
from dgn_explorer.gui.state.run_settings import SettingsModel
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.step_sizes import is_tuned, remember_step, remembered_step


class StepSizeFinder(QObject):
    """Gives the settings the step size that suits what is open.

    The default one is tuned for the built-in pair. Of other pairs it is remembered, and as long as
    it is not `needed` is true; `measure` then finds it by short ascents.
    """

    changed = Signal()
    notice = Signal(object)  # Notice

    def __init__(
        self,
        settings: SettingsModel,
        questions: Questions,
        flows: Flows,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._questions, self._flows = settings, questions, flows
        self._pair: tuple[NetworkInfo, PriorInfo] | None = None
        self._question: int | None = None
        self.size: float | None = None
        self.progress = (0, 0)  # sizes tried, of how many; the latter is 0 until the first one is
        questions.progressed.connect(self._progressed)

    @property
    def can_measure(self) -> bool:
        """Whether the open pair is one whose step size is not built in."""
        return self._pair is not None and not self._is_tuned() and not self.measuring

    @property
    def needed(self) -> bool:
        """Whether it should be measured for the method of the settings."""
        about = self._settings.value.about
        with_prior = isinstance(about, Method) and about.with_prior
        return with_prior and self.can_measure and self.size is None

    @property
    def measuring(self) -> bool:
        """Whether short ascents are under way."""
        return self._question is not None

    @property
    def pair_text(self) -> str:
        """Network and prior in words."""
        return f"{self._pair[0].title} with {self._pair[1].name}" if self._pair else ""

    async def learn(self, network: NetworkInfo, prior: PriorInfo) -> None:
        """Take over what is remembered of a pair that has just been opened."""
        self.stop()
        pair = self._pair = network, prior
        size = None
        if not self._is_tuned():
            names = network.fingerprint, prior.fingerprint
            size = await self._flows.on_disk(remembered_step, *names)
        if pair != self._pair:
            return  # yet another one has been opened
        self._use(size)
        if self.needed:
            text = f"The step size for {self.pair_text} has not been measured yet."
            self.notice.emit(Notice(text, Level.WARNING, "Measure step size", self.measure))

    def measure(self) -> None:
        """Find the step size by short ascents, remember it and use it."""
        if self._pair is None or not self.can_measure:
            return
        network, prior = self._pair
        self.progress = (0, 0)
        self._question = self._questions.step_size_of(
            network.fingerprint, prior.fingerprint, self._found, self._ended
        )
        self.changed.emit()

    def stop(self) -> None:
        """Measure no more."""
        if self._question is not None:
            self._questions.drop(self._question)

    def _is_tuned(self) -> bool:
        return self._pair is not None and is_tuned(self._pair[0].name, self._pair[1].name)

    def _progressed(self, number: int, done: int, total: int) -> None:
        if number == self._question:
            self.progress = (done, total)
            self.changed.emit()

    def _found(self, size: float) -> None:
        if self._pair is None:
            return
        network, prior = self._pair
        self._question = None
        self._flows.start(self._remember(network.fingerprint, prior.fingerprint, size))
        self._use(size)
        text = f"Step size {size:g} for {self.pair_text}: the default preset uses it."
        self.notice.emit(Notice(text))

    async def _remember(self, network: str, prior: str, size: float) -> None:
        await self._flows.on_disk(remember_step, network, prior, size)

    def _ended(self) -> None:
        self._question = None
        self.changed.emit()

    def _use(self, size: float | None) -> None:
        self.size = size
        if self._pair is not None:
            self._settings.use_step(size, self._pair[1])
        self.changed.emit()
