"""What the controls on the right say: method, parameters and seed, with undo."""

import random
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from dgn_explorer.engine.messages import Opened
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.state.answering.qualities import at_level
from dgn_explorer.gui.state.asking import Asked, order_of
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import FLOAT32, PriorInfo
from dgn_explorer.studies.questions import About, question_named, questions_of
from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.choosing import usual_preset
from dgn_explorer.synthesis.inputs import Input, without
from dgn_explorer.synthesis.methods.method import QUALITIES, Method
from dgn_explorer.synthesis.methods.table import METHODS, method_named
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.question import Subject
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import PHOTO_START, RANDOM, FromCode, FromPhoto, Start
from dgn_explorer.synthesis.targets import InRange

DEFAULT_METHOD = METHODS[0].name
_SEEDS = 1_000_000  # six digits are easy to read out and to type


@dataclass(frozen=True)
class RunSettings:
    """The settings of the next run; ``locked`` keeps the seed from run to run.

    ``method`` is the name of a method or study, the question that is asked. ``start`` is a
    recipe's, and ``start_name`` what people call it, such as a photo's file name. ``count`` is how
    many images are wanted of a method that makes one at a time, and ``band`` the range of
    activations for a method that needs one; None proposes one.
    """

    method: str = DEFAULT_METHOD
    parameters: Parameters = method_named(DEFAULT_METHOD).default
    seed: int = 0
    locked: bool = True
    start: Start = RANDOM
    start_name: str = ""
    inputs: tuple[Input, ...] = ()
    count: int = 1
    band: tuple[float, float] | None = None

    @property
    def about(self) -> About:
        """The method or study."""
        return question_named(self.method)

    def order(
        self, asked: Asked, network: NetworkInfo, prior: PriorInfo, numeric: str = FLOAT32
    ) -> Order:
        """The order with these settings; raises `DgnError` while something is missing."""
        return order_of(
            self.about,
            self.parameters,
            asked,
            Opened(network, prior, numeric),
            seed=self.seed,
            start=self.start,
            inputs=self.inputs,
            band=self.band,
        )

    def recipe(
        self, unit: UnitAddress, network: NetworkInfo, prior: PriorInfo, numeric: str = FLOAT32
    ) -> Recipe:
        """The recipe for the images of one unit; raises `DgnError` if the question makes none."""
        order = self.order(Asked.of(unit), network, prior, numeric)
        if not isinstance(order, Recipe):
            raise DgnError(f"{self.about.title} makes no images.", "Choose another question.")
        return order


class _Edit(QUndoCommand):
    """One change; successive changes of the same field count as one."""

    def __init__(self, model: "SettingsModel", new: RunSettings, text: str, merge_id: int) -> None:
        super().__init__(text)
        self._model, self._old, self._new = model, model.value, new
        self._merge_id = merge_id

    def id(self) -> int:
        """What may be merged."""
        return self._merge_id

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take in the next change."""
        if not isinstance(other, _Edit):
            return False
        self._new = other._new
        return True

    def redo(self) -> None:
        """Do it."""
        self._model.take_back(self._new)

    def undo(self) -> None:
        """Take it back."""
        self._model.take_back(self._old)


class SettingsModel(QObject):
    """Holds the `RunSettings`; every change can be undone."""

    changed = Signal()

    def __init__(self, undo: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._undo = undo
        self.value = RunSettings()
        self._step: float | None = None
        self._prior: PriorInfo | None = None
        self.level = 0  # of quality at first, in stops above the usual one
        self._subject = Subject.UNIT
        self._last: dict[Subject, str] = {}  # the question asked last of each kind of subject
        self._kept: dict[str, Parameters] = {}  # what was set for the questions not on show

    @property
    def presets(self) -> dict[str, Parameters]:
        """The presets of the current method, by name."""
        return self._presets_of(self.value.method)

    @property
    def preset(self) -> str:
        """The preset with exactly the current parameters, or an empty string."""
        for name, parameters in self.presets.items():
            if parameters == self.value.parameters:
                return name
        return ""

    def use_step(self, size: float | None, prior: PriorInfo) -> None:
        """Make ``size`` the first step of the default preset; None is the built-in prior's.

        ``prior`` is the one that is open: a method may have a preset of its own for published ones.
        Settings that nobody has changed and those that are one of the qualities follow both.
        """
        before, was_first = self.preset, self._is_first
        self._step, self._prior = size, prior
        self._kept.clear()
        if was_first:
            self._begin()
        elif before in QUALITIES.values():
            self._put(replace(self.value, parameters=self.presets[before]))
        else:
            self.changed.emit()

    def use_level(self, level: int) -> None:
        """Begin every question ``level`` stops of quality above the usual one, or below.

        Settings that nobody has changed follow it.
        """
        was_first = self._is_first
        self.level = level
        self._kept.clear()
        if was_first:
            self._begin()

    @property
    def _is_first(self) -> bool:
        return self.value.parameters == self.first(self.value.method)

    def _begin(self) -> None:
        self._put(replace(self.value, parameters=self.first(self.value.method)))

    def edit(self, new: RunSettings, text: str, merge_id: int = -1) -> None:
        """Change to ``new``; ``text`` names the step in the Edit menu."""
        if new != self.value:
            self._undo.push(_Edit(self, new, text, merge_id))

    def take_back(self, value: RunSettings) -> None:
        """Do or undo a change: a question of another page than the one on show stays there."""
        able = questions_of(self._subject)
        if able and value.method not in {about.name for about in able}:
            value = replace(value, method=self.value.method, parameters=self.value.parameters)
        self._put(value)

    def new_seed(self) -> None:
        """Draw another seed."""
        self.edit(replace(self.value, seed=random.randrange(_SEEDS)), "New seed")

    def recall(self, recipe: Recipe, seed: bool = True) -> None:
        """Take over a recipe's method, parameters, seed and starting code, as one step.

        Without ``seed`` that of the settings stays, for another image of the same kind.

        Of images that nobody can ask for there is nothing that the controls could show.
        """
        if not recipe.about.asked.of:
            return
        itself = isinstance(recipe.start, FromCode | FromPhoto)
        photo = recipe.input(recipe.start.role) if isinstance(recipe.start, FromPhoto) else None
        new = replace(
            self.value,
            method=recipe.method,
            parameters=recipe.parameters,
            seed=recipe.seed if seed else self.value.seed,
            start=recipe.start if itself else RANDOM,
            start_name=(photo.name if photo else "the result's own code") if itself else "",
            inputs=recipe.inputs,
            band=_band_of(recipe),
        )
        self.edit(new, "Use a result's settings")

    def use_method(self, method: str) -> None:
        """Ask another question, with the parameters that it had last, or its default ones."""
        if method != self.value.method:
            self.edit(self._with(method), "Change of question")

    def enter(self, subject: Subject) -> None:
        """Ask of another kind of subject: the question asked last of it, or the first one.

        That is no step of undo, as it changes what is on show and nothing that was set.
        """
        self._last[self._subject] = self.value.method
        self._subject = subject
        wanted = self._last.get(subject, self.value.method)
        if wanted != self.value.method and wanted in {one.name for one in questions_of(subject)}:
            self._put(self._with(wanted))
        elif (chosen := self.of(subject)) != self.value:
            self._put(chosen)

    def take_up(self, method: str, seed: int, locked: bool) -> None:
        """Go on with what a last session asked; no step of undo."""
        if method in {about.name for about in questions_of(Subject.UNIT)}:
            self.value = self._with(method)
        self._put(replace(self.value, seed=seed, locked=locked))

    def of(self, subject: Subject) -> RunSettings:
        """The settings for ``subject``, whatever is on show: a layer's units are asked as units."""
        able = [about.name for about in questions_of(subject)]
        if self.value.method in able or not able:
            return self.value
        last = self._last.get(subject, able[0])
        return self._with(last if last in able else able[0])

    @property
    def takes_start(self) -> bool:
        """Whether the current method can start from a photograph."""
        roles = {spec.role for spec in self.value.about.inputs}
        return PHOTO_START.role in roles

    def _with(self, method: str) -> RunSettings:
        kept = self._kept.get(method, self.first(method))
        return replace(self.value, method=method, parameters=kept)

    def start_from(self, start: Start, name: str, inputs: tuple[Input, ...] = ()) -> None:
        """Start every run from somewhere; `RANDOM` goes back to random codes."""
        others = without(self.value.inputs, PHOTO_START.role)
        new = replace(self.value, start=start, start_name=name, inputs=(*others, *inputs))
        self.edit(new, "Change of start")

    def give(self, given: Input) -> None:
        """Take a photograph or mask that the method needs, in place of the one of its role."""
        others = without(self.value.inputs, given.role)
        self.edit(replace(self.value, inputs=(*others, given)), f"Choice of the {given.role}")

    def first(self, method: str) -> Parameters:
        """What a question begins with, for what is open."""
        about, presets = question_named(method), self._presets_of(method)
        usual = "default" if self._prior is None else usual_preset(about, self._prior)
        return at_level(about, presets, self.level) if usual == "default" else presets[usual]

    def _presets_of(self, method: str) -> dict[str, Parameters]:
        about = question_named(method)
        if self._step is None or not isinstance(about, Method) or not about.step_field:
            return dict(about.presets)
        return {
            name: about.with_step(preset, self._step) if name in QUALITIES.values() else preset
            for name, preset in about.presets.items()
        }

    def _put(self, value: RunSettings) -> None:
        self._kept[value.method] = value.parameters
        self.value = value
        self.changed.emit()


def _band_of(recipe: Recipe) -> tuple[float, float] | None:
    """The range of a recipe for activations in one."""
    if not isinstance(recipe.target, InRange):
        return None
    first = recipe.target.bands[0]
    return first.low, first.high
