"""How many images are wanted: a parameter of the method, or so many seeds."""

from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QWidget

from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.gui.state.run_settings import SettingsModel
from dgn_explorer.synthesis.methods.method import Method

MOST = 100
_MERGE_ID = 91


class HowMany(QWidget):
    """One number; hidden for analyses that make no number of anything."""

    def __init__(self, settings: SettingsModel) -> None:
        super().__init__()
        self._settings = settings
        self.number = NumberField(int, 1, MOST, 1)
        self.number.setAccessibleName("How many")
        self.number.edited.connect(self._edited)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(label("How many"), 1)
        row.addWidget(self.number)
        settings.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        value = self._settings.value
        name = value.about.asked.count
        self.setVisible(bool(name) or isinstance(value.about, Method))
        shown = getattr(value.parameters, name) if name else value.count
        if self.number.value != shown:
            self.number.set_value(shown)
        tip = f"{name} of the method" if name else "So many seeds, one image each, as a sheet"
        self.number.setAccessibleDescription(tip)
        set_tip(self.number, tip)

    def _edited(self, number: object) -> None:
        old = self._settings.value
        name = old.about.asked.count
        if not isinstance(number, int):
            return
        if name:
            parameters = old.parameters.changed(**{name: number})
            new = replace(old, parameters=parameters)
        else:
            new = replace(old, count=number)
        self._settings.edit(new, "Change of the number of images", _MERGE_ID)
