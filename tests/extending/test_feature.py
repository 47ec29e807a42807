"""The toy feature, in menus, palette, shortcuts, toolbar, panels, pages, drops and preferences."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QToolBar, QWidget

from dgn_explorer.gui.desk.command_palette import matching
from dgn_explorer.gui.desk.shortcut_sheet import ShortcutSheet
from dgn_explorer.gui.features.table import FEATURES
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
    assert table["tally"] in explorer.window.findChild(QToolBar).actions()
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_F9)
    assert explorer.centre.page == "tally"
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
