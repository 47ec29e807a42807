"""What the images on show went on from: one count of steps and one curve for all of it."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.session import Session
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromResult

_MOST = 50  # runs that went on from one another

_NOTHING = np.zeros(0, np.float32)


class Lineage(QObject):
    """``before`` (n,) are the activations of the n steps before the run on show, of all its runs.

    Runs of another target or method count for nothing: what went on from them is another image.
    """

    changed = Signal()

    def __init__(self, session: Session, flows: Flows, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._flows = session, flows
        self._key = ""
        self.before: np.ndarray = _NOTHING
        session.display_changed.connect(self._follow)

    def _follow(self) -> None:
        recipe = self._session.display.recipe
        key = recipe.key if recipe is not None else ""
        if key == self._key:
            return
        self._key = key
        self._take(_NOTHING)
        if recipe is not None and self._before(recipe):
            self._flows.start(self._find(recipe))

    def _before(self, recipe: Recipe) -> str:
        """The key of the result that ``recipe`` went on from; empty if from none that is known."""
        if isinstance(recipe.start, FromResult):
            return recipe.start.key
        return self._session.continued.get(recipe.key, "")

    async def _find(self, recipe: Recipe) -> None:
        traces: list[np.ndarray] = []
        last = recipe
        while len(traces) < _MOST and (key := self._before(last)):
            found = await self._session.library.load(key)
            if found is None or not _same(found, recipe):
                break
            traces.insert(0, found.trace)
            last = found.recipe
        if recipe.key == self._key and traces:
            self._take(np.concatenate(traces))

    def _take(self, before: np.ndarray) -> None:
        if len(before) or len(self.before):
            self.before = before
            self.changed.emit()


def _same(record: Record, recipe: Recipe) -> bool:
    """Whether a record is an earlier part of a run of ``recipe``."""
    order = record.order
    return (
        isinstance(order, Recipe)
        and order.target == recipe.target
        and order.method == recipe.method
        and order.network_fingerprint == recipe.network_fingerprint
    )
