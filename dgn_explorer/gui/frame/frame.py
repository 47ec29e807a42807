"""What belongs to the window as a whole: opening a network, undo, theme, help, closing."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPushButton

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.command_palette import CommandPalette
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.rail import page_actions
from dgn_explorer.gui.desk.shortcut_sheet import ShortcutSheet
from dgn_explorer.gui.desk.top_bar import TopItem, TopPlace
from dgn_explorer.gui.frame.about import AboutDialog
from dgn_explorer.gui.frame.glossary_dialog import GlossaryDialog
from dgn_explorer.gui.frame.log_dialog import LogDialog
from dgn_explorer.gui.frame.open_dialog import OpenDialog, remember
from dgn_explorer.gui.frame.preferences_dialog import PreferencesDialog
from dgn_explorer.gui.frame.tour import Tour
from dgn_explorer.gui.look.plain import network_text, plain, set_tip
from dgn_explorer.gui.look.theme import CHOICES
from dgn_explorer.gui.state.keeping import Keeping
from dgn_explorer.gui.state.networks.network_cards import NetworkCards
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.synthesis.methods.method import Method

_ASKED = frozenset({PageName.UNIT, PageName.MIX, PageName.PHOTO})
_EXAMPLE = ("shapes", "default")
_LONGEST = 28  # letters of a name in the top bar
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
        self._network = self._opener("Network", "Open another network")
        self._prior = self._opener("Generator", "Open another generator")
        desk.session.opened.connect(self._opened)
        Keeping(desk.session, desk.flows, desk.preferences, self)

    @property
    def feature(self) -> Feature:
        """It."""
        desk = self._desk
        return Feature(
            name="frame",
            actions=(
                *self._file_actions(),
                *self._asking_actions(),
                *page_actions(desk.book),
                *self._view_actions(),
                *self._help_actions(),
            ),
            follows=(
                desk.session.undo.indexChanged,
                desk.session.opened,
                desk.theme.changed,
                desk.book.page_changed,
                desk.book.topic_changed,
                desk.session.settings.changed,
            ),
            top=(TopItem(TopPlace.OPEN, self._network), TopItem(TopPlace.OPEN, self._prior)),
            remember=lambda: desk.preferences.put("theme", desk.theme.choice),
        )

    def choose_network(self, network: str = "") -> None:
        """Ask which network and prior to open; ``network`` fills in what was dropped."""
        desk = self._desk
        asked, prior = desk.session.asked
        cards = NetworkCards(desk.session.questions)
        dialog = OpenDialog(
            network or asked, prior, desk.preferences, desk.theme, cards, desk.window
        )
        dialog.chosen.connect(desk.session.reopen)
        dialog.open()

    def _file_actions(self) -> tuple[Action, ...]:
        undo = self._desk.session.undo
        return (
            Action("open", "File", -1, "Open network…", "Open another network or generator",
                   self.choose_network, keys="Ctrl+O", icon="layers", place=-1),
            Action("open_example", "File", -1, "Open the example network",
                   "Open shapes, a small network that comes with a course of its training",
                   lambda: self._desk.session.reopen(*_EXAMPLE), place=1),
            Action("reload", "File", -1, "Reload the network",
                   "Read network and generator from their files again", self._desk.session.reload,
                   keys="Ctrl+F5", place=1,
                   enabled=lambda: self._desk.session.network is not None),
            Action("preferences", "File", 2, "Preferences…",
                   "Colours, threads, notices, and where things are kept",
                   lambda: PreferencesDialog(self._desk).open(), keys="Ctrl+,"),
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

    def _asking_actions(self) -> tuple[Action, ...]:
        """Answering the question that is chosen about what the page shows."""
        book = self._desk.book

        def can_ask() -> bool:
            return book.topic.asked is not None

        def makes_images() -> bool:
            return can_ask() and isinstance(self._desk.session.settings.value.about, Method)

        return (
            Action("visualise", "Run", 0, "Make",
                   "Answer the chosen question about what the page shows", self._ask,
                   keys="Ctrl+Return", icon="play", context=True, pages=_ASKED, enabled=can_ask),
            Action("again", "Run", 0, "Again", "Make another one, from another random start",
                   self._again, keys="Ctrl+Alt+Return", icon="dice", toolbar=10, context=True,
                   pages=frozenset({PageName.UNIT, PageName.MIX}), enabled=makes_images),
        )  # fmt: skip

    def _ask(self) -> None:
        asked = self._desk.book.topic.asked
        if asked is not None:
            self._desk.session.ask(asked)

    def _again(self) -> None:
        self._desk.session.settings.new_seed()
        self._ask()

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
                   keys="Ctrl+Shift+P", icon="command"),
            Action("shortcuts", "Help", 0, "Keyboard shortcuts", "Show every shortcut",
                   self._show_shortcuts, keys="F1",
                   more_keys="?", icon="keyboard"),
            Action("tour", "Help", 0, "Walk around the window", "See what each part is for",
                   lambda: Tour(desk)),
            Action("glossary", "Help", 0, "Glossary",
                   "The words of this window beside those of papers and recipes",
                   lambda: GlossaryDialog(desk.window).open(), keys="Shift+F1"),
            Action("log", "Help", 1, "Log…", "See, copy and save what the program has noted",
                   lambda: LogDialog(desk).open(), place=-1),
            Action("about", "Help", 1, "About dgn-explorer", "Version, system and licences",
                   lambda: AboutDialog(desk.window).open(), icon="info"),
        )  # fmt: skip

    def _show_shortcuts(self) -> None:
        desk = self._desk
        ShortcutSheet(desk.table, desk.theme, desk.preferences, desk.window).open()

    def _opener(self, name: str, help: str) -> QPushButton:
        """A button of the top bar that names what is open and asks for another."""
        made = QPushButton(f"{name} ▾")
        made.setProperty("role", "top")
        made.setAccessibleName(name)
        set_tip(made, help)
        made.clicked.connect(lambda: self.choose_network())
        return made

    def _opened(self, network: NetworkInfo, prior: PriorInfo) -> None:
        remember(self._desk.preferences, *self._desk.session.pair)
        for button, name, tip in (
            (self._network, plain(network.title, _LONGEST), f"Network {network.name}"),
            (self._prior, network_text(prior.name)[:_LONGEST], f"Generator (prior) {prior.name}"),
        ):
            button.setText(f"{name} ▾")
            set_tip(button, f"{tip}. Open another one (Ctrl+O)")
