"""What the rows that concern the parameters do: acting at once, and measuring the step size."""

from PySide6.QtCore import QObject

from dgn_explorer.gui.desk.command_group import CommandGroup, Slots
from dgn_explorer.gui.state.live_parameters import LiveParameters
from dgn_explorer.gui.state.step_size import StepSize


class ParameterCommands(CommandGroup):
    """Live parameters and the step size."""

    def __init__(self, live: LiveParameters, step_size: StepSize, parent: QObject) -> None:
        super().__init__(parent)
        self._live, self._step_size = live, step_size
        self.follow(live.changed, step_size.changed)

    def slots(self) -> Slots:
        """What each row does."""
        return {"live_parameters": self._live.toggle, "measure_step": self._step_size.measure}

    def enabled(self) -> dict[str, bool]:
        """What can be done now."""
        return {"live_parameters": True, "measure_step": self._step_size.can_measure}

    def checked(self) -> dict[str, bool]:
        """Whether changes act at once."""
        return {"live_parameters": self._live.on}
