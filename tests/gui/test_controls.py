"""Seed, presets and parameters: generated from the recipe's fields, undone step by step."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from dgn_explorer.gui.features.settings.parameter_form import range_text, title_of
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM, DgnAmParameters
from dgn_explorer.synthesis.methods.method import QUALITIES
from dgn_explorer.synthesis.methods.pixels.about import PIXELS
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import PRIOR


def enter(explorer: Explorer, field: NumberField, text: str) -> None:
    field.setFocus()
    field.selectAll()
    explorer.qtbot.keyClicks(field, text)
    explorer.qtbot.keyClick(field, Qt.Key.Key_Return)


def test_one_control_for_each_parameter(explorer: Explorer) -> None:
    fields = explorer.controls.fields
    assert list(fields) == [spec.name for spec in DgnAmParameters.specs()]
    for spec in DgnAmParameters.specs():
        assert fields[spec.name].accessibleName() == title_of(spec)
        assert spec.help in fields[spec.name].accessibleDescription()
        assert range_text(spec) in fields[spec.name].toolTip()


def test_typed_values_reach_the_recipe(explorer: Explorer) -> None:
    enter(explorer, explorer.controls.fields["steps"], "33")
    enter(explorer, explorer.controls.fields["step_end"], "1e-5")
    enter(explorer, explorer.controls.seed, "77")
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    recipe = explorer.engine.submitted[0]
    assert recipe.parameters.steps == 33
    assert recipe.parameters.step_end == 1e-5
    assert recipe.seed == 77


@pytest.mark.parametrize("text", ["0", "20000", "abc", "1.5", ""])
def test_bad_number_is_outlined_and_not_used(explorer: Explorer, text: str) -> None:
    field = explorer.controls.fields["steps"]
    field.setFocus()
    field.selectAll()
    explorer.qtbot.keyClick(field, Qt.Key.Key_Delete)
    explorer.qtbot.keyClicks(field, text)
    assert field.property("invalid") == "true"
    assert "10,000" in explorer.controls.form.help_of("steps")
    explorer.browser.grid.setFocus()
    assert field.text() == "140"
    assert field.property("invalid") == "false"
    assert explorer.session.settings.value.parameters.steps == 140


def test_arrow_keys_step(explorer: Explorer) -> None:
    steps = explorer.controls.fields["steps"]
    start = explorer.controls.fields["step_start"]
    explorer.qtbot.keyClick(steps, Qt.Key.Key_Up)
    explorer.qtbot.keyClick(start, Qt.Key.Key_Down)
    parameters = explorer.session.settings.value.parameters
    assert parameters.steps == DGN_AM.default.to_dict()["steps"] + 1
    assert parameters.step_start == pytest.approx(DgnAmParameters.step_start / 1.1, rel=0.01)


def test_preset_and_its_button(explorer: Explorer) -> None:
    buttons = {
        button.objectName(): button
        for button in explorer.controls.findChildren(QPushButton)
        if button.objectName() in DGN_AM.presets
    }
    # the others are the qualities, which have a slider
    assert buttons.keys() == DGN_AM.presets.keys() - QUALITIES.values() == {"plain", "published"}
    assert not buttons["published"].isChecked()
    explorer.qtbot.mouseClick(buttons["published"], Qt.MouseButton.LeftButton)
    assert explorer.session.settings.value.parameters == DGN_AM.presets["published"]
    assert buttons["published"].isChecked()
    enter(explorer, explorer.controls.fields["steps"], "12")
    assert not any(button.isChecked() for button in buttons.values())


def test_quality_is_a_choice_of_parameters(explorer: Explorer) -> None:
    quality, settings = explorer.controls.quality, explorer.session.settings
    assert quality.word.text() == "Good"
    for word, parameters in DGN_AM.qualities.items():
        quality.slider.setValue(list(DGN_AM.qualities).index(word))
        assert settings.value.parameters == parameters
        assert quality.word.text() == word.capitalize()
    assert "starts" in quality.slider.accessibleDescription()
    enter(explorer, explorer.controls.fields["steps"], "99")
    assert quality.word.text() == "99 steps"
    explorer.desk.table["undo"].trigger()
    assert quality.word.text() == "Best"


def test_quality_takes_the_step_size_of_the_pair(explorer: Explorer) -> None:
    quality, settings = explorer.controls.quality, explorer.session.settings
    quality.slider.setValue(0)
    settings.use_step(DGN_AM.default.step_start * 2, PRIOR)
    quick = DGN_AM.qualities["quick"]
    assert settings.value.parameters.step_start == pytest.approx(quick.step_start * 2)
    assert quality.word.text() == "Quick"


def test_a_method_without_qualities_has_shares_of_its_amount(explorer: Explorer) -> None:
    explorer.session.settings.use_method("pixels")
    quality, usual = explorer.controls.quality, PIXELS.default
    assert quality.word.text() == "Good"
    quality.slider.setValue(0)
    assert quality.word.text() == "Sketch"
    assert explorer.session.settings.value.parameters.steps == usual.steps // 4


def test_undo_and_redo_go_through_the_settings(explorer: Explorer) -> None:
    form, table = explorer.controls.form, explorer.desk.table
    enter(explorer, form.fields["steps"], "40")
    enter(explorer, explorer.controls.seed, "5")
    table["undo"].trigger()
    assert explorer.controls.seed.text() == "0"
    assert table["undo"].text() == "Undo change of steps"
    table["undo"].trigger()
    assert form.fields["steps"].text() == "140"
    assert not table["undo"].isEnabled()
    table["redo"].trigger()
    assert form.fields["steps"].text() == "40"


def test_unlocked_seed_changes_with_every_run(explorer: Explorer) -> None:
    table = explorer.desk.table
    assert table["lock_seed"].isChecked()
    table["lock_seed"].trigger()
    assert not explorer.session.settings.value.locked
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(1)
    explorer.double_click(1)
    explorer.submitted(2)
    seeds = [recipe.seed for recipe in explorer.engine.submitted]
    assert seeds[0] != seeds[1]
    assert explorer.controls.seed.text() == str(seeds[1])


def test_recall_is_one_undo_step(explorer: Explorer) -> None:
    enter(explorer, explorer.controls.fields["steps"], "40")
    enter(explorer, explorer.controls.seed, "5")
    explorer.make("volcano")
    enter(explorer, explorer.controls.fields["steps"], "99")
    enter(explorer, explorer.controls.seed, "6")
    before = explorer.session.settings.value
    explorer.desk.table["recall"].trigger()
    assert explorer.session.settings.value.parameters.steps == 40
    assert explorer.session.settings.value.seed == 5
    explorer.desk.table["undo"].trigger()
    assert explorer.session.settings.value == before
