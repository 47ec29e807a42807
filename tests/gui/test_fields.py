"""One widget a kind of parameter, and the inputs of a method in the settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.features.settings.fields import (
    FIELDS,
    Choice,
    InputFile,
    Range,
    Switch,
    Words,
)
from dgn_explorer.studies import questions
from dgn_explorer.synthesis.inputs import MASK, PHOTO, InputSpec
from dgn_explorer.synthesis.methods import table
from dgn_explorer.synthesis.methods.method import Method, Need
from dgn_explorer.synthesis.parameters import (
    ParameterKind,
    Parameters,
    choice,
    number,
    span,
    switch,
    words,
)
from tests.gui.conftest import Explorer


@dataclass(frozen=True)
class EveryKind(Parameters):
    steps: int = number(3, 1, 9, "", "steps")
    share: float = number(0.5, 0.0, 1.0, "", "share")
    on: bool = switch(False, "on or off")
    how: str = choice("slow", ("slow", "fast"), "how")
    text: str = words("", "a text", most=10)
    band: tuple[float, float] = span((1.0, 2.0), 0.0, 9.0, "", "a band")


EVERY = Method(
    name="every",
    title="Every kind",
    summary="has a parameter of every kind",
    parameters=EveryKind,
    presets={"default": EveryKind()},
    inputs=(
        InputSpec("photo", PHOTO, "A photo"),
        InputSpec("mask", MASK, "A mask", required=False),
    ),
    needs=frozenset({Need.PRIOR}),
    code="tests.gui.test_fields:never",
)


@pytest.fixture
def every(monkeypatch: pytest.MonkeyPatch, explorer: Explorer) -> Explorer:
    monkeypatch.setattr(table, "METHODS", (*table.METHODS, EVERY))
    monkeypatch.setattr(questions, "METHODS", table.METHODS)
    explorer.controls.advanced.setChecked(True)
    explorer.session.settings.use_method("every")
    return explorer


def parameters(explorer: Explorer) -> Any:
    return explorer.session.settings.value.parameters


def dialog_of(explorer: Explorer) -> ErrorDialog | None:
    shown = explorer.window.findChildren(ErrorDialog)
    return next((dialog for dialog in shown if dialog.isVisible()), None)


def test_every_kind_has_a_widget() -> None:
    assert FIELDS.keys() == set(ParameterKind)


def test_what_is_entered_reaches_the_settings_and_back(every: Explorer) -> None:
    fields = every.controls.fields
    assert list(fields) == ["photo", "steps", "share", "on", "how", "text", "band", "mask"]
    assert list(every.controls.inputs.fields) == ["photo"]  # what it can do without is behind
    on, how, text, band = (fields[name] for name in ("on", "how", "text", "band"))
    assert isinstance(on, Switch) and isinstance(how, Choice)
    assert isinstance(text, Words) and isinstance(band, Range)
    on.click()
    how.textActivated.emit("fast")
    text.setFocus()
    every.qtbot.keyClicks(text, "hello")
    every.qtbot.keyClick(text, Qt.Key.Key_Return)
    high = band._ends[1]
    high.setFocus()
    high.selectAll()
    every.qtbot.keyClicks(high, "5")
    every.qtbot.keyClick(high, Qt.Key.Key_Return)
    assert parameters(every) == EveryKind(on=True, how="fast", text="hello", band=(1.0, 5.0))
    every.session.undo.undo()
    assert band.value == (1.0, 2.0)
    low = band._ends[0]
    low.setFocus()
    low.selectAll()
    every.qtbot.keyClicks(low, "8")
    every.qtbot.keyClick(low, Qt.Key.Key_Return)
    assert parameters(every).band == (1.0, 2.0)  # 8 to 2 is no band


def test_an_input_is_chosen_kept_and_needed(every: Explorer, tmp_path: Path) -> None:
    photo, mask = (every.controls.fields[name] for name in ("photo", "mask"))
    assert isinstance(photo, InputFile) and isinstance(mask, InputFile)
    assert photo.findChild(type(photo._shown)).text() == "needed"
    every.type_and_enter("volcano")
    every.until(lambda: dialog_of(every) is not None)
    assert not every.engine.submitted
    dialog_of(every).close()
    path = tmp_path / "dog.png"
    Image.new("RGB", (9, 9), (1, 2, 3)).save(path)
    photo.edited.emit(str(path))
    every.until(lambda: photo.value == "dog.png")
    every.type_and_enter("volcano")
    every.submitted(1)
    (given,) = every.engine.submitted[0].inputs
    assert (given.role, given.name) == ("photo", "dog.png")
    assert every.session.library.store.inputs.get(given.sha256) == path.read_bytes()
    every.session.undo.undo()
    assert photo.value == ""


def test_a_file_that_is_no_picture_is_refused(every: Explorer, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    every.controls.fields["photo"].edited.emit(str(tmp_path / "text.png"))
    every.until(lambda: dialog_of(every) is not None)
    assert every.session.settings.value.inputs == ()
    dialog_of(every).close()
