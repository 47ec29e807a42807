"""The toy feature, in menus, palette, shortcuts, toolbar, panels, pages, drops and preferences."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QWidget

from dgn_explorer.gui.desk.command_palette import matching
from dgn_explorer.gui.desk.shortcut_sheet import ShortcutSheet
from dgn_explorer.gui.features.table import FEATURES
from dgn_explorer.results.record import Provenance, Record
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import Input
from tests.extending.toy_feature import Tally, tally_feature
from tests.gui.conftest import Explorer, home, loop, make_explorer
from tests.gui.test_results import drop

__all__ = ["home", "loop", "make_explorer"]  # fixtures


@pytest.fixture
def explorer(make_explorer: Callable[..., Explorer]) -> Explorer:
    made = make_explorer(features=(*FEATURES, tally_feature))
    made.session.open("tiny", "default")
    made.until(lambda: made.session.network is not None)
    return made


def test_it_is_everywhere_an_action_can_be(explorer: Explorer) -> None:
    table = explorer.desk.table
    assert [action.id for action in matching(table.actions, "tally")] == ["tally", "tally_reset"]
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_F9)
    assert table["tally"] in explorer.desk.title.actions_shown
    table["page_unit"].trigger()
    assert table["tally"] not in explorer.desk.title.actions_shown  # it belongs to the library
    table["tally"].trigger()
    assert explorer.book.view == "tally"
    table["shortcuts"].trigger()
    sheet = explorer.window.findChild(ShortcutSheet)
    texts = {child.text() for child in sheet.findChildren(QWidget) if hasattr(child, "text")}
    assert {"Tally", "F9"} <= texts
    sheet.close()


def test_it_follows_the_session_and_is_enabled_when_it_says_so(explorer: Explorer) -> None:
    tally, table = explorer.part(Tally), explorer.desk.table
    assert not table["tally_reset"].isEnabled()
    explorer.make("volcano")
    assert (tally.count, tally.text.text()) == (1, "1 pictures")
    assert table["tally_reset"].isEnabled()
    table["tally_reset"].trigger()
    assert tally.count == 0
    assert not table["tally_reset"].isEnabled()


def test_its_panel_takes_its_place(explorer: Explorer) -> None:
    dock = explorer.window.findChild(QDockWidget, "tally")
    area = Qt.DockWidgetArea.RightDockWidgetArea
    assert explorer.window.dockWidgetArea(dock) == area
    assert dock.toggleViewAction() in explorer.panels.toggles()


def test_its_section_and_its_answer_are_there(explorer: Explorer) -> None:
    explorer.desk.table["page_prior"].trigger()
    explorer.desk.show_section("Tally")
    assert any(one.text() == "A section of its own" for one in visible_labels(explorer))
    order = Survey("tiny", "f" * 64, "verdict", inputs=(Input("picture", 64 * "0"),))
    made = Provenance(0.1, "cpu", "2026-11-21T12:00:00+00:00")
    parts = {"class_index": np.array([1, 2], np.int32), "probability": np.ones(2, np.float32)}
    record = Record(order, parts, np.zeros(0, np.float32), "done", made)
    row = explorer.desk.answers.of(record)
    assert row is not None and row.about == "verdict"  # before the general one for tables
    shown = row.make()
    shown.show_record(record)
    assert shown.text() == "2 rows"


def visible_labels(explorer: Explorer) -> list[QLabel]:
    return [one for one in explorer.window.findChildren(QLabel) if one.isVisible()]


def test_files_and_preferences(
    explorer: Explorer,
    make_explorer: Callable[..., Explorer],
    tmp_path: Path,
) -> None:
    (tmp_path / "seven.tally").write_text("7")
    drop(explorer, tmp_path / "seven.tally")
    assert explorer.part(Tally).count == 7
    explorer.window.close_at_once()
    again = make_explorer(features=(*FEATURES, tally_feature))
    assert again.part(Tally).count == 7
