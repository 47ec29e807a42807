"""Controls made from the fields of a parameter set: name, range, unit and help from one place."""

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import label, set_role
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, TIGHT
from dgn_explorer.gui.state.run_settings import SettingsModel
from dgn_explorer.synthesis.parameters import ParameterSpec, method_parameters

_FIRST_MERGE_ID = 100


def title_of(spec: ParameterSpec) -> str:
    """``step_start`` as people read it: ``Step start``."""
    return spec.name.replace("_", " ").capitalize()


def range_text(spec: ParameterSpec) -> str:
    """The range in words, with the unit."""
    unit = f" {spec.unit}" if spec.unit else ""
    return f"{number_text(spec.low)} to {number_text(spec.high)}{unit}"


def _help_text(spec: ParameterSpec) -> str:
    text = spec.help
    if spec.unit and spec.unit not in text:
        text = f"{text} ({spec.unit})"
    return f"{text[:1].upper()}{text[1:]}"


class ParameterForm(QWidget):
    """One row a parameter of the settings' method."""

    def __init__(self, settings: SettingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._method = ""
        self.fields: dict[str, NumberField | QCheckBox] = {}
        self._captions: dict[str, QLabel] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._rows = QWidget()
        settings.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        value = self._settings.value
        if value.method != self._method:
            self._build(value.method)
        for name, field in self.fields.items():
            number = getattr(value.parameters, name)
            if isinstance(field, QCheckBox):
                field.setChecked(number)
            elif field.value != number:
                field.set_value(number)

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
        for row, spec in enumerate(method_parameters(method).specs()):
            grid.addWidget(label(title_of(spec)), 3 * row, 0)
            grid.addWidget(self._caption(spec), 3 * row + 1, 0, 1, 2)
            grid.addWidget(self._control(spec, row), 3 * row, 1)
            grid.setRowMinimumHeight(3 * row + 2, TIGHT)
        self._column.addWidget(self._rows)

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

    def _control(self, spec: ParameterSpec, row: int) -> NumberField | QCheckBox:
        start = getattr(self._settings.value.parameters, spec.name)
        field: NumberField | QCheckBox
        if spec.kind is bool:
            field = QCheckBox()
            field.clicked.connect(lambda on: self._edited(spec, row, on))
        else:
            field = NumberField(spec.kind, spec.low, spec.high, start)
            field.setFixedWidth(88)
            field.validity.connect(lambda valid: self._explain(spec, valid))
            field.edited.connect(lambda value: self._edited(spec, row, value))
        field.setAccessibleName(title_of(spec))
        field.setAccessibleDescription(f"{spec.help}; {range_text(spec)}")
        set_tip(field, f"{title_of(spec)}: {range_text(spec)}")
        self.fields[spec.name] = field
        return field

    def _edited(self, spec: ParameterSpec, row: int, value: object) -> None:
        old = self._settings.value
        new = replace(old, parameters=replace(old.parameters, **{spec.name: value}))  # type: ignore[type-var]
        self._settings.edit(new, f"Change of {title_of(spec).lower()}", _FIRST_MERGE_ID + row)
