"""What the rows for favourites, notes, orders, photos and the unfinished queue do."""

from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QMainWindow

from dgn_explorer.engine.messages import Encode, Strongest, UnitStrength
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.desk.command_group import CommandGroup, Slots
from dgn_explorer.gui.desk.panels import Panels
from dgn_explorer.gui.features.units.browser import Browser
from dgn_explorer.gui.features.units.note_dialog import NoteDialog
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.state.unfinished import Unfinished
from dgn_explorer.photos.files import SUFFIXES
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.results.filters import ORDERS
from dgn_explorer.synthesis.parameters import WITHOUT_PRIOR
from dgn_explorer.synthesis.start import code_text


class NoteCommands(CommandGroup):
    """Notes on units, the order of the grid, photos, and what was left unfinished."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        flows: Flows,
        notes: Notes,
        browser: Browser,
        panels: Panels,
        unfinished: Unfinished,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._flows = window, session, flows
        self._notes, self._browser, self._panels = notes, browser, panels
        self._unfinished = unfinished
        browser.photo.start_wanted.connect(self._start_from_photo)
        self.follow(notes.changed, session.selected, unfinished.changed)

    def slots(self) -> Slots:
        """What each row does."""
        orders: Slots = {f"sort_{o}": lambda o=o: self._sort(o) for o in ORDERS}  # type: ignore[misc]
        return {
            "favourite": self._toggle_favourite,
            "note": self._write,
            "open_photo": self._choose_photo,
            "photo_start": self._start_from_photo,
            "resume_queue": self._resume,
            **orders,
        }

    def enabled(self) -> dict[str, bool]:
        """What can be done now."""
        unit = self._session.unit is not None
        return {
            "favourite": unit,
            "note": unit,
            "open_photo": self._session.network is not None,
            "photo_start": self._browser.photo.image is not None
            and self._session.settings.value.method not in WITHOUT_PRIOR,
            "resume_queue": bool(self._unfinished.resumable),
        }

    def checked(self) -> dict[str, bool]:
        """The order in use, and whether the unit is a favourite."""
        orders = {f"sort_{order}": self._browser.units.order == order for order in ORDERS}
        return {"favourite": self._notes.of(self._session.unit).favourite, **orders}

    def drop_photo(self, path: str) -> None:
        """Show the strongest units of a photo."""
        self._flows.start(self._show_photo(path))

    def _toggle_favourite(self) -> None:
        if self._session.unit is not None:
            self._notes.toggle_favourite(self._session.unit)

    def _write(self) -> None:
        unit, network = self._session.unit, self._session.network
        if unit is None or network is None:
            return
        dialog = NoteDialog(unit, network.label(unit), self._notes.of(unit), self._window)
        dialog.accepted.connect(lambda: self._notes.write(unit, dialog.tags, dialog.text))
        dialog.open()

    def _sort(self, order: str) -> None:
        self._browser.units.set_order(order)
        self.stale.emit()

    def _resume(self) -> None:
        self._panels.show("Queue")
        self._unfinished.resume()

    def _choose_photo(self) -> None:
        chooser = QFileDialog(self._window, "Open photo")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilter(f"Pictures ({' '.join(f'*{suffix}' for suffix in SUFFIXES)})")
        chooser.fileSelected.connect(self.drop_photo)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    async def _show_photo(self, path: str) -> None:
        try:
            image = await self._flows.on_disk(read_photo, Path(path))
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        network = self._session.network
        if network is None:
            return
        self._panels.show("Browse")
        self._browser.show_photo(Path(path).name, image)

        def show(found: tuple[UnitStrength, ...]) -> None:
            self._browser.photo.show_units(found)

        self._session.questions.ask(Strongest(network.fingerprint, image), show)
        self.stale.emit()

    def _start_from_photo(self) -> None:
        photo, prior = self._browser.photo, self._session.prior
        if photo.image is None or prior is None:
            return
        name = photo.name

        def use(code: np.ndarray) -> None:
            self._session.settings.start_from(code_text(code), name)
            self._panels.show("Settings")
            self._session.notice.emit(Notice(f"The next pictures start from {name}."))

        self._session.questions.ask(Encode(prior.fingerprint, photo.image), use)
