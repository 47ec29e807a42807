"""The units of one layer as a flat list model, instant at any size."""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
)
from PySide6.QtGui import QPixmap

from dgn_explorer.gui.jobs import JobState
from dgn_explorer.gui.parts import number_text
from dgn_explorer.gui.session import Session
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import LayerInfo

CardRole = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
_BATCH_MS = 50
_ROOT = QModelIndex()


class CardState(Enum):
    """The five states of a unit; the value is what people read."""

    NOT_COMPUTED = "not computed"
    QUEUED = "queued"
    RUNNING = "running"
    CACHED = "cached"
    FAILED = "failed"


@dataclass(frozen=True)
class Card:
    """What a card of the grid or of the results strip shows."""

    title: str
    subtitle: str
    state: CardState
    pixmap: QPixmap | None
    detail: str = ""

    @property
    def spoken(self) -> str:
        """The card in words, for screen readers and tool tips."""
        return ", ".join(part for part in (self.title, self.detail, self.subtitle) if part)


class UnitModel(QAbstractListModel):
    """Rows are unit indices; states come from the session's jobs and stored results."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._layer: LayerInfo | None = None
        self._dirty: set[int] = set()
        self._shown: dict[str, int] = {}  # key of a result to the row that shows it
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_BATCH_MS)
        self._timer.timeout.connect(self._flush)
        self.ratio = 1.0
        session.jobs.changed.connect(self._job_changed)
        session.jobs.structure_changed.connect(self._all_changed)
        session.library.changed.connect(self._all_changed)
        session.library.thumbnail_ready.connect(self._thumbnail_ready)

    @property
    def layer(self) -> LayerInfo | None:
        """The layer on show."""
        return self._layer

    def show_layer(self, layer: LayerInfo | None) -> None:
        """Show another layer's units."""
        self.beginResetModel()
        self._layer = layer
        self._shown.clear()
        self._dirty.clear()
        self.endResetModel()

    def address(self, index: Index) -> UnitAddress | None:
        """The unit of a row."""
        if self._layer is None or not index.isValid():
            return None
        return UnitAddress(self._layer.path, index.row())

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many rows there are."""
        return 0 if self._layer is None or parent.isValid() else self._layer.channels

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a row shows."""
        unit = self.address(index)
        if unit is None:
            return None
        if role == CardRole:
            return self.card(unit)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(unit)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.card(unit).spoken
        return None

    def card(self, unit: UnitAddress) -> Card:
        """What the grid shows of ``unit``."""
        session = self._session
        fingerprint = session.network.fingerprint if session.network else ""
        stored = session.library.newest(fingerprint, unit)
        pixmap = None
        if stored is not None:
            self._shown[stored.key] = unit.index
            pixmap = session.library.thumbnail(stored.key, self.ratio)
        title, address = self._title(unit), str(unit)
        detail = address if title != address else ""
        job = session.jobs.of_unit(fingerprint, unit)
        if job is not None:
            state = {
                JobState.QUEUED: CardState.QUEUED,
                JobState.FAILED: CardState.FAILED,
            }.get(job.state, CardState.RUNNING)
            return Card(title, job.progress_text, state, pixmap, detail)
        if stored is None:
            return Card(title, CardState.NOT_COMPUTED.value, CardState.NOT_COMPUTED, None, detail)
        word = "cached" if stored.state == "done" else f"stopped at {stored.steps}"
        text = f"{word} · {number_text(stored.activation)}"
        return Card(title, text, CardState.CACHED, pixmap, detail)

    def _title(self, unit: UnitAddress) -> str:
        label = self._session.network.label(unit) if self._session.network else ""
        return label or str(unit.index)

    def _job_changed(self, number: int) -> None:
        job = self._session.jobs.get(number)
        if job is not None and self._layer is not None and job.unit.layer == self._layer.path:
            self._touch(job.unit.index)

    def _thumbnail_ready(self, key: str) -> None:
        row = self._shown.get(key)
        if row is not None:
            self._touch(row)

    def _touch(self, row: int) -> None:
        self._dirty.add(row)
        if not self._timer.isActive():
            self._timer.start()

    def _flush(self) -> None:
        for row in self._dirty:
            if row < self.rowCount():
                self.dataChanged.emit(self.index(row), self.index(row))
        self._dirty.clear()

    def _all_changed(self) -> None:
        if self._layer is not None:
            self.dataChanged.emit(self.index(0), self.index(self._layer.channels - 1))
