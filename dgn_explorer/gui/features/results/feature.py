"""Stored results: the strip along the bottom, the gallery, a comparison, variations, a grid."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.errors import DgnError
from dgn_explorer.export.contact_sheet import SheetOptions, save_sheet
from dgn_explorer.export.grid import Cell
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.book import PageTopic, View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.navigator import Guide
from dgn_explorer.gui.desk.panels import Area, Panel
from dgn_explorer.gui.features.results.compare import MOST, Compare
from dgn_explorer.gui.features.results.gallery import Gallery
from dgn_explorer.gui.features.results.grid_dialog import GridDialog
from dgn_explorer.gui.features.results.library_guide import LibraryGuide
from dgn_explorer.gui.features.results.results_strip import ResultsStrip
from dgn_explorer.gui.features.results.sheet_page import SheetPage
from dgn_explorer.gui.features.results.variation_dialogs import SeedsDialog, SweepDialog
from dgn_explorer.gui.features.results.variations import SEED, Axis, Sheet, make_sheet
from dgn_explorer.gui.state.topics import OfUnits, PageName, Topic, nothing, page_of
from dgn_explorer.results.captions import cells_of
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.recipe import Recipe

_GALLERY, _COMPARE, _VARIATIONS = "gallery", "compare", "variations"  # views
_LIBRARY = frozenset({PageName.LIBRARY})
_SHEETS = frozenset({PageName.UNIT, PageName.MIX})


def results_feature(desk: Desk) -> Feature:
    """The library, sheets of variations, and the strip of the subject's results."""
    results = _Results(desk)
    session = desk.session
    return Feature(
        name="results",
        actions=(*results.page_actions(), *results.making_actions()),
        follows=(
            session.opened,
            session.selected,
            session.display_changed,
            session.library.changed,
            session.library.added,
            desk.selection.changed,
            desk.book.page_changed,
        ),
        guides=(Guide("library", results.guide, (PageName.LIBRARY,)),),
        panels=(Panel("Results", results.strip, Area.BOTTOM, 240),),
        views=(
            View(_GALLERY, results.gallery, tuple(_LIBRARY), results.gallery.resize_thumbnails),
            View(_COMPARE, results.compare, tuple(_LIBRARY)),
            View(_VARIATIONS, results.sheet_page, tuple(_SHEETS)),
        ),
        topics=(
            PageTopic(
                PageName.LIBRARY,
                results.topic,
                (
                    desk.selection.changed,
                    session.display_changed,
                    results.gallery.counted,
                    results.compare.shown,
                ),
            ),
        ),
    )


class _Results(QObject):
    """Commands for several results act on those selected in the list on show."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk, self._session, self._book = desk, desk.session, desk.book
        self.gallery, self.strip = Gallery(desk), ResultsStrip(desk)
        self.compare, self.sheet_page = Compare(desk), SheetPage(desk)
        self.guide = LibraryGuide(desk)
        self.guide.chosen.connect(self._show_method)
        self._sheet_of = PageName.UNIT  # the page that the last sheet belongs to
        self.gallery.selection_changed.connect(self._selection_changed)
        self.strip.selection_changed.connect(self._selection_changed)
        desk.book.page_changed.connect(self._selection_changed)
        desk.session.several_wanted.connect(self._make_several)

    def topic(self) -> Topic:
        """What is selected in the gallery, or compared."""
        if self._book.view == _COMPARE:
            keys = tuple(result.key for result in self.compare.results)
            return Topic("Compare", f"{len(keys)} results with one zoom", keys=keys)
        keys, count = self._desk.selection.keys, self.gallery.count_text
        first = self._session.library.get(keys[0]) if keys else None
        chosen = f"  ·  {len(keys):,} selected" if keys else ""
        owns: Callable[[Summary], bool] = nothing
        if first is not None:
            owns = OfUnits(first.network_fingerprint, frozenset(first.units))
        display = self._session.display
        shown = display.result is not None and keys == (display.result.key,)
        order = display.order if shown else None
        return Topic("Library", f"{count}{chosen}", keys=keys, order=order, owns=owns)

    def page_actions(self) -> tuple[Action, ...]:
        """Showing other views."""
        book, selection = self._book, self._desk.selection
        return (
            Action(_COMPARE, "View", -1, "Compare",
                   "Show two to four selected results side by side",
                   lambda: self._desk.flows.start(self._compare_selected(selection.keys)),
                   keys="Ctrl+Shift+G", icon="compare", toolbar=40, pages=_LIBRARY, context=True,
                   enabled=lambda: 2 <= len(selection.keys) <= MOST),
            Action(_VARIATIONS, "View", -1, "Variations",
                   "Show the last sheet of seeds or parameters",
                   lambda: book.show_page(self._sheet_of, _VARIATIONS), keys="F6", icon="grid",
                   toolbar=41, pages=_SHEETS,
                   enabled=lambda: self.sheet_page.sheet is not None
                   and book.view != _VARIATIONS),
        )  # fmt: skip

    def making_actions(self) -> tuple[Action, ...]:
        """Making sheets and grids."""
        return (
            Action("export_grid", "File", 0, "Export grid…",
                   "Save the selected or all listed results as one PNG or PDF", self._export,
                   keys="Ctrl+Shift+S", icon="grid", toolbar=33, pages=_LIBRARY | _SHEETS,
                   context=True,
                   enabled=lambda: self._sheet_on_show() is not None
                   or len(self._session.library.items) > 0),
            Action("seeds", "Run", 1, "Several seeds…",
                   "Make the selected unit's image from several seeds", self._seeds,
                   keys="Ctrl+Shift+R", enabled=self._has_recipe, place=1, context=True,
                   pages=_SHEETS),
            Action("sweep", "Run", 1, "Sweep parameters…", "Make a sheet over any two parameters",
                   self._sweep, keys="Ctrl+Shift+L", icon="sweep", enabled=self._has_recipe,
                   place=1, context=True, pages=_SHEETS),
        )  # fmt: skip

    def _show_method(self, method: str) -> None:
        self.gallery.show_method(method)
        self._book.show_page(PageName.LIBRARY, _GALLERY)

    def _listed(self) -> Gallery | ResultsStrip:
        """The list whose selection counts: the gallery while it is on show."""
        return self.gallery if self._book.view == _GALLERY else self.strip

    def _selection_changed(self) -> None:
        self._desk.selection.select_results(tuple(self._listed().selected()))

    async def _compare_selected(self, keys: tuple[str, ...]) -> None:
        results = await self._session.library.load_all(keys)
        if len(results) > 1:
            self.compare.show_results(results)
            self._book.show_page(PageName.LIBRARY, _COMPARE)

    # ---- variations

    def _recipe(self) -> Recipe | None:
        """What varies: the page's subject with the settings."""
        asked = self._book.topic.asked
        order = self._session.order(asked) if asked is not None else None
        return order if isinstance(order, Recipe) else None

    def _has_recipe(self) -> bool:
        return self._recipe() is not None

    def _title(self, recipe: Recipe) -> str:
        return self._session.label(recipe) or recipe.target.text()

    def _seeds(self) -> None:
        recipe = self._recipe()
        if recipe is not None:
            dialog = SeedsDialog(self._title(recipe), recipe, self._desk.window)
            dialog.accepted.connect(lambda: self._make(dialog.sheet))
            dialog.open()

    def _sweep(self) -> None:
        recipe = self._recipe()
        if recipe is not None:
            dialog = SweepDialog(self._title(recipe), recipe, self._desk.window)
            dialog.accepted.connect(lambda: self._make(dialog.sheet))
            dialog.open()

    def _make_several(self, recipe: Recipe, count: int) -> None:
        """A sheet of so many seeds, from that of the settings on."""
        values = tuple(recipe.seed + number for number in range(count))
        title = f"{self._title(recipe)}: {count} seeds"
        self._make(make_sheet(title, recipe, Axis(SEED, values), Axis()))

    def _make(self, sheet: Sheet | None) -> None:
        if sheet is not None:
            self.sheet_page.show_sheet(sheet)
            self._sheet_of = page_of(sheet.recipes[0][0])
            self._book.show_page(self._sheet_of, _VARIATIONS)

    # ---- export

    def _sheet_on_show(self) -> Sheet | None:
        return self.sheet_page.sheet if self._book.view == _VARIATIONS else None

    def _selected_or_all(self) -> list[str]:
        """The selected results, or all that the list shows if fewer than two are selected."""
        keys = self._desk.selection.keys
        if len(keys) > 1:
            return list(keys)
        return [item.key for item in self._listed().model.items]

    def _export(self) -> None:
        sheet = self._sheet_on_show()
        if sheet is not None:
            keys = [recipe.key for row in sheet.recipes for recipe in row]
            columns, captions = len(sheet.across.values), sheet.captions
        else:
            keys, captions = self._selected_or_all(), None
            columns = max(1, round(len(keys) ** 0.5))
        dialog = GridDialog(len(keys), columns, captions is not None, self._desk.window)
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
        chooser = QFileDialog(self._desk.window, "Export grid", "grid.png")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilter("Picture or document (*.png *.pdf)")
        chooser.setDefaultSuffix("png")
        chooser.fileSelected.connect(
            lambda path: self._desk.flows.start(self._save(path, keys, options, captions))
        )
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _write(
        self, path: Path, keys: list[str], options: SheetOptions, captions: list[str] | None
    ) -> list[Path]:
        read = self._session.library.read
        if captions is None:
            return save_sheet(path, cells_of(keys, read, options.captions), options)
        found = [(read(key), caption) for key, caption in zip(keys, captions, strict=True)]
        cells = [Cell(record.image, caption) for record, caption in found if record is not None]
        return save_sheet(path, cells, options)

    async def _save(
        self, path: str, keys: list[str], options: SheetOptions, captions: list[str] | None
    ) -> None:
        try:
            written = await self._desk.flows.on_disk(
                self._write, Path(path), keys, options, captions
            )
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
        else:
            count = f" in {len(written)} files" if len(written) > 1 else ""
            self._desk.notify(f"Saved {Path(path).name}{count}.")
