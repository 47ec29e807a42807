"""Pins and drops of the images of results, kept on the disk and shared by all that show them."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.paths import data_folder
from dgn_explorer.results.picks import Picks, change_picks, read_picks


class Picking(QObject):
    """What was picked from each result that was asked for; ``changed`` tells its key."""

    changed = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._session, self._flows = desk.session, desk.flows
        self._folder: Path = data_folder() / "picks"
        self._known: dict[str, Picks] = {}
        self._asked: Counter[str] = Counter()  # of the disk, without an answer so far

    def of(self, key: str) -> Picks:
        """What is known of ``key``; what is on the disk comes later, and is told."""
        if key not in self._known:
            self._known[key] = Picks()
            self._flows.start(self._read(key))
        return self._known[key]

    def pin(self, key: str, numbers: Sequence[int]) -> None:
        """Pin these images, or let them go again."""
        self._change(key, lambda picks: picks.pin(numbers), numbers)

    def drop(self, key: str, numbers: Sequence[int]) -> None:
        """Drop these images, or take them back."""
        self._change(key, lambda picks: picks.drop(numbers), numbers)

    def hand_on(self, key: str, longer: str) -> None:
        """A result that begins with the images of ``key`` begins with its picks."""
        picks = self.of(key)
        if picks != Picks():
            self._flows.start(self._keep(longer, lambda own: picks if own == Picks() else own))

    def _change(self, key: str, change: Callable[[Picks], Picks], numbers: Sequence[int]) -> None:
        if numbers and self._session.may_change():
            self._known[key] = change(self.of(key))  # at once; the disk has the last word
            self.changed.emit(key)
            self._flows.start(self._keep(key, change))

    async def _read(self, key: str) -> None:
        await self._take(key, read_picks, self._folder, key)

    async def _keep(self, key: str, change: Callable[[Picks], Picks]) -> None:
        await self._take(key, change_picks, self._folder, key, change)

    async def _take(self, key: str, ask: Callable[..., Picks], *given: object) -> None:
        """Show what the disk says, which is asked in the order of the clicks.

        Only the answer to the last of them knows of them all.
        """
        self._asked[key] += 1
        try:
            found = await self._flows.on_disk(ask, *given)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        finally:
            self._asked[key] -= 1
        if self._asked[key]:
            return
        if found != self._known.get(key, Picks()):
            self._known[key] = found
            self.changed.emit(key)
