"""The one table of everything a user can do; menus, toolbar, palette and help are made from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, SignalInstance
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.look.icons import icon
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.state.topics import PageName

MENUS = ("File", "Edit", "Run", "Combine", "View", "Help")


def always() -> bool:
    """For what can be done at any time."""
    return True


@dataclass(frozen=True)
class Action:
    """One thing that a user can do, whole: what it says, where it is, what it does and when.

    ``group`` separates the entries of a menu; within one, ``place`` puts an entry before or after
    those of other features; ``sub`` puts it into a menu of that name in the menu.
    ``toolbar`` is a place among the buttons of the title, whose parts are tens; 0 is none.
    ``context`` offers it for the page's subject, by a right click and behind the title's dots; both
    only on ``pages``, which are all six if there are none.
    ``more_keys`` do the same and are not written behind the title. ``checked`` makes it an action
    that is on or off. ``titled`` is for a title that changes.
    """

    id: str
    menu: str
    group: int
    title: str
    help: str
    run: Callable[[], object]
    keys: str = ""
    more_keys: str = ""
    icon: str = ""
    icon_off: str = ""
    enabled: Callable[[], bool] = always
    checked: Callable[[], bool] | None = None
    titled: Callable[[], str] | None = None
    place: int = 0
    toolbar: int = 0
    context: bool = False
    pages: frozenset[PageName] = frozenset()
    sub: str = ""


class _Group(QObject):
    """Actions that are looked at again together; goes with the table, and with it what it hears."""

    def __init__(self, table: "ActionTable", actions: Sequence[Action]) -> None:
        super().__init__(table)
        self._table, self._actions = table, actions

    def refresh(self) -> None:
        """Enable what can be done now and check what is on."""
        for action in self._actions:
            made = self._table[action.id]
            made.setEnabled(action.enabled())
            if action.checked is not None:
                made.setChecked(action.checked())
            if action.titled is not None:
                made.setText(plain(action.titled(), 80))


class ActionTable(QObject):
    """One `QAction` an action, enabled and run from one place.

    Widgets may ask for the `QAction` of an id before the feature that brings it is there;
    `complete` refuses ids that nobody brought.
    """

    def __init__(
        self, window: QWidget, theme: Theme, keys: Mapping[str, str] | None = None
    ) -> None:
        """``keys`` are those that the user has given to actions, by their ids."""
        super().__init__(window)
        self._own_keys = dict(keys or {})
        self._window, self._theme = window, theme
        self._made: dict[str, QAction] = {}
        self._actions: dict[str, Action] = {}
        self._groups: list[_Group] = []
        theme.changed.connect(self._tint)

    def __getitem__(self, id: str) -> QAction:
        if id not in self._made:
            self._made[id] = QAction(self._window)
        return self._made[id]

    @property
    def actions(self) -> tuple[Action, ...]:
        """All of them, in the order of the menus."""
        return tuple(
            sorted(
                self._actions.values(),
                key=lambda action: (MENUS.index(action.menu), action.group, action.place),
            )
        )

    def add(self, actions: Sequence[Action], follows: Sequence[SignalInstance] = ()) -> None:
        """Take in the actions of one feature; they are looked at again after each of ``follows``.

        Raises `ValueError` for an id that is there already and for a menu that is not.
        """
        group = _Group(self, actions)
        for action in actions:
            if action.id in self._actions:
                raise ValueError(f"two actions are called {action.id!r}")
            if action.menu not in MENUS:
                raise ValueError(f"{action.id!r} wants a menu {action.menu!r}; there are {MENUS}")
            self._actions[action.id] = action
            self._fill(self[action.id], action, group)
        for signal in follows:
            signal.connect(group.refresh)
        self._groups.append(group)

    def complete(self) -> None:
        """Raise `ValueError` for an id that somebody asked for and nobody brought; then look."""
        missing = self._made.keys() - self._actions.keys()
        if missing:
            raise ValueError(f"no feature brings the actions {sorted(missing)}")
        self.refresh()

    def refresh(self) -> None:
        """Look at every action again."""
        for group in self._groups:
            group.refresh()

    def _fill(self, made: QAction, action: Action, group: _Group) -> None:
        made.setObjectName(action.id)
        self._draw(action)  # first: a button that shows icons only is as wide as a text until then
        made.setText(action.title)
        made.setCheckable(action.checked is not None)
        self._bind(action)
        made.setStatusTip(action.help)

        def triggered(_checked: bool = False) -> None:
            action.run()
            group.refresh()  # a checkable action has changed its mark by itself

        made.triggered.connect(triggered)
        self._window.addAction(made)

    def _bind(self, action: Action) -> None:
        made = self[action.id]
        bound = (self.keys_of(action.id), action.more_keys)
        made.setShortcuts([QKeySequence(keys) for keys in bound if keys])
        keys = made.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        set_tip(made, f"{action.help} ({keys})" if keys else action.help)

    # ---- the user's own keys

    @property
    def own_keys(self) -> Mapping[str, str]:
        """What the user has given to actions, by their ids."""
        return self._own_keys

    def keys_of(self, id: str) -> str:
        """The keys of an action; empty for none."""
        return self._own_keys.get(id, self.usual_keys_of(id))

    def usual_keys_of(self, id: str) -> str:
        """Those that it has by itself."""
        return self._actions[id].keys

    def is_rebound(self, id: str) -> bool:
        """Whether it has others."""
        return id in self._own_keys

    def bound_to(self, keys: str, besides: str = "") -> Action | None:
        """Which action has ``keys``, if any but the one ``besides``."""
        wanted = QKeySequence(keys)
        if wanted.isEmpty():
            return None
        for action in self._actions.values():
            bound = (QKeySequence(self.keys_of(action.id)), QKeySequence(action.more_keys))
            if action.id != besides and wanted in bound:
                return action
        return None

    def rebind(self, id: str, keys: str) -> None:
        """Give an action other keys, or none."""
        self._own_keys.pop(id, None)
        if keys != self.usual_keys_of(id):
            self._own_keys[id] = keys
        self._bind(self._actions[id])

    def _tint(self) -> None:
        for action in self._actions.values():
            self._draw(action)

    def _draw(self, action: Action) -> None:
        if action.icon:
            colours = self._theme.colours
            pale, chosen = colours.control_border, colours.on_selected
            drawn = icon(action.icon, colours.text, pale, action.icon_off, chosen)
            self._made[action.id].setIcon(drawn)
