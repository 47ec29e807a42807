"""How much work goes into an image, in steps that need no number.

They are `QUALITIES` where the method has parameters for them, else shares of its own amount.
"""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import SMALL, TIGHT
from dgn_explorer.gui.state.run_settings import SettingsModel
from dgn_explorer.synthesis.methods.method import QUALITIES, Method
from dgn_explorer.synthesis.parameters import ParameterKind, Parameters, ParameterSpec

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
    def _qualities(self) -> dict[str, Parameters]:
        """What the stops stand for where the question has parameters of its own for each."""
        about = self._settings.value.about
        if not isinstance(about, Method) or not about.qualities:
            return {}
        presets = self._settings.presets
        return {word: presets[QUALITIES[word]] for word in about.qualities}

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
        own, value = self._qualities, self._settings.value.parameters
        amount = getattr(value, spec.name)
        if own:
            words = [word.capitalize() for word in own]
            amounts = [getattr(one, spec.name) for one in own.values()]
            exact = value in own.values()
        else:
            words = [word for _, word in STOPS]
            amounts = [at_stop(spec, self._usual(spec), stop) for stop in range(len(STOPS))]
            exact = amount in amounts
        nearest = min(range(len(amounts)), key=lambda stop: abs(amounts[stop] - amount))
        if own and exact:
            nearest = list(own.values()).index(value)
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(words) - 1)
        self.slider.setValue(nearest)
        self.slider.blockSignals(False)
        self.word.setText(words[nearest] if exact else f"{amount:g} {spec.name}")
        tip = f"{amount:g} {spec.name}: more detail takes longer"
        starts = getattr(value, "starts", 1)
        if starts > 1:
            tip = f"{amount:g} {spec.name} from {starts} starts, of which the best is kept"
        self.slider.setAccessibleDescription(tip)
        set_tip(self.slider, tip)

    def _moved(self, stop: int) -> None:
        spec, old, own = self._spec(), self._settings.value, self._qualities
        if spec is None:
            return
        if own:
            parameters = list(own.values())[stop]
        else:
            value = at_stop(spec, self._usual(spec), stop)
            parameters = replace(old.parameters, **{spec.name: value})  # type: ignore[type-var]
        self._settings.edit(replace(old, parameters=parameters), "Change of quality", _MERGE_ID)
