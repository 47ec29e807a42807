"""The right side: the selected unit, Visualise, seed, preset and parameters."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.settings.parameter_form import ParameterForm
from dgn_explorer.gui.features.settings.step_size_bar import StepSizeBar
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import (
    ElidedLabel,
    action_button,
    fill_scrolling,
    flat_button,
    label,
    line,
    panel,
)
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.texts import shape_text
from dgn_explorer.gui.look.theme import SMALL, TIGHT
from dgn_explorer.gui.state.input_files import InputFiles
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.methods.table import METHODS, method_named
from dgn_explorer.synthesis.start import RANDOM

_LIVE = "The running image goes on from where it is with what you change"
_ONLY_NEXT = "This method has no code to go on from: changes wait for the next run"
_SEED_MERGE_ID = 1
_LARGEST_SEED = 2**63 - 1


class Controls(QWidget):
    """What the next run will do, and the button that starts it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, notes, table = desk.session, desk.notes, desk.table
        self._session, self._notes = session, notes
        self._note = label("", "caption", wrap=True)
        self._name = label("No unit selected", "title", wrap=True)
        self._about = label("Click a unit at the left, or search.", "muted", wrap=True)
        self._go = action_button(table["visualise"], "Visualise")
        self._go.setProperty("role", "primary")
        self.seed = NumberField(int, 0, _LARGEST_SEED, session.settings.value.seed)
        self.seed.setAccessibleName("Seed")
        self.seed.setAccessibleDescription(
            "The random code to start from; the same seed, the same image"
        )
        self.seed.edited.connect(self._seed_edited)
        files = InputFiles(session, desk.flows, self)
        self.form = ParameterForm(session.settings, files.choose)
        self.live = self._make_live(table)
        self.method = QComboBox()
        self.method.setAccessibleName("Method")
        for method in METHODS:
            if method.of_units:
                self.method.addItem(method.title, method.name)
        self.method.activated.connect(
            lambda _row: session.settings.use_method(self.method.currentData())
        )
        self._start = ElidedLabel("muted")
        self._start_row = QWidget()
        row = QHBoxLayout(self._start_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        row.addWidget(self._start, 1)
        forget = QPushButton("Random")
        forget.setProperty("role", "link")
        forget.setAccessibleName("Start from a random code again")
        forget.clicked.connect(lambda: session.settings.start_from(RANDOM, ""))
        row.addWidget(forget)
        self._presets = QButtonGroup(self)
        self._presets.setExclusive(False)
        self._preset_row = QHBoxLayout()
        self._preset_row.setSpacing(TIGHT)

        body, column = panel(spacing=SMALL)
        head = QHBoxLayout()
        head.setSpacing(TIGHT)
        head.addWidget(self._name, 1)
        for id in ("favourite", "add_to_combination"):
            head.addWidget(flat_button(table[id]), 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        column.addWidget(self._about)
        column.addWidget(self._note)
        column.addSpacing(TIGHT)
        column.addWidget(self._go)
        column.addSpacing(TIGHT)
        column.addWidget(line())
        column.addWidget(label("SEED", "section"))
        column.addLayout(self._make_seed_row(table))
        column.addWidget(self._start_row)
        column.addWidget(
            label(
                "Same seed, same image on this machine. Unlocked: a new one for every run.",
                "caption",
                wrap=True,
            )
        )
        column.addSpacing(TIGHT)
        column.addWidget(line())
        column.addWidget(label("METHOD", "section"))
        column.addWidget(self.method)
        column.addSpacing(TIGHT)
        column.addWidget(line())
        column.addWidget(label("PRESET", "section"))
        column.addLayout(self._preset_row)
        column.addSpacing(TIGHT)
        column.addWidget(line())
        column.addWidget(label("PARAMETERS", "section"))
        column.addWidget(self.live)
        column.addWidget(StepSizeBar(desk))
        column.addWidget(self.form)
        column.addStretch()
        fill_scrolling(self, body)
        session.selected.connect(self._show_unit)
        session.opened.connect(self._opened)
        notes.changed.connect(self._show_note)
        session.settings.changed.connect(self._show_settings)
        self._make_presets()
        self._show_settings()

    def _make_seed_row(self, table: ActionTable) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(TIGHT)
        row.addWidget(self.seed, 1)
        row.addWidget(flat_button(table["lock_seed"]))
        row.addWidget(flat_button(table["new_seed"]))
        return row

    def _make_live(self, table: ActionTable) -> QCheckBox:
        action = table["live_parameters"]
        made = QCheckBox()
        made.clicked.connect(action.trigger)

        def take_over() -> None:
            made.setText(action.text())
            made.setAccessibleName(action.text())
            made.setChecked(action.isChecked())

        action.changed.connect(take_over)
        take_over()
        return made

    def _make_presets(self) -> None:
        for old in self._presets.buttons():
            self._presets.removeButton(old)
            self._preset_row.removeWidget(old)
            old.deleteLater()
        self._preset_method = self._session.settings.value.method
        for name in method_named(self._preset_method).presets:
            button = QPushButton(name.capitalize())
            button.setCheckable(True)
            button.setAccessibleName(f"Preset {name}")
            button.clicked.connect(lambda _checked=False, name=name: self._use_preset(name))
            button.setObjectName(name)
            self._presets.addButton(button)
            self._preset_row.addWidget(button, 1)

    def _use_preset(self, name: str) -> None:
        value = self._session.settings.value
        new = replace(value, parameters=self._session.settings.presets[name])
        self._session.settings.edit(new, f"Preset {name}")
        self._show_settings()

    def _seed_edited(self, seed: object) -> None:
        value = self._session.settings.value
        if isinstance(seed, int):
            new = replace(value, seed=seed)
            self._session.settings.edit(new, "Change of seed", _SEED_MERGE_ID)

    def _show_settings(self) -> None:
        value = self._session.settings.value
        if self.seed.value != value.seed:
            self.seed.set_value(value.seed)
        if self.method.currentData() != value.method:
            self.method.setCurrentIndex(self.method.findData(value.method))
        if self._preset_method != value.method:
            self._make_presets()
        set_tip(self.live, _LIVE if method_named(value.method).with_prior else _ONLY_NEXT)
        self._start_row.setVisible(value.start != RANDOM)
        self._start.setText(f"Starts from {value.start_name}")
        for button in self._presets.buttons():
            button.setChecked(button.objectName() == self._session.settings.preset)

    def _opened(self) -> None:
        self._show_unit(None)

    def _show_note(self) -> None:
        note = self._notes.of(self._session.unit)
        tags = " ".join(f"#{tag}" for tag in note.tags)
        self._note.setText("\n".join(part for part in (tags, note.text) if part))
        self._note.setVisible(bool(self._note.text()))

    def _show_unit(self, unit: UnitAddress | None) -> None:
        network = self._session.network
        self._show_note()
        if unit is None or network is None:
            self._name.setText("No unit selected")
            self._about.setText("Click a unit at the left, or search.")
            return
        layer = network.layer(unit.layer)
        name = network.label(unit)
        self._name.setText(name or str(unit))
        about = f"{layer.kind}, {shape_text(layer)} units"
        self._about.setText(f"{unit}  ·  {about}" if name else about)
