"""Controls made from the fields of a parameter set: name, range, unit and help from one place."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from dgn_explorer.gui.features.settings.fields import FIELDS, Field
from dgn_explorer.gui.look.parts import label, set_role
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, TIGHT
from dgn_explorer.gui.state.asking import proposed, takes_band
from dgn_explorer.gui.state.run_settings import SettingsModel
from dgn_explorer.studies.questions import About, question_named
from dgn_explorer.synthesis.parameters import ParameterKind, ParameterSpec

_FIRST_MERGE_ID, _BAND_MERGE_ID = 100, 92
BAND = "activation"
_BAND_SPEC = ParameterSpec(
    BAND,
    ParameterKind.RANGE,
    (8.0, 10.0),
    "how strongly the images excite the unit, from and to",
    -1e9,
    1e9,
)


def title_of(spec: ParameterSpec) -> str:
    """``step_start`` as people read it: ``Step start``."""
    return spec.name.replace("_", " ").capitalize()


def range_text(spec: ParameterSpec) -> str:
    """The range in words, with the unit; the choices where there are no numbers."""
    if spec.choices:
        return ", ".join(spec.choices)
    if spec.kind in (ParameterKind.TEXT, ParameterKind.INPUT):
        return "a picture" if spec.kind is ParameterKind.INPUT else "any text"
    unit = f" {spec.unit}" if spec.unit else ""
    return f"{number_text(spec.low)} to {number_text(spec.high)}{unit}"


def _help_text(spec: ParameterSpec) -> str:
    text = spec.help
    if spec.unit and spec.unit not in text:
        text = f"{text} ({spec.unit})"
    return f"{text[:1].upper()}{text[1:]}"


def inputs_of(about: About) -> tuple[ParameterSpec, ...]:
    """What has to be in sight: pictures that are needed, and a range of activations."""
    needed = (spec for spec in about.choosable if spec.low)
    return (*needed, *((_BAND_SPEC,) if takes_band(about) else ()))


def parameters_of(about: About) -> tuple[ParameterSpec, ...]:
    """The parameters of a method or study, and the pictures that it can do without."""
    return (*about.parameters.specs(), *(spec for spec in about.choosable if not spec.low))


class ParameterForm(QWidget):
    """One row a parameter of the question; ``specs`` says which ones."""

    def __init__(
        self,
        settings: SettingsModel,
        choose: Callable[[str, str], None],
        specs: Callable[[About], tuple[ParameterSpec, ...]] = parameters_of,
        best: Callable[[], float | None] = lambda: None,
    ) -> None:
        """``choose`` takes the role of an input and the path of the file for it.

        ``best`` is the highest activation known of what is asked of, for a range to propose.
        """
        super().__init__()
        self._best = best
        self._settings, self._choose, self._specs = settings, choose, specs
        self._method = ""
        self.fields: dict[str, Field] = {}
        self._captions: dict[str, QLabel] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._rows = QWidget()
        settings.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Follow the settings, and what is known of the subject."""
        value = self._settings.value
        if value.method != self._method:
            self._build(value.method)
        for name, field in self.fields.items():
            shown = self._value(name)
            if field.value != shown:
                field.set_value(shown)

    def _value(self, name: str) -> Any:
        """What the settings say of a parameter, or the name of what was given for an input."""
        settings = self._settings.value
        if name == BAND:
            return settings.band or proposed(self._best())
        if hasattr(settings.parameters, name):
            return getattr(settings.parameters, name)
        given = [one for one in settings.inputs if one.role == name]
        return (given[0].name or given[0].sha256[:12]) if given else ""

    def _build(self, method: str) -> None:
        self._method = method
        self.fields.clear()
        self._captions.clear()
        self._column.removeWidget(self._rows)
        self._rows.deleteLater()
        self._rows = QWidget()
        grid = QGridLayout(self._rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(MEDIUM)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        specs = self._specs(question_named(method))
        for row, spec in enumerate(specs):
            grid.addWidget(label(title_of(spec)), 3 * row, 0)
            grid.addWidget(self._caption(spec), 3 * row + 1, 0, 1, 2)
            grid.addWidget(self._control(spec, row), 3 * row, 1)
            grid.setRowMinimumHeight(3 * row + 2, TIGHT)
        self._column.addWidget(self._rows)
        self.setVisible(bool(specs))

    def help_of(self, name: str) -> str:
        """The line under a parameter: its help, or its range while what is typed is outside."""
        return self._captions[name].text()

    def _caption(self, spec: ParameterSpec) -> QLabel:
        self._captions[spec.name] = label(_help_text(spec), "caption", wrap=True)
        return self._captions[spec.name]

    def _explain(self, spec: ParameterSpec, valid: bool) -> None:
        caption = self._captions[spec.name]
        caption.setText(_help_text(spec) if valid else f"From {range_text(spec)}")
        set_role(caption, "role", "caption" if valid else "problem")

    def _control(self, spec: ParameterSpec, row: int) -> Field:
        field = FIELDS[spec.kind](spec, self._value(spec.name))
        if spec.kind is ParameterKind.INPUT:
            field.edited.connect(lambda path: self._choose(spec.name, path))
        else:
            field.edited.connect(lambda value: self._edited(spec, row, value))
        field.validity.connect(lambda valid: self._explain(spec, valid))
        field.setAccessibleName(title_of(spec))
        field.setAccessibleDescription(f"{spec.help}; {range_text(spec)}")
        set_tip(field, f"{title_of(spec)}: {range_text(spec)}")
        self.fields[spec.name] = field
        return field

    def _edited(self, spec: ParameterSpec, row: int, value: object) -> None:
        old = self._settings.value
        if spec.name == BAND and isinstance(value, tuple):
            self._settings.edit(replace(old, band=value), "Change of the range", _BAND_MERGE_ID)
            return
        new = replace(old, parameters=old.parameters.changed(**{spec.name: value}))
        self._settings.edit(new, f"Change of {title_of(spec).lower()}", _FIRST_MERGE_ID + row)
