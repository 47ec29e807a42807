"""Where the chosen unit looks in the photo that is open: the maps follow the choice at once."""

from PySide6.QtCore import QObject, Signal

from dgn_explorer.engine.messages import Glimpse
from dgn_explorer.gui.state.photo import Photo
from dgn_explorer.gui.state.session import Session
from dgn_explorer.studies.saliency.about import AT_ONCE, GRAD_CAM, GRADIENT, GUIDED


class Glances(QObject):
    """A map of each of ``hows`` for the session's unit, while ``on``; see `Glance`.

    A newer choice drops the questions before it, so that whoever holds an arrow key down waits for
    the last one and not for all. Families of many passes are asked for behind the others.
    """

    changed = Signal()  # another map, or none
    working = Signal(str, int, int)  # the family of which so many passes of so many are done

    def __init__(self, session: Session, photo: Photo, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._photo = session, photo
        self.hows: tuple[str, ...] = (GRADIENT, GUIDED, GRAD_CAM)
        self.found: dict[str, Glimpse] = {}
        self.refused: dict[str, str] = {}  # why a family gives no map
        self._asked: dict[str, int] = {}
        self._on = False
        session.selected.connect(lambda _unit: self.ask())
        session.questions.progressed.connect(self._progressed)
        for signal in (session.opened, photo.opened):
            signal.connect(lambda *_: self._begin())

    def turn(self, on: bool) -> None:
        """Follow the choice, or stop doing so."""
        if on != self._on:
            self._on = on
            self.ask()

    def choose(self, hows: tuple[str, ...]) -> None:
        """Show other families."""
        self.hows = hows
        self.found = {how: one for how, one in self.found.items() if how in hows}
        self.refused = {how: one for how, one in self.refused.items() if how in hows}
        self.ask()

    def ask(self) -> None:
        """Ask for all maps anew."""
        for number in self._asked.values():
            self._session.questions.drop(number)
        self._asked.clear()
        network, unit, photo = self._session.network, self._session.unit, self._photo.input
        if not self._on or network is None or unit is None or photo is None:
            return
        for how in sorted(self.hows, key=lambda how: how not in AT_ONCE):
            self._asked[how] = self._session.questions.glimpse_of(
                network.fingerprint,
                photo,
                unit,
                how,
                lambda found, how=how: self._take(how, found),  # type: ignore[misc]
                lambda why, how=how: self._refuse(how, why),  # type: ignore[misc]
            )

    def asked(self, how: str) -> bool:
        """Whether a map of this family is on its way."""
        return how in self._asked

    def _progressed(self, number: int, done: int, total: int) -> None:
        for how, asked in self._asked.items():
            if asked == number and how not in AT_ONCE:
                self.working.emit(how, done, total)

    def _begin(self) -> None:
        """Maps of another network or photo are no answer any more."""
        self.found.clear()
        self.refused.clear()
        self.changed.emit()
        self.ask()

    def _take(self, how: str, found: Glimpse) -> None:
        self._asked.pop(how, None)
        self.refused.pop(how, None)
        self.found[how] = found
        self.changed.emit()

    def _refuse(self, how: str, why: str) -> None:
        self._asked.pop(how, None)
        self.found.pop(how, None)
        self.refused[how] = why
        self.changed.emit()
