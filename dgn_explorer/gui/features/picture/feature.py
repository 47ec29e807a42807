"""The picture on show: making it, looking at it, and taking it elsewhere."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.export.script import Script, command_line, python_code
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.centre import PICTURE, Page
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.drag_out import suggested_name
from dgn_explorer.gui.desk.feature import Drop, Feature
from dgn_explorer.gui.desk.panels import Area, Panel
from dgn_explorer.gui.features.picture.details import Details
from dgn_explorer.gui.features.picture.discard import Discard
from dgn_explorer.gui.features.picture.exporting import (
    recall_picture,
    save_picture,
    save_pictures,
)
from dgn_explorer.gui.features.picture.stage import Stage
from dgn_explorer.gui.look.pictures import to_qimage
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.results.record import Record
from dgn_explorer.results.reproduction import script_for

_PIXELS = "pixels"  # the preference


def picture_feature(desk: Desk) -> Feature:
    """The page in the middle, and the panel *Details* about it."""
    stage = Stage(desk)
    picture = _Picture(desk, stage)
    session = desk.session
    return Feature(
        name="picture",
        actions=(*picture.run_actions(), *picture.result_actions(), *picture.view_actions()),
        follows=(
            session.selected,
            session.opened,
            session.display_changed,
            session.runs.live_changed,
            session.library.changed,
            session.library.added,
            desk.selection.changed,
            stage.canvas.picture_changed,
            desk.centre.page_changed,
        ),
        panels=(Panel("Details", Details(desk), Area.RIGHT, 276),),
        pages=(Page(PICTURE, stage, clearance=lambda: stage.footer_height),),
        drops=(Drop(frozenset({".png"}), picture.take_dropped),),
        tab_stops=(stage.canvas,),
        remember=lambda: desk.preferences.put(_PIXELS, not stage.canvas.smooth),
    )


class _Picture(QObject):
    """What the actions do."""

    def __init__(self, desk: Desk, stage: Stage) -> None:
        super().__init__(desk.window)
        self._desk, self._stage, self._session = desk, stage, desk.session
        stage.canvas.set_smooth(not desk.preferences.get(_PIXELS, False))
        stage.canvas.drag_wanted.connect(self._drag)

    def run_actions(self) -> tuple[Action, ...]:
        """Making a picture."""
        session, runs = self._session, self._session.runs

        def live() -> bool:
            return runs.live is not None

        return (
            Action("visualise", "Run", 0, "Visualise",
                   "Watch the image that the selected unit wants to see", self._visualise,
                   keys="Ctrl+Return", icon="play", toolbar=10,
                   enabled=lambda: session.unit is not None),
            Action("stop", "Run", 0, "Stop", "Stop the ascent and keep the image", runs.stop,
                   keys="Esc", icon="stop", toolbar=11, enabled=live),
            Action("more_steps", "Run", 0, "More steps",
                   "Go on from the image on show, with as small steps as its last",
                   session.more_steps, keys="Ctrl+M", icon="more", toolbar=12,
                   enabled=self._can_go_on),
            Action("watch", "Run", 0, "Watch the running ascent", "Show the image that is forming",
                   session.watch, keys="Ctrl+J", icon="eye",
                   enabled=lambda: live() and session.display.job != runs.live),
        )  # fmt: skip

    def result_actions(self) -> tuple[Action, ...]:
        """Taking the picture elsewhere, or away."""

        def has_recipe() -> bool:
            return self._session.display.recipe is not None

        return (
            Action("save_image", "File", 0, "Save image…",
                   "Save the image on show, or those selected in the gallery, as PNG",
                   self._save, keys="Ctrl+S", icon="save", toolbar=30, enabled=self._has_subject),
            Action("copy_image", "File", 0, "Copy image",
                   "Put the image on show, or those selected in the gallery, on the clipboard",
                   self._copy_image, keys="Ctrl+C", icon="copy", toolbar=31,
                   enabled=lambda: self._has_subject()
                   or (self._on_picture() and self._has_picture())),
            Action("copy_command", "File", 1, "Copy as command line",
                   "Copy the command that makes the image on show", self._copy_command,
                   keys="Ctrl+Alt+C", icon="command", enabled=has_recipe),
            Action("copy_python", "File", 1, "Copy as Python",
                   "Copy Python code that makes the image on show", self._copy_python,
                   keys="Ctrl+Alt+P", enabled=has_recipe),
            Action("delete", "Edit", 3, "Delete result",
                   "Put the result on show, or those selected in the gallery, into the trash",
                   self._delete, keys="Del", icon="trash", enabled=self._has_subject),
        )  # fmt: skip

    def view_actions(self) -> tuple[Action, ...]:
        """Looking at the picture."""
        canvas, centre, has = self._stage.canvas, self._desk.centre, self._has_picture
        return (
            Action("picture", "View", -1, "Picture", "Show the picture in the middle",
                   lambda: centre.show_page(PICTURE), keys="F5", icon="eye",
                   enabled=lambda: centre.page != PICTURE),
            Action("zoom_in", "View", 1, "Zoom in", "Enlarge the image",
                   lambda: canvas.zoom_by(1), keys="Ctrl++", enabled=has),
            Action("zoom_out", "View", 1, "Zoom out", "Reduce the image",
                   lambda: canvas.zoom_by(-1), keys="Ctrl+-", enabled=has),
            Action("zoom_fit", "View", 1, "Fit", "Fit the image into the window", canvas.fit,
                   keys="Ctrl+0", icon="fit", enabled=has),
            Action("zoom_actual", "View", 1, "Actual size", "One image pixel for one screen pixel",
                   canvas.actual_size, keys="Ctrl+1", icon="actual", enabled=has),
            Action("pixels", "View", 1, "Show pixels", "Enlarge without smoothing",
                   lambda: canvas.set_smooth(not canvas.smooth), keys="Ctrl+P", icon="pixels",
                   checked=lambda: not canvas.smooth),
        )  # fmt: skip

    def take_dropped(self, path: str) -> None:
        """Go on from the recipe in a dropped picture; one without is a photograph."""
        self._desk.flows.start(recall_picture(path, self._desk))

    def _result(self) -> Record | None:
        display = self._session.display
        return display.result if display.job is None else None

    def _can_go_on(self) -> bool:
        result = self._result()
        return result is not None and result.recipe.about.resumable

    def _has_result(self) -> bool:
        return self._result() is not None

    def _on_picture(self) -> bool:
        return self._desk.centre.page == PICTURE

    def _subject(self) -> tuple[str, ...]:
        """The keys that saving, copying and deleting mean: the page's own, never another's."""
        result = self._result()
        if self._on_picture():
            return (result.key,) if result is not None else ()
        return self._desk.selection.keys if self._desk.centre.selects else ()

    def _has_subject(self) -> bool:
        return bool(self._subject())

    def _has_picture(self) -> bool:
        return self._stage.canvas.image is not None and self._session.display.recipe is not None

    def _drag(self) -> None:
        self._desk.drag_out.drag_shown(self._stage.canvas)

    def _visualise(self) -> None:
        if self._session.unit is not None:
            self._session.visualise(self._session.unit)

    def _delete(self) -> None:
        keys = self._subject()
        if not keys:
            return
        found = self._session.library.get(keys[0])
        name = f"{len(keys):,} results"
        if len(keys) == 1:
            name = (found.label or found.address) if found is not None else "The result"
        undo = self._session.undo
        undo.push(Discard(self._session, keys, name, self._on_picture()))
        verb = "is" if len(keys) == 1 else "are"
        self._session.notice.emit(
            Notice(f"{name} {verb} in the trash.", action="Undo", run=undo.undo)
        )

    def _save(self) -> None:
        keys = self._subject()
        shown = self._result()
        if shown is not None and keys == (shown.key,):
            self._save_as(shown)
        elif len(keys) == 1:
            self._desk.flows.start(self._save_stored(keys))
        elif keys:
            chooser = QFileDialog(self._desk.window, f"Save {len(keys):,} images")
            chooser.setFileMode(QFileDialog.FileMode.Directory)
            self._ask(chooser, lambda folder: save_pictures(folder, keys, self._desk))

    async def _save_stored(self, keys: tuple[str, ...]) -> None:
        for result in await self._session.library.load_all(keys):
            self._save_as(result)

    def _save_as(self, result: Record) -> None:
        chooser = QFileDialog(self._desk.window, "Save image", suggested_name(result))
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilter("PNG image (*.png)")
        chooser.setDefaultSuffix("png")
        self._ask(chooser, lambda path: save_picture(path, result, self._desk))

    def _ask(self, chooser: QFileDialog, save: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        chooser.fileSelected.connect(lambda path: self._desk.flows.start(save(path)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _copy_image(self) -> None:
        image = self._stage.canvas.image
        if not self._on_picture():
            self._desk.drag_out.copy_stored(self._subject())
        elif image is not None:
            QGuiApplication.clipboard().setImage(to_qimage(image))
            self._desk.notify("The image is on the clipboard.")

    def _copy_command(self) -> None:
        numeric = self._session.numeric
        self._desk.flows.start(
            self._copy_script(lambda script: command_line(script, numeric), "command")
        )

    def _copy_python(self) -> None:
        self._desk.flows.start(self._copy_script(python_code, "Python code"))

    async def _copy_script(self, write: Callable[[Script], str], what: str) -> None:
        display, library = self._session.display, self._session.library
        if display.recipe is None:
            return
        script = await self._desk.flows.on_disk(
            script_for, library.store, display.recipe, self._result()
        )
        QGuiApplication.clipboard().setText(write(script))
        self._desk.notify(f"The {what} is on the clipboard.")
