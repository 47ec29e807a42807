"""What stands below an example picture: that it is one, and the button that makes the whole."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import action_button, label, panel
from dgn_explorer.gui.look.texts import time_text
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL
from dgn_explorer.gui.state.answering.expecting import expected_seconds
from dgn_explorer.gui.state.run_settings import RunSettings
from dgn_explorer.results.record import Record

COMPUTE = "compute_in_full"  # the action


class ExampleBar(QWidget):
    """Seen while an example is on show."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session = desk.session
        self.text = label("", "muted", wrap=True)
        self.go = action_button(desk.table[COMPUTE])
        self.go.setProperty("role", "primary")
        body, column = panel(margin=0)
        column.setContentsMargins(LARGE, SMALL, SMALL, SMALL)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(self.text, 1)
        row.addWidget(self.go)
        column.addLayout(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)

    def show_example(self, example: Record | None) -> None:
        """Say of ``example`` what it is; None hides the bar."""
        self.setVisible(example is not None)
        if example is None:
            return
        recipe = example.recipe
        asked = RunSettings(method=recipe.method, parameters=recipe.parameters)
        seconds, _ = expected_seconds(self._session, asked)
        time = f" In full it takes about {time_text(max(1, seconds))}." if seconds else ""
        self.text.setText(f"A small example that came with the program, not computed here.{time}")
