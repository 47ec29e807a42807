"""Opening another network: dialog, last ones, drop, and units of the same name."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from dgn_explorer.engine.answers.inspecting import list_networks
from dgn_explorer.engine.messages import NetworkNames, OpenFailed
from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.frame.open_dialog import OpenDialog, recent
from dgn_explorer.gui.look.card import CardState
from dgn_explorer.gui.look.row_delegate import QuietRole
from dgn_explorer.gui.state.display import Showing
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.weights import efficientnet_lite
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.step_sizes import remember_step
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK, PRIOR
from tests.gui.test_results import drop

OTHER = replace(NETWORK, name="other", title="OtherNet", fingerprint="e" * 64)


def opened_by_dialog(explorer: Explorer) -> None:
    explorer.engine.network = OTHER
    explorer.desk.table["open"].trigger()
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
    explorer.desk.table["open"].trigger()
    dialog = explorer.window.findChildren(OpenDialog)[-1]
    dialog.names.choose("tiny")
    assert dialog.network.text() == "tiny"
    dialog.close()


def test_units_of_the_same_name_are_kept_apart(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.double_click(2)
    explorer.submitted(2)
    explorer.engine.advance(1)
    opened_by_dialog(explorer)
    for index in (1, 2):
        card = explorer.browser.units.card(UnitAddress("fc", index))
        assert card.state is CardState.NOT_COMPUTED
    assert explorer.session.runs.live == 2  # what runs goes on


def test_network_that_does_not_open_leaves_everything(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.engine.open_error = OpenFailed("There is no network 'x'.", "Try lite0.", "")
    explorer.session.reopen("x", "default")
    explorer.until(lambda: explorer.window.findChild(ErrorDialog))
    explorer.window.findChild(ErrorDialog).close()
    assert explorer.session.network is NETWORK
    assert explorer.session.display.label == "volcano"


def test_what_no_longer_opens_gives_way_to_the_built_in_pair(make_explorer) -> None:
    made: Explorer = make_explorer()
    made.engine.open_error = OpenFailed("There is no network 'gone'.", "Look for it.", "")
    made.session.open("gone", "mine", fallback=("lite0", "default"))
    made.engine.open_error = None
    made.until(lambda: made.session.network is NETWORK)
    assert made.session.asked == ("lite0", "default")
    assert made.session.display.showing is Showing.NOTHING
    made.until(lambda: made.window.findChild(ErrorDialog))
    made.window.findChild(ErrorDialog).close()
    assert recent(Preferences()) == [("lite0", "default")]


def test_a_remembered_step_size_becomes_the_default(explorer: Explorer) -> None:
    remember_step(OTHER.fingerprint, PRIOR.fingerprint, 0.12)
    settings = explorer.session.settings
    opened_by_dialog(explorer)
    explorer.until(lambda: settings.value.parameters == DGN_AM.default.changed(step_start=0.12))
    assert settings.preset == "default"
    assert not explorer.session.undo.canUndo()  # nothing that the user did
    settings.edit(replace(settings.value, parameters=settings.presets["published"]), "Preset")
    explorer.engine.network = NETWORK
    explorer.session.reopen("tiny", "default")
    explorer.until(lambda: settings.presets["default"] == DGN_AM.default)
    assert settings.preset == "published"  # what was chosen stays


def test_dropped_file_is_offered_as_a_network(explorer: Explorer, tmp_path: Path) -> None:
    drop(explorer, tmp_path / "model.onnx")
    dialog = explorer.window.findChild(OpenDialog)
    assert dialog.network.text() == str(tmp_path / "model.onnx")
    dialog.close()


def test_broken_list_of_last_networks_is_no_harm(home: Path) -> None:
    preferences = Preferences()
    preferences.put("recent", "[broken")
    assert recent(preferences) == []


def test_every_open_network_judges_the_picture(explorer: Explorer) -> None:
    explorer.make("volcano")
    tops = explorer.details.verdicts.tops
    assert list(tops) == [NETWORK.fingerprint]
    opened_by_dialog(explorer)
    explorer.until(lambda: list(tops) == [NETWORK.fingerprint, OTHER.fingerprint])
    ask = explorer.engine.surveys[-1]
    assert (ask.study, ask.network_fingerprint) == ("verdict", OTHER.fingerprint)
    assert tops[OTHER.fingerprint].accessibleName() == "Best classes of the image for OtherNet"
    assert "goldfish 50%" in tops[OTHER.fingerprint].accessibleDescription()
    explorer.engine.holds_answers = True
    explorer.make("strawberry")  # made with the other network
    explorer.until(lambda: list(tops) == [OTHER.fingerprint])
    explorer.until(lambda: len(explorer.engine.held) == 1)
    explorer.session.show_nothing()
    assert explorer.engine.held == []  # nobody waits for it any more
    assert not tops


def dialog_of(explorer: Explorer) -> OpenDialog:
    explorer.desk.table["open"].trigger()
    dialog = explorer.window.findChildren(OpenDialog)[-1]
    explorer.until(lambda: "timm:convnext_tiny" in dialog.names.specs())
    return dialog


def test_all_networks_are_listed_and_found(explorer: Explorer) -> None:
    dialog = dialog_of(explorer)
    assert dialog.names.specs() == [
        "tiny",  # opened last
        "tiny",  # built in
        "mine",
        "torchvision:resnet18",
        "torchvision:vit_b_16",
        "timm:convnext_tiny",
    ]
    explorer.qtbot.keyClicks(dialog.names.filter, "vit")
    assert dialog.names.specs() == ["torchvision:vit_b_16"]
    dialog.names.choose("torchvision:vit_b_16")
    assert dialog.network.text() == "torchvision:vit_b_16"
    assert dialog.prior.text() == "default"
    dialog.close()


def test_the_last_ones_open_by_number(explorer: Explorer) -> None:
    opened_by_dialog(explorer)
    dialog = dialog_of(explorer)
    explorer.engine.network = NETWORK
    explorer.until(lambda: QApplication.activeWindow() is dialog)
    explorer.qtbot.keyClick(dialog, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    explorer.until(lambda: explorer.session.network is NETWORK)
    assert explorer.session.pair == ("tiny", "default")


def test_a_network_shows_its_card_before_it_is_used(explorer: Explorer) -> None:
    dialog = dialog_of(explorer)
    dialog.network.setText("bird.onnx")
    dialog.card.look.click()
    explorer.until(lambda: dialog.card.title.text() == "bird.onnx looked at")
    texts = [x.text() for x in dialog.card.findChildren(QLabel)]
    assert "ImageNet mean and std, RGB" in texts
    assert "7, with names" in texts and "5.3 million" in texts
    assert not dialog.card.verdict.isVisible()
    dialog.check_on("/photos")
    explorer.until(lambda: dialog.card.verdict.isVisible())
    assert dialog.card.verdict.text() == "Names 12% of your 200 photographs right."
    assert "Caffe, BGR" in dialog.card.better.text() and "62%" in dialog.card.better.text()
    assert explorer.session.network is NETWORK  # nothing has been opened yet
    dialog.card.use.click()
    explorer.until(lambda: explorer.session.pair[0] == "bird.onnx --channels bgr")


def test_looking_can_be_stopped_and_ends_with_the_dialog(explorer: Explorer) -> None:
    dialog = dialog_of(explorer)
    explorer.engine.holds_answers = True
    dialog.card.look.click()
    assert dialog.card.stop.isVisible() and not dialog.card.look.isEnabled()
    dialog.card.stop.click()
    explorer.until(lambda: not dialog.card.stop.isVisible())
    dialog.card.look.click()
    dialog.close()
    explorer.until(lambda: len(explorer.session.questions) == 0)


def test_what_is_not_installed_says_so(explorer: Explorer) -> None:
    explorer.desk.table["open"].trigger()
    dialog = explorer.window.findChildren(OpenDialog)[-1]
    dialog.names.show_names(NetworkNames(("lite0", "lite1"), (), missing=("lite1",)))
    items = [dialog.names.list.item(row) for row in range(dialog.names.list.count())]
    quiet = {item.text(): item.data(QuietRole) for item in items}
    assert "not installed" in quiet["lite1"] and not quiet["lite0"]
    dialog.close()


def test_weights_are_looked_for_and_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert efficientnet_lite.is_installed("lite0")
    gone = replace(efficientnet_lite.SIZES["lite1"], package="no_such_package")
    monkeypatch.setitem(efficientnet_lite.SIZES, "lite1", gone)
    (names,) = [finish(list_networks())]
    assert "lite1" in names.missing and "lite0" not in names.missing
