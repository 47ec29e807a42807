"""How much work goes into an image, in five steps that need no number."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import SMALL, TIGHT
from dgn_explorer.gui.state.run_settings import SettingsModel
from dgn_explorer.synthesis.parameters import ParameterKind, ParameterSpec

STOPS = ((0.25, "Sketch"), (0.5, "Draft"), (1.0, "Good"), (2.0, "Fine"), (4.0, "Finest"))
_MERGE_ID = 90


def at_stop(spec: ParameterSpec, usual: float, stop: int) -> int | float:
    """The value of a parameter at one of `STOPS`; ``usual`` is that of *Good*.

    >>> at_stop(ParameterSpec("steps", ParameterKind.INTEGER, 250, "", 1, 10_000), 250, 0)
    62
    """
    value = min(max(usual * STOPS[stop][0], spec.low), spec.high)
    return round(value) if spec.kind is ParameterKind.INTEGER else value


class Quality(QWidget):
    """A slider over the parameter that the question names; hidden where it names none."""

    def __init__(self, settings: SettingsModel) -> None:
        super().__init__()
        self._settings = settings
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(STOPS) - 1)
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

    def _spec(self) -> ParameterSpec | None:
        about = self._settings.value.about
        name = about.asked.quality
        return next((spec for spec in about.parameters.specs() if spec.name == name), None)

    def _usual(self, spec: ParameterSpec) -> float:
        return float(getattr(self._settings.presets["default"], spec.name))

    def _show(self) -> None:
        spec = self._spec()
        self.setVisible(spec is not None)
        if spec is None:
            return
        value = getattr(self._settings.value.parameters, spec.name)
        values = [at_stop(spec, self._usual(spec), stop) for stop in range(len(STOPS))]
        nearest = min(range(len(STOPS)), key=lambda stop: abs(values[stop] - value))
        exact = values[nearest] == value
        self.slider.blockSignals(True)
        self.slider.setValue(nearest)
        self.slider.blockSignals(False)
        self.word.setText(STOPS[nearest][1] if exact else f"{value:g} {spec.name}")
        tip = f"{value:g} {spec.name}: more detail takes longer"
        self.slider.setAccessibleDescription(tip)
        set_tip(self.slider, tip)

    def _moved(self, stop: int) -> None:
        spec, old = self._spec(), self._settings.value
        if spec is not None:
            value = at_stop(spec, self._usual(spec), stop)
            parameters = replace(old.parameters, **{spec.name: value})  # type: ignore[type-var]
            self._settings.edit(replace(old, parameters=parameters), "Change of quality", _MERGE_ID)
