"""The flows of the window without its widgets: open, visualise, show, continue.

Widgets call the methods and follow the signals. What the engine's events do is in `Arriving`.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from dgn_explorer.engine.messages import Event, Opened
from dgn_explorer.engine.ordering import continuation, recipe_for
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.engine_port import EnginePort
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.state.activities import Activities
from dgn_explorer.gui.state.answering.on_show import OnShow
from dgn_explorer.gui.state.answering.step_size import StepSizeFinder
from dgn_explorer.gui.state.answering.study_run import StudyRun
from dgn_explorer.gui.state.arriving import Arriving
from dgn_explorer.gui.state.asking import Asked
from dgn_explorer.gui.state.display import Display, Level, Notice, Showing
from dgn_explorer.gui.state.jobs import JobList, SubmittedJob
from dgn_explorer.gui.state.labels import Labels
from dgn_explorer.gui.state.library import Library
from dgn_explorer.gui.state.networks.opening import Following, Opening, Pair
from dgn_explorer.gui.state.pictures.examples import Examples
from dgn_explorer.gui.state.questions import Questions
from dgn_explorer.gui.state.run_settings import SettingsModel
from dgn_explorer.gui.state.runs import Runs
from dgn_explorer.gui.state.surveys import Surveys
from dgn_explorer.gui.state.usual import Usual
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.combination import label_of
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.question import Subject
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Target


class Session(QObject):
    """One open network with one prior, what runs, and what is on show."""

    device_known = Signal(str)
    opened = Signal(object, object)  # NetworkInfo, PriorInfo
    selected = Signal(object)  # UnitAddress
    display_changed = Signal()
    frame = Signal(object)  # the newest Forming of the job on show
    long_ended = Signal(object)  # a Notice: a long queue has ended
    several_wanted = Signal(object, int)  # a Recipe, and from how many seeds
    notice = Signal(object)  # Notice
    problem = Signal(str, str, str)  # message, hint, details

    def __init__(
        self,
        engine: EnginePort,
        store: Store,
        flows: Flows,
        read_only: bool = False,
        parent: QObject | None = None,
    ) -> None:
        """``read_only`` is for a second window: it shows what is there, and changes nothing."""
        super().__init__(parent)
        self._flows, self.read_only = flows, read_only
        self.undo = QUndoStack(self)
        self.settings = SettingsModel(self.undo, self)
        self.library = Library(store, flows, read_only, self)
        self.activities = Activities(flows, read_only, self)
        self.questions = Questions(engine, self)
        self.examples = Examples(flows, self)
        self.labels = Labels(self.library, flows, self)
        self.usual = Usual(self.library, flows, self)
        self.surveys = Surveys(self.questions, self.library, flows, self)
        self.study = StudyRun(self.questions, self)
        self.study.long_ended.connect(self.usual.take)
        self.step_size = StepSizeFinder(self.settings, self.questions, flows, self)
        self.runs = Runs(engine, flows, self.library, self.questions, self.label, self)
        self._opening = Opening(engine)
        self.continued: dict[str, str] = {}  # key of a recipe of more steps to its result's
        self.unit: UnitAddress | None = None
        self._on_show = OnShow(self.runs, self.library, self.labels, flows, self._is_foreign, self)
        self._on_show.changed.connect(self.display_changed)
        self._on_show.frame.connect(self.frame)
        self._on_show.met.connect(self._select_of)
        self._on_show.foreign.connect(self._offer)
        self.questions.problem.connect(self.problem)
        for part in (self.library, self.examples, self.runs, self.step_size, self._on_show):
            part.notice.connect(self.notice)
        self._arriving = self._make_arriving()
        library, shown = self.library, self._on_show
        for news in (self.examples.changed, library.changed, library.added, shown.changed):
            news.connect(self._follow_example)

    @property
    def display(self) -> Display:
        """What is on show."""
        return self._on_show.display

    @property
    def network(self) -> NetworkInfo | None:
        """The network that is open."""
        return self._opening.network

    @property
    def networks(self) -> Mapping[str, NetworkInfo]:
        """All that were opened so far, by fingerprint."""
        return self._opening.networks

    @property
    def prior(self) -> PriorInfo | None:
        """The prior that is open."""
        return self._opening.prior

    @property
    def numeric(self) -> str:
        """The arithmetic that the engine chose for it."""
        return self._opening.numeric

    @property
    def asked(self) -> Pair:
        """The network and prior asked for last, whatever came of it."""
        return self._opening.asked

    @property
    def pair(self) -> Pair:
        """Those that are open."""
        return self._opening.pair

    @property
    def jobs(self) -> JobList:
        """Everything that runs or waits."""
        return self.runs.jobs

    # ---- open and select

    def open(
        self, network: str, prior: str, unit: str = "", fallback: tuple[str, str] | None = None
    ) -> None:
        """Start the engine and ask for a network and a prior; then visualise ``unit``.

        ``fallback`` is the pair to open if the first one cannot be opened.
        """
        self._opening.begin((network, prior), unit, fallback)
        self.library.refresh()

    def reopen(self, network: str, prior: str) -> None:
        """Ask for another network or prior; the ones that are open stay until it is there."""
        self._opening.ask(network, prior)

    def reload(self) -> None:
        """Read what is open from its files again; the unit stays chosen if it is still there."""
        if self.network is not None:
            self._opening.ask(*self.pair, Following(before=(self.network, self.unit)))

    def may_change(self) -> bool:
        """Whether anything may be made, deleted or noted here; if not, a notice says why."""
        if self.read_only:
            text = "This window only looks. Make, delete and note in the one that was opened first."
            self.notice.emit(Notice(text, Level.WARNING))
        return not self.read_only

    def resolve(self, text: str) -> UnitAddress:
        """Read what the user typed; raises `DgnError`."""
        if self.network is None:
            raise DgnError("No network is open yet.", "Wait until the layers appear at the left.")
        return self.network.resolve(text)

    def select(self, unit: UnitAddress) -> None:
        """Make ``unit`` the chosen one, whatever is on show."""
        if unit != self.unit:
            self.unit = unit
            self.selected.emit(unit)

    def look_at(self, unit: UnitAddress) -> None:
        """Make ``unit`` the subject: its run or newest picture is on show, or that it has none.

        No page comes to the front by that.
        """
        self.select(unit)
        network = self.network
        for job in (self.runs.live_job, *self.runs.long_jobs):
            if job is not None and job.recipe.units == (unit,):
                self._on_show.show_job(job, aside=True)
                return
        shown = self.display.recipe
        if network is None or (
            shown is not None
            and shown.units == (unit,)
            and shown.network_fingerprint == network.fingerprint
        ):
            return
        found = self.library.newest(network.fingerprint, unit)
        if found is not None:
            self.show_result(found.key, aside=True)
        elif (example := self.examples.record(unit)) is not None:
            self._on_show.show_example(example)
        else:
            self.show_nothing()

    def _follow_example(self) -> None:
        """An example comes on show where there was nothing, and gives way to a result."""
        shown = self.display
        unit = shown.unit if shown.example is not None else self.unit
        if self.network is None or unit is None:
            return
        found = self.library.newest(self.network.fingerprint, unit)
        if shown.example is not None:
            if found is not None:
                self.show_result(found.key, aside=True)
            elif unit not in self.examples:
                self.show_nothing()
        elif shown.showing is Showing.NOTHING and found is None:
            example = self.examples.record(unit)
            if example is not None:
                self._on_show.show(Display.of_example(example))  # a wish still comes after it

    def label(self, recipe: Recipe) -> str:
        """The class name of the recipe's unit, or of all units of a combination."""
        if self.network is None or recipe.network_fingerprint != self.network.fingerprint:
            return ""
        return label_of(self.network, recipe)

    # ---- run

    def recipe(self, unit: UnitAddress) -> Recipe | None:
        """The recipe for ``unit`` with the settings; None while an input or network is missing."""
        if self.network is None or self.prior is None:
            return None
        settings = self.settings.of(Subject.UNIT)
        with suppress(DgnError):
            return settings.recipe(unit, self.network, self.prior, self.numeric)
        return None

    def order(self, asked: Asked) -> Order | None:
        """The order for ``asked`` with the settings; None while something is missing."""
        if self.network is None or self.prior is None:
            return None
        with suppress(DgnError):
            return self.settings.value.order(asked, self.network, self.prior, self.numeric)
        return None

    def visualise(self, unit: UnitAddress) -> None:
        """Ask the question of ``unit`` and show the answer: from the store, or by a new run."""
        if self.network is None or self.prior is None:
            return
        self.select(unit)
        if Subject.UNIT not in self.settings.value.about.asked.of:
            self.settings.enter(Subject.UNIT)
        self.ask(Asked.of(unit))

    def ask(self, asked: Asked) -> None:
        """Ask the question of the settings, and show the answer."""
        if self.network is None or self.prior is None:
            return
        if not self.settings.value.locked:
            self.settings.new_seed()
        if asked.terms and asked.best is None:
            asked = replace(asked, best=self.best_of(asked.terms[0].unit))
        try:
            order = self.settings.value.order(asked, self.network, self.prior, self.numeric)
        except DgnError as error:  # an input is missing
            self.problem.emit(error.message, error.hint, "")
            return
        count = self.settings.value.count
        if isinstance(order, Recipe) and count > 1 and not order.about.asked.count:
            self.several_wanted.emit(order, count)
        else:
            self.run(order)

    def best_of(self, unit: UnitAddress) -> float | None:
        """The highest activation of a stored image of ``unit`` alone."""
        network = self.network
        reached = [
            item.activation
            for item in self.library.items
            if network is not None
            and item.network_fingerprint == network.fingerprint
            and item.count == 1
            and item.address == str(unit)
        ]
        return max(reached, default=None)

    def run_target(
        self, target: Target, method: str, parameters: Parameters, inputs: Sequence[Input] = ()
    ) -> None:
        """Show the images of any target, from the seed of the settings and a random code."""
        if self.network is None or self.prior is None:
            return
        opened = Opened(self.network, self.prior, self.numeric)
        seed = self.settings.value.seed
        self.run(recipe_for(opened, target, method, parameters, seed=seed, inputs=inputs))

    def run(self, order: Order) -> None:
        """Show what comes of ``order``."""
        self._on_show.wanted = True
        wish = self._on_show.wish()
        running = self.runs.under_way(order.key)
        if running is not None:
            self._on_show.show_job(running)
            return
        self._flows.start(self._run(order, wish))

    def stop(self) -> None:
        """Stop the run on show and keep what it has made, or the analysis; else what is live."""
        long = self.long_on_show
        if self.study.survey is not None and self.display.order == self.study.survey:
            self.study.stop()
        elif long is not None:
            self.runs.stop(long.number)
        elif self.runs.live is not None:
            self.runs.stop()
        else:
            self.study.stop()

    @property
    def long_on_show(self) -> SubmittedJob | None:
        """The long job that is on show, if one is."""
        job = self.jobs.get(self.display.job)
        return job if job is not None and job.long else None

    def more_steps(self) -> None:
        """Continue from the code of the result on show."""
        result = self.display.result
        if result is not None:
            recipe = continuation(result, self.settings.value.parameters)
            self.continued[recipe.key] = result.key
            self.run(recipe)

    def go_on_with(self, recipe: Recipe) -> None:
        """Let the running interactive job go on with another recipe, and show it."""
        if self.runs.live is not None and self.display.job != self.runs.live:
            self.watch()
        self.runs.go_on_with(recipe)

    def watch(self, number: int | None = None, aside: bool = False) -> None:
        """Show the running interactive job again, or a long one."""
        job = self.runs.live_job if number is None else self.jobs.get(number)
        if job is not None:
            self._on_show.show_job(job, aside)

    def compute(self, units: Sequence[UnitAddress]) -> None:
        """Compute units one after another behind the interactive jobs; skips what is stored."""
        if self.network is None or self.prior is None or not self.may_change():
            return
        settings, network, prior = self.settings.of(Subject.UNIT), self.network, self.prior
        try:
            recipes = [settings.recipe(unit, network, prior, self.numeric) for unit in units]
        except DgnError as error:
            self.problem.emit(error.message, error.hint, "")
            return
        self.runs.compute(recipes)

    # ---- results

    def show_result(self, key: str, aside: bool = False) -> None:
        """Show a stored result."""
        self._on_show.show_stored(key, aside)

    def restore(self, key: str) -> None:
        """Show a result of the last session, if nothing else is on show or asked for."""
        shown = self._on_show
        if self._opening.wants_unit or shown.wanted or shown.display.showing is not Showing.NOTHING:
            return
        if key:
            shown.restore(key)
        elif self.unit is not None:
            self.look_at(self.unit)

    def show_nothing(self) -> None:
        """Clear the canvas."""
        self._on_show.show_nothing()

    # ---- engine events

    def handle(self, event: Event) -> None:
        """Take one event of the engine, on the window's thread."""
        self._arriving.handle(event)

    def stop_everything(self) -> None:
        """Stop the timers and forget the undo steps; called when the window closes."""
        # Python's garbage collector may free the commands before the stack that destroys them
        self.undo.clear()
        self.runs.stop_watching()
        self.library.stop()

    def _make_arriving(self) -> Arriving:
        made = Arriving(
            self._opening,
            self._on_show,
            self.runs,
            self.questions,
            self.library,
            (self.labels, self.usual, self.examples),
            None if self.read_only else self.step_size,
            self._flows,
            self,
        )
        made.left.connect(self._leave)
        made.opened.connect(self.opened)
        made.again.connect(self.look_at)
        made.result_wanted.connect(self.show_result)
        made.unit_wanted.connect(self._visualise_typed)
        made.device_known.connect(self.device_known)
        made.notice.connect(self.notice)
        made.problem.connect(self.problem)
        return made

    def _leave(self) -> None:
        self.unit = None

    def _visualise_typed(self, text: str) -> None:
        try:
            self.visualise(self.resolve(text))
        except DgnError as error:
            self.problem.emit(error.message, error.hint, "")

    async def _run(self, order: Order, wish: int) -> None:
        found = await self.library.load(order.key)
        shown = self._on_show
        if not shown.still_wanted(wish):
            return
        if found is not None and found.state == DONE:
            shown.show_found(found)
        elif not self.may_change():
            return
        elif isinstance(order, Survey):
            self.study.start(order, shown.studied, lambda: shown.not_studied(order))
            shown.show(Display(Showing.LIVE, order))
        else:
            job = self.runs.start(order, looked=True)
            shown.show(Display(Showing.LIVE, order, job.label, job.number, found))
            self.runs.live_changed.emit()

    def _is_foreign(self, order: Order) -> bool:
        network = self.network
        return network is not None and order.network_fingerprint != network.fingerprint

    def _offer(self, found: Record) -> None:
        """No page of the open network is about a picture of another one: offer to open that."""
        order = found.order
        prior = order.prior if isinstance(order, Recipe) and order.prior else self.pair[1]

        def open_it() -> None:
            self._opening.ask(order.network, prior, Following(key=found.key))

        text = f"This is of {network_text(order.network)}, which is not open."
        self.notice.emit(Notice(text, Level.WARNING, "Open that network", open_it))

    def _select_of(self, order: Order) -> None:
        """Choose the unit of an order of one unit of the open network."""
        network = self.network
        if network is not None and order.network_fingerprint == network.fingerprint and order.units:
            self.select(order.units[0])
