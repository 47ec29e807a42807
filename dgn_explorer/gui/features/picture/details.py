"""Everything that is known of the picture on show."""

import math
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.book import Book
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.picture.verdicts import Verdicts
from dgn_explorer.gui.look.parts import action_button, label
from dgn_explorer.gui.look.plain import network_text, set_tip
from dgn_explorer.gui.look.texts import TIMES, number_text, time_text
from dgn_explorer.gui.look.theme import LARGE, SMALL, TIGHT
from dgn_explorer.gui.state.display import Forming
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.state.topics import PageName, page_of
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.parameters import ParameterKind, ParameterSpec, written
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode, FromPhoto, FromRandom, FromResult
from dgn_explorer.synthesis.targets import Maximise


def facts(result: Record) -> list[tuple[str, str]]:
    """(name, value) lines about a result, the whole recipe included."""
    recipe = result.recipe
    lines = [
        ("Unit", _target_text(recipe)),
        ("Activation", _activation_text(result)),
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


def _activation_text(result: Record) -> str:
    """From the first step's activation to the image's, or to those of the least and the best.

    Where the first step's is not known, as of an example, the image's alone.
    """
    reached = [result.activation_of(number) for number in range(result.count)]
    ends = " to ".join(dict.fromkeys((number_text(min(reached)), number_text(max(reached)))))
    first = result.first_activation
    return f"{number_text(first)} → {ends}" if math.isfinite(first) else ends


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
    """What the network sees in the picture on show, how strongly it answers, and the note."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session = self._session = desk.session
        self._book, self._notes, self._selection = desk.book, desk.notes, desk.selection
        self._empty = label(
            "What the network sees in the picture stands here, while it forms and afterwards.",
            "muted",
            wrap=True,
        )
        self.verdicts = Verdicts(desk)
        self._value = label("", "", wrap=True)
        self._note = label("", "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SMALL)
        column.setSpacing(SMALL)
        for part in (self._empty, self.verdicts, self._value, self._note):
            column.addWidget(part)
        session.display_changed.connect(self._turn)
        session.frame.connect(self._show_frame)
        session.usual.changed.connect(self._show)
        desk.selection.image_chosen.connect(self._show)
        desk.book.page_changed.connect(self._show)
        desk.notes.changed.connect(self._show_note)
        session.selected.connect(self._show_note)
        self._show()

    def _turn(self) -> None:
        """Another answer is on show: of several images the first one is meant."""
        self._selection.choose_image(0)
        self._show()

    def _show_frame(self, frame: Forming) -> None:
        """What the network sees in the image that forms, once a second."""
        network, display = self._session.network, self._session.display
        mine = display.order is not None and page_of(display.order) is self._book.page
        if network is None or not mine or not frame.top or not network.labels:
            return
        self._empty.hide()
        self.verdicts.show_forming(network, frame.top)

    def _show(self) -> None:
        result = _result_on_show(self._session, self._book)
        forming = self._session.runs.frame_of(self._session.display.job or 0)
        self._empty.setVisible(result is None)
        self.verdicts.show_result(result)
        self._value.setVisible(result is not None)
        if forming is not None:
            self._show_frame(forming)
        if result is not None:
            self._value.setText(f"Activation {self._reached(result)}")
            set_tip(
                self._value,
                "How strongly the unit answers: before the first step, and to this image"
                if self._session.display.example is None
                else "How strongly the unit answers to this compressed copy",
            )
        self._show_note()

    def _reached(self, result: Record) -> str:
        """That of the chosen image where there are several, and where it lies among photographs."""
        chosen = min(self._selection.image, result.count - 1)
        text, activation = _activation_text(result), result.activation_of(chosen)
        if result.count > 1:
            text = f"{number_text(activation)} of image {chosen + 1}; all: {text}"
        target = result.recipe.target
        alone = isinstance(target, Maximise) and len(target.terms) == 1
        usual = alone and self._session.usual.text(target.terms[0].unit, activation)
        return f"{text}  ·  {usual}" if usual else text

    def _show_note(self) -> None:
        note = self._notes.of(self._session.unit)
        tags = " ".join(f"#{tag}" for tag in note.tags)
        self._note.setText("\n".join(part for part in (tags, note.text) if part))
        self._note.setVisible(bool(self._note.text()))


class RecipeFacts(QWidget):
    """Everything that decides the image on show; looking at it changes no settings."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._book = desk.session, desk.book
        self._empty = label("The recipe of a finished picture is listed here.", "muted", wrap=True)
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
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SMALL)
        column.setSpacing(SMALL)
        for part in (self._empty, self._buttons, self._facts):
            column.addWidget(part)
        desk.session.display_changed.connect(self._show)
        desk.book.page_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        result = _result_on_show(self._session, self._book)
        self._empty.setVisible(result is None)
        for part in (self._buttons, self._facts):
            part.setVisible(result is not None)
        while self._form.rowCount():
            self._form.removeRow(0)
        for name, value in facts(result) if result is not None else ():
            text = label(value, "", wrap=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._form.addRow(label(name, "muted"), text)


def _result_on_show(session: Session, book: Book) -> Record | None:
    """The images on show, if they are finished and belong to the page."""
    record = session.display.pictured
    if record is None or not isinstance(record.order, Recipe):
        return None
    return record if book.page in (page_of(record.order), PageName.LIBRARY) else None


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
