"""What belongs to the window as a whole: opening a network, undo, theme, help, closing."""

from PySide6.QtCore import QObject

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.command_palette import CommandPalette
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.shortcut_sheet import ShortcutSheet
from dgn_explorer.gui.frame.about import AboutDialog
from dgn_explorer.gui.frame.open_dialog import OpenDialog, remember
from dgn_explorer.gui.look.theme import CHOICES

_THEMES = {
    "system": ("Theme of the system", "Light or dark as the system says"),
    "light": ("Light theme", "Dark text on light ground"),
    "dark": ("Dark theme", "Light text on dark ground"),
}


class WindowFrame(QObject):
    """The window's own feature, made and shown like the others."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        desk.session.opened.connect(self._opened)

    @property
    def feature(self) -> Feature:
        """It."""
        desk = self._desk
        return Feature(
            name="frame",
            actions=(*self._file_actions(), *self._view_actions(), *self._help_actions()),
            follows=(desk.session.undo.indexChanged, desk.theme.changed),
            remember=lambda: desk.preferences.put("theme", desk.theme.choice),
        )

    def choose_network(self, network: str = "") -> None:
        """Ask which network and prior to open; ``network`` fills in what was dropped."""
        desk = self._desk
        asked, prior = desk.session.asked
        dialog = OpenDialog(network or asked, prior, desk.preferences, desk.theme, desk.window)
        dialog.chosen.connect(desk.session.reopen)
        dialog.open()

    def _file_actions(self) -> tuple[Action, ...]:
        undo = self._desk.session.undo
        return (
            Action("open", "File", -1, "Open network…", "Open another network or prior",
                   self.choose_network, keys="Ctrl+O", icon="layers", place=-1),
            Action("close", "File", 2, "Close", "Close the window; what is done so far is kept",
                   self._desk.window.close, keys="Ctrl+Q"),
            Action("undo", "Edit", 0, "Undo",
                   "Take back the last change of settings or deletion", undo.undo, keys="Ctrl+Z",
                   icon="undo", enabled=undo.canUndo,
                   titled=lambda: f"Undo {undo.undoText().lower()}".strip()),
            Action("redo", "Edit", 0, "Redo", "Do again what was taken back", undo.redo,
                   keys="Ctrl+Shift+Z", icon="redo", enabled=undo.canRedo,
                   titled=lambda: f"Redo {undo.redoText().lower()}".strip()),
        )  # fmt: skip

    def _view_actions(self) -> tuple[Action, ...]:
        theme = self._desk.theme
        themes = tuple(
            Action(
                f"theme_{choice}",
                "View",
                3,
                *_THEMES[choice],
                lambda choice=choice: theme.choose(choice),  # type: ignore[misc]
                checked=lambda choice=choice: theme.choice == choice,  # type: ignore[misc]
            )
            for choice in CHOICES
        )
        reset = Action("reset_layout", "View", 4, "Reset layout",
                       "Put every panel back to its place", self._desk.panels.reset)  # fmt: skip
        return (*themes, reset)

    def _help_actions(self) -> tuple[Action, ...]:
        desk = self._desk
        return (
            Action("palette", "Help", 0, "Command palette…", "Find and run any command",
                   lambda: CommandPalette(desk.table, desk.theme, desk.window).open(),
                   keys="Ctrl+Shift+P", icon="command", toolbar=90),
            Action("shortcuts", "Help", 0, "Keyboard shortcuts", "Show every shortcut",
                   lambda: ShortcutSheet(desk.table, desk.window).open(), keys="F1",
                   more_keys="?", icon="keyboard"),
            Action("about", "Help", 1, "About dgn-explorer", "Version, system and licences",
                   lambda: AboutDialog(desk.window).open(), icon="info"),
        )  # fmt: skip

    def _opened(self) -> None:
        remember(self._desk.preferences, *self._desk.session.pair)
