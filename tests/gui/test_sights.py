"""What is on the screen: nothing is cut where there is room, and nothing stands askew."""

from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QApplication, QPushButton

from dgn_explorer.gui.desk.command_palette import matching
from dgn_explorer.gui.desk.dock_header import DockHeader
from dgn_explorer.gui.look.card import CardRole
from dgn_explorer.gui.look.card_delegate import in_lines
from dgn_explorer.gui.look.theme import CAPTION_PT, font
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.studies.questions import questions
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from tests.gui.conftest import Explorer
from tests.gui.test_results import listed


def test_the_buttons_of_an_empty_photo_page_stand_below_the_middle_of_its_sentence(
    explorer: Explorer,
) -> None:
    explorer.book.show_page(PageName.PHOTO)
    page = explorer.photo_page
    explorer.until(page.isVisible)
    home = page.left.currentWidget()
    buttons = home.findChildren(QPushButton)
    assert len(buttons) == 2
    left = min(button.geometry().left() for button in buttons)
    right = max(button.geometry().right() for button in buttons)
    assert abs((left + right) / 2 - home.rect().center().x()) <= 2


def test_the_buttons_of_a_low_panel_stand_beside_each_other(explorer: Explorer) -> None:
    low = [one for one in explorer.window.findChildren(DockHeader) if one.isVisible()]
    low = [one for one in low if one.height() > one.width()]
    assert low
    for header in low:
        float_it, close_it = header.float_it.geometry(), header.close_it.geometry()
        assert float_it.top() == close_it.top() and float_it.right() < close_it.left()
        assert header.rect().contains(float_it) and header.rect().contains(close_it)


def test_results_of_another_quality_say_so(explorer: Explorer) -> None:
    explorer.make("volcano")
    explorer.controls.quality.slider.setValue(2)
    explorer.desk.table["visualise"].trigger()
    explorer.submitted(2)
    explorer.engine.advance(10_000)
    listed(explorer, 2)
    model = explorer.results.model
    said = [model.index(row).data(CardRole).subtitle for row in range(2)]
    assert [text.partition(" · ")[0] for text in said] == ["best", "good"]
    settings = explorer.session.settings
    assert settings.value.parameters.starts == DGN_AM.presets["best"].starts


def test_a_long_name_is_whole_before_buttons_and_the_rest(explorer: Explorer) -> None:
    explorer.window.resize(1280, 800)
    explorer.make("volcano")
    title = explorer.desk.title
    title.title.setText("blocks.10.expand.convolution:1130")
    title.resizeEvent(QResizeEvent(title.size(), title.size()))
    explorer.qtbot.wait(50)
    wanted = title.title.sizeHint().width()
    assert wanted > 180  # longer than what titles had at most
    assert title.title.width() >= wanted


def test_a_card_that_has_room_does_not_cut_its_name(explorer: Explorer) -> None:
    grid = explorer.browser.grid
    explorer.window.resize(1280, 800)
    explorer.qtbot.wait(50)
    index = explorer.browser.units.index(1)
    assert grid.visualRect(index).width() == grid.gridSize().width()
    assert grid.gridSize().width() > grid.card_size.width()  # there is more than it needs


def test_a_name_is_broken_where_narrow_letters_fit(qapp: QApplication) -> None:
    whole = QFontMetrics(font(CAPTION_PT, True)).horizontalAdvance("curly-coated")
    for width in (whole, round(0.9 * whole)):
        assert in_lines("curly-coated retriever", width, 2) == ["curly-coated", "retriever"]


def test_every_chip_is_a_command(explorer: Explorer) -> None:
    actions = explorer.desk.table.actions
    for about in questions():
        found = [one.id for one in matching(actions, f"ask {about.asked.word}")]
        assert (f"ask_{about.name}" in found) == bool(about.asked.of)
    explorer.desk.table["ask_ppgn"].trigger()
    assert explorer.session.settings.value.method == "ppgn"
    assert explorer.book.page is PageName.UNIT
    explorer.desk.table["ask_saliency"].trigger()  # of a photo
    assert explorer.book.page is PageName.PHOTO
    assert explorer.session.settings.value.method == "saliency"
    assert explorer.desk.questions.chip("saliency").isChecked()
