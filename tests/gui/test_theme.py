"""Both themes: contrast computed, palette applied, choice kept."""

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from dgn_explorer.gui.theme import DARK, LIGHT, Colours, Theme, contrast, qt_palette
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
    table = explorer.window.table
    before = explorer.window.grab().toImage()
    table["theme_dark"].trigger()
    after = explorer.window.grab().toImage()
    assert before != after
    assert [table[f"theme_{c}"].isChecked() for c in ("system", "light", "dark")] == [
        False,
        False,
        True,
    ]
