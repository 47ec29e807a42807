"""How long an answer will take, from what was made here before."""

from dataclasses import replace

from dgn_explorer.gui.state.answering.expecting import expected_seconds
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK

OTHER = replace(NETWORK, name="other", fingerprint="e" * 64)


def test_a_run_of_several_starts_does_not_make_one_start_slow(explorer: Explorer) -> None:
    settings = explorer.session.settings
    usual, _ = expected_seconds(explorer.session)
    settings.edit(replace(settings.value, parameters=settings.presets["best"]), "Preset")
    assert expected_seconds(explorer.session) == (2 * usual, False)
    explorer.make("volcano")
    (item,) = explorer.session.library.items
    assert (item.quality, item.starts, item.steps) == ("best", 4, 140)
    assert expected_seconds(explorer.session) == (item.seconds, True)
    settings.edit(replace(settings.value, parameters=settings.presets["default"]), "Preset")
    assert expected_seconds(explorer.session) == (item.seconds / 2, True)


def test_another_network_tells_nothing_of_this_one(explorer: Explorer) -> None:
    explorer.make("volcano")
    assert expected_seconds(explorer.session)[1]
    explorer.engine.network = OTHER
    explorer.session.reopen("other", "default")
    explorer.until(lambda: explorer.session.network == OTHER)
    assert not expected_seconds(explorer.session)[1]
