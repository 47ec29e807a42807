"""The step size of a pair that is not the built-in one: offered, measured, remembered, used."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QPushButton

from dgn_explorer.engine.messages import Answered, FindStep, Frame
from dgn_explorer.gui.features.settings.step_size_bar import StepSizeBar
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.step_sizes import remember_step, remembered_step
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK, PRIOR, picture_of
from tests.results.making import make_recipe

BUILT_IN = replace(NETWORK, name="lite0", fingerprint="b" * 64)
NEW = replace(NETWORK, name="new", fingerprint="c" * 64)
PAIR = NEW.fingerprint, PRIOR.fingerprint


@pytest.fixture
def new(explorer: Explorer) -> Explorer:
    """The window with a network that is not the built-in one."""
    opened(explorer, NEW)
    explorer.until(lambda: explorer.session.step_size.needed)
    return explorer


def bar(explorer: Explorer) -> StepSizeBar:
    found: StepSizeBar = explorer.controls.findChild(StepSizeBar)
    return found


def offers(explorer: Explorer) -> list[QPushButton]:
    return [
        button
        for card in explorer.notices.cards()
        for button in card.findChildren(QPushButton)
        if button.text() == "Measure step size"
    ]


def opened(explorer: Explorer, network: NetworkInfo) -> None:
    explorer.engine.network = network
    explorer.session.reopen(network.name, "default")
    explorer.until(lambda: explorer.session.network is network)
    explorer.until(lambda: not explorer.flows.busy)


def test_a_notice_offers_it_and_one_click_measures(new: Explorer) -> None:
    new.until(lambda: offers(new))
    assert not bar(new).isHidden()
    assert new.desk.table["measure_step"].isEnabled()
    offers(new)[0].click()
    settings = new.session.settings
    new.until(lambda: settings.value.parameters == DGN_AM.default.changed(step_start=0.12))
    assert new.engine.asked == [FindStep(*PAIR)]
    assert settings.preset == "default"
    assert bar(new).isHidden()
    new.until(lambda: remembered_step(*PAIR) == 0.12)
    opened(new, BUILT_IN)
    opened(new, NEW)
    assert settings.value.parameters.step_start == 0.12
    assert bar(new).isHidden()
    assert new.desk.table["measure_step"].isEnabled()  # once more is allowed


def test_the_built_in_pair_needs_none(explorer: Explorer) -> None:
    remember_step(BUILT_IN.fingerprint, PRIOR.fingerprint, 5.0)  # as a newer program might
    opened(explorer, BUILT_IN)
    assert bar(explorer).isHidden()
    assert not explorer.desk.table["measure_step"].isEnabled()
    assert explorer.session.settings.value.parameters == DGN_AM.default


def test_pixels_need_none(new: Explorer) -> None:
    assert not bar(new).isHidden()
    new.session.settings.use_method("pixels")
    assert bar(new).isHidden()


def test_progress_is_shown_and_it_can_be_stopped(new: Explorer) -> None:
    new.engine.holds_answers = True
    new.desk.table["measure_step"].trigger()
    number = new.engine.held[0]
    shown = bar(new)
    assert (shown.currentIndex(), shown.bar.maximum()) == (1, 0)
    assert not new.desk.table["measure_step"].isEnabled()
    image = picture_of(make_recipe(), 1)
    new.engine.frames.put(Frame(number, 2, 5, image, image[0, :0, 0], 0.0))
    new.until(lambda: (shown.bar.value(), shown.bar.maximum()) == (2, 5))
    shown.stop.click()
    assert new.engine.held == []
    new.until(lambda: shown.currentIndex() == 0)
    assert not shown.isHidden()
    assert remembered_step(*PAIR) is None
    assert new.session.settings.value.parameters == DGN_AM.default


def test_an_answer_after_another_opening_is_nobodys(new: Explorer) -> None:
    new.engine.holds_answers = True
    new.desk.table["measure_step"].trigger()
    number = new.engine.held[0]
    opened(new, BUILT_IN)
    new.engine.tell(Answered(number, 0.7))
    new.qtbot.wait(20)
    assert new.session.settings.value.parameters == DGN_AM.default
    assert remembered_step(*PAIR) is None
