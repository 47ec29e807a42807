"""The picture on show: making it, looking at it, and taking it elsewhere."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.export.script import Script, command_line, python_code
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.book import PageTopic, View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.drag_out import suggested_name
from dgn_explorer.gui.desk.feature import Drop, Feature
from dgn_explorer.gui.desk.inspector import Section
from dgn_explorer.gui.features.picture.beside import PhotosBeside
from dgn_explorer.gui.features.picture.details import Details, RecipeFacts
from dgn_explorer.gui.features.picture.discard import Discard
from dgn_explorer.gui.features.picture.example_bar import COMPUTE
from dgn_explorer.gui.features.picture.exporting import (
    recall_picture,
    save_picture,
    save_pictures,
)
from dgn_explorer.gui.features.picture.looking import Looking, keep_look
from dgn_explorer.gui.features.picture.stage import Stage
from dgn_explorer.gui.look.pictures import to_qimage
from dgn_explorer.gui.look.texts import shape_text
from dgn_explorer.gui.state.asking import Asked
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.topics import OfUnits, PageName, Topic, page_of
from dgn_explorer.results.record import Record
from dgn_explorer.results.reproduction import script_for
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.recipe import Recipe

_KEY = "picture"  # the preference
_PICTURE = "picture"
_PAGES = (PageName.UNIT, PageName.MIX)
_INSPECTED = (*_PAGES, PageName.PHOTO, PageName.LIBRARY)
_EVERY = frozenset((*_INSPECTED, PageName.LAYER))


def picture_feature(desk: Desk) -> Feature:
    """The canvas of units and mixes, what the unit's page is about, and all that is known of it."""
    stage = Stage(desk)
    picture = _Picture(desk, stage)
    session = desk.session
    return Feature(
        name="picture",
        actions=(
            *picture.run_actions(),
            *picture.result_actions(),
            *Looking(desk, stage).actions(),
        ),
        follows=(
            session.selected,
            session.opened,
            session.display_changed,
            session.runs.live_changed,
            session.library.changed,
            session.library.added,
            session.study.changed,
            desk.selection.changed,
            stage.canvas.picture_changed,
            stage.pinned.changed,
            desk.book.page_changed,
            desk.book.topic_changed,
        ),
        views=(View(_PICTURE, stage, _PAGES, clearance=lambda: stage.footer_height),),
        topics=(
            PageTopic(
                PageName.UNIT,
                picture.topic,
                (
                    session.selected,
                    session.opened,
                    session.display_changed,
                    session.runs.live_changed,
                    session.library.changed,
                    session.labels.changed,
                ),
            ),
        ),
        sections=(
            Section("This picture", Details(desk), (*_PAGES, PageName.LIBRARY), 0),
            Section("Real photos", PhotosBeside(desk), (PageName.UNIT,), 25),
            Section("Recipe", RecipeFacts(desk), _INSPECTED, 30, open=False),
        ),
        drops=(Drop(frozenset({".png"}), picture.take_dropped),),
        tab_stops=(stage.canvas,),
        remember=picture.remember,
    )


class _Picture(QObject):
    """What the actions do."""

    def __init__(self, desk: Desk, stage: Stage) -> None:
        super().__init__(desk.window)
        self._desk, self._stage, self._session = desk, stage, desk.session
        stage.canvas.drag_wanted.connect(self._drag)
        desk.book.page_changed.connect(self._turned)
        desk.session.opened.connect(self._opened)

    def remember(self) -> None:
        """Put what the next start takes up into the preferences."""
        result = self._result()
        keep_look(self._desk, self._stage)
        self._desk.preferences.put(_KEY, result.key if result is not None else "")

    def topic(self) -> Topic:
        """The chosen unit, with its picture if that is on show."""
        session = self._session
        unit, network = session.unit, session.network
        if unit is None or network is None:
            return Topic("No unit chosen", "Search, or choose one at the left")
        display = session.display
        mine = display.order is not None and display.order.units == (unit,)
        result = display.result if mine and display.job is None else None
        name, address = network.label(unit), str(unit)
        layer = network.layer(unit.layer)
        kind = f"{layer.kind}, {shape_text(layer)} units"
        title, label = name or address, session.labels.of(unit)
        if label is not None:
            doubt = "" if label.stable else ", not in both halves"
            kind = f"answers to {label.concept} ({label.iou:.2f}{doubt})  ·  {kind}"
            if label.stable:  # one in doubt stands in the grey text alone
                title = f"{title}  ·  {label.concept}"
        return Topic(
            title,
            f"{address}  ·  {kind}" if name else kind,
            display.badge if mine else "",
            (result.key,) if result is not None else (),
            display.order if mine else None,
            Asked.of(unit),
            OfUnits(network.fingerprint, frozenset({unit})),
        )

    def _turned(self) -> None:
        """On the unit's page the unit's picture is on show, and no other.

        An answer about its whole layer that belongs to this page, such as real photos, stays.
        """
        unit, order = self._session.unit, self._session.display.order
        if self._desk.book.page is not PageName.UNIT or unit is None:
            return
        of_layer = isinstance(order, Survey) and unit.layer in order.layers and not order.units
        if order is None or not of_layer or page_of(order) is not PageName.UNIT:
            self._session.look_at(unit)

    def _opened(self) -> None:
        """Show the picture of the last session again, once."""
        keep = self._desk.preferences
        key = keep.get(_KEY, "")
        keep.put(_KEY, "")
        self._session.restore(key)

    def run_actions(self) -> tuple[Action, ...]:
        """Making a picture."""
        session, runs = self._session, self._session.runs

        def live() -> bool:
            return runs.live is not None

        def running() -> bool:
            return live() or session.study.survey is not None or session.long_on_show is not None

        return (
            Action("stop", "Run", 0, "Stop", "Stop the run and keep the image", session.stop,
                   keys="Esc", icon="stop", toolbar=11, pages=frozenset(_INSPECTED),
                   enabled=running),
            Action("hold", "Run", 0, "Pause", "Hold the run after its step, or let it go on",
                   runs.hold, keys="F8", enabled=lambda: runs.can_hold,
                   titled=lambda: "Go on" if runs.held else "Pause"),
            Action("more_steps", "Run", 0, "More steps",
                   "Go on from the image on show, with as small steps as its last",
                   session.more_steps, keys="Ctrl+M", icon="more", toolbar=12,
                   pages=frozenset(_PAGES), context=True, enabled=self._can_go_on),
            Action("watch", "Run", 0, "Watch the running ascent", "Show the image that is forming",
                   session.watch, keys="Ctrl+J", icon="eye",
                   enabled=lambda: live() and session.display.job != runs.live),
            Action(COMPUTE, "Run", 0, "Compute in full",
                   "Make the whole image of which an example is on show, with its recipe,"
                   " in the arithmetic of this machine",
                   self._compute_in_full, icon="play", context=True,
                   pages=frozenset({PageName.UNIT}),
                   enabled=lambda: session.display.example is not None),
        )  # fmt: skip

    def result_actions(self) -> tuple[Action, ...]:
        """Taking the picture elsewhere, or away."""

        def has_recipe() -> bool:
            return self._desk.book.topic.order is not None

        return (
            Action("save_image", "File", 0, "Save image…",
                   "Save the image on show, or those selected in the list, as PNG",
                   self._save, keys="Ctrl+S", icon="save", toolbar=30, pages=_EVERY, context=True,
                   enabled=self._has_subject),
            Action("copy_image", "File", 0, "Copy image",
                   "Put the image on show, or those selected in the list, on the clipboard",
                   self._copy_image, keys="Ctrl+C", icon="copy", toolbar=31, pages=_EVERY,
                   context=True,
                   enabled=self._may_copy),
            Action("copy_command", "File", 1, "Copy as command line",
                   "Copy the command that makes the image on show", self._copy_command,
                   keys="Ctrl+Alt+C", icon="command", context=True, enabled=has_recipe),
            Action("copy_python", "File", 1, "Copy as Python",
                   "Copy Python code that makes the image on show", self._copy_python,
                   keys="Ctrl+Alt+P", context=True, enabled=has_recipe),
            Action("delete", "Edit", 3, "Delete result",
                   "Put the result on show, or those selected in the list, into the trash",
                   self._delete, keys="Del", icon="trash", toolbar=32, pages=_EVERY, context=True,
                   enabled=self._has_subject),
        )  # fmt: skip

    def _compute_in_full(self) -> None:
        example = self._session.display.example
        if example is not None:
            # on a GPU it was made in an arithmetic that may be slow here
            self._session.run(replace(example.recipe, numeric=self._session.numeric))

    def take_dropped(self, path: str) -> None:
        """Go on from the recipe in a dropped picture; one without is a photograph."""
        self._desk.flows.start(recall_picture(path, self._desk))

    def _result(self) -> Record | None:
        display = self._session.display
        return display.result if display.job is None else None

    def _can_go_on(self) -> bool:
        result = self._result()
        recipe = result.order if result is not None else None
        return isinstance(recipe, Recipe) and recipe.about.resumable

    def _has_result(self) -> bool:
        return self._result() is not None

    def _on_picture(self) -> bool:
        return self._desk.book.view == _PICTURE

    def _subject(self) -> tuple[str, ...]:
        """The keys that saving, copying and deleting mean: the page's own, never another's."""
        return self._desk.book.topic.keys

    def _has_subject(self) -> bool:
        return bool(self._subject())

    def _has_picture(self) -> bool:
        return self._stage.canvas.image is not None

    def _may_copy(self) -> bool:
        """An example is not the image of its recipe, and goes nowhere before that is made."""
        on_picture = self._on_picture() and self._session.display.example is None
        return self._has_subject() or (on_picture and self._has_picture())

    def _drag(self) -> None:
        self._desk.drag_out.drag_shown(self._stage.canvas)

    def _delete(self) -> None:
        keys = self._subject()
        if not keys or not self._session.may_change():
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
        order, store = self._desk.book.topic.order, self._session.library.store
        if order is None:
            return
        result = self._result()
        shown = result if result is not None and result.order == order else None
        prior = "" if isinstance(order, Recipe) else self._session.pair[1]
        script = await self._desk.flows.on_disk(script_for, store, order, shown, prior)
        QGuiApplication.clipboard().setText(write(script))
        self._desk.notify(f"The {what} is on the clipboard.")
