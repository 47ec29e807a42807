"""Keeps the stored pictures within a size: the oldest go into the trash at a start."""

from pathlib import Path

from PySide6.QtCore import QObject

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.paths import data_folder
from dgn_explorer.results.pruning import favourite_keys, to_prune
from dgn_explorer.results.summary import Summary

MOST_GB = "most_gigabytes"  # the preference; 0 keeps everything
_GB = 1e9


class Keeping(QObject):
    """Looks once, when the stored results have been listed for the first time."""

    def __init__(
        self, session: Session, flows: Flows, preferences: Preferences, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self._most_bytes = preferences.get(MOST_GB, 0) * _GB
        if self._most_bytes > 0 and not session.read_only:
            session.library.changed.connect(self._listed)

    def _listed(self) -> None:
        if self._session.library.items:
            self._session.library.changed.disconnect(self._listed)
            self._flows.start(self._keep(list(self._session.library.items)))

    async def _keep(self, items: list[Summary]) -> None:
        try:
            gone = await self._flows.on_disk(
                _too_many, items, self._most_bytes, data_folder() / "notes"
            )
        except DgnError as error:  # notes that cannot be read may name favourites
            self._session.notice.emit(Notice(str(error), Level.WARNING))
            return
        if gone:
            self._session.library.discard(gone)
            word = "picture is" if len(gone) == 1 else "pictures are"
            text = f"{len(gone):,} older {word} in the trash: more than is to be kept."
            library = self._session.library
            undo = Notice(text, Level.INFO, "Put back", lambda: library.restore(gone))
            self._session.notice.emit(undo)


def _too_many(items: list[Summary], most_bytes: float, notes: Path) -> list[str]:
    """The keys of the oldest, until the rest fits; favourites stay."""
    keep = favourite_keys(items, notes)
    return [item.key for item in to_prune(items, max_bytes=most_bytes, keep=keep)]
