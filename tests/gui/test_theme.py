"""Both themes: contrast computed, palette applied, choice kept."""

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from dgn_explorer.gui.look.close_button import CloseButton
from dgn_explorer.gui.look.theme import DARK, LIGHT, Colours, Theme, contrast, qt_palette
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.networks.address import UnitAddress
from tests.gui.conftest import Explorer

THEMES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
TEXT = 4.5
SHAPE = 3.0


@THEMES
def test_every_text_has_enough_contrast(colours: Colours) -> None:
    values = colours.as_dict()
    bad = {
        pair: round(contrast(values[pair[0]], values[pair[1]]), 2)
        for pair in colours.pairs()
        if contrast(values[pair[0]], values[pair[1]]) < TEXT
    }
    assert not bad


@THEMES
def test_focus_ring_and_outlines_can_be_seen(colours: Colours) -> None:
    for ground in (colours.window, colours.panel, colours.raised):
        assert contrast(colours.accent, ground) >= SHAPE
        assert contrast(colours.control_border, ground) >= SHAPE


@THEMES
def test_palette_pairs(colours: Colours) -> None:
    palette = qt_palette(colours)
    role = QPalette.ColorRole
    for ink, ground in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.ButtonText, role.Button),
        (role.ToolTipText, role.ToolTipBase),
        (role.HighlightedText, role.Highlight),
        (role.PlaceholderText, role.Base),
        (role.Link, role.Window),
    ):
        assert contrast(palette.color(ink).name(), palette.color(ground).name()) >= TEXT


def test_theme_is_applied_and_changed(qapp: QApplication) -> None:
    theme = Theme(qapp, "dark")
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.window
    theme.choose("light")
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == LIGHT.window


def test_theme_menu_is_exclusive_and_repaints(explorer: Explorer) -> None:
    table = explorer.desk.table
    before = explorer.window.grab().toImage()
    table["theme_dark"].trigger()
    after = explorer.window.grab().toImage()
    assert before != after
    assert [table[f"theme_{c}"].isChecked() for c in ("system", "light", "dark")] == [
        False,
        False,
        True,
    ]


def test_what_is_there_follows_the_theme(explorer: Explorer) -> None:
    explorer.combination.add([UnitAddress("fc", 1)])
    explorer.session.notice.emit(Notice("look"))
    crosses = explorer.window.findChildren(CloseButton)
    assert len(crosses) == 3  # of the unit, the pinned picture and the notice
    for choice in ("dark", "light"):
        explorer.desk.table[f"theme_{choice}"].trigger()
        ink = explorer.theme.colours.muted
        for cross in crosses:
            drawn = cross.icon().pixmap(16, 16).toImage()
            seen = (drawn.pixelColor(x, y) for x in range(16) for y in range(16))
            assert ink in {colour.name() for colour in seen if colour.alpha() == 255}


def test_the_grid_keeps_its_columns(explorer: Explorer) -> None:
    grid, units = explorer.browser.grid, explorer.browser.units
    assert explorer.browser.tree.height() < grid.height()
    for choice in ("dark", "light", "dark"):
        first, second = (grid.visualRect(units.index(row)) for row in (0, 1))
        assert first.top() == second.top()
        explorer.desk.table[f"theme_{choice}"].trigger()
        explorer.qtbot.wait(20)


def test_notices_stay_clear_of_the_bar_below_the_picture(explorer: Explorer) -> None:
    explorer.session.notice.emit(Notice("look"))
    explorer.make("volcano")
    bar = explorer.stage.footer_height
    assert bar > 0
    explorer.until(
        lambda: explorer.notices.geometry().bottom() < explorer.book.height() - bar  # over it
    )
