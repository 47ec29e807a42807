"""The question before code of the user's own is run: yes, no, Escape, and a window that closes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from dgn_explorer.gui.bridge.engine_bridge import EngineBridge
from dgn_explorer.gui.frame.permission_dialog import PermissionDialog
from tests.gui.conftest import Explorer

QUESTION = "Run the Python code in /home/me/net.py to build the network?"


@dataclass
class Asking:
    """A thread that asks like the engine's does."""

    confirm: Callable[[str], bool]
    said: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._ask, name="dgn-test-asks")
        self.thread.start()

    def _ask(self) -> None:
        self.said.append(self.confirm(QUESTION))

    def answer(self) -> bool:
        self.thread.join(3)
        assert len(self.said) == 1
        return self.said[0]


def asked(explorer: Explorer) -> tuple[Asking, PermissionDialog]:
    asking = Asking(explorer.engine.confirm)
    explorer.until(lambda: explorer.window.findChild(PermissionDialog))
    dialog = explorer.window.findChild(PermissionDialog)
    assert QUESTION in [part.text() for part in dialog.findChildren(QLabel)]
    assert asking.said == []
    return asking, dialog


def test_yes_runs_it(explorer: Explorer) -> None:
    asking, dialog = asked(explorer)
    explorer.qtbot.mouseClick(dialog.run, Qt.MouseButton.LeftButton)
    assert asking.answer() is True


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_enter_and_escape_say_no(explorer: Explorer, key: Qt.Key) -> None:
    asking, dialog = asked(explorer)
    explorer.qtbot.keyClick(dialog, key)
    assert asking.answer() is False


def test_the_title_bar_says_no(explorer: Explorer) -> None:
    asking, dialog = asked(explorer)
    dialog.close()
    assert asking.answer() is False


def test_a_window_that_closes_says_no(explorer: Explorer) -> None:
    asking, _ = asked(explorer)
    explorer.window.close_at_once()
    assert asking.answer() is False
    assert explorer.engine.confirm(QUESTION) is False  # also what is asked from now on


def test_a_question_on_its_way_is_not_shown_after_the_close(qapp: object) -> None:
    bridge = EngineBridge()
    shown: list[object] = []
    bridge.asked.connect(shown.append)
    asking = Asking(bridge.confirm)
    while not bridge._open:  # it waits, and the window's thread has not been told yet
        pass
    bridge.close()
    assert asking.answer() is False
    qapp.processEvents()  # type: ignore[attr-defined]
    assert shown == []
