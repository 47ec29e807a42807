"""Files that an order needs, chosen at the window: read and kept on the I/O thread."""

from pathlib import Path

from PySide6.QtCore import QObject

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.session import Session
from dgn_explorer.photos.files import read_file
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.synthesis.inputs import CONCEPTS, PHOTOS, Input


class InputFiles(QObject):
    """Puts what is chosen for a role into the settings."""

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows

    def choose(self, role: str, path: str) -> None:
        """Take the file, folder or zip ``path`` for ``role``; what is wrong with it is said."""
        about = self._session.settings.value.about
        kind = next((one.kind for one in about.inputs if one.role == role), "")
        self._flows.start(self._take(role, kind, Path(path)))

    async def _take(self, role: str, kind: str, path: Path) -> None:
        try:
            kept = await self._flows.on_disk(self._read, kind, path)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
        else:
            self._session.settings.give(Input(role, kept, path.name))

    def _read(self, kind: str, path: Path) -> str:
        if kind == PHOTOS:
            return self._session.library.store.sets.put(path).sha256
        if kind == CONCEPTS:
            return self._session.library.store.concepts.put(path).sha256
        data = read_file(path)
        decode_photo(data, path.name)  # one that cannot be read is refused now, and not by a run
        return self._session.library.keep_input(data)
