"""What the controls on the right say: method, parameters and seed, with undo."""

import random
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import FLOAT32, PriorInfo
from dgn_explorer.synthesis.parameters import (
    PRESETS,
    WITHOUT_PRIOR,
    DgnAmParameters,
    Parameters,
)
from dgn_explorer.synthesis.recipe import Recipe, Term
from dgn_explorer.synthesis.start import CODE, RANDOM

DEFAULT_METHOD = "dgn-am"
_DEFAULT = "default"  # the preset
_SEEDS = 1_000_000  # six digits are easy to read out and to type


@dataclass(frozen=True)
class RunSettings:
    """The settings of the next run; ``locked`` keeps the seed from run to run.

    ``start`` is a recipe's, and ``start_name`` what people call it, such as a photo's file name.
    """

    method: str = DEFAULT_METHOD
    parameters: Parameters = field(default_factory=lambda: PRESETS[DEFAULT_METHOD][_DEFAULT])
    seed: int = 0
    locked: bool = True
    start: str = RANDOM
    start_name: str = ""

    def recipe(
        self, unit: UnitAddress, network: NetworkInfo, prior: PriorInfo, numeric: str = FLOAT32
    ) -> Recipe:
        """The recipe for one unit with these settings."""
        with_prior = self.method not in WITHOUT_PRIOR
        return Recipe(
            network=network.name,
            network_fingerprint=network.fingerprint,
            prior=prior.name if with_prior else "",
            prior_fingerprint=prior.fingerprint if with_prior else "",
            objective=(Term(unit),),
            method=self.method,
            parameters=self.parameters,
            seed=self.seed,
            start=self.start if with_prior else RANDOM,
            numeric=numeric if with_prior else FLOAT32,
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
        """Take over a recipe's method, parameters, seed and starting code, as one step."""
        coded = recipe.start.startswith(CODE)
        new = replace(
            self.value,
            method=recipe.method,
            parameters=recipe.parameters,
            seed=recipe.seed,
            start=recipe.start if coded else RANDOM,
            start_name="the result's own code" if coded else "",
        )
        self.edit(new, "Use a result's settings")

    def use_method(self, method: str) -> None:
        """Change the method, with its default parameters."""
        if method != self.value.method:
            parameters = self._presets_of(method)[_DEFAULT]
            self.edit(replace(self.value, method=method, parameters=parameters), "Change of method")

    def start_from(self, start: str, name: str) -> None:
        """Start every run from a code; `RANDOM` goes back to random ones."""
        self.edit(replace(self.value, start=start, start_name=name), "Change of start")

    def _presets_of(self, method: str) -> dict[str, Parameters]:
        presets = PRESETS[method]
        default = presets[_DEFAULT]
        if self._step is None or not isinstance(default, DgnAmParameters):
            return presets
        return {**presets, _DEFAULT: replace(default, step_start=self._step)}

    def _put(self, value: RunSettings) -> None:
        self.value = value
        self.changed.emit()
