"""The units of a combination: dropped from the grid, a slider each, and kept ones."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.combine.weight_pad import FEWEST, WeightPad
from dgn_explorer.gui.features.combine.weight_pad import MOST as LARGEST
from dgn_explorer.gui.look.close_button import CloseButton
from dgn_explorer.gui.look.dragging import carried_units
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import (
    ElidedLabel,
    action_button,
    label,
    line,
)
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.theme import SMALL, Theme
from dgn_explorer.gui.state.answering.combination import MOST, Combination
from dgn_explorer.networks.address import UnitAddress

RANGE = 2.0  # weights from -2 to 2; more only shifts all the others
_TICKS = 20  # slider steps for a weight of 1
_CHOOSE = "Kept combinations"


class PartRow(QWidget):
    """One unit with its weight."""

    def __init__(
        self, unit: UnitAddress, name: str, model: Combination, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.unit, self._model = unit, model
        self.title = plain(name or str(unit))
        title = ElidedLabel("strong")
        title.setText(self.title)
        about = label(str(unit) if name else "", "caption")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(-RANGE * _TICKS), round(RANGE * _TICKS))
        self.slider.setPageStep(_TICKS // 4)
        self.slider.setAccessibleName(f"Weight of {name or unit}")
        self.slider.setAccessibleDescription("Negative weights avoid the unit, 0 leaves it out")
        self.slider.valueChanged.connect(lambda ticks: self._weigh(ticks / _TICKS))
        self.number = NumberField(float, -RANGE, RANGE, 1.0)
        self.number.setFixedWidth(72)
        self.number.setAccessibleName(f"Weight of {name or unit} as a number")
        self.number.edited.connect(self._weigh)
        remove = CloseButton(theme, f"Take {name or unit} out", "Take this unit out")
        remove.clicked.connect(lambda: model.remove(unit))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, SMALL)
        grid.setHorizontalSpacing(SMALL)
        grid.setVerticalSpacing(2)
        grid.addWidget(title, 0, 0)
        grid.addWidget(about, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(remove, 0, 2)
        grid.addWidget(self.slider, 1, 0)
        grid.addWidget(self.number, 1, 1, 1, 2, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(0, 1)
        grid.setColumnMinimumWidth(1, 48)

    def show_weight(self, weight: float) -> None:
        """Follow the model."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(weight * _TICKS))
        self.slider.blockSignals(False)
        if self.number.value != weight:
            self.number.set_value(weight)

    def _weigh(self, weight: object) -> None:
        if isinstance(weight, int | float):
            self._model.weigh(self.unit, float(weight))


class CombinePanel(QWidget):
    """Drop units here, or add the selected one by key."""

    def __init__(self, desk: Desk, model: Combination) -> None:
        super().__init__()
        notes, theme, table = desk.notes, desk.theme, desk.table
        self._session, self._model, self._notes, self._theme = desk.session, model, notes, theme
        self.setAcceptDrops(True)
        self.rows: list[PartRow] = []
        self._empty = label(
            "Drag units from the grid to here, from any layers, and give each its weight. "
            "The picture follows, starting from where it is.",
            "muted",
            wrap=True,
        )
        self._list = QVBoxLayout()
        self._list.setSpacing(SMALL)
        self.pad = WeightPad(theme)
        self._moves = 0  # of the pad; each is one step of undo
        self.pad.started.connect(self._begin_move)
        self.pad.moved.connect(lambda weights: model.weigh_all(weights, self._moves))
        self._buttons = self._make_buttons(table)
        self.live = QCheckBox("Follow the weights live")
        self.live.setAccessibleName("Follow the weights live")
        self.live.setChecked(True)
        self.live.clicked.connect(self._set_live)
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name")
        self.name.setAccessibleName("Name of the combination")
        self.name.returnPressed.connect(table["keep_combination"].trigger)
        self.kept = QComboBox()
        self.kept.setAccessibleName("Kept combinations")
        self.kept.activated.connect(self._open_kept)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self._empty)
        column.addLayout(self._list)
        column.addWidget(self.pad)
        column.addWidget(self._buttons)
        column.addWidget(self.live)
        column.addWidget(line())
        column.addWidget(label("KEEP AND OPEN AGAIN", "section"))
        column.addLayout(self._make_keeping(table))
        column.addWidget(self.kept)
        model.changed.connect(self._show)
        notes.changed.connect(self._show_kept)
        self._show()
        self._show_kept()

    def _make_buttons(self, table: ActionTable) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        for id, text in (("restart_combination", "Start over"), ("clear_combination", "Clear")):
            row.addWidget(action_button(table[id], text), 1)
        return made

    def _make_keeping(self, table: ActionTable) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.name, 1)
        row.addWidget(action_button(table["keep_combination"], "Keep"))
        return row

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept units."""
        if carried_units(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add units."""
        if self._model.add(carried_units(event.mimeData())):
            event.acceptProposedAction()

    def focus_first(self) -> None:
        """Put the keyboard to the newest slider."""
        if self.rows:
            self.rows[-1].slider.setFocus()

    def _show(self) -> None:
        parts = self._model.parts
        if [row.unit for row in self.rows] != [unit for unit, _ in parts]:
            for row in self.rows:
                self._list.removeWidget(row)
                row.deleteLater()
            network = self._session.network
            self.rows = [
                PartRow(
                    unit, network.label(unit) if network else "", self._model, self._theme, self
                )
                for unit, _ in parts
            ]
            for row in self.rows:
                self._list.addWidget(row)
        for row, (_, weight) in zip(self.rows, parts, strict=True):
            row.show_weight(weight)
        self.pad.setVisible(FEWEST <= len(parts) <= LARGEST)
        names = [row.title for row in self.rows]
        self.pad.show_weights(names, [weight for _, weight in parts])
        self._empty.setText(
            f"{len(parts)} of at most {MOST} units. Weights are shares of every step; "
            "below 0 a unit is avoided."
            if len(parts) > 1
            else "One more unit makes a combination."
            if parts
            else "Drag units from the grid to here, from any layers, and give each its weight. "
            "The picture follows, starting from where it is."
        )
        for part in (self._buttons, self.live):
            part.setVisible(bool(parts))

    def _show_kept(self) -> None:
        names = sorted(self._notes.book.combinations)
        self.kept.clear()
        self.kept.addItem(_CHOOSE if names else "Nothing is kept yet")
        for name in names:
            self.kept.addItem(plain(name, 200), name)
        self.kept.setEnabled(bool(names))

    def _open_kept(self, row: int) -> None:
        name = self.kept.itemData(row) or ""
        terms = self._notes.book.combinations.get(name) if row else None
        if terms is not None:
            self.name.setText(name)
            self._model.replace_all(terms)

    def _begin_move(self) -> None:
        self._moves += 1

    def _set_live(self, on: bool) -> None:
        self._model.live = on
