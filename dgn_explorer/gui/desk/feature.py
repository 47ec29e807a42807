"""What a feature brings to the window: one record, made by a function that gets a `Desk`."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QMimeData, SignalInstance
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.answers import Answer
from dgn_explorer.gui.desk.book import PageTopic, View
from dgn_explorer.gui.desk.inspector import Section
from dgn_explorer.gui.desk.navigator import Guide
from dgn_explorer.gui.desk.panels import Panel
from dgn_explorer.gui.desk.top_bar import TopItem


def _nothing() -> None:
    pass


def _not_mine(_data: QMimeData) -> bool:
    return False


@dataclass(frozen=True)
class Drop:
    """Files that may be dropped on the window: by suffix, in lower case and with its dot.

    A folder has the suffix ``/``.
    """

    suffixes: frozenset[str]
    take: Callable[[str], object]


@dataclass(frozen=True)
class Feature:
    """Everything that the window takes over from one feature.

    ``follows`` are the signals after which its actions may have become possible or impossible.
    ``views`` are what the canvas of a page can show, ``topics`` what a page is about, ``sections``
    what the inspector holds, ``guides`` what the navigator holds, ``answers`` how records are
    shown, ``top`` what stands in the bar at the top, and ``panels`` further docks.

    ``takes`` gets what is dropped and is no file, such as a picture from a web page, and says
    whether it has taken it. ``tab_stops`` are where the Tab key goes, in order. ``remember`` puts
    into the preferences what the next start takes up again, and ``close`` ends what the feature has
    under way; both are called once, when the window closes.
    """

    name: str
    actions: tuple[Action, ...] = ()
    follows: tuple[SignalInstance, ...] = ()
    views: tuple[View, ...] = ()
    topics: tuple[PageTopic, ...] = ()
    sections: tuple[Section, ...] = ()
    guides: tuple[Guide, ...] = ()
    answers: tuple[Answer, ...] = ()
    top: tuple[TopItem, ...] = ()
    panels: tuple[Panel, ...] = ()
    drops: tuple[Drop, ...] = ()
    takes: Callable[[QMimeData], bool] = _not_mine
    tab_stops: tuple[QWidget, ...] = ()
    remember: Callable[[], object] = _nothing
    close: Callable[[], object] = _nothing
