"""What the unit on show wanted to see earlier in the training of its network."""

from PySide6.QtCore import QObject

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.book import View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.over_training.training_view import TrainingView
from dgn_explorer.gui.state.topics import PageName
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
    )  # fmt: skip


class _OverTraining(QObject):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk, self._session = desk, desk.session
        self.view = TrainingView(desk.theme)
        desk.session.display_changed.connect(self._follow)

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
        self.view.show_records(
            row, network.labels, len(lacking), _command(recipe), place_of(recipe.network)[1]
        )
        self._desk.book.show_page(PageName.UNIT, _NAME)


def _command(recipe: Recipe) -> str:
    """The command that makes ``recipe`` at every checkpoint."""
    words = ["dgn-explorer", "strip", "--network", recipe.network, "--method", recipe.method]
    if recipe.prior:
        words += ["--prior", recipe.prior]
    words += ["--seed", str(recipe.seed)]
    about = recipe.about
    for name, value in vars(recipe.parameters).items():
        if value != getattr(about.default, name):
            words += ["--set", f"{name}={value}"]
    return shell_command([*words, "--", recipe.target.text()])
