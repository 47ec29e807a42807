"""The picture on show: making it, looking at it, and taking it elsewhere."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.centre import PICTURE, Page
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.drag_out import suggested_name
from dgn_explorer.gui.desk.feature import Drop, Feature
from dgn_explorer.gui.desk.panels import Area, Panel
from dgn_explorer.gui.features.picture.copied_text import command_line, python_code
from dgn_explorer.gui.features.picture.details import Details
from dgn_explorer.gui.features.picture.discard import Discard
from dgn_explorer.gui.features.picture.exporting import recall_picture, save_picture
from dgn_explorer.gui.features.picture.stage import Stage
from dgn_explorer.gui.look.pictures import to_qimage
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.results.record import Record

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
                   enabled=self._has_result),
            Action("watch", "Run", 0, "Watch the running ascent", "Show the image that is forming",
                   session.watch, keys="Ctrl+J", icon="eye",
                   enabled=lambda: live() and session.display.job != runs.live),
        )  # fmt: skip

    def result_actions(self) -> tuple[Action, ...]:
        """Taking the picture elsewhere, or away."""

        def has_recipe() -> bool:
            return self._session.display.recipe is not None

        return (
            Action("save_image", "File", 0, "Save image…", "Save the image on show as a PNG",
                   self._save, keys="Ctrl+S", icon="save", toolbar=30, enabled=self._has_result),
            Action("copy_image", "File", 0, "Copy image", "Put the image on show on the clipboard",
                   self._copy_image, keys="Ctrl+C", icon="copy", toolbar=31,
                   enabled=self._has_picture),
            Action("copy_command", "File", 1, "Copy as command line",
                   "Copy the command that makes the image on show", self._copy_command,
                   keys="Ctrl+Alt+C", icon="command", enabled=has_recipe),
            Action("copy_python", "File", 1, "Copy as Python",
                   "Copy Python code that makes the image on show", self._copy_python,
                   keys="Ctrl+Alt+P", enabled=has_recipe),
            Action("delete", "Edit", 3, "Delete result", "Put the result on show into the trash",
                   self._delete, keys="Del", icon="trash", enabled=self._has_result),
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

    def _has_result(self) -> bool:
        return self._result() is not None

    def _has_picture(self) -> bool:
        return self._stage.canvas.image is not None and self._session.display.recipe is not None

    def _drag(self) -> None:
        self._desk.drag_out.drag_shown(self._stage.canvas)

    def _visualise(self) -> None:
        if self._session.unit is not None:
            self._session.visualise(self._session.unit)

    def _delete(self) -> None:
        result = self._session.display.result
        if result is None:
            return
        self._session.undo.push(Discard(self._session, result))
        name = result.label or str(result.recipe.units[0])
        self._session.notice.emit(
            Notice(f"{name} is in the trash.", action="Undo", run=self._session.undo.undo)
        )

    def _save(self) -> None:
        result = self._session.display.result
        if result is None:
            return
        dialog = QFileDialog(self._desk.window, "Save image", suggested_name(result))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("PNG image (*.png)")
        dialog.setDefaultSuffix("png")
        dialog.fileSelected.connect(
            lambda path: self._desk.flows.start(save_picture(path, result, self._desk))
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _copy_image(self) -> None:
        image = self._stage.canvas.image
        if image is not None:
            QGuiApplication.clipboard().setImage(to_qimage(image))
            self._desk.notify("The image is on the clipboard.")

    def _copy_command(self) -> None:
        if self._session.display.recipe is not None:
            QGuiApplication.clipboard().setText(command_line(self._session.display.recipe))
            self._desk.notify("The command is on the clipboard.")

    def _copy_python(self) -> None:
        if self._session.display.recipe is not None:
            QGuiApplication.clipboard().setText(python_code(self._session.display.recipe))
            self._desk.notify("The Python code is on the clipboard.")
