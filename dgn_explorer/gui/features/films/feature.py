"""The film of an ascent, and the morph between two results."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog
from shiboken6 import isValid

from dgn_explorer.errors import DgnError
from dgn_explorer.export.animation import save_animation
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.films.film_dialog import Ask, FilmDialog, film_name
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.morph import between


def films_feature(desk: Desk) -> Feature:
    """Two dialogs, nothing of its own in the window."""
    films = _Films(desk)
    return Feature(
        name="films",
        actions=films.actions(),
        follows=(desk.session.display_changed, desk.selection.changed),
    )


class _Films(QObject):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk, self._session = desk, desk.session

    def actions(self) -> tuple[Action, ...]:
        """Both kinds of film."""
        return (
            Action("film", "File", 0, "Film of the ascent…",
                   "Watch and save the ascent as an animation", self._film, keys="Ctrl+E",
                   icon="film", enabled=self._has_result),
            Action("morph", "Combine", 2, "Morph two results…",
                   "Watch and save the way between the two selected results",
                   lambda: self._desk.flows.start(self._morph(self._desk.selection.keys)),
                   keys="Ctrl+Shift+M", icon="morph",
                   enabled=lambda: len(self._desk.selection.keys) == 2),
        )  # fmt: skip

    def _has_result(self) -> bool:
        display = self._session.display
        return display.result is not None and display.job is None

    async def _morph(self, keys: tuple[str, ...]) -> None:
        results = await self._session.library.load_all(keys)
        if len(results) != 2:
            return
        first, second = results
        prior = first.recipe.prior_fingerprint
        try:
            if prior != second.recipe.prior_fingerprint or not prior:
                raise DgnError(
                    "These two pictures do not come from one generator.", "Choose two that do."
                )
            between(first.code, second.code, 2, "linear")
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        ask = self._session.questions.images_of
        self._open(
            "Morph",
            f"{_name(first)} to {_name(second)}",
            "Morph",
            f"From {_name(first)} to {_name(second)}, through the generator's codes.",
            lambda count, path, answered, ended: ask(
                prior, between(first.code, second.code, count, path), answered, ended
            ),
            True,
        )

    def _film(self) -> None:
        result = self._session.display.result
        if result is None:
            return
        ask = self._session.questions.frames_of
        self._open(
            "Film",
            f"{_name(result)} ascent",
            "Film of the ascent",
            f"{_name(result)}, from the first step to step {result.steps}.",
            lambda count, _path, answered, ended: ask(result, count, answered, ended),
            False,
        )

    def _open(self, kind: str, name: str, title: str, text: str, ask: Ask, morph: bool) -> None:
        desk = self._desk
        dialog = FilmDialog(title, text, ask, morph, desk.session, desk.theme, desk.window)

        def choose(frames: np.ndarray, rate: float, back: bool) -> None:
            chooser = QFileDialog(dialog, f"Save {kind.lower()}", film_name(name))
            chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            chooser.setNameFilter("Animation (*.webp *.gif *.mp4)")
            chooser.setDefaultSuffix("webp")
            chooser.fileSelected.connect(
                lambda path: desk.flows.start(self._save(path, frames, rate, back, dialog))
            )
            chooser.finished.connect(chooser.deleteLater)
            chooser.open()

        dialog.save_wanted.connect(choose)
        dialog.open()

    async def _save(
        self, path: str, frames: np.ndarray, rate: float, back: bool, dialog: FilmDialog
    ) -> None:
        try:
            await self._desk.flows.on_disk(
                save_animation, Path(path), list(frames), frames_per_second=rate, back=back
            )
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
        else:
            text = f"Saved {Path(path).name}."
            if isValid(dialog) and dialog.isVisible():
                dialog.say(text)
            else:  # it was closed while the file was written
                self._desk.notify(text)


def _name(result: Record) -> str:
    return result.label or result.recipe.target.text()
