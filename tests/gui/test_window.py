"""Start, close, layout, theme choice and errors of the window itself."""

import sys
import threading

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QSplitter

from dgn_explorer.engine.messages import Finished, OpenFailed
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.excepthooks import ExceptHooks
from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.desk.dock_header import DockHeader
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.desk.notices import SHOWN_MS
from dgn_explorer.gui.desk.status_bar import StatusBar
from dgn_explorer.gui.frame.close_dialog import CloseDialog
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.state.display import Level, Notice, Showing
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from tests.gui.conftest import Explorer


def test_loading_then_welcome(make_explorer) -> None:
    explorer = make_explorer()
    titles = [label.text() for label in explorer.stage.welcome.findChildren(QLabel)]
    assert "Loading PyTorch…" in titles
    assert explorer.browser.search.field.isEnabled()  # what is typed now is searched later
    explorer.session.open("tiny", "default")
    explorer.until(lambda: explorer.session.display.showing is Showing.NOTHING)
    status = explorer.window.statusBar()
    assert isinstance(status, StatusBar)
    assert status.device.text() == "Device: CPU, 2 threads"
    assert status.network.text() == "Network: TinyNet"
    assert "default" in status.prior.text()


def test_network_that_does_not_open(make_explorer) -> None:
    explorer = make_explorer()
    explorer.engine.open_error = OpenFailed("There is no network 'x'.", "Try lite0.", "")
    explorer.session.open("x", "default")
    explorer.until(lambda: explorer.window.findChild(ErrorDialog))
    assert explorer.session.display.showing is Showing.FAILED
    explorer.window.findChild(ErrorDialog).close()


def test_close_while_running_asks_and_keeps_the_partial_result(explorer: Explorer) -> None:
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.engine.advance(6)
    closed = []
    explorer.window.closed.connect(lambda: closed.append(True))
    explorer.window.close()
    dialog = explorer.window.findChild(CloseDialog)
    assert dialog is not None
    assert explorer.window.isVisible()
    dialog.reject()
    assert not closed
    explorer.window.close()
    explorer.window.findChildren(CloseDialog)[-1].accept()
    assert closed
    assert not explorer.window.isVisible()
    assert explorer.engine.close()
    kept = explorer.store.get(explorer.engine.submitted[0].key)
    assert kept is not None
    assert kept.steps == 6


def test_close_does_not_ask_again_if_told_so(explorer: Explorer) -> None:
    explorer.double_click(1)
    explorer.submitted(1)
    explorer.window.close()
    dialog = explorer.window.findChild(CloseDialog)
    dialog.never_again.setChecked(True)
    dialog.reject()
    explorer.window.close()
    dialog = explorer.window.findChildren(CloseDialog)[-1]
    dialog.never_again.setChecked(True)
    dialog.accept()
    assert Preferences().get("ask_before_closing", True) is False


def test_close_when_idle_does_not_ask(explorer: Explorer) -> None:
    explorer.window.close()
    assert not explorer.window.isVisible()
    assert explorer.window.findChild(CloseDialog) is None


def test_layout_and_theme_are_remembered(explorer: Explorer, make_explorer) -> None:
    explorer.desk.table["thumbs_larger"].trigger()
    edge = explorer.browser.grid.edge
    toggle = explorer.panels.toggles()[2]
    toggle.trigger()
    explorer.desk.table["theme_dark"].trigger()
    explorer.window.close()
    again = make_explorer()
    assert again.browser.grid.edge == edge
    assert not again.panels.toggles()[2].isChecked()
    assert Preferences().get("theme", "system") == "dark"
    again.desk.table["reset_layout"].trigger()
    assert again.panels.toggles()[2].isChecked()


@pytest.mark.parametrize("size", [(1400, 900), (1000, 700), (980, 640)])
def test_window_fits_its_size(explorer: Explorer, size: tuple[int, int]) -> None:
    explorer.window.resize(*size)
    explorer.make("volcano")
    assert explorer.window.size() == QSize(*size)
    assert explorer.stage.canvas.height() >= (200 if size[1] >= 700 else 100)
    assert explorer.stage.canvas.width() >= 300


def test_error_dialog_copies_everything(explorer: Explorer) -> None:
    explorer.window.show_problem("It broke.", "Mend it.", "Traceback: x")
    dialog = explorer.window.findChild(ErrorDialog)
    dialog.copy()
    text = QGuiApplication.clipboard().text()
    assert all(part in text for part in ("It broke.", "Mend it.", "Traceback: x", "PySide6"))
    dialog.close()


def test_exceptions_of_any_thread_reach_the_dialog(explorer: Explorer) -> None:
    hooks = ExceptHooks()
    hooks.install()
    try:
        hooks.caught.connect(explorer.window.show_problem)

        def broken() -> None:
            raise DgnError("The disk is full.", "Make room.")

        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
        explorer.until(lambda: explorer.window.findChild(ErrorDialog))
        explorer.window.findChild(ErrorDialog).close()
        sys.excepthook(ValueError, ValueError("odd"), None)
        explorer.until(
            lambda: any(
                "ValueError" in label.text() for label in explorer.window.findChildren(QLabel)
            )
        )
        for dialog in explorer.window.findChildren(ErrorDialog):
            dialog.close()
    finally:
        hooks.remove()


def test_notices_do_not_pile_up(explorer: Explorer) -> None:
    for number in range(6):
        explorer.session.notice.emit(Notice(f"notice {number}"))
    explorer.session.notice.emit(Notice("notice 5"))
    assert [card.notice.text for card in explorer.notices.cards()] == [
        "notice 3",
        "notice 4",
        "notice 5",
    ]


def test_notice_goes_by_itself(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHOWN_MS, Level.INFO, 20)
    explorer.session.notice.emit(Notice("soon gone"))
    explorer.until(lambda: not explorer.notices.cards())


def test_result_that_could_not_be_saved_is_shown_with_a_warning(explorer: Explorer) -> None:
    explorer.make("volcano")
    result = explorer.session.display.result
    explorer.session.handle(Finished(99, result, None, notice="The disk is full."))
    card = explorer.notices.cards()[-1]
    assert card.notice.level is Level.WARNING
    assert card.notice.text == "The disk is full."


def test_back_and_forward(explorer: Explorer) -> None:
    for row in (1, 2, 4):
        explorer.qtbot.mouseClick(
            explorer.browser.grid.viewport(),
            Qt.MouseButton.LeftButton,
            pos=explorer.unit_point(row),
        )
    explorer.desk.table["back"].trigger()
    explorer.desk.table["back"].trigger()
    assert explorer.session.unit.index == 1
    assert not explorer.desk.table["back"].isEnabled()
    explorer.desk.table["forward"].trigger()
    assert explorer.session.unit.index == 2
    assert explorer.browser.grid.currentIndex().row() == 2


def test_zoom(explorer: Explorer) -> None:
    explorer.make("volcano")
    canvas: Canvas = explorer.stage.canvas
    fitted = canvas.zoom
    explorer.desk.table["zoom_in"].trigger()
    assert canvas.zoom == pytest.approx(fitted * 1.25, rel=0.01) or canvas.zoom == 32
    explorer.desk.table["zoom_actual"].trigger()
    assert canvas.zoom == 1
    explorer.desk.table["zoom_fit"].trigger()
    assert canvas.zoom == fitted
    explorer.desk.table["pixels"].trigger()
    assert not canvas.smooth
    shown = canvas.grab().toImage()
    red, green, blue = canvas.image[0, 0]
    centre = shown.pixelColor(canvas.width() // 2, canvas.height() // 2)
    assert centre.getRgb()[:3] == (red, green, blue)


def test_layers_take_the_room_of_their_rows_until_the_user_decides(explorer: Explorer) -> None:
    tree = explorer.browser.tree
    few = tree.height()
    blocks = tree.model().index(1, 0)
    tree.expand(blocks)
    explorer.until(lambda: tree.height() > few)
    more = tree.height()
    explorer.browser.findChild(QSplitter).splitterMoved.emit(0, 1)
    tree.collapse(blocks)
    explorer.qtbot.wait(20)
    assert tree.height() == more


@pytest.mark.parametrize("size", [(980, 640), (1440, 836)])
def test_no_word_on_a_button_is_cut(explorer: Explorer, size: tuple[int, int]) -> None:
    explorer.make("volcano")
    explorer.session.compute([UnitAddress("conv1", index) for index in range(8)])
    explorer.until(lambda: len(explorer.session.jobs) == 8)
    explorer.combination.add([UnitAddress("fc", 1), UnitAddress("fc", 2)])
    explorer.window.resize(*size)
    explorer.controls.advanced.setChecked(True)
    for name in (*PageName, "Results", "Queue"):
        if isinstance(name, PageName):
            explorer.book.show_page(name)
        else:
            explorer.panels.show(name)
        explorer.qtbot.wait(20)
        found = explorer.window.findChildren(QPushButton)
        buttons = [b for b in found if not b.visibleRegion().isEmpty()]  # not behind a tab
        assert buttons
        cut = [b.text() for b in buttons if b.width() < b.minimumSizeHint().width()]
        assert cut == [], name


def test_a_panel_floats_closes_and_comes_back(explorer: Explorer) -> None:
    headers = {
        one.float_it.accessibleName(): one for one in explorer.window.findChildren(DockHeader)
    }
    header = headers["Float the panel Inspector, or put it back"]
    dock = header._dock
    header.float_it.click()
    assert dock.isFloating() and dock.isVisible()
    header.float_it.click()
    assert not dock.isFloating()
    header.close_it.click()
    assert not dock.isVisible()
    explorer.desk.table["reset_layout"].trigger()
    assert dock.isVisible() and not dock.isFloating()
