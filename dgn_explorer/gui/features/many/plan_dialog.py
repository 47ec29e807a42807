"""Asking for a plan: one chain that goes through several units, with so many images of each."""

from PySide6.QtWidgets import QLineEdit, QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.parts import label
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.plan import plan_of
from dgn_explorer.synthesis.targets import Chain

_COUNT = 4


class PlanDialog(FormDialog):
    """One line; `plan` is there once it is accepted."""

    def __init__(self, network: NetworkInfo, begin: str, parent: QWidget) -> None:
        super().__init__(
            "From one unit to the next",
            "One image turns into the next: first of one unit, then of another from where it is.",
            "Make",
            parent,
        )
        self._network = network
        self.text = QLineEdit(f"{begin}*{_COUNT}, " if begin else "")
        self.text.setPlaceholderText("volcano*4, strawberry*4")
        self.add("Plan", self.text, "Class names or addresses, each with * and how many images")
        self._problem = label(" ", "problem", wrap=True)
        self.column.addWidget(self._problem)
        self.plan: Chain | None = None
        self.finish()
        self.text.setFocus()

    def accept(self) -> None:
        """Go on with a plan, else say what is wrong."""
        try:
            self.plan = plan_of(self._network, self.text.text().strip().rstrip(","))
        except DgnError as error:
            self._problem.setText(f"{error.message} {error.hint}")
            return
        super().accept()
