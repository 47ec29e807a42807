"""What the next run does: method, parameters, seed and start."""

from dataclasses import replace

from PySide6.QtCore import QObject

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.inspector import Section
from dgn_explorer.gui.features.settings.asking_actions import asking_actions
from dgn_explorer.gui.features.settings.controls import Controls
from dgn_explorer.gui.features.settings.start_chip import StartChip
from dgn_explorer.gui.state.answering.qualities import QUALITY_LEVEL
from dgn_explorer.gui.state.live_parameters import LiveParameters
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.synthesis.question import Subject

_LIVE = "live_parameters"  # the action, and the preference
_MAKE = "Make"
_ADVANCED, _SEED, _LOCKED, _METHOD = "advanced", "seed", "seed_locked", "question"
_PAGES = (PageName.UNIT, PageName.MIX, PageName.PHOTO, PageName.LAYER)


def settings_feature(desk: Desk) -> Feature:
    """The section *Make* of the inspector, and the start in the title."""
    session = desk.session
    live = LiveParameters(session, desk.window)
    if desk.preferences.get(_LIVE, False):
        live.toggle()
    controls = Controls(desk)
    desk.title.chips.addWidget(StartChip(desk))
    settings = _Settings(desk, live, controls)
    return Feature(
        name="settings",
        actions=(*settings.actions(), *asking_actions(desk)),
        follows=(
            session.opened,
            session.display_changed,
            session.settings.changed,
            live.changed,
            session.step_size.changed,
        ),
        sections=(Section(_MAKE, controls, _PAGES, 20),),
        remember=settings.remember,
    )


class _Settings(QObject):
    def __init__(self, desk: Desk, live: LiveParameters, controls: Controls) -> None:
        super().__init__(desk.window)
        self._desk, self._session, self._live = desk, desk.session, live
        self._controls, keep = controls, desk.preferences
        desk.session.settings.use_level(keep.get(QUALITY_LEVEL, 0))
        controls.advanced.setChecked(keep.get(_ADVANCED, False))
        seed = keep.get(_SEED, "0")  # as text: it may be larger than the file's numbers
        number = int(seed) if seed.isdecimal() and len(seed) < 19 else 0
        desk.session.settings.take_up(keep.get(_METHOD, ""), number, keep.get(_LOCKED, True))

    def remember(self) -> None:
        """Put what the next start takes up into the preferences."""
        keep, value = self._desk.preferences, self._session.settings.value
        keep.put(_LIVE, self._live.on)
        keep.put(_ADVANCED, self._controls.advanced.isChecked())
        keep.put(_SEED, str(value.seed))
        keep.put(_LOCKED, value.locked)
        keep.put(_METHOD, self._session.settings.of(Subject.UNIT).method)

    def actions(self) -> tuple[Action, ...]:
        """Seed, parameters, step size, and settings taken over from a result."""
        session = self._session
        return (
            Action("recall", "Edit", 1, "Use these settings",
                   "Take over the settings of the result on show", self._recall, keys="Ctrl+U",
                   icon="recall", enabled=self._has_result),
            Action("recall_but_seed", "Edit", 1, "Use these settings but the seed",
                   "Take over the settings of the result on show, and keep the seed",
                   lambda: self._recall(seed=False), keys="Ctrl+Shift+U",
                   enabled=self._has_result),
            Action("new_seed", "Run", 1, "New seed", "Start from another random code",
                   session.settings.new_seed, keys="Ctrl+R"),
            Action("lock_seed", "Run", 1, "Keep the seed", "Use the same seed for every run",
                   self._lock_seed, keys="Ctrl+K", icon="lock", icon_off="unlock",
                   checked=lambda: session.settings.value.locked),
            Action(_LIVE, "Run", 1, "Apply to the running image",
                   "Let the running image go on with changed parameters at once",
                   self._live.toggle, checked=lambda: self._live.on, place=3),
            Action("measure_step", "Run", 1, "Measure the step size",
                   "Find the step size of this network with this generator by short ascents",
                   session.step_size.measure, enabled=lambda: session.step_size.can_measure,
                   place=3),
        )  # fmt: skip

    def _has_result(self) -> bool:
        return self._session.display.pictured is not None

    def _lock_seed(self) -> None:
        old = self._session.settings.value
        new = replace(old, locked=not old.locked)
        self._session.settings.edit(new, "Lock of the seed")

    def _recall(self, seed: bool = True) -> None:
        if self._session.display.recipe is not None:
            self._session.settings.recall(self._session.display.recipe, seed)
            self._desk.show_section(_MAKE)
