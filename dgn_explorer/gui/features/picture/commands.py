"""What each row of the action table does, and when it can be done."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMainWindow

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.command_group import CommandGroup
from dgn_explorer.gui.desk.command_palette import CommandPalette
from dgn_explorer.gui.desk.panels import Panels
from dgn_explorer.gui.desk.shortcut_sheet import ShortcutSheet
from dgn_explorer.gui.features.picture.copied_text import command_line, python_code
from dgn_explorer.gui.features.picture.discard import Discard
from dgn_explorer.gui.features.picture.exporting import save_picture, suggested_name
from dgn_explorer.gui.features.picture.stage import Stage
from dgn_explorer.gui.features.units.browser import Browser
from dgn_explorer.gui.frame.about import AboutDialog
from dgn_explorer.gui.look.pictures import to_qimage
from dgn_explorer.gui.look.theme import CHOICES, Theme
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.history import History
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.address import UnitAddress


class Commands(QObject):
    """Connects the table to session and widgets."""

    def __init__(
        self,
        window: QMainWindow,
        table: ActionTable,
        session: Session,
        flows: Flows,
        theme: Theme,
        stage: Stage,
        browser: Browser,
        resize_thumbnails: Callable[[int], None],
        panels: Panels,
        choose_network: Callable[[], None],
        groups: Sequence[CommandGroup],
    ) -> None:
        super().__init__(window)  # Qt drops the connections with the window
        self._window, self._table, self._session, self._flows = window, table, session, flows
        self._theme, self._stage, self._browser, self._panels = theme, stage, browser, panels
        self._groups = groups
        self._history = History()
        canvas = stage.canvas
        table.bind(
            {
                **{id: slot for group in groups for id, slot in group.slots().items()},
                "open": choose_network,
                "save_image": self._save_image,
                "copy_image": self._copy_image,
                "copy_address": self._copy_address,
                "copy_command": self._copy_command,
                "copy_python": self._copy_python,
                "close": window.close,
                "undo": session.undo.undo,
                "redo": session.undo.redo,
                "find": self._find,
                "recall": self._recall,
                "delete": self._delete,
                "visualise": self._visualise,
                "stop": session.runs.stop,
                "more_steps": session.more_steps,
                "watch": session.watch,
                "new_seed": session.settings.new_seed,
                "lock_seed": self._lock_seed,
                "compute_selection": lambda: self._compute(browser.selected_units()),
                "compute_layer": lambda: self._compute(browser.layer_units()),
                "clear_queue": session.runs.clear_queue,
                "pause_queue": lambda: session.runs.pause(not session.runs.paused),
                "back": lambda: self._go(-1),
                "forward": lambda: self._go(1),
                "zoom_in": lambda: canvas.zoom_by(1),
                "zoom_out": lambda: canvas.zoom_by(-1),
                "zoom_fit": canvas.fit,
                "zoom_actual": canvas.actual_size,
                "pixels": lambda: canvas.set_smooth(not table["pixels"].isChecked()),
                "thumbs_larger": lambda: resize_thumbnails(1),
                "thumbs_smaller": lambda: resize_thumbnails(-1),
                "theme_system": lambda: theme.choose("system"),
                "theme_light": lambda: theme.choose("light"),
                "theme_dark": lambda: theme.choose("dark"),
                "reset_layout": panels.reset,
                "palette": lambda: CommandPalette(table, theme, window).open(),
                "shortcuts": lambda: ShortcutSheet(table, window).open(),
                "about": lambda: AboutDialog(window).open(),
            }
        )
        session.selected.connect(self._selected)
        session.opened.connect(self._opened)
        session.display_changed.connect(self.refresh)
        session.runs.live_changed.connect(self.refresh)
        session.jobs.structure_changed.connect(self._refresh_queue)
        session.settings.changed.connect(self.refresh)
        session.undo.indexChanged.connect(self.refresh)
        session.library.changed.connect(self.refresh)
        browser.grid.selectionModel().selectionChanged.connect(self.refresh)
        theme.changed.connect(self.refresh)
        canvas.picture_changed.connect(self.refresh)
        for group in groups:
            group.stale.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Enable what can be done now and check what is on."""
        session, table = self._session, self._table
        display = session.display
        result = display.result if display.job is None else None
        has_picture = self._stage.canvas.image is not None and display.recipe is not None
        table.enable(
            save_image=result is not None,
            copy_image=has_picture,
            copy_address=session.unit is not None,
            copy_command=display.recipe is not None,
            copy_python=display.recipe is not None,
            undo=session.undo.canUndo(),
            redo=session.undo.canRedo(),
            find=session.network is not None,
            recall=result is not None,
            delete=result is not None,
            visualise=session.unit is not None,
            stop=session.runs.live is not None,
            more_steps=result is not None,
            watch=session.runs.live is not None and display.job != session.runs.live,
            compute_selection=bool(self._browser.selected_units()),
            compute_layer=bool(session.network),
            back=self._history.can_go(-1),
            forward=self._history.can_go(1),
            zoom_in=has_picture,
            zoom_out=has_picture,
            zoom_fit=has_picture,
            zoom_actual=has_picture,
        )
        for group in self._groups:
            table.enable(**group.enabled())
            for id, on in group.checked().items():
                table[id].setChecked(on)
        table["undo"].setText(f"Undo {session.undo.undoText().lower()}".strip())
        table["redo"].setText(f"Redo {session.undo.redoText().lower()}".strip())
        table["lock_seed"].setChecked(session.settings.value.locked)
        for choice in CHOICES:
            table[f"theme_{choice}"].setChecked(self._theme.choice == choice)
        self._refresh_queue()

    def _refresh_queue(self) -> None:
        """The same for what depends on the queue alone, which may change 1000 times at once."""
        runs = self._session.runs
        self._table.enable(
            clear_queue=len(runs.jobs) > 0,
            pause_queue=runs.paused or runs.jobs.batch_left > 0,
        )
        self._table["pause_queue"].setChecked(runs.paused)

    # ---- run

    def _visualise(self) -> None:
        if self._session.unit is not None:
            self._session.visualise(self._session.unit)

    def _lock_seed(self) -> None:
        old = self._session.settings.value
        new = replace(old, locked=not old.locked)
        self._session.settings.edit(new, "Lock of the seed")

    def _compute(self, units: list[UnitAddress]) -> None:
        self._panels.show("Queue")
        self._session.compute(units)

    def _recall(self) -> None:
        if self._session.display.recipe is not None:
            self._session.settings.recall(self._session.display.recipe)
            self._panels.show("Settings")

    # ---- results

    def _delete(self) -> None:
        result = self._session.display.result
        if result is None:
            return
        self._session.undo.push(Discard(self._session, result))
        name = result.label or str(result.recipe.objective[0].unit)
        self._session.notice.emit(
            Notice(f"{name} is in the trash.", action="Undo", run=self._session.undo.undo)
        )

    def _save_image(self) -> None:
        result = self._session.display.result
        if result is None:
            return
        dialog = QFileDialog(self._window, "Save image", suggested_name(result))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("PNG image (*.png)")
        dialog.setDefaultSuffix("png")
        dialog.fileSelected.connect(
            lambda path: self._flows.start(save_picture(path, result, self._flows, self._session))
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # ---- clipboard

    def _copy_image(self) -> None:
        image = self._stage.canvas.image
        if image is not None:
            QGuiApplication.clipboard().setImage(to_qimage(image))
            self._session.notice.emit(Notice("The image is on the clipboard."))

    def _copy_address(self) -> None:
        if self._session.unit is not None:
            QGuiApplication.clipboard().setText(str(self._session.unit))
            self._session.notice.emit(Notice(f"{self._session.unit} is on the clipboard."))

    def _copy_command(self) -> None:
        if self._session.display.recipe is not None:
            QGuiApplication.clipboard().setText(command_line(self._session.display.recipe))
            self._session.notice.emit(Notice("The command is on the clipboard."))

    def _copy_python(self) -> None:
        if self._session.display.recipe is not None:
            QGuiApplication.clipboard().setText(python_code(self._session.display.recipe))
            self._session.notice.emit(Notice("The Python code is on the clipboard."))

    # ---- browse

    def _find(self) -> None:
        self._panels.show("Browse")
        self._browser.search.field.setFocus()
        self._browser.search.field.selectAll()

    def _go(self, step: int) -> None:
        unit = self._history.go(step)
        if unit is not None:
            self._session.select(unit)
            self.refresh()

    def _selected(self, unit: UnitAddress) -> None:
        self._history.visit(unit)
        self.refresh()

    def _opened(self) -> None:
        self._history.clear()
        self.refresh()
