"""Which networks there are, and what one of them is before it is opened."""

from PySide6.QtCore import QObject, Signal

from dgn_explorer.engine.messages import Checked, NetworkCard, NetworkNames
from dgn_explorer.gui.state.questions import Questions

__all__ = ["Checked", "NetworkCard", "NetworkCards", "NetworkNames"]


class NetworkCards(QObject):
    """Asks the engine, one thing at a time; what is asked for anew takes the place of the rest."""

    listed = Signal(object)  # NetworkNames
    seen = Signal(object)  # NetworkCard
    progressed = Signal(int, int)  # photographs, of how many; 0 of 1 while it is loaded
    ended = Signal()  # without an answer: the problem has been said, or it was stopped

    def __init__(self, questions: Questions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._questions = questions
        self._number: int | None = None
        self._listing: int | None = None
        questions.progressed.connect(self._progressed)

    @property
    def busy(self) -> bool:
        """Whether a network is being looked at."""
        return self._number is not None

    def list_names(self) -> None:
        """Ask which there are; `listed` follows."""
        self._listing = self._questions.network_names(self._list, self._not_listed)

    def look(self, spec: str, photos: str = "") -> None:
        """Ask what ``spec`` is, and how it does on labelled ``photos``; `seen` follows."""
        self.stop()
        self._number = self._questions.card_of(spec, photos, self._see, self._stopped)

    def stop(self) -> None:
        """Ask no more."""
        if self._number is not None:
            self._questions.drop(self._number)

    def close(self) -> None:
        """Ask nothing any more, whoever waits for it."""
        self.stop()
        if self._listing is not None:
            self._questions.drop(self._listing)

    def _list(self, names: NetworkNames) -> None:
        self._listing = None
        self.listed.emit(names)

    def _not_listed(self) -> None:
        self._listing = None

    def _see(self, card: NetworkCard) -> None:
        self._number = None
        self.seen.emit(card)

    def _stopped(self) -> None:
        self._number = None
        self.ended.emit()

    def _progressed(self, number: int, done: int, total: int) -> None:
        if number == self._number:
            self.progressed.emit(done, total)
