"""One input of the method: which photograph or mask it is, and a button to choose another."""

from collections.abc import Callable

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from dgn_explorer.gui.look.parts import ElidedLabel, label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import TIGHT
from dgn_explorer.photos.files import SUFFIXES
from dgn_explorer.synthesis.inputs import Input, InputSpec


class InputRow(QWidget):
    """Shows what was given for one `InputSpec`; ``choose`` gets the role and a file's path."""

    def __init__(self, spec: InputSpec, choose: Callable[[str, str], None]) -> None:
        super().__init__()
        self.spec, self._choose = spec, choose
        self.name = ElidedLabel("muted")
        self.button = QPushButton("Choose…")
        self.button.setAccessibleName(f"Choose the {spec.role}")
        set_tip(self.button, spec.help)
        self.button.clicked.connect(self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        row.addWidget(label(spec.role.capitalize()))
        row.addWidget(self.name, 1)
        row.addWidget(self.button)

    def show_input(self, given: Input | None) -> None:
        """Show what is given now."""
        missing = "needed" if self.spec.required else "none"
        self.name.setText((given.name or "given") if given is not None else missing)

    def _ask(self) -> None:
        chooser = QFileDialog(self.window(), f"Choose the {self.spec.role}")
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        chooser.setNameFilter(f"Pictures ({patterns})")
        chooser.fileSelected.connect(lambda path: self._choose(self.spec.role, path))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()
