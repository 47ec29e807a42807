"""Computing what a layer still lacks: asked for first, and taken back by undo."""

from collections.abc import Sequence

from PySide6.QtGui import QUndoCommand
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.texts import time_text
from dgn_explorer.gui.state.jobs import JobState
from dgn_explorer.gui.state.session import Session
from dgn_explorer.networks.address import UnitAddress


def missing_text(count: int, seconds: float) -> str:
    """What the button says.

    >>> missing_text(940, 7300.0), missing_text(0, 0.0), missing_text(1, 13.0)
    ('Compute the missing 940 (about 2 h 1 min)', 'Compute the layer', \
'Compute the missing one (about 13 s)')
    """
    if not count:
        return "Compute the layer"
    number = "one" if count == 1 else f"{count:,}"
    return f"Compute the missing {number} (about {time_text(seconds)})"


class AskLayer(FormDialog):
    """Accepted: compute them."""

    def __init__(self, layer: str, count: int, seconds: float, parent: QWidget) -> None:
        units = "unit has" if count == 1 else "units have"
        super().__init__(
            "Compute a layer",
            f"{count:,} {units} no picture yet in {layer}. Making them takes about "
            f"{time_text(seconds)}; you can go on working meanwhile, pause, and take it back "
            "with undo.",
            "Compute",
            parent,
        )
        self.finish()


class ComputeLayer(QUndoCommand):
    """Queues units; undone, it takes out of the queue what has not begun."""

    def __init__(self, session: Session, units: Sequence[UnitAddress], layer: str) -> None:
        super().__init__(f"Computing of {layer}")
        self._session, self._units = session, tuple(units)

    def redo(self) -> None:
        """Do it."""
        self._session.compute(self._units)

    def undo(self) -> None:
        """Take it back."""
        units = set(self._units)
        for job in self._session.jobs:
            if job.batch and job.state is JobState.QUEUED and job.unit in units:
                self._session.runs.cancel(job.number)
