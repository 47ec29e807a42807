"""What the controls on the right say: method, parameters and seed, with undo."""

import random
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from dgn_explorer.engine.messages import Opened
from dgn_explorer.engine.ordering import recipe_for
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import FLOAT32, PriorInfo
from dgn_explorer.synthesis.choosing import changed
from dgn_explorer.synthesis.inputs import Input, without
from dgn_explorer.synthesis.methods.table import METHODS, method_named
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import PHOTO_START, RANDOM, FromCode, FromPhoto, Start
from dgn_explorer.synthesis.targets import Maximise

DEFAULT_METHOD = METHODS[0].name
_DEFAULT = "default"  # the preset
_SEEDS = 1_000_000  # six digits are easy to read out and to type


@dataclass(frozen=True)
class RunSettings:
    """The settings of the next run; ``locked`` keeps the seed from run to run.

    ``start`` is a recipe's, and ``start_name`` what people call it, such as a photo's file name.
    """

    method: str = DEFAULT_METHOD
    parameters: Parameters = method_named(DEFAULT_METHOD).default
    seed: int = 0
    locked: bool = True
    start: Start = RANDOM
    start_name: str = ""
    inputs: tuple[Input, ...] = ()

    def recipe(
        self, unit: UnitAddress, network: NetworkInfo, prior: PriorInfo, numeric: str = FLOAT32
    ) -> Recipe:
        """The recipe for one unit with these settings."""
        about = method_named(self.method)
        roles = {spec.role for spec in about.inputs}
        started = about.with_prior and self.start != RANDOM
        return recipe_for(
            Opened(network, prior, numeric),
            Maximise.of(unit),
            self.method,
            self.parameters,
            seed=self.seed,
            start=self.start if started else RANDOM,
            inputs=[
                one
                for one in self.inputs
                if one.role in roles and (started or one.role != PHOTO_START.role)
            ],
        )


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
        self._model._put(self._new)

    def undo(self) -> None:
        """Take it back."""
        self._model._put(self._old)


class SettingsModel(QObject):
    """Holds the `RunSettings`; every change can be undone."""

    changed = Signal()

    def __init__(self, undo: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._undo = undo
        self.value = RunSettings()
        self._step: float | None = None

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

    def use_step(self, size: float | None) -> None:
        """Make ``size`` the first step of the default preset; None is the built-in prior's.

        Settings that are the default follow it.
        """
        was_default = self.preset == _DEFAULT
        self._step = size
        if was_default:
            self._put(replace(self.value, parameters=self.presets[_DEFAULT]))
        else:
            self.changed.emit()

    def edit(self, new: RunSettings, text: str, merge_id: int = -1) -> None:
        """Change to ``new``; ``text`` names the step in the Edit menu."""
        if new != self.value:
            self._undo.push(_Edit(self, new, text, merge_id))

    def new_seed(self) -> None:
        """Draw another seed."""
        self.edit(replace(self.value, seed=random.randrange(_SEEDS)), "New seed")

    def recall(self, recipe: Recipe) -> None:
        """Take over a recipe's method, parameters, seed and starting code, as one step.

        Of images that are of no unit there is nothing that the controls could show.
        """
        if not recipe.about.of_units:
            return
        itself = isinstance(recipe.start, FromCode | FromPhoto)
        photo = recipe.input(recipe.start.role) if isinstance(recipe.start, FromPhoto) else None
        new = replace(
            self.value,
            method=recipe.method,
            parameters=recipe.parameters,
            seed=recipe.seed,
            start=recipe.start if itself else RANDOM,
            start_name=(photo.name if photo else "the result's own code") if itself else "",
            inputs=recipe.inputs,
        )
        self.edit(new, "Use a result's settings")

    def use_method(self, method: str) -> None:
        """Change the method, with its default parameters."""
        if method != self.value.method:
            parameters = self._presets_of(method)[_DEFAULT]
            self.edit(replace(self.value, method=method, parameters=parameters), "Change of method")

    @property
    def takes_start(self) -> bool:
        """Whether the current method can start from a photograph."""
        roles = {spec.role for spec in method_named(self.value.method).inputs}
        return PHOTO_START.role in roles

    def start_from(self, start: Start, name: str, inputs: tuple[Input, ...] = ()) -> None:
        """Start every run from somewhere; `RANDOM` goes back to random codes."""
        others = without(self.value.inputs, PHOTO_START.role)
        new = replace(self.value, start=start, start_name=name, inputs=(*others, *inputs))
        self.edit(new, "Change of start")

    def give(self, given: Input) -> None:
        """Take a photograph or mask that the method needs, in place of the one of its role."""
        others = without(self.value.inputs, given.role)
        self.edit(replace(self.value, inputs=(*others, given)), f"Choice of the {given.role}")

    def _presets_of(self, method: str) -> dict[str, Parameters]:
        about = method_named(method)
        if self._step is None or not about.step_field:
            return dict(about.presets)
        default = changed(about, about.default, {about.step_field: self._step})
        return {**about.presets, _DEFAULT: default}

    def _put(self, value: RunSettings) -> None:
        self.value = value
        self.changed.emit()
