"""The picture, the title and the commands follow the unit; searching adds to a mix; undo stays."""

from PySide6.QtCore import Qt

from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from tests.gui.conftest import Explorer


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
