"""What the program remembers and how it behaves: each choice counts at once."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.notices import QUIET_NOTICES
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import ElidedLabel, closing_button, fix_width, label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import CHOICES, LARGE, MEDIUM, SMALL, WIDE
from dgn_explorer.gui.state.answering.qualities import LEVELS, QUALITY_LEVEL
from dgn_explorer.gui.state.keeping import MOST_GB
from dgn_explorer.machine.threads import (
    Threads,
    choose_threads,
    forget_threads,
    known_threads,
)
from dgn_explorer.paths import config_folder, data_folder, log_folder
from dgn_explorer.results.trash import KEPT_DAYS
from dgn_explorer.synthesis.step_sizes import forget_steps, remembered_count

ASK_BEFORE_CLOSING = "ask_before_closing"
SAY_WHEN_QUEUE_ENDS = "say_when_queue_ends"
_THEMES = {"system": "As the system", "light": "Light", "dark": "Dark"}
_MEASURED = 0  # of the choice of threads
_THREADS_HELP = (
    "From the next start on. Another number rounds differently: the same seed then gives the same "
    "picture again only with the same number."
)


class PreferencesDialog(QDialog):
    """Nothing to confirm; files are read and written on the I/O thread."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk, self._keep = desk, desk.preferences
        self.setWindowTitle("Preferences")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(LARGE)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.theme = QComboBox()
        for choice in CHOICES:
            self.theme.addItem(_THEMES[choice], choice)
        self.theme.setCurrentIndex(CHOICES.index(desk.theme.choice))
        self.theme.activated.connect(lambda: desk.theme.choose(self.theme.currentData()))
        self._row("Colours", self.theme)
        self.quality = QComboBox()
        for level, word in LEVELS.items():
            self.quality.addItem(word, level)
        self.quality.setCurrentIndex(max(0, self.quality.findData(desk.session.settings.level)))
        self.quality.activated.connect(self._choose_quality)
        self._row(
            "Quality at first",
            self.quality,
            "Where the slider stands of a question that you have not changed. More takes longer.",
        )
        self.threads = QComboBox()
        self.threads.setEnabled(False)
        self.threads.activated.connect(self._choose_threads)
        self._row("CPU threads", self.threads, _THREADS_HELP)
        self.steps = QPushButton("Forget them")
        self.steps.setAutoDefault(False)
        self.steps.clicked.connect(self._forget_steps)
        self._steps_text = label("", "muted")
        self._row(
            "Step sizes",
            _beside(self._steps_text, self.steps),
            "Measured once for each network with a generator, and then used without asking.",
        )
        self.long_queue = self._switch(
            "Say when a long queue has ended", SAY_WHEN_QUEUE_ENDS, "Notices"
        )
        self.quiet = self._switch(
            "Only warnings, errors and what can be undone", QUIET_NOTICES, on=False
        )
        self.closing = self._switch("Ask before closing while a picture forms", ASK_BEFORE_CLOSING)
        self.most = NumberField(int, 0, 100_000, self._keep.get(MOST_GB, 0))
        self.most.edited.connect(lambda value: self._keep.put(MOST_GB, int(value)))
        self._row(
            "Keep at most",
            _beside(self.most, label("GB, 0 for everything", "muted")),
            "At a start older pictures go into the trash, and leave it after "
            f"{KEPT_DAYS} days. Favourites stay.",
        )
        self._size = label("", "muted")
        results = data_folder() / "results"
        self._folder("Results", results, self._size)
        self._folder("Settings", config_folder())
        self._folder("Log", log_folder())
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(closing_button(self))
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(label("Preferences", "display"))
        column.addLayout(self._grid)
        column.addLayout(buttons)
        items = [*desk.session.library.items, *desk.session.library.trash]
        megabytes = sum(item.bytes for item in items) / 1e6
        word = "picture" if len(items) == 1 else "pictures"
        self._size.setText(f"{len(items):,} {word}, {megabytes:,.0f} MB")
        fix_width(self, 560)
        desk.flows.start(self._read())

    def _row(self, name: str, widget: QWidget, help: str = "") -> None:
        row = self._grid.rowCount()
        widget.setAccessibleName(name)
        widget.setAccessibleDescription(help)
        self._grid.addWidget(label(name), row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(widget, row, 1)
        if help:
            self._grid.addWidget(label(help, "caption", wrap=True), row + 1, 1)
        self._grid.setRowMinimumHeight(row + 2, SMALL)

    def _switch(self, text: str, name: str, title: str = "", on: bool = True) -> QCheckBox:
        """A preference that is ``on`` until somebody decides."""
        box = QCheckBox(text)
        box.setChecked(self._keep.get(name, on))
        box.toggled.connect(lambda on: self._keep.put(name, on))
        self._row(title, box)
        box.setAccessibleName(text)
        return box

    def _folder(self, name: str, path: Path, more: QWidget | None = None) -> None:
        """Where something is, with a way to look at it."""
        text = ElidedLabel("muted")
        text.setText(str(path))
        set_tip(text, str(path))
        show = QPushButton("Open")
        show.setAutoDefault(False)
        show.setAccessibleName(f"Open the folder of {name.lower()}")
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))))
        show.setEnabled(path.is_dir())
        self._row(name, _beside(text, *filter(None, (more,)), show))

    async def _read(self) -> None:
        known = await self._desk.flows.on_disk(known_threads)
        steps = await self._desk.flows.on_disk(remembered_count)
        self._show_threads(known)
        self._show_steps(steps)

    def _show_threads(self, known: Threads | None) -> None:
        measured = known is None or not known.chosen
        text = f"Measured: {known.threads}" if known is not None and measured else "Measured"
        self.threads.clear()
        self.threads.addItem(text, _MEASURED)
        cores = known.cores if known is not None else 1
        for count in range(1, min(cores, 16) + 1):
            self.threads.addItem(f"{count} thread{'s' if count > 1 else ''}", count)
        if known is not None and known.chosen:
            self.threads.setCurrentIndex(max(0, self.threads.findData(known.threads)))
        self.threads.setItemData(
            0,
            "Measure again at the next start, when nothing else runs",
            Qt.ItemDataRole.ToolTipRole,
        )
        self.threads.setEnabled(not self._desk.session.read_only)

    def _choose_quality(self) -> None:
        level = self.quality.currentData()
        self._keep.put(QUALITY_LEVEL, level)
        self._desk.session.settings.use_level(level)

    def _choose_threads(self) -> None:
        self._desk.flows.start(self._write_threads(self.threads.currentData()))

    async def _write_threads(self, count: int) -> None:
        try:
            if count == _MEASURED:
                await self._desk.flows.on_disk(forget_threads)
            else:
                await self._desk.flows.on_disk(choose_threads, count)
        except DgnError as error:
            self._desk.show_problem(error.message, error.hint)

    def _show_steps(self, count: int) -> None:
        word = "pair" if count == 1 else "pairs"
        self._steps_text.setText(f"{count:,} {word}" if count else "None is remembered.")
        self.steps.setEnabled(count > 0 and not self._desk.session.read_only)

    def _forget_steps(self) -> None:
        async def forget() -> None:
            await self._desk.flows.on_disk(forget_steps)
            self._show_steps(0)

        self._desk.flows.start(forget())


def _beside(*widgets: QWidget) -> QWidget:
    body = QWidget()
    row = QHBoxLayout(body)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SMALL)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 0 if place else 1)
    return body
