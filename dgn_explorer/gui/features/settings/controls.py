"""What the next answer is made with: quality, how many, seed, and the rest under *Advanced*."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.settings.fields import Field
from dgn_explorer.gui.features.settings.how_many import HowMany
from dgn_explorer.gui.features.settings.parameter_form import ParameterForm, inputs_of
from dgn_explorer.gui.features.settings.quality import Quality
from dgn_explorer.gui.features.settings.step_size_bar import StepSizeBar
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import action_button, flat_button, label
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import SMALL, TIGHT
from dgn_explorer.gui.state.input_files import InputFiles
from dgn_explorer.synthesis.methods.method import QUALITIES, Method

_LIVE = "The running image goes on from where it is with what you change"
_ONLY_NEXT = "This question has no code to go on from: changes wait for the next run"
_SEED_MERGE_ID = 1
_LARGEST_SEED = 2**63 - 1


class Controls(QWidget):
    """Two basic controls and the seed in sight; everything else behind *Advanced*."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, table = desk.session, desk.table
        self._session = session
        self.quality, self.how_many = Quality(session.settings), HowMany(session.settings)
        self.seed = NumberField(int, 0, _LARGEST_SEED, session.settings.value.seed)
        self.seed.setAccessibleName("Seed")
        self.seed.setAccessibleDescription(
            "The random code to start from; the same seed, the same image"
        )
        set_tip(self.seed, "Same seed, same image on this machine; unlocked, a new one every run")
        self.seed.edited.connect(self._seed_edited)
        files = InputFiles(session, desk.flows, self)
        self.inputs = ParameterForm(session.settings, files.choose, inputs_of, self._best)
        session.selected.connect(self.inputs.refresh)
        self.form = ParameterForm(session.settings, files.choose)
        self.live = self._make_live(table)
        self._presets = QButtonGroup(self)
        self._presets.setExclusive(False)
        self._preset_row = QHBoxLayout()
        self._preset_row.setSpacing(TIGHT)
        self.advanced = self._make_heading()
        self.rest = self._make_rest(desk)
        self.rest.hide()
        self._seeds = QWidget()
        self._seeds.setLayout(self._make_seed_row(table))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SMALL)
        column.setSpacing(SMALL)
        for part in (
            self.inputs,
            self.quality,
            self.how_many,
            self._seeds,
            StepSizeBar(desk),
            self.advanced,
            self.rest,
        ):
            column.addWidget(part)
        session.settings.changed.connect(self._show_settings)
        self._make_presets()
        self._show_settings()

    @property
    def fields(self) -> dict[str, Field]:
        """Every control of the question, by the name of its parameter or input."""
        return {**self.inputs.fields, **self.form.fields}

    def _best(self) -> float | None:
        unit = self._session.unit
        return self._session.best_of(unit) if unit is not None else None

    def _make_heading(self) -> QToolButton:
        made = QToolButton()
        made.setText("Advanced")
        made.setProperty("role", "heading")
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setArrowType(Qt.ArrowType.RightArrow)
        made.setCheckable(True)
        made.setAccessibleName("Advanced settings")
        made.toggled.connect(self._fold)
        return made

    def _fold(self, open: bool) -> None:
        self.rest.setVisible(open)
        self.advanced.setArrowType(Qt.ArrowType.DownArrow if open else Qt.ArrowType.RightArrow)

    def _make_rest(self, desk: Desk) -> QWidget:
        rest = QWidget()
        column = QVBoxLayout(rest)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addLayout(self._preset_row)
        column.addWidget(self.live)
        column.addWidget(self.form)
        return rest

    def _make_seed_row(self, table: ActionTable) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        row.addWidget(label("Seed"))
        row.addWidget(self.seed, 1)
        row.addWidget(flat_button(table["lock_seed"]))
        row.addWidget(action_button(table["again"]))
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
        about = self._session.settings.value.about
        in_sight = QUALITIES.values() if isinstance(about, Method) and about.qualities else ()
        for name in (name for name in about.presets if name not in in_sight):
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
        if self._preset_method != value.method:
            self._make_presets()
        images = isinstance(value.about, Method)
        goes_on = isinstance(value.about, Method) and value.about.with_prior
        set_tip(self.live, _LIVE if goes_on else _ONLY_NEXT)
        for part in (self._seeds, self.live):
            part.setVisible(images)
        for button in self._presets.buttons():
            button.setChecked(button.objectName() == self._session.settings.preset)
