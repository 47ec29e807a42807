"""Pictures dragged or copied into other programs: as PNG files with their recipes inside."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QDrag, QGuiApplication, QPixmap
from PySide6.QtWidgets import QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import file_name, save_png
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.look.dragging import carry_pictures
from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.targets import Maximise

MOST = 100  # files at once; more is what exporting is for
_EDGE = 96


def suggested_name(result: Record) -> str:
    """A file name that says what the picture is."""
    target = result.recipe.target
    alone = isinstance(target, Maximise)
    unit = " + ".join(str(one) for one in target.units) if alone else target.text()
    return file_name(result.recipe.network, unit, result.label, result.recipe.seed)


def begin(source: QWidget, data: QMimeData, pixmap: QPixmap) -> None:
    """Drag ``data`` until the button is let go of."""
    drag = QDrag(source)
    drag.setMimeData(data)
    drag.setPixmap(pixmap)
    drag.setHotSpot(QPoint(pixmap.width() // 2, pixmap.height() // 2))
    drag.exec(Qt.DropAction.CopyAction)


def held() -> bool:
    """Whether the left mouse button is still down."""
    return bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)


class DragOut(QObject):
    """Writes the files on the I/O thread, and starts the drag when they are there.

    That takes a few ms a picture; who has let go of the button by then has dragged nothing.
    """

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self._folder: Path | None = None

    def drag_shown(self, source: QWidget) -> None:
        """Drag the picture on show."""
        result = self._session.display.result
        if result is not None and self._session.display.job is None:
            self._flows.start(self._drag(source, [result]))

    def drag_stored(self, source: QWidget, keys: Sequence[str]) -> None:
        """Drag stored results."""
        self._flows.start(self._load(source, keys))

    def copy_stored(self, keys: Sequence[str]) -> None:
        """Put stored results on the clipboard: as files, and a single one as an image too."""
        self._flows.start(self._copy(keys))

    def clean(self) -> None:
        """Delete the files; called once, when the window closes.

        What was copied stays on the clipboard as a picture: the files go, and PySide ends in a
        crash if data that were made in Python outlive the interpreter there.
        """
        if self._folder is None:
            return
        clipboard = QGuiApplication.clipboard()
        data = clipboard.mimeData()
        paths = [Path(url.toLocalFile()) for url in data.urls()] if data is not None else []
        if any(self._folder in path.parents for path in paths):
            image = clipboard.image()
            if image.isNull():
                clipboard.clear()
            else:
                clipboard.setImage(image)
        self._flows.start(self._flows.on_disk(shutil.rmtree, self._folder, ignore_errors=True))

    async def _load(self, source: QWidget, keys: Sequence[str]) -> None:
        await self._drag(source, await self._first(keys, "dragged"))

    async def _first(self, keys: Sequence[str], done: str) -> list[Record]:
        if len(keys) > MOST:
            text = f"Only {MOST} of {len(keys):,} pictures are {done}."
            self._session.notice.emit(Notice(text, Level.WARNING))
        return await self._session.library.load_all(keys[:MOST])

    async def _files(self, results: Sequence[Record]) -> QMimeData | None:
        try:
            paths = await self._flows.on_disk(self._write, results)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return None
        return carry_pictures(paths, results[0].picture if len(paths) == 1 else None)

    async def _copy(self, keys: Sequence[str]) -> None:
        results = await self._first(keys, "copied")
        data = await self._files(results) if results else None
        if data is not None:
            QGuiApplication.clipboard().setMimeData(data)
            what = "The image is" if len(results) == 1 else f"{len(results)} images are"
            self._session.notice.emit(Notice(f"{what} on the clipboard."))

    async def _drag(self, source: QWidget, results: Sequence[Record]) -> None:
        data = await self._files(results) if results else None
        if data is None or not held():
            return
        first = results[0].picture
        ratio = source.devicePixelRatioF()
        edge = round(_EDGE * ratio)
        pixmap = to_pixmap(scaled(first, edge, edge), ratio)
        # A drag runs an event loop of its own, which must not happen inside a coroutine.
        QTimer.singleShot(0, source, lambda: begin(source, data, pixmap))

    def _write(self, results: Sequence[Record]) -> list[Path]:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="dgn-explorer-"))
        paths = []
        for result in results:
            # The name is for people and not unique; the folder makes it so.
            folder = self._folder / result.key[:16]
            folder.mkdir(exist_ok=True)
            path = folder / suggested_name(result)
            save_png(path, result.picture, result.recipe)
            paths.append(path)
        return paths
