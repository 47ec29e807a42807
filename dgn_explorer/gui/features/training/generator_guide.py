"""The navigator of generators: those that are there, and the runs that train others."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.training.training_run import Training
from dgn_explorer.gui.look.parts import action_button, label, panel
from dgn_explorer.gui.look.plain import network_text, plain, set_tip
from dgn_explorer.gui.look.row_delegate import HEIGHT, QuietRole, RowDelegate
from dgn_explorer.gui.look.theme import MEDIUM, SMALL, TIGHT
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.paths import data_folder
from dgn_explorer.training.running.folder import STATUS_NAME

_BUILT_IN = "default"
_SpecRole = Qt.ItemDataRole.UserRole + 1
_SUFFIX = ".safetensors"
_MOST_ROWS = 8


class GeneratorGuide(QWidget):
    """Enter or a double-click opens a generator, or follows a run."""

    def __init__(self, desk: Desk, training: Training) -> None:
        super().__init__()
        self._desk, self._training = desk, training
        self.generators = self._list("Generators")
        self.generators.itemActivated.connect(self._open)
        self.runs = self._list("Training runs")
        self.runs.itemActivated.connect(self._follow)
        self._no_runs = label(
            "Runs that train a generator of your own are listed here.", "muted", wrap=True
        )
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(MEDIUM, MEDIUM, SMALL, MEDIUM)
        column.addWidget(label("GENERATORS", "section"))
        column.addWidget(self.generators)
        column.addWidget(action_button(desk.table["open"], "Open another…"))
        column.addSpacing(MEDIUM)
        column.addWidget(label("TRAINING RUNS", "section"))
        column.addWidget(self._no_runs)
        column.addWidget(self.runs)
        column.addStretch()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        desk.book.page_changed.connect(self._look)
        desk.session.opened.connect(self._look)
        training.changed.connect(self._look)

    def _list(self, name: str) -> QListWidget:
        made = QListWidget()
        made.setAccessibleName(name)
        made.setItemDelegate(RowDelegate(self._desk.theme, parent=made))
        made.setUniformItemSizes(True)
        made.setMouseTracking(True)
        return made

    def _look(self) -> None:
        if self._desk.book.page is PageName.PRIOR:
            self._desk.flows.start(self._read())

    async def _read(self) -> None:
        own, runs = await self._desk.flows.on_disk(_found)
        shown = self._desk.session.pair[1]
        specs = dict.fromkeys(filter(None, (_BUILT_IN, *own, shown)))
        _fill(
            self.generators,
            [(network_text(spec), "open" if spec == shown else "", spec) for spec in specs],
        )
        _fill(self.runs, [(run.name, "", str(run)) for run in runs])
        self.runs.setVisible(bool(runs))
        self._no_runs.setVisible(not runs)

    def _open(self, item: QListWidgetItem) -> None:
        session, spec = self._desk.session, item.data(_SpecRole)
        if spec != session.pair[1]:
            session.reopen(session.pair[0], spec)

    def _follow(self, item: QListWidgetItem) -> None:
        self._training.watch(Path(item.data(_SpecRole)))


def _fill(list_: QListWidget, rows: list[tuple[str, str, str]]) -> None:
    before = [list_.item(row).data(_SpecRole) for row in range(list_.count())]
    quiet = [list_.item(row).data(QuietRole) for row in range(list_.count())]
    if before == [spec for *_, spec in rows] and quiet == [text for _, text, _ in rows]:
        return
    list_.clear()
    list_.setFixedHeight(min(len(rows), _MOST_ROWS) * HEIGHT + 2 * TIGHT)
    for name, text, spec in rows:
        item = QListWidgetItem(plain(name))
        item.setData(QuietRole, text)
        item.setData(_SpecRole, spec)
        set_tip(item, spec)
        list_.addItem(item)


def _found() -> tuple[list[str], list[Path]]:
    """The names of the user's own generators, and the folders of runs, the newest first."""
    own = sorted(path.stem for path in data_folder().joinpath("priors").glob(f"*{_SUFFIX}"))
    runs = [path.parent for path in data_folder().joinpath("runs").glob(f"*/{STATUS_NAME}")]
    return own, sorted(runs, key=lambda run: -run.stat().st_mtime)
