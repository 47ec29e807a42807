"""Asking for several seeds, or for the two axes of a sweep."""

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.results.variations import (
    SEED,
    Axis,
    Sheet,
    choices,
    evenly,
    make_sheet,
)
from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.synthesis.recipe import Recipe


class SeedsDialog(FormDialog):
    """How many seeds, from which one on; `sheet` is ready when it is accepted."""

    def __init__(self, title: str, recipe: Recipe, parent: QWidget) -> None:
        super().__init__("Several seeds", f"{title}, from different random codes.", "Make", parent)
        self._title, self._recipe = title, recipe
        self.count = NumberField(int, 2, 100, 6)
        self.first = NumberField(int, 0, 2**63 - 101, recipe.seed)
        self.add("How many", self.count)
        self.add("First seed", self.first, "The others follow one by one")
        self.finish()

    @property
    def sheet(self) -> Sheet:
        """What to make."""
        first, count = int(self.first.value), int(self.count.value)
        values = tuple(first + i for i in range(count))
        across = Axis(SEED, values)
        return make_sheet(f"{self._title}: {count} seeds", self._recipe, across, Axis())


class _AxisFields(QWidget):
    """A parameter with first value, last value and number of values."""

    def __init__(self, name: str, recipe: Recipe, start: str, none: bool) -> None:
        super().__init__()
        self._specs = choices(recipe.method)
        self._recipe = recipe
        self.parameter = QComboBox()
        self.parameter.setAccessibleName(f"{name}: what varies")
        if none:
            self.parameter.addItem("nothing", "")
        for key in self._specs:
            self.parameter.addItem(key.replace("_", " "), key)
        self.parameter.setCurrentIndex(max(0, self.parameter.findData(start)))
        self.parameter.activated.connect(self._suggest)
        everything = 2.0**63
        self.first = NumberField(float, -everything, everything, 0)
        self.last = NumberField(float, -everything, everything, 0)
        self.count = NumberField(int, 1, 50, 4)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.parameter, 1)
        for word, field, width in (
            ("from", self.first, 72), ("to", self.last, 72), ("in", self.count, 48)
        ):  # fmt: skip
            field.setMinimumWidth(width)
            field.setFixedWidth(width)
            field.setAccessibleName(f"{name}: {word}")
            row.addWidget(label(word, "muted"))
            row.addWidget(field)
        self._suggest()

    def axis(self) -> Axis:
        """What was chosen; raises `DgnError` for values out of range."""
        name = self.parameter.currentData()
        if not name:
            return Axis()
        return evenly(
            self._specs[name],
            float(self.first.value),
            float(self.last.value),
            int(self.count.value),
        )

    def _suggest(self) -> None:
        name = self.parameter.currentData()
        for field in (self.first, self.last, self.count):
            field.setEnabled(bool(name))
        if not name:
            return
        if name == SEED:
            low, high = float(self._recipe.seed), float(self._recipe.seed + 3)
        else:
            spec = self._specs[name]
            now = float(getattr(self._recipe.parameters, name)) or spec.high / 10
            low, high = max(spec.low, now / 2), min(spec.high, now * 2)
        self.first.set_value(low)
        self.last.set_value(high)


class SweepDialog(FormDialog):
    """Two parameters with their values; `sheet` is ready when it is accepted."""

    def __init__(self, title: str, recipe: Recipe, parent: QWidget) -> None:
        super().__init__(
            "Sweep parameters",
            f"{title}, once for every combination. What is stored already is not made again.",
            "Make",
            parent,
        )
        self._title, self._recipe = title, recipe
        self.across = _AxisFields("Across", recipe, "steps", none=False)
        self.down = _AxisFields("Down", recipe, "decay", none=True)
        self.add("Across", self.across)
        self.add("Down", self.down)
        self._problem = label(" ", "problem", wrap=True)
        self.column.addWidget(self._problem)
        self.sheet: Sheet | None = None
        self.finish(600)

    def accept(self) -> None:
        """Go on if the values are in range, else say what is wrong."""
        try:
            across, down = self.across.axis(), self.down.axis()
            cells = number_text(len(across.values) * len(down.values))
            self.sheet = make_sheet(
                f"{self._title}: {cells} variations", self._recipe, across, down
            )
        except DgnError as error:
            self._problem.setText(f"{error.message} {error.hint}")
            return
        super().accept()
