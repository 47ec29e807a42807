"""The tray of photographs, and the one of them that the page *Photo* is about."""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.look.pictures import scaled
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.files import read_file
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.photos.sets import open_photos
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.start import PHOTO_START

THUMBNAIL_PX = 96
MOST = 500  # photographs of one folder or archive; a tray is to be looked through
_KEPT = 60  # are there again at the next start


@dataclass(frozen=True, eq=False)
class TrayPhoto:
    """A photograph of the tray: its file's name, its content, and a small square of it."""

    name: str
    sha256: str
    thumbnail: np.ndarray


@dataclass(frozen=True)
class _Wish:
    """Photographs to read: what each is called, and how its bytes are read."""

    names: tuple[str, ...]
    read: Callable[[], "Sequence[tuple[str, bytes]]"]
    show: bool


class Photo(QObject):
    """``image`` is (H, W, 3) uint8 RGB of the photograph on show, or None before the first one."""

    opened = Signal()  # another one is on show
    tray_changed = Signal()
    started_from = Signal()  # the settings begin with its code

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self.name = ""
        self.image: np.ndarray | None = None
        self.tray: tuple[TrayPhoto, ...] = ()  # the newest first
        self.wanted = False  # somebody has just asked to see it, and it is not from a last session
        self._input: Input | None = None
        self._wishes: deque[_Wish] = deque()
        self._reading = False

    @property
    def input(self) -> Input | None:
        """The photograph as an input of an order; its role is that of whoever asks."""
        return self._input

    @property
    def can_start(self) -> bool:
        """Whether there is one for an ascent to begin with."""
        return self._input is not None

    def open(self, path: str) -> None:
        """Put a photograph, or those in a folder or zip, into the tray, and show the first."""
        where = Path(path)
        self._wish((where.name,), lambda: _read_path(where))

    def take(self, data: bytes, name: str) -> None:
        """Put a photograph that is no file, such as one from the clipboard, into the tray."""
        self._wish((name,), lambda: [(name, data)])

    def show(self, photo: TrayPhoto) -> None:
        """Show a photograph of the tray."""
        self._flows.start(self._show(photo.name, photo.sha256))

    def forget(self, photo: TrayPhoto) -> None:
        """Take a photograph out of the tray; what was made of it stays."""
        self.tray = tuple(one for one in self.tray if one is not photo)
        self.tray_changed.emit()

    def start_from(self) -> None:
        """Begin every ascent with the photograph."""
        if self._input is not None:
            given = Input(PHOTO_START.role, self._input.sha256, self.name)
            self._session.settings.start_from(PHOTO_START, self.name, (given,))
            self.started_from.emit()
            self._session.notice.emit(Notice(f"The next pictures start from {self.name}."))

    # ---- from one session to the next

    def remembered(self) -> str:
        """The tray and the photograph on show, as text for `take_up`."""
        kept = [(photo.name, photo.sha256) for photo in self.tray[:_KEPT]]
        shown = self._input.sha256 if self._input is not None else ""
        return json.dumps({"tray": kept, "shown": shown})

    def take_up(self, text: str) -> None:
        """Fill the tray as it was; what is no longer in the store is left out."""
        try:
            values = json.loads(text or "{}")
            kept = [(str(name), str(sha256)) for name, sha256 in values.get("tray", ())]
            shown = str(values.get("shown", ""))
        except (ValueError, TypeError, AttributeError):  # a settings file may be edited by hand
            return
        if kept:
            self._flows.start(self._take_up(kept[:_KEPT], shown))

    async def _take_up(self, kept: list[tuple[str, str]], shown: str) -> None:
        library, found = self._session.library, []
        for name, sha256 in kept:
            try:
                data = await self._flows.on_disk(library.input, sha256)
                found.append(await self._flows.on_disk(_prepared, name, data, sha256))
            except DgnError:
                continue
        self.tray = (*self.tray, *found)
        self.tray_changed.emit()
        one = next((photo for photo in found if photo.sha256 == shown), None)
        if one is not None and self.image is None:
            await self._show(one.name, one.sha256, wanted=False)

    # ---- reading

    def _wish(
        self, names: tuple[str, ...], read: Callable[[], Sequence[tuple[str, bytes]]]
    ) -> None:
        # Of several that are dropped together the first is shown.
        self._wishes.append(_Wish(names, read, not self._wishes))
        if not self._reading:
            self._reading = True
            self._flows.start(self._read_all())

    async def _read_all(self) -> None:
        try:
            while self._wishes:
                await self._read_one(self._wishes.popleft())
        finally:
            self._reading = False

    async def _read_one(self, wish: _Wish) -> None:
        refused, first = [], None
        try:
            files = await self._flows.on_disk(wish.read)
            for name, data in files:
                try:
                    photo = await self._flows.on_disk(self._keep, name, data)
                except DgnError as error:
                    refused.append(error)
                    continue
                others = (one for one in self.tray if one.sha256 != photo.sha256)
                self.tray = (photo, *others)
                first = first or photo
                self.tray_changed.emit()
        except DgnError as error:
            refused.append(error)
        if first is None and refused:
            self._session.problem.emit(refused[0].message, refused[0].hint, "")
        elif refused:
            text = f"{len(refused)} of {len(files)} pictures could not be read."
            self._session.notice.emit(Notice(text, Level.WARNING))
        if first is not None and wish.show:
            await self._show(first.name, first.sha256)

    def _keep(self, name: str, data: bytes) -> TrayPhoto:
        photo = _prepared(name, data, "")  # one that cannot be read is not kept
        return TrayPhoto(name, self._session.library.keep_input(data), photo.thumbnail)

    async def _show(self, name: str, sha256: str, wanted: bool = True) -> None:
        try:
            data = await self._flows.on_disk(self._session.library.input, sha256)
            image = await self._flows.on_disk(decode_photo, data, name)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        self.name, self.image = name, image
        self._input, self.wanted = Input("photo", sha256, name), wanted
        self.opened.emit()


def _read_path(path: Path) -> list[tuple[str, bytes]]:
    """The names and bytes of a photograph, or of those in a folder or zip; raises `DgnError`."""
    if not path.is_dir() and path.suffix.lower() != ".zip":
        return [(path.name, read_file(path))]
    found = open_photos(path)
    try:
        return [(Path(photo.name).name, photo.read()) for photo in found.photos[:MOST]]
    finally:
        found.close()


def _prepared(name: str, data: bytes, sha256: str) -> TrayPhoto:
    image = middle_square(decode_photo(data, name), THUMBNAIL_PX)
    return TrayPhoto(name, sha256, scaled(image, THUMBNAIL_PX, THUMBNAIL_PX))
