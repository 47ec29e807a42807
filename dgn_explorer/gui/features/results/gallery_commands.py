"""What the rows for galleries, comparisons, grids and variations do."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMainWindow

from dgn_explorer.errors import DgnError
from dgn_explorer.export.contact_sheet import SheetOptions, save_sheet
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.desk.centre import Centre
from dgn_explorer.gui.desk.command_group import CommandGroup, Slots
from dgn_explorer.gui.features.results.compare import MOST, Compare
from dgn_explorer.gui.features.results.gallery import Gallery
from dgn_explorer.gui.features.results.grid_dialog import GridDialog
from dgn_explorer.gui.features.results.selection import Selection
from dgn_explorer.gui.features.results.sheet_page import SheetPage
from dgn_explorer.gui.features.results.variation_dialogs import SeedsDialog, SweepDialog
from dgn_explorer.gui.features.results.variations import Sheet
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.synthesis.combination import objective_text
from dgn_explorer.synthesis.recipe import Recipe


class GalleryCommands(CommandGroup):
    """Pages of the middle, export of grids, several seeds and sweeps."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        flows: Flows,
        centre: Centre,
        gallery: Gallery,
        compare: Compare,
        sheet: SheetPage,
        selection: Selection,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._flows = window, session, flows
        self._centre, self._gallery, self._compare = centre, gallery, compare
        self._sheet, self._selection = sheet, selection
        self.follow(selection.changed, gallery.model.modelReset, session.selected)

    def slots(self) -> Slots:
        """What each row does."""
        return {
            "picture": lambda: self._centre.show_page("picture"),
            "gallery": self._show_gallery,
            "compare": lambda: self._flows.start(self._compare_selected(self._selection.keys)),
            "export_grid": self._export,
            "seeds": self._seeds,
            "sweep": self._sweep,
            "variations": lambda: self._centre.show_page("variations"),
        }

    def enabled(self) -> dict[str, bool]:
        """What can be done now."""
        page = self._centre.page
        ready = self._recipe() is not None
        on_sheet = page == "variations" and self._sheet.sheet is not None
        return {
            "picture": page != "picture",
            "gallery": page != "gallery",
            "compare": 2 <= len(self._selection.keys) <= MOST,
            "export_grid": on_sheet or len(self._session.library.items) > 0,
            "seeds": ready,
            "sweep": ready,
            "variations": self._sheet.sheet is not None and page != "variations",
        }

    def _show_gallery(self) -> None:
        self._centre.show_page("gallery")
        self._gallery.view.setFocus()

    async def _compare_selected(self, keys: list[str]) -> None:
        results = await self._session.library.load_all(keys)
        if len(results) > 1:
            self._compare.show_results(results)
            self._centre.show_page("compare")

    # ---- variations

    def _recipe(self) -> Recipe | None:
        """What varies: the selected unit with the settings, or the combination on show."""
        session = self._session
        if session.network is None or session.prior is None:
            return None
        shown = session.display.recipe
        if shown is not None and len(shown.objective) > 1:
            return shown
        if session.unit is None:
            return None
        return session.settings.value.recipe(
            session.unit, session.network, session.prior, session.numeric
        )

    def _title(self, recipe: Recipe) -> str:
        return self._session.label(recipe) or objective_text(recipe.objective)

    def _seeds(self) -> None:
        recipe = self._recipe()
        if recipe is not None:
            dialog = SeedsDialog(self._title(recipe), recipe, self._window)
            dialog.accepted.connect(lambda: self._make(dialog.sheet))
            dialog.open()

    def _sweep(self) -> None:
        recipe = self._recipe()
        if recipe is not None:
            dialog = SweepDialog(self._title(recipe), recipe, self._window)
            dialog.accepted.connect(lambda: self._make(dialog.sheet))
            dialog.open()

    def _make(self, sheet: Sheet | None) -> None:
        if sheet is not None:
            self._centre.show_page("variations")
            self._sheet.show_sheet(sheet)
            self.stale.emit()

    # ---- export

    def _export(self) -> None:
        sheet = self._sheet.sheet if self._centre.page == "variations" else None
        if sheet is not None:
            keys = [recipe.key for row in sheet.recipes for recipe in row]
            columns, captions = len(sheet.across.values), sheet.captions
        else:
            keys, captions = self._selection.or_all, None
            columns = max(1, round(len(keys) ** 0.5))
        dialog = GridDialog(len(keys), columns, captions is not None, self._window)
        if sheet is not None:
            dialog.title.setText(sheet.title)

        def choose() -> None:
            own = captions if captions is not None and dialog.own.isChecked() else None
            self._choose_file(keys, dialog.options, own)

        dialog.accepted.connect(choose)
        dialog.open()

    def _choose_file(
        self, keys: list[str], options: SheetOptions, captions: list[str] | None
    ) -> None:
        chooser = QFileDialog(self._window, "Export grid", "grid.png")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilter("Picture or document (*.png *.pdf)")
        chooser.setDefaultSuffix("png")
        chooser.fileSelected.connect(
            lambda path: self._flows.start(self._save(path, keys, options, captions))
        )
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    async def _save(
        self, path: str, keys: list[str], options: SheetOptions, captions: list[str] | None
    ) -> None:
        try:
            written = await self._flows.on_disk(
                save_sheet, Path(path), keys, self._session.library.read, options, captions=captions
            )
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
        else:
            count = f" in {len(written)} files" if len(written) > 1 else ""
            self._session.notice.emit(Notice(f"Saved {Path(path).name}{count}."))
