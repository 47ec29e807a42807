"""What the unit on show wanted to see earlier in the training of its network."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.errors import DgnError
from dgn_explorer.export.animation import FILM_SUFFIXES, save_animation
from dgn_explorer.export.contact_sheet import SheetOptions, save_sheet
from dgn_explorer.export.script import how_options
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.book import View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.over_training.making import MakingStrip
from dgn_explorer.gui.features.over_training.training_view import TrainingView
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.over_training import FRAMES_PER_SECOND, Strip
from dgn_explorer.plain_text import shell_command
from dgn_explorer.results.series import of_one_recipe, over_training, place_of
from dgn_explorer.synthesis.recipe import Recipe

_NAME = "over_training"


def over_training_feature(desk: Desk) -> Feature:
    """A view of the unit's page, and the action that shows it."""
    training = _OverTraining(desk)
    session = desk.session
    return Feature(
        name=_NAME,
        actions=(
            Action(_NAME, "View", -1, "Over training",
                   "Show this unit's image at the other checkpoints of the network", training.show,
                   icon="film", toolbar=42, pages=frozenset({PageName.UNIT}),
                   enabled=lambda: training.recipe is not None),
        ),
        follows=(session.opened, session.display_changed, desk.book.page_changed),
        views=(View(_NAME, training.view, (PageName.UNIT,)),),
        close=training.making.close,
    )  # fmt: skip


class _OverTraining(QObject):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk, self._session = desk, desk.session
        self._strip: Strip | None = None
        self.view = TrainingView(desk.theme)
        self.making = MakingStrip(desk, self.show)
        self.view.make.clicked.connect(self._make)
        self.view.save.clicked.connect(self._choose)
        self.making.changed.connect(self._follow_making)
        desk.session.display_changed.connect(self._follow)
        desk.session.library.changed.connect(self._follow)

    @property
    def recipe(self) -> Recipe | None:
        """The recipe on show, if it is of one unit of a series."""
        network, recipe = self._session.network, self._session.display.recipe
        if network is None or recipe is None or len(recipe.units) != 1:
            return None
        return recipe if network.positions and place_of(recipe.network)[0] else None

    def show(self) -> None:
        """Show what there is of it."""
        recipe = self.recipe
        if recipe is not None:
            self._desk.flows.start(self._show(recipe))

    def _follow(self) -> None:
        if self._desk.book.view == _NAME and self._session.display.result is not None:
            self.show()

    async def _show(self, recipe: Recipe) -> None:
        session = self._session
        items = over_training(session.library.items, recipe)
        try:
            records = await session.library.load_all([item.key for item in items])
        except DgnError as error:
            session.problem.emit(error.message, error.hint, "")
            return
        network = session.network
        if network is None or self.recipe != recipe:
            return
        row = of_one_recipe(records, recipe, network.positions)
        lacking = [position for position in network.positions if position not in row]
        command = shell_command(["dgn-explorer", *_words(recipe)])
        opened = place_of(recipe.network)[1]
        self.view.show_records(row, network.labels, len(lacking), command, opened)
        unit = recipe.units[0]
        self._strip = Strip(
            tuple(row),
            (unit,),
            (network.label(unit) or str(unit),),
            (tuple(record.key for record in row.values()),),
            network.labels,
            session.library.store,
        )
        self._follow_making()
        self._desk.book.show_page(PageName.UNIT, _NAME)

    def _follow_making(self) -> None:
        self.view.make.setEnabled(not self.making.under_way)

    def _make(self) -> None:
        recipe, network = self.recipe, self._session.network
        if recipe is not None and network is not None:
            name = network.label(recipe.units[0]) or recipe.target.text()
            self.making.start(f"{name} over training", _words(recipe))

    def _choose(self) -> None:
        strip = self._strip
        if strip is None:
            return
        name = f"{strip.names[0]} over training".replace(":", " ")
        chooser = QFileDialog(self._desk.window, "Save over training", f"{name}.webp")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilters(["Film (*.webp *.gif *.mp4)", "Row (*.png *.pdf)"])
        chooser.setDefaultSuffix("webp")
        chooser.fileSelected.connect(
            lambda path: self._desk.flows.start(self._save(Path(path), strip))
        )
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    async def _save(self, path: Path, strip: Strip) -> None:
        try:
            await self._desk.flows.on_disk(save_strip, path, strip)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
        else:
            self._desk.notify(f"Saved {path.name}.")


def save_strip(path: Path, strip: Strip) -> None:
    """Write a strip of one unit as a film, or by the name's end as a row on a sheet."""
    if path.suffix.lower() in FILM_SUFFIXES:
        save_animation(path, strip.film(), frames_per_second=FRAMES_PER_SECOND)
    else:
        options = SheetOptions(columns=len(strip.positions) + 1, scale=strip.scale())
        save_sheet(path, strip.cells(), options)


def _words(recipe: Recipe) -> list[str]:
    """The command that makes ``recipe`` at every checkpoint, without the program's name."""
    words = ["strip", "--network", recipe.network]
    words += ["--prior", recipe.prior] if recipe.prior else []
    words += how_options(recipe)
    return [*words, "--seed", str(recipe.seed), "--", recipe.target.text()]
