"""What people must know of a network reaches the window, and so do layers that cannot be read."""

from dataclasses import replace

from dgn_explorer.gui.features.units.layer_model import LayerModel
from dgn_explorer.gui.state.display import Level
from dgn_explorer.networks.info import LayerInfo
from tests.gui.fake_engine import NETWORK, FakeEngine

NOISY = "Two passes over one image differ by 12% of its largest score."
REASON = "It returns 4x49x96: images and positions share an axis."
TOLD = replace(
    NETWORK,
    notices=(NOISY,),
    unreadable=(LayerInfo("blocks.1.attention", "Attention", 0, None, unreadable=REASON),),
)


def test_notices_of_a_network_are_shown_when_it_opens(make_explorer) -> None:
    explorer = make_explorer(lambda store, bridge: FakeEngine(store, bridge, TOLD))
    explorer.session.open("tiny", "default")
    explorer.until(lambda: bool(explorer.notices.cards()))
    notice = explorer.notices.cards()[-1].notice
    assert (notice.text, notice.level) == (NOISY, Level.WARNING)


def test_layers_that_cannot_be_read_are_greyed_and_say_why() -> None:
    model = LayerModel(TOLD)
    assert model.item_of("blocks.1.attention") is None
    block = model.item_of("blocks.1")
    assert block is not None and block.isEnabled()
    first, second = block.child(0, 0), block.child(0, 1)
    assert not first.isEnabled() and not second.isEnabled()
    assert first.toolTip() == REASON
    assert second.text() == "not readable"
    assert REASON in first.accessibleText()
