"""Opening another network: dialog, last ones, drop, and units of the same name."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget

from dgn_explorer.engine.messages import OpenFailed
from dgn_explorer.gui.error_dialog import ErrorDialog
from dgn_explorer.gui.open_dialog import OpenDialog, recent
from dgn_explorer.gui.preferences import Preferences
from dgn_explorer.gui.unit_model import CardState
from dgn_explorer.networks.address import UnitAddress
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK
from tests.gui.test_results import drop

OTHER = replace(NETWORK, name="other", title="OtherNet", fingerprint="e" * 64)


def opened_by_dialog(explorer: Explorer) -> None:
    explorer.engine.network = OTHER
    explorer.window.table["open"].trigger()
    dialog = explorer.window.findChild(OpenDialog)
    assert dialog.network.text() == "tiny"
    assert dialog.prior.text() == "default"
    dialog.network.selectAll()
    explorer.qtbot.keyClicks(dialog.network, "other")
    explorer.qtbot.keyClick(dialog.network, Qt.Key.Key_Return)
    explorer.until(lambda: explorer.session.network is OTHER)


def test_another_network_opens_and_is_remembered(explorer: Explorer) -> None:
    opened_by_dialog(explorer)
    assert explorer.window.windowTitle() == "OtherNet · DGN Explorer"
    assert recent(Preferences()) == [("other", "default"), ("tiny", "default")]
    explorer.window.table["open"].trigger()
    dialog = explorer.window.findChildren(OpenDialog)[-1]
    dialog.findChild(QListWidget).setCurrentRow(1)
    assert dialog.network.text() == "tiny"
    dialog.close()


def test_units_of_the_same_name_are_kept_apart(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.double_click(2)
    explorer.submitted(2)
    explorer.engine.advance(1)
    opened_by_dialog(explorer)
    for index in (1, 2):
        card = explorer.window.browser.units.card(UnitAddress("fc", index))
        assert card.state is CardState.NOT_COMPUTED
    assert explorer.session.live == 2  # what runs goes on


def test_network_that_does_not_open_leaves_everything(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.engine.open_error = OpenFailed("There is no network 'x'.", "Try lite0.", "")
    explorer.session.reopen("x", "default")
    explorer.until(lambda: explorer.window.findChild(ErrorDialog))
    explorer.window.findChild(ErrorDialog).close()
    assert explorer.session.network is NETWORK
    assert explorer.session.display.label == "volcano"


def test_dropped_file_is_offered_as_a_network(explorer: Explorer, tmp_path: Path) -> None:
    drop(explorer, tmp_path / "model.onnx")
    dialog = explorer.window.findChild(OpenDialog)
    assert dialog.network.text() == str(tmp_path / "model.onnx")
    dialog.close()


def test_broken_list_of_last_networks_is_no_harm(home: Path) -> None:
    preferences = Preferences()
    preferences.put("recent", "[broken")
    assert recent(preferences) == []
