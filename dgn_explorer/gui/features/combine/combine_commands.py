"""What the rows of the Combine menu do, and the film of an ascent."""

from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QMainWindow

from dgn_explorer.engine.messages import Decode, Replay
from dgn_explorer.errors import DgnError
from dgn_explorer.export.animation import save_animation
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.desk.command_group import CommandGroup, Slots
from dgn_explorer.gui.desk.panels import Panels
from dgn_explorer.gui.features.combine.combination import MOST, Combination
from dgn_explorer.gui.features.combine.combine_panel import CombinePanel
from dgn_explorer.gui.features.films.film_dialog import FilmDialog, film_name
from dgn_explorer.gui.features.results.selection import Selection
from dgn_explorer.gui.features.units.browser import Browser
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.session import Session
from dgn_explorer.results.result import Result
from dgn_explorer.synthesis.combination import objective_text
from dgn_explorer.synthesis.morph import between


class CombineCommands(CommandGroup):
    """Combination, morph and film."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        flows: Flows,
        theme: Theme,
        model: Combination,
        notes: Notes,
        browser: Browser,
        selection: Selection,
        panel: CombinePanel,
        panels: Panels,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._flows, self._theme = window, session, flows, theme
        self._model, self._notes, self._browser = model, notes, browser
        self._selection, self._panel, self._panels = selection, panel, panels
        self.follow(model.changed, notes.changed, selection.changed)

    def slots(self) -> Slots:
        """What each row does."""
        return {
            "add_to_combination": self._add,
            "restart_combination": self._model.start_over,
            "keep_combination": self._keep,
            "forget_combination": self._forget,
            "clear_combination": lambda: self._model.replace_all((), "Clearing of combination"),
            "morph": self._morph,
            "film": self._film,
        }

    def enabled(self) -> dict[str, bool]:
        """What can be done now."""
        display = self._session.display
        parts = bool(self._model.parts)
        return {
            "add_to_combination": self._session.unit is not None,
            "restart_combination": bool(self._model.terms),
            "keep_combination": bool(self._model.terms),
            "forget_combination": bool(self._notes.book.combinations),
            "clear_combination": parts,
            "morph": len(self._selection.keys) == 2,
            "film": display.result is not None and display.job is None,
        }

    def _add(self) -> None:
        units = self._browser.selected_units()
        current = self._session.unit
        if current is not None and current not in units:
            units = [current]
        self._panels.show("Combine")
        if not self._model.add(units):
            text = f"It is in the combination already, or there are {MOST} units in it."
            self._session.notice.emit(Notice(text, Level.WARNING))

    def _keep(self) -> None:
        self._panels.show("Combine")
        name = self._panel.name.text().strip()
        network = self._session.network
        if not name and network is not None:
            terms = self._model.terms
            name = objective_text(terms, [network.label(term.unit) for term in terms])
            self._panel.name.setText(name)
        self._notes.keep_combination(name, self._model.terms)
        self._session.notice.emit(Notice(f"Kept as {name}."))

    def _forget(self) -> None:
        name = self._panel.name.text().strip()
        if name in self._notes.book.combinations:
            self._notes.keep_combination(name, ())
            return
        self._panels.show("Combine")
        self._session.notice.emit(
            Notice("Open the combination that is to be forgotten first.", Level.WARNING)
        )

    # ---- films

    def _morph(self) -> None:
        self._flows.start(self._open_morph(self._selection.keys))

    async def _open_morph(self, keys: list[str]) -> None:
        results = await self._session.library.load_all(keys)
        if len(results) != 2:
            return
        first, second = results
        prior = first.recipe.prior_fingerprint
        try:
            if prior != second.recipe.prior_fingerprint or not prior:
                raise DgnError(
                    "These two pictures do not come from one prior.", "Choose two that do."
                )
            between(first.code, second.code, 2, "linear")
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        names = f"{_name(first)} to {_name(second)}"
        self._open(
            "Morph",
            names,
            FilmDialog(
                "Morph",
                f"From {_name(first)} to {_name(second)}, through the prior's code space.",
                lambda frames, path: Decode(prior, between(first.code, second.code, frames, path)),
                True,
                self._session,
                self._theme,
                self._window,
            ),
        )

    def _film(self) -> None:
        result = self._session.display.result
        if result is None:
            return
        self._open(
            "Film",
            f"{_name(result)} ascent",
            FilmDialog(
                "Film of the ascent",
                f"{_name(result)}, from the first step to step {result.steps}.",
                lambda frames, _path: Replay(result.recipe, result.steps, frames),
                False,
                self._session,
                self._theme,
                self._window,
            ),
        )

    def _open(self, title: str, name: str, dialog: FilmDialog) -> None:
        def choose(frames: np.ndarray, rate: float, back: bool) -> None:
            chooser = QFileDialog(dialog, f"Save {title.lower()}", film_name(name))
            chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            chooser.setNameFilter("Animation (*.webp *.gif *.mp4)")
            chooser.setDefaultSuffix("webp")
            chooser.fileSelected.connect(
                lambda path: self._flows.start(self._save(path, frames, rate, back))
            )
            chooser.finished.connect(chooser.deleteLater)
            chooser.open()

        dialog.save_wanted.connect(choose)
        dialog.open()

    async def _save(self, path: str, frames: np.ndarray, rate: float, back: bool) -> None:
        try:
            await self._flows.on_disk(
                save_animation, Path(path), list(frames), frames_per_second=rate, back=back
            )
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
        else:
            self._session.notice.emit(Notice(f"Saved {Path(path).name}."))


def _name(result: Result) -> str:
    return result.label or objective_text(result.recipe.objective)
