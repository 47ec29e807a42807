"""How maps are drawn: tone, signs, opacity, smoothing, clip."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QSlider, QWidget

from dgn_explorer.export.heat import COLOURS, GREY, RED_BLUE
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.gui.state.photos.map_look import MapLook

_TONES = {
    RED_BLUE: "Red for, blue against",
    GREY: "Grey",
    COLOURS: "The map's own colours",
}
# field: what it is called, slider's range, the field's value a slider step, tip
_SLIDERS = {
    "opacity": ("Opacity", 0, 100, 0.01, "How strongly the map covers the photo"),
    "smooth": ("Smooth", 0, 32, 0.5, "Blurs the map, in pixels of it"),
    "clip": ("Clip", 80, 100, 1.0, "The percentile of the sizes that is full colour"),
}


class LookPanel(QWidget):
    """Changes the one `MapLook`; every change can be taken back."""

    def __init__(self, model: MapLook) -> None:
        super().__init__()
        self._model = model
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SMALL)
        self.tone = QComboBox()
        self.tone.setAccessibleName("Tone of maps")
        for tone, text in _TONES.items():
            self.tone.addItem(text, tone)
        self.tone.activated.connect(lambda _row: model.change("tone", self.tone.currentData()))
        grid.addWidget(label("Tone", "muted"), 0, 0)
        grid.addWidget(self.tone, 0, 1, 1, 2)
        self.absolute = QCheckBox("Sizes alone, without signs")
        self.absolute.clicked.connect(lambda on: model.change("absolute", on))
        grid.addWidget(self.absolute, 1, 0, 1, 3)
        self.sliders: dict[str, QSlider] = {}
        self._said = {name: label("", "muted") for name in _SLIDERS}
        for row, (name, (text, low, high, _, tip)) in enumerate(_SLIDERS.items(), 2):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(low, high)
            slider.setAccessibleName(f"{text} of maps")
            set_tip(slider, tip)
            slider.valueChanged.connect(lambda at, name=name: self._slid(name, at))
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(self._said[name], row, 2)
            self.sliders[name] = slider
        grid.setColumnStretch(1, 1)
        model.changed.connect(self._show)
        self._show()

    def _slid(self, name: str, at: int) -> None:
        self._model.change(name, at * _SLIDERS[name][3])

    def _show(self) -> None:
        look = self._model.value
        self.tone.setCurrentIndex(self.tone.findData(look.tone))
        self.absolute.setChecked(look.absolute)
        for name, slider in self.sliders.items():
            value = float(getattr(look, name))
            slider.blockSignals(True)
            slider.setValue(round(value / _SLIDERS[name][3]))
            slider.blockSignals(False)
            self._said[name].setText(f"{value:g}" if name != "opacity" else f"{value:.0%}")
