"""The slider over how much work goes into an answer."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import SMALL, TIGHT
from dgn_explorer.gui.state.answering.qualities import Stops, quality_of, stops_of
from dgn_explorer.gui.state.run_settings import SettingsModel

_MERGE_ID = 90


class Quality(QWidget):
    """A slider over the parameter that the question names; hidden where it names none."""

    def __init__(self, settings: SettingsModel) -> None:
        super().__init__()
        self._settings = settings
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setPageStep(1)
        self.slider.setAccessibleName("Quality")
        self.slider.valueChanged.connect(self._moved)
        self.word = label("", "strong")
        head = QHBoxLayout()
        head.setSpacing(SMALL)
        head.addWidget(label("Quality"))
        head.addStretch()
        head.addWidget(self.word)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addLayout(head)
        column.addWidget(self.slider)
        settings.changed.connect(self._show)
        self._show()

    @property
    def _stops(self) -> Stops:
        value = self._settings.value
        return stops_of(value.about, self._settings.presets, value.parameters)

    def _show(self) -> None:
        value = self._settings.value.parameters
        spec = quality_of(self._settings.value.about)
        self.setVisible(spec is not None)
        if spec is None:
            return
        stops = self._stops
        amount = getattr(value, spec.name)
        amounts = [getattr(one, spec.name) for _, one in stops]
        exact = [place for place, (_, one) in enumerate(stops) if one == value]
        nearest = min(range(len(amounts)), key=lambda stop: abs(amounts[stop] - amount))
        at = exact[0] if exact else nearest
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(stops) - 1)
        self.slider.setValue(at)
        self.slider.blockSignals(False)
        self.word.setText(stops[at][0] if exact else f"{amount:g} {spec.name}")
        tip = f"{amount:g} {spec.name}: more detail takes longer"
        starts = getattr(value, "starts", 1)
        if starts > 1:
            tip = f"{amount:g} {spec.name} from {starts} starts, of which the best is kept"
        self.slider.setAccessibleDescription(tip)
        set_tip(self.slider, tip)

    def _moved(self, stop: int) -> None:
        old = self._settings.value
        new = replace(old, parameters=self._stops[stop][1])
        self._settings.edit(new, "Change of quality", _MERGE_ID)
