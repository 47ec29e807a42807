"""Several units with weights, and the picture that follows them."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand

from dgn_explorer.gui.state.jobs import SubmittedJob
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise, Term

MOST = 8
_FOLLOW_MS = 250  # after the last move of a slider; sooner would start an ascent a pixel
_MERGE_ID = 5000

Parts = tuple[tuple[UnitAddress, float], ...]


class _Change(QUndoCommand):
    """One change of the parts; moves of one slider in a row count as one."""

    def __init__(self, model: "Combination", new: Parts, text: str, merge_id: int = -1) -> None:
        super().__init__(text)
        self._model, self._old, self._new, self._merge_id = model, model.parts, new, merge_id
        self._opening = model.opening

    def id(self) -> int:
        """What may be merged."""
        return self._merge_id

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take in the next change."""
        if not isinstance(other, _Change):
            return False
        self._new = other._new
        return True

    def redo(self) -> None:
        """Do it."""
        self._model._put(self._new, self._opening)

    def undo(self) -> None:
        """Take it back."""
        self._model._put(self._old, self._opening)


class Combination(QObject):
    """Units and weights; while `live` is on, every change starts the ascent from the last code.

    A weight of 0 keeps its unit in the list but not in the objective.
    """

    changed = Signal()
    refused = Signal(str)  # why units were not added

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.parts: Parts = ()
        self.live = True
        self.opening = 0  # counts the networks opened
        self._recipe: Recipe | None = None  # the newest that was asked for
        self._last: Record | None = None  # the newest picture of these units
        self._seen: Record | None = None  # the newest picture of images on show
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FOLLOW_MS)
        self._timer.timeout.connect(self._follow)
        session.runs.job_ended.connect(self._ended)
        session.runs.replaced.connect(self._replaced)
        session.display_changed.connect(self._displayed)
        session.opened.connect(self._opened)

    @property
    def terms(self) -> tuple[Term, ...]:
        """The objective."""
        return tuple(Term(unit, weight) for unit, weight in self.parts if weight)

    def add(self, units: list[UnitAddress]) -> int:
        """Add units with weight 1; returns how many were new and found room.

        Of the others `refused` says why.
        """
        known = {unit for unit, _ in self.parts}
        wanted = [unit for unit in dict.fromkeys(units) if unit not in known]
        new = wanted[: MOST - len(self.parts)]
        left_out = len(wanted) - len(new)
        if units and not wanted:
            self.refused.emit("What is chosen is in the combination already.")
        elif left_out:
            who = f"{left_out} units find" if left_out > 1 else "one unit finds"
            self.refused.emit(f"A combination takes {MOST} units: {who} no room. Take one out.")
        if new:
            self._push((*self.parts, *((unit, 1.0) for unit in new)), "Addition to combination")
        return len(new)

    def remove(self, unit: UnitAddress) -> None:
        """Take a unit out."""
        self._push(tuple(p for p in self.parts if p[0] != unit), f"Removal of {unit}")

    def weigh(self, unit: UnitAddress, weight: float) -> None:
        """Give a unit another weight."""
        place = [u for u, _ in self.parts].index(unit)
        new = tuple((u, weight if u == unit else w) for u, w in self.parts)
        self._push(new, f"Weight of {unit}", _MERGE_ID + place)

    def weigh_all(self, weights: Sequence[float], move: int) -> None:
        """Give every unit another weight; calls with the same ``move`` are one step of undo."""
        new = tuple((unit, weight) for (unit, _), weight in zip(self.parts, weights, strict=True))
        self._push(new, "Weights of combination", _MERGE_ID + MOST + move)

    def replace_all(self, terms: tuple[Term, ...], text: str = "Opening of combination") -> None:
        """Take over other units and weights; none empties it."""
        self._last = None
        self._push(tuple((term.unit, term.weight) for term in terms[:MOST]), text)

    def take_up(self, terms: tuple[Term, ...]) -> None:
        """Take over the units of the last session: no step of undo, and nothing is made."""
        self.parts = tuple((term.unit, term.weight) for term in terms[:MOST])
        self.changed.emit()

    def look(self) -> None:
        """Show the newest picture of these units, the run that draws it, or that there is none."""
        session, units = self._session, {term.unit for term in self.terms}
        running, shown, network = session.runs.live_job, session.display.recipe, session.network
        if running is not None and len(units) > 1 and set(running.recipe.units) == units:
            session.watch(aside=True)
            return
        if network is None or (shown is not None and len(shown.units) > 1):
            return
        found = next(
            (
                item
                for item in session.library.items
                if item.network_fingerprint == network.fingerprint
                and len(item.units) > 1
                and set(item.units) == units
            ),
            None,
        )
        if found is not None:
            session.show_result(found.key, aside=True)
        else:
            session.show_nothing()

    def start_over(self) -> None:
        """Make the picture again from a random code."""
        self._last = None
        self._start(fresh=True)

    def _push(self, new: Parts, text: str, merge_id: int = -1) -> None:
        if new != self.parts:
            self._session.undo.push(_Change(self, new, text, merge_id))

    def _put(self, parts: Parts, opening: int) -> None:
        if opening != self.opening:  # units of a network that is not open any more
            return
        self.parts = parts
        self.changed.emit()
        if self.live and len(parts) > 1 and self.terms:
            self._timer.start()
        else:
            self._timer.stop()

    def _follow(self) -> None:
        runs, wanted = self._session.runs, self._wanted()
        running, coming = runs.live_job, runs.live_recipe
        if running is None or self._recipe is None or running.recipe.key != self._recipe.key:
            self._start()
        elif wanted is not None and coming is not None and coming.target != wanted.target:
            self._session.go_on_with(wanted)

    def _wanted(self) -> Recipe | None:
        """The recipe for the parts as they are; None if the question does not follow them."""
        session, terms = self._session, self.terms
        base = session.recipe(terms[0].unit) if terms else None
        if base is None or Maximise not in base.about.targets:  # a set in a range, say
            return None
        return base.with_target(Maximise(terms))

    def _start(self, fresh: bool = False) -> None:
        recipe = self._wanted()
        if recipe is None:
            return
        first = None if fresh else self._starting_point(recipe)
        if first is not None and first.recipe.target.terms == recipe.target.terms:
            return  # this is what is on show
        if first is not None:
            recipe = recipe.with_start(first.next_start)
        self._recipe = recipe
        self._session.run(recipe)

    def _starting_point(self, recipe: Recipe) -> Record | None:
        """The newest picture of these units, or the one on show if it is of one of them."""
        shown = self._seen
        if self._last is None and shown is not None:
            ours = {unit for unit, _ in self.parts}
            if ours & {term.unit for term in shown.recipe.target.terms}:
                self._last = shown
        last = self._last
        if last is None or (last.recipe.network_fingerprint, last.recipe.prior_fingerprint) != (
            recipe.network_fingerprint,
            recipe.prior_fingerprint,
        ):
            return None
        return last if last.recipe.method == recipe.method else None

    def _displayed(self) -> None:
        """Follow a run of these very units that somebody else began."""
        display = self._session.display
        recipe = display.recipe
        if recipe is not None and display.result is not None:
            self._seen = display.result
        if display.job is not None and recipe is not None and recipe.target.terms == self.terms:
            self._recipe = recipe

    def _ended(self, recipe: Recipe, result: Record | None) -> None:
        if self._recipe is None or recipe.key != self._recipe.key:
            return
        if result is not None:
            self._last = result

    def _replaced(self, old: SubmittedJob, new: SubmittedJob, result: Record | None) -> None:
        if self._recipe is not None and old.recipe.key == self._recipe.key:
            self._recipe = new.recipe

    def _opened(self) -> None:
        # Addresses of another network mean nothing here, nor does what could be undone.
        self._timer.stop()
        self.opening += 1
        self.parts, self._recipe, self._last = (), None, None
        self.changed.emit()
