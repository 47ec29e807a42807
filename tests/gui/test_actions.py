"""The action table: everything bound, reachable, named, with its own shortcut."""

from collections import Counter
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLineEdit, QMenu, QWidget

from dgn_explorer.gui.desk.actions import MENUS, Action
from dgn_explorer.gui.desk.command_palette import CommandPalette, matching
from dgn_explorer.gui.desk.shortcut_editor import ShortcutEditor
from dgn_explorer.gui.desk.shortcut_sheet import ShortcutSheet
from dgn_explorer.gui.frame.tour import Tour
from dgn_explorer.gui.state.topics import PageName
from tests.gui.conftest import Explorer


def menu_actions(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        yield action
        if action.menu() is not None:
            yield from menu_actions(action.menu())


def test_every_action_is_complete(explorer: Explorer) -> None:
    for action in explorer.desk.table.actions:
        assert action.menu in MENUS
        assert action.title and action.help
        assert not action.help.endswith(".")
        if action.icon:
            file = resources.files("dgn_explorer.resources").joinpath(f"icon-{action.icon}.svg")
            assert file.is_file()


def test_shortcuts_are_unique(explorer: Explorer) -> None:
    shortcuts = Counter(action.keys for action in explorer.desk.table.actions if action.keys)
    assert [keys for keys, count in shortcuts.items() if count > 1] == []


def test_every_icon_is_used() -> None:
    folder = Path(str(resources.files("dgn_explorer.gui")))
    source = "".join(path.read_text() for path in folder.rglob("*.py"))
    for file in resources.files("dgn_explorer.resources").glob("icon-*.svg"):
        name = file.name.removeprefix("icon-").removesuffix(".svg")
        assert f'"{name}"' in source, f"{file.name} is not used"


def test_every_action_is_in_a_menu_and_in_the_palette(explorer: Explorer) -> None:
    in_menus = {
        action.objectName()
        for menu in explorer.window.menuBar().findChildren(QMenu)
        for action in menu_actions(menu)
    } | {
        action.objectName()
        for top in explorer.window.menuBar().actions()
        for action in menu_actions(top.menu())
    }
    actions = explorer.desk.table.actions
    assert len(actions) > 50
    assert {action.id for action in actions} <= in_menus
    found = {action.id for action in matching(actions, "")}
    assert found == {action.id for action in actions} - {"palette"}
    assert [action.id for action in matching(actions, "new se")] == ["new_seed"]


def test_the_menus_are_in_the_order_that_people_know(explorer: Explorer) -> None:
    known = explorer.desk.table.actions
    file = [action.id for action in known if action.menu == "File"]
    assert file[:4] == ["open", "open_photo", "train", "train_watch"]
    assert file[-4:] == ["copy_command", "copy_python", "preferences", "close"]
    run = [action.id for action in known if action.menu == "Run"]
    assert run[:13] == [
        "visualise", "again", "stop", "hold", "more_steps", "watch", "compute_in_full", "new_seed",
        "lock_seed", "seeds", "sweep", "photo_start", "live_parameters",
    ]  # fmt: skip


def test_an_action_that_nobody_brings_is_refused(explorer: Explorer) -> None:
    table = explorer.desk.table
    table["fly"].setText("Fly")
    with pytest.raises(ValueError, match="fly"):
        table.complete()
    with pytest.raises(ValueError, match="undo"):
        table.add([Action("undo", "Edit", 0, "Undo", "Again", print)])
    with pytest.raises(ValueError, match="Food"):
        table.add([Action("eat", "Food", 0, "Eat", "Eat something", print)])


def test_tool_tips_say_what_and_which_keys(explorer: Explorer) -> None:
    assert explorer.desk.table["stop"].toolTip() == "Stop the run and keep the image (Esc)"


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
    explorer.desk.table["palette"].trigger()
    palette = explorer.window.findChild(CommandPalette)
    explorer.qtbot.keyClicks(palette.field, "more steps")
    explorer.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.close()


def test_question_mark_shows_every_shortcut(explorer: Explorer) -> None:
    explorer.stage.canvas.setFocus()
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_Question)
    sheet = explorer.window.findChild(ShortcutSheet)
    assert sheet is not None
    texts = {child.text() for child in sheet.findChildren(QWidget) if hasattr(child, "text")}
    assert {a.title.rstrip("…") for a in explorer.desk.table.actions if a.keys} <= texts
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
    explorer.controls.advanced.setChecked(True)
    for section in ("This picture", "Make", "Recipe"):
        explorer.desk.show_section(section)
    for name in PageName:
        explorer.book.show_page(name)
        assert len(focusable(explorer.window)) > 10
        assert nameless(explorer.window) == []
    for name in ("Navigator", "Inspector", "Results", "Queue"):
        explorer.panels.show(name)
        assert len(focusable(explorer.window)) > 10
        assert nameless(explorer.window) == []


@pytest.mark.parametrize("id", ["palette", "shortcuts", "about"])
def test_every_focusable_widget_of_a_dialog_has_a_name(explorer: Explorer, id: str) -> None:
    explorer.desk.table[id].trigger()
    for dialog in explorer.window.findChildren(QDialog):
        assert focusable(dialog)
        assert nameless(dialog) == []
        dialog.close()


def test_tab_reaches_search_tree_grid_and_picture(explorer: Explorer) -> None:
    window = explorer.window
    explorer.make("volcano")
    explorer.controls.advanced.setChecked(True)
    explorer.browser.search.field.setFocus()
    reached = set()
    for _ in range(60):
        explorer.qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    wanted = {
        explorer.browser.tree,
        explorer.browser.grid,
        explorer.stage.canvas,
        explorer.controls.seed,
    }
    wanted |= set(explorer.controls.fields.values())
    assert wanted <= reached


def test_shortcuts_are_changed_without_two_commands_sharing_one(explorer: Explorer) -> None:
    table = explorer.desk.table
    editor = ShortcutEditor(table, explorer.theme, explorer.window)
    editor.choose("again")
    assert not editor.give.isEnabled() and not editor.usual.isEnabled()
    editor.keys.setKeySequence(QKeySequence("Ctrl+D"))  # of another one
    assert "Add to combination" in editor.said.text() and editor.give.text() == "Take them over"
    editor.give.click()
    assert table["again"].shortcut() == QKeySequence("Ctrl+D")
    assert table["add_to_combination"].shortcuts() == []
    assert "Ctrl+D" in table["again"].toolTip()
    editor.choose("add_to_combination")
    editor.usual.click()
    assert table.keys_of("again") == "" and table.keys_of("add_to_combination") == "Ctrl+D"
    editor.all.click()
    assert not table.own_keys and table.keys_of("again") == "Ctrl+Alt+Return"
    editor.close()


def test_changed_shortcuts_are_kept(
    explorer: Explorer, make_explorer: Callable[..., Explorer]
) -> None:
    explorer.desk.table["shortcuts"].trigger()
    sheet = explorer.window.findChild(ShortcutSheet)
    sheet._change()
    editor = explorer.window.findChild(ShortcutEditor)
    editor.choose("again")
    editor.keys.setKeySequence(QKeySequence("F12"))
    editor.give.click()
    editor.close()
    explorer.desk.preferences.save()
    assert make_explorer().desk.table["again"].shortcut() == QKeySequence("F12")


def test_the_walk_shows_every_part_and_ends(explorer: Explorer) -> None:
    explorer.desk.table["tour"].trigger()
    tour = explorer.window.findChild(Tour)
    seen = [tour.title.text()]
    while tour.next.text() == "Next":
        tour.next.click()
        seen.append(tour.title.text())
        assert not tour._hole().isEmpty() and tour.rect().contains(tour._card.geometry())
    assert len(set(seen)) == 7
    explorer.qtbot.keyClick(tour, Qt.Key.Key_Left)
    assert tour.title.text() == seen[-2]
    explorer.qtbot.keyClick(tour, Qt.Key.Key_Escape)
    explorer.until(lambda: explorer.window.findChild(Tour) is None)
