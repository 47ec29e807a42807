"""The stored results as the window knows them: a list, states by unit, and thumbnails."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPixmap

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.pictures.thumbnails import Thumbnails
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.store import Store
from dgn_explorer.results.summary import Summary
from dgn_explorer.results.trash import overdue

_IMAGES = "images"  # the kind that lists show
_REFRESH_MS = 60


class Library(QObject):
    """Lists the ``store`` on the I/O thread and loads thumbnails, newest wish first."""

    changed = Signal()  # more than one line, or the order
    added = Signal(object)  # the Summary of a result that is new or has been replaced
    studied = Signal()  # there is another analysis
    thumbnail_ready = Signal(str)
    notice = Signal(object)  # Notice

    def __init__(
        self,
        store: Store,
        flows: Flows,
        read_only: bool = False,
        parent: QObject | None = None,
    ) -> None:
        """With ``read_only`` the trash stays as it is, whatever is looked at."""
        super().__init__(parent)
        self.store, self._flows, self._read_only = store, flows, read_only
        self._all: list[Summary] = []  # newest first, the trash included
        self._items: list[Summary] = []  # without the trash
        self._studies: list[Summary] = []  # what has no pictures, newest first
        self._by_key: dict[str, Summary] = {}
        self._by_unit: dict[tuple[str, str], Summary] = {}
        self._meanwhile: list[Summary] = []  # added since the store was last asked for its list
        self._trash: set[str] = set()
        self._writing_trash = 0
        self._thumbnails = Thumbnails(flows, store.thumbnail, self.thumbnail_ready.emit)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(lambda: self._flows.start(self._list()))

    @property
    def items(self) -> Sequence[Summary]:
        """The results with pictures that are not in the trash, newest first."""
        return self._items

    def get(self, key: str) -> Summary | None:
        """The list's line for ``key``."""
        return self._by_key.get(key)

    def newest(self, fingerprint: str, unit: UnitAddress) -> Summary | None:
        """The newest result of a unit."""
        return self._by_unit.get((fingerprint, str(unit)))

    def refresh(self) -> None:
        """List the store again soon; calls close together count as one."""
        self._timer.start()

    def add(self, summary: Summary) -> None:
        """Take up a result that has just been stored; the store is not listed again."""
        if summary.kind != _IMAGES:
            if summary.state == DONE:
                self._studies = [one for one in self._studies if one.key != summary.key]
                self._studies.insert(0, summary)
                self.studied.emit()
            return
        self._thumbnails.forget(summary.key)  # the result may have been replaced
        self.restore([summary.key])
        known = summary.key in self._by_key
        for items in (self._all, self._items):
            if known:
                del items[next(n for n, item in enumerate(items) if item.key == summary.key)]
            items.insert(0, summary)
        self._by_key[summary.key] = summary
        self._by_unit[summary.network_fingerprint, summary.address] = summary
        self._meanwhile.append(summary)
        self.added.emit(summary)

    def keep_input(self, data: bytes) -> str:
        """Keep the bytes of a photograph or mask; for use on the I/O thread; its SHA-256."""
        return self.store.inputs.put(data)

    def studies(self, name: str = "") -> Sequence[Summary]:
        """The finished records of a study, or of all, newest first."""
        return [item for item in self._studies if not name or item.method == name]

    @property
    def trash(self) -> Sequence[Summary]:
        """The results with pictures in the trash, newest first."""
        return [item for item in self._all if item.key in self._trash]

    def input(self, sha256: str) -> bytes:
        """The bytes of a kept photograph or mask; for use on the I/O thread; raises `DgnError`."""
        return self.store.inputs.get(sha256)

    def discard(self, keys: Sequence[str]) -> None:
        """Put results into the trash; they stay on the disk until it is emptied."""
        self._trash.update(keys)
        self._index()
        self._change_trash(add=tuple(keys))

    def restore(self, keys: Sequence[str]) -> None:
        """Take results out of the trash."""
        if not self._trash.isdisjoint(keys):
            self._trash.difference_update(keys)
            self._index()
            self._change_trash(remove=tuple(keys))

    async def load(self, key: str) -> Record | None:
        """The whole stored result of ``key``; None if it is gone or, with a notice, damaged."""
        try:
            return await self._flows.on_disk(self.store.get, key)
        except DgnError as error:  # a damaged file must not keep its unit from being computed
            self.notice.emit(Notice(str(error), Level.WARNING))
            return None

    async def load_all(self, keys: Sequence[str]) -> list[Record]:
        """The stored results of ``keys``; what is gone is left out, with a notice."""
        found = [await self.load(key) for key in keys]
        if None in found:
            self.notice.emit(Notice("Some of them are no longer on the disk.", Level.WARNING))
        return [result for result in found if result is not None]

    def read(self, key: str) -> Record | None:
        """A stored result, for use on the I/O thread; raises `DgnError`."""
        return self.store.get(key)

    async def empty_trash(self, keys: Sequence[str] | None = None) -> None:
        """Delete for good what is in the trash, or those ``keys`` of it."""
        gone = [key for key in (tuple(self._trash) if keys is None else keys) if key in self._trash]
        for key in gone:
            await self._flows.on_disk(self.store.delete, key)
        deleted = set(gone)
        self._all = [item for item in self._all if item.key not in deleted]
        self._trash -= deleted
        self._index()
        self._change_trash(remove=gone)

    def thumbnail(self, key: str, ratio: float = 1.0) -> QPixmap | None:
        """The thumbnail if it is loaded; else None, and `thumbnail_ready` follows."""
        return self._thumbnails.get(key, ratio)

    def stop(self) -> None:
        """List no more."""
        self._timer.stop()

    async def _list(self) -> None:
        self._meanwhile.clear()
        stored = await self._flows.on_disk(self.store.list)
        await self._read_trash()
        listed = {item.key for item in stored}
        new = [item for item in reversed(self._meanwhile) if item.key not in listed]
        self._all = [*new, *(item for item in stored if item.kind == _IMAGES)]
        self._studies = [item for item in stored if item.kind != _IMAGES and item.state == DONE]
        self._index()

    async def _read_trash(self) -> None:
        """Take over what any window has put into the trash; what is overdue leaves the disk."""
        if self._writing_trash:
            return  # the file does not say yet what this window knows
        try:
            listed = await self._flows.on_disk(self.store.trash.read)
        except DgnError as error:
            self.notice.emit(Notice(str(error), Level.WARNING))
            return
        if not self._writing_trash:
            self._trash = set(listed)
        late = [] if self._read_only else overdue(listed)
        if late:
            await self.empty_trash(late)

    def _change_trash(self, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        if self._read_only:
            return
        self._writing_trash += 1
        self._flows.start(self._keep_trash(add, remove))

    async def _keep_trash(self, add: Sequence[str], remove: Sequence[str]) -> None:
        try:
            await self._flows.on_disk(self.store.trash.change, add, remove)
        except DgnError as error:
            self.notice.emit(Notice(str(error), Level.WARNING))
        finally:
            self._writing_trash -= 1

    def _index(self) -> None:
        self._items = [item for item in self._all if item.key not in self._trash]
        self._by_key = {item.key: item for item in self._items}
        self._by_unit = {
            (item.network_fingerprint, item.address): item for item in reversed(self._items)
        }
        self.changed.emit()
