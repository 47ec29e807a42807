"""What a feature brings to the window: one record, made by a function that gets a `Desk`."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.centre import Page
from dgn_explorer.gui.desk.panels import Panel


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Drop:
    """Files that may be dropped on the window: by suffix, in lower case and with its dot."""

    suffixes: frozenset[str]
    take: Callable[[str], object]


@dataclass(frozen=True)
class Feature:
    """Everything that the window takes over from one feature.

    ``follows`` are the signals after which its actions may have become possible or impossible.
    ``tab_stops`` are where the Tab key goes, in order. ``remember`` puts into the preferences what
    the next start takes up again, and ``close`` ends what the feature has under way; both are
    called once, when the window closes.
    """

    name: str
    actions: tuple[Action, ...] = ()
    follows: tuple[SignalInstance, ...] = ()
    panels: tuple[Panel, ...] = ()
    pages: tuple[Page, ...] = ()
    drops: tuple[Drop, ...] = ()
    tab_stops: tuple[QWidget, ...] = ()
    remember: Callable[[], object] = _nothing
    close: Callable[[], object] = _nothing
