"""Everything that is known of the result on show."""

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.picture.verdicts import Verdicts
from dgn_explorer.gui.look.parts import action_button, fill_scrolling, label, line, panel
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.look.texts import TIMES, number_text, time_text
from dgn_explorer.gui.look.theme import LARGE, SMALL, TIGHT
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.parameters import ParameterKind, ParameterSpec, written
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode, FromPhoto, FromRandom, FromResult
from dgn_explorer.synthesis.targets import Maximise


def facts(result: Record) -> list[tuple[str, str]]:
    """(name, value) lines about a result, the whole recipe included."""
    recipe = result.recipe
    first, last = number_text(result.first_activation), number_text(result.activation)
    lines = [
        ("Unit", _target_text(recipe)),
        ("Activation", f"{first} → {last}"),
        ("Steps", f"{result.steps} ({result.state})"),
        ("Seed", str(recipe.seed)),
        ("Started from", _start_text(recipe)),
        ("Network", f"{network_text(recipe.network)} ({recipe.network_fingerprint[:8]})"),
    ]  # fmt: skip
    if recipe.prior:
        lines.append(("Prior", f"{network_text(recipe.prior)} ({recipe.prior_fingerprint[:8]})"))
    lines.append(("Method", recipe.method))
    lines += [
        (spec.name.replace("_", " ").capitalize(), _value_text(spec, recipe))
        for spec in recipe.parameters.specs()
        if spec.name != "steps"
    ]
    made = datetime.fromisoformat(result.provenance.created).astimezone()
    lines += [
        ("Image", f"{result.image.shape[1]} {TIMES} {result.image.shape[0]} px"),
        ("Made", f"{made:%d %b %Y %H:%M}"),
        ("Took", f"{time_text(result.provenance.seconds)} on {result.provenance.device}"),
        ("Numbers", recipe.numeric),
        ("Key", f"{result.key[:12]}…"),
    ]
    return lines


def _target_text(recipe: Recipe) -> str:
    if not isinstance(recipe.target, Maximise):
        return recipe.target.text()
    return " + ".join(
        f"{term.weight:g} {TIMES} {term.unit}" if term.weight != 1 else str(term.unit)
        for term in recipe.target.terms
    )


def _value_text(spec: ParameterSpec, recipe: Recipe) -> str:
    value = getattr(recipe.parameters, spec.name)
    if spec.kind in (ParameterKind.INTEGER, ParameterKind.NUMBER):
        return number_text(value)
    return written(spec, value)


class Details(QWidget):
    """Facts of the result on show; looking at them changes no settings."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session = self._session = desk.session
        self._empty = label(
            "When a picture is finished, its recipe, numbers and classes are listed here.",
            "muted",
            wrap=True,
        )
        self.verdicts = Verdicts(session, desk.theme)
        self._facts = QWidget()
        self._form = QFormLayout(self._facts)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(LARGE)
        self._form.setVerticalSpacing(TIGHT)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        for id, text in (("recall", "Use settings"), ("copy_command", "Copy command")):
            row.addWidget(action_button(desk.table[id], text), 1)
        body, column = panel(spacing=SMALL)
        column.addWidget(self._empty)
        column.addWidget(self.verdicts)
        column.addWidget(self._buttons)
        column.addSpacing(TIGHT)
        self._rule = line()
        column.addWidget(self._rule)
        column.addWidget(self._facts)
        column.addStretch()
        fill_scrolling(self, body)
        session.display_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        display = self._session.display
        result = display.result if display.job is None else None
        known = result is not None
        self._empty.setVisible(not known)
        for part in (self._buttons, self._rule, self._facts):
            part.setVisible(known)
        self.verdicts.show_result(result)
        while self._form.rowCount():
            self._form.removeRow(0)
        if result is None:
            return
        for name, value in facts(result):
            text = label(value, "", wrap=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._form.addRow(label(name, "muted"), text)


def _start_text(recipe: Recipe) -> str:
    match recipe.start:
        case FromRandom():
            return "random code"
        case FromCode():
            return "a code in its recipe"
        case FromResult(key):
            return f"the result {key[:12]}…"
        case FromPhoto(role):
            photo = recipe.input(role)
            return (photo.name if photo else "") or "a photograph"
