"""Windows come and go without leaving anything behind."""

import gc
import os
import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QDialog

from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.window import MainWindow
from tests.gui.conftest import Explorer

# What leaks at all leaks once a cycle; DGN_EXPLORER_CYCLES=200 is the long version.
CYCLES = int(os.environ.get("DGN_EXPLORER_CYCLES", "12"))
DIALOGS = ("palette", "shortcuts", "about", "open", "note", "seeds", "sweep", "export_grid", "film")


def widgets(app: QApplication) -> int:
    for _ in range(3):
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
    gc.collect()
    return len(app.allWidgets())


def test_windows_leave_no_widget_thread_or_timer(
    make_explorer: Callable[..., Explorer], qapp: QApplication
) -> None:
    explorer = make_explorer()
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.session.network is not None)
    counts = []
    threads = threading.active_count()
    for _ in range(CYCLES):
        theme = Theme(qapp, "dark")
        window = MainWindow(explorer.session, explorer.flows, theme, Preferences())
        window.show()
        window.desk.table["page_library"].trigger()
        window.hide()
        timers = [timer for timer in window.findChildren(QTimer) if timer.isActive()]
        window.deleteLater()
        del window, theme, timers
        counts.append(widgets(qapp))
    explorer.until(lambda: not explorer.flows.busy)
    assert counts[-1] == counts[1]
    assert threading.active_count() <= threads + 1


def test_networks_opened_again_leave_nothing(explorer: Explorer, qapp: QApplication) -> None:
    counts = []
    for _ in range(CYCLES):
        explorer.session.reopen("tiny", "default")
        explorer.qtbot.wait(5)
        explorer.until(lambda: not explorer.flows.busy)
        counts.append(widgets(qapp))
    assert counts[-1] == counts[1]


@pytest.mark.parametrize("id", DIALOGS)
def test_dialogs_leave_nothing(explorer: Explorer, qapp: QApplication, id: str) -> None:
    explorer.make("volcano")
    explorer.until(lambda: explorer.session.library.items)
    counts = []
    for _ in range(4):
        explorer.desk.table[id].trigger()
        explorer.until(lambda: explorer.window.findChildren(QDialog))
        for dialog in explorer.window.findChildren(QDialog):
            dialog.close()
        counts.append(widgets(qapp))
    assert counts[-1] == counts[1]
    assert not explorer.window.findChildren(QDialog)


def test_closing_ends_the_undo_steps_while_everything_they_name_is_there(
    explorer: Explorer,
) -> None:
    explorer.session.settings.new_seed()
    assert explorer.session.undo.count() == 1
    explorer.window.close_at_once()
    assert explorer.session.undo.count() == 0
