"""The picture, the title and the commands follow the unit; searching adds to a mix; undo stays."""

from dataclasses import replace

from PySide6.QtCore import Qt

from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK


def test_going_back_brings_the_picture_of_the_unit(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.make("strawberry")
    explorer.until(lambda: len(explorer.session.library.items) == 2)
    explorer.browser.grid.setFocus()
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert explorer.session.unit == UnitAddress("fc", 1)
    explorer.until(lambda: explorer.session.display.label == "volcano")
    explorer.qtbot.keyClick(explorer.window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    explorer.until(lambda: explorer.session.display.label == "strawberry")
    assert len(explorer.engine.submitted) == 2


def test_undo_of_a_deletion_stays_on_its_page(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.desk.table["page_library"].trigger()
    explorer.until(lambda: explorer.gallery.model.rowCount() == 1)
    explorer.gallery.view.setCurrentIndex(explorer.gallery.model.index(0))
    explorer.desk.table["delete"].trigger()
    explorer.until(lambda: explorer.gallery.model.rowCount() == 0)
    explorer.desk.table["undo"].trigger()
    explorer.until(lambda: explorer.gallery.model.rowCount() == 1)
    explorer.qtbot.wait(20)
    assert explorer.book.page is PageName.LIBRARY


def test_a_third_unit_joins_a_mix_by_search_and_nothing_starts(explorer: Explorer) -> None:
    explorer.combination.add([UnitAddress("fc", 1), UnitAddress("fc", 2)])
    explorer.desk.table["page_mix"].trigger()
    started = len(explorer.engine.submitted)
    explorer.type_and_enter("goldfish")
    explorer.until(lambda: len(explorer.combination.terms) == 3)
    explorer.qtbot.wait(20)
    assert explorer.combination.terms[-1].unit == UnitAddress("fc", 0)
    assert len(explorer.engine.submitted) == started


def test_a_picture_of_another_network_offers_to_open_that(explorer: Explorer) -> None:
    """No page of the open network is about it: a double-click must not end on an empty one."""
    explorer.make("volcano")
    explorer.until(lambda: explorer.session.library.items)
    explorer.engine.network = replace(NETWORK, name="other", fingerprint="e" * 64)
    explorer.session.reopen("other", "default")
    explorer.until(lambda: explorer.session.network.name == "other")
    explorer.desk.table["page_library"].trigger()
    explorer.until(lambda: explorer.gallery.model.rowCount() == 1)
    explorer.gallery.view.started.emit(explorer.gallery.model.index(0))
    offered = lambda: [c for c in explorer.notices.cards() if c.notice.action]  # noqa: E731
    explorer.until(lambda: any("of tiny" in card.notice.text for card in offered()))
    assert explorer.book.page is PageName.LIBRARY
    explorer.engine.network = NETWORK
    next(card for card in offered() if "of tiny" in card.notice.text).notice.run()
    explorer.until(lambda: explorer.session.network is NETWORK)
    explorer.until(lambda: explorer.book.page is PageName.UNIT)
    assert explorer.session.pair == ("tiny", "default")
    assert explorer.session.display.label == "volcano"
    assert explorer.session.unit == UnitAddress("fc", 1)


def test_what_is_asked_for_is_shown_and_not_the_newest_of_its_unit(explorer: Explorer) -> None:
    explorer.make("volcano")
    older = explorer.session.display.result.key
    explorer.desk.table["again"].trigger()
    explorer.submitted(2)
    explorer.engine.advance(10_000)
    explorer.until(lambda: explorer.session.display.result is not None)
    explorer.make("strawberry")
    explorer.session.show_result(older)
    explorer.until(lambda: explorer.session.unit == UnitAddress("fc", 1))
    explorer.qtbot.wait(200)  # another picture would come now
    assert explorer.session.display.result.key == older
