"""The action table: everything bound, reachable, named, with its own shortcut."""

from collections import Counter
from collections.abc import Iterator
from importlib import resources

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLineEdit, QMenu, QWidget

from dgn_explorer.gui.desk.actions import MENUS, ROWS, Row
from dgn_explorer.gui.desk.command_palette import CommandPalette, matching
from dgn_explorer.gui.desk.shortcut_sheet import ShortcutSheet
from tests.gui.conftest import Explorer

EACH = pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])


def menu_actions(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        yield action
        if action.menu() is not None:
            yield from menu_actions(action.menu())


@EACH
def test_row_is_complete(row: Row) -> None:
    assert row.menu in MENUS
    assert row.text and row.help
    assert not row.help.endswith(".")
    if row.icon:
        file = resources.files("dgn_explorer.resources").joinpath(f"icon-{row.icon}.svg")
        assert file.is_file()


def test_ids_and_shortcuts_are_unique() -> None:
    assert max(Counter(row.id for row in ROWS).values()) == 1
    shortcuts = Counter(row.shortcut for row in ROWS if row.shortcut)
    assert [keys for keys, count in shortcuts.items() if count > 1] == []


def test_every_icon_is_used() -> None:
    source = "".join(p.read_text() for p in resources.files("dgn_explorer.gui").glob("*.py"))
    for file in resources.files("dgn_explorer.resources").glob("icon-*.svg"):
        name = file.name.removeprefix("icon-").removesuffix(".svg")
        assert f'"{name}"' in source, f"{file.name} is not used"


def test_every_row_is_in_a_menu_and_in_the_palette(explorer: Explorer) -> None:
    in_menus = {
        action.objectName()
        for menu in explorer.window.menuBar().findChildren(QMenu)
        for action in menu_actions(menu)
    } | {
        action.objectName()
        for top in explorer.window.menuBar().actions()
        for action in menu_actions(top.menu())
    }
    assert {row.id for row in ROWS} <= in_menus
    assert {row.id for row in matching("")} == {row.id for row in ROWS} - {"palette"}


def test_a_row_that_does_nothing_is_refused(explorer: Explorer) -> None:
    with pytest.raises(ValueError, match="undo"):
        explorer.window.table.bind({row.id: print for row in ROWS if row.id != "undo"})


def test_tool_tips_say_what_and_which_keys(explorer: Explorer) -> None:
    assert explorer.window.table["stop"].toolTip() == "Stop the ascent and keep the image (Esc)"


def test_palette_runs_a_command_by_keys(explorer: Explorer) -> None:
    explorer.qtbot.keyClick(
        explorer.window,
        Qt.Key.Key_P,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    palette = explorer.window.findChild(CommandPalette)
    assert palette is not None
    before = explorer.session.settings.value.seed
    explorer.qtbot.keyClicks(palette.field, "new se")
    explorer.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert explorer.session.settings.value.seed != before
    assert not palette.isVisible()


def test_palette_does_not_run_what_cannot_be_done(explorer: Explorer) -> None:
    explorer.window.table["palette"].trigger()
    palette = explorer.window.findChild(CommandPalette)
    explorer.qtbot.keyClicks(palette.field, "more steps")
    explorer.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.close()


def test_question_mark_shows_every_shortcut(explorer: Explorer) -> None:
    explorer.window.stage.canvas.setFocus()
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_Question)
    sheet = explorer.window.findChild(ShortcutSheet)
    assert sheet is not None
    texts = {child.text() for child in sheet.findChildren(QWidget) if hasattr(child, "text")}
    assert {row.text.rstrip("…") for row in ROWS if row.shortcut} <= texts
    sheet.close()


def focusable(root: QWidget) -> list[QWidget]:
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(root)
    ]


def nameless(root: QWidget) -> list[str]:
    own = (QAbstractButton, QLineEdit)
    return [
        f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for widget in focusable(root)
        if not widget.accessibleName()
        and not (isinstance(widget, own) and isinstance(widget, QAbstractButton) and widget.text())
    ]


def test_every_focusable_widget_has_a_name(explorer: Explorer) -> None:
    explorer.make("volcano")
    for name in ("Browse", "Settings", "Details", "Results", "Queue"):
        explorer.window.panels.show(name)
        assert len(focusable(explorer.window)) > 10
        assert nameless(explorer.window) == []


@pytest.mark.parametrize("id", ["palette", "shortcuts", "about"])
def test_every_focusable_widget_of_a_dialog_has_a_name(explorer: Explorer, id: str) -> None:
    explorer.window.table[id].trigger()
    for dialog in explorer.window.findChildren(QDialog):
        assert focusable(dialog)
        assert nameless(dialog) == []
        dialog.close()


def test_tab_reaches_search_tree_grid_and_picture(explorer: Explorer) -> None:
    window = explorer.window
    explorer.make("volcano")
    window.browser.search.field.setFocus()
    reached = set()
    for _ in range(60):
        explorer.qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    wanted = {window.browser.tree, window.browser.grid, window.stage.canvas, window.controls.seed}
    wanted |= set(window.controls.form.fields.values())
    assert wanted <= reached
