"""Names and notes of strangers are shown as they are: nothing is taken for HTML, turned or cut."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QDialog,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollArea,
    QTabBar,
    QWidget,
)

from dgn_explorer.engine.messages import Opened
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.look.plain import LONGEST, LONGEST_TIP
from dgn_explorer.gui.look.top_classes import TopClasses
from dgn_explorer.gui.state.display import Notice
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import LayerInfo
from tests.gui.conftest import Explorer
from tests.gui.fake_engine import NETWORK, FakeEngine

IMAGE = "<img src='/dev/zero'><b>bold</b>"
ESCAPE = "red\x1b[31m\x07"
TURNED = "exe\u202egnp\u2066"
LINES = "one\ntwo\r\nthree\u2028four"
LONG = "Z" * 10_000
RESOURCES = re.escape(str(resources.files("dgn_explorer.resources")))
OUR_PICTURE = re.compile(rf'(?<=^<qt>)<img src="{RESOURCES}/[\w-]+\.jpg" width="\d+"><br>')
CHOICES_OF_OUR_OWN = ("fields.py", "many_view.py")  # parameters' choices, orders
HOSTILE = (IMAGE, ESCAPE, TURNED, LINES, LONG)
BAD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class HostileEngine(FakeEngine):
    """Opens a network whose every name is meant badly."""

    def open(self, network: str, prior: str) -> None:
        layers = (
            LayerInfo("<img src=x>", "Conv2d", 4, (4, 4)),
            LayerInfo(f"a{ESCAPE}b", "Conv2d", 4, (4, 4)),
            LayerInfo("fc", "Linear", len(HOSTILE) + 2, None),
        )
        self.network = replace(
            NETWORK, name=IMAGE, title=f"{IMAGE}{ESCAPE}", layers=layers,
            labels=(*HOSTILE, "volcano", "tabby"),
        )  # fmt: skip
        self.tell(Opened(self.network, replace(self.prior, name=IMAGE)))


@pytest.fixture
def hostile(make_explorer: Callable[..., Explorer]) -> Explorer:
    made = make_explorer(HostileEngine)
    made.session.open("tiny", "default")
    made.until(lambda: made.session.network is not None)
    return made


def model_texts(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[tuple[int, object]]:
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
    for row in range(min(model.rowCount(parent), 50)):
        flat = isinstance(model, QAbstractListModel)  # whose columns nobody may count
        for column in range(1 if flat else model.columnCount(parent)):
            index = model.index(row, column, parent)
            for role in roles:
                yield int(role), index.data(role)
            if not flat and not column and model.hasChildren(index):
                yield from model_texts(model, index)


def check_tip(tip: str) -> None:
    assert not BAD.search(tip), repr(tip[:80])
    tip = OUR_PICTURE.sub("", tip, count=1)
    assert "<" not in tip.removeprefix("<qt>").removesuffix("</qt>").replace("<br>", ""), tip[:80]
    assert len(tip) < 8 * LONGEST_TIP


def check_text(text: str) -> None:
    assert not BAD.search(text), repr(text[:80])
    assert len(text) <= LONGEST


def check_everything(root: QWidget) -> int:
    """Every text and tool tip of ``root`` and all below it; how many there were."""
    seen = 0
    check_text(root.windowTitle())
    for widget in (root, *root.findChildren(QWidget)):
        check_tip(widget.toolTip())
        if isinstance(widget, QLabel):
            assert widget.textFormat() == Qt.TextFormat.PlainText or not widget.text()
            check_text(widget.text())
        elif isinstance(widget, QAbstractButton | QLineEdit):
            check_text(widget.text())
        elif isinstance(widget, QGroupBox | QMenu):
            check_text(widget.title())
        elif isinstance(widget, QTabBar):
            for tab in range(widget.count()):
                check_text(widget.tabText(tab))
                check_tip(widget.tabToolTip(tab))
        elif isinstance(widget, QComboBox):
            for row in range(widget.count()):
                check_text(widget.itemText(row))
        elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
            for role, text in model_texts(widget.model(), QModelIndex()):
                if isinstance(text, str):
                    check = check_tip if role == Qt.ItemDataRole.ToolTipRole else check_text
                    check(text)
                    seen += 1
        for told in (widget.accessibleName(), widget.accessibleDescription()):
            assert len(told) < 50_000  # read aloud as it is, and by no layout
        for action in widget.actions():
            check_text(action.text())
            check_tip(action.toolTip())
        seen += 1
    return seen


def checked_painting(draw: Callable[..., object], drawn: list[str]) -> Callable[..., object]:
    """``QPainter.drawText`` that looks at what is drawn, and lists it."""

    def draw_checked(painter: QPainter, *arguments: object) -> object:
        for text in arguments:
            if isinstance(text, str):
                assert not BAD.search(text), repr(text[:80])
                drawn.append(text)
        return draw(painter, *arguments)

    return draw_checked


def test_every_view_shows_hostile_names_as_they_are(
    hostile: Explorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, notes, table = hostile.session, hostile.notes, hostile.desk.table
    for index in range(len(HOSTILE)):
        unit = UnitAddress("fc", index)
        session.visualise(unit)
        hostile.submitted(index + 1)
        hostile.engine.advance(10_000)
        hostile.until(lambda: session.display.result is not None)
        notes.write(unit, (IMAGE, TURNED), f"{IMAGE}\n{ESCAPE}{LONG}")
        notes.keep_combination(f"{IMAGE}{TURNED}{index}", session.display.recipe.target.terms)
    hostile.until(lambda: len(session.library.items) == len(HOSTILE))
    drawn: list[str] = []
    monkeypatch.setattr(QPainter, "drawText", checked_painting(QPainter.drawText, drawn))
    (top,) = hostile.details.verdicts.tops.values()
    assert top.accessibleDescription().count("%") == 5  # classes with such names
    session.notice.emit(Notice(f"{IMAGE}{ESCAPE}{LONG}"))
    session.visualise(UnitAddress("fc", 1))
    session.compute([UnitAddress("<img src=x>", 1), UnitAddress("fc", 6)])
    hostile.combination.add([UnitAddress("fc", 0), UnitAddress("fc", 2), UnitAddress("fc", 4)])
    hostile.browser.search.field.setText("e")
    panels = [toggle.text() for toggle in hostile.panels.toggles()]
    assert {"Navigator", "Inspector", "Results", "Queue"} <= set(panels)
    for name in panels:
        hostile.panels.show(name)
        hostile.qtbot.wait(20)
        hostile.window.grab()
    sections = [section.name for section in hostile.desk.inspector._sections]
    assert {"This picture", "Make", "Recipe", "Combination"} <= set(sections)
    for name in sections:
        hostile.desk.show_section(name)
        hostile.window.grab()
    for page in PageName:
        table[f"page_{page.value}"].trigger()
        hostile.qtbot.wait(20)
        assert check_everything(hostile.window) > 200
        hostile.window.grab()
    assert len(drawn) > 20
    hostile.gallery.view.selectAll()
    for layer in ("<img src=x>", f"a{ESCAPE}b"):
        session.select(UnitAddress(layer, 0))
        check_everything(hostile.window)


def test_the_best_classes_are_drawn_as_they_are(
    hostile: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(QPainter, "drawText", checked_painting(QPainter.drawText, drawn))
    top = TopClasses(hostile.theme)
    hostile.qtbot.addWidget(top)
    top.show_classes(tuple((name, 0.1) for name in HOSTILE))
    top.resize(300, 150)
    top.grab()
    assert len(drawn) == 2 * len(HOSTILE)
    assert drawn[0].startswith("<img src")


def test_what_a_list_offers_is_made_plain_where_it_is_filled() -> None:
    folder = Path(str(resources.files("dgn_explorer.gui")))
    for file in folder.rglob("*.py"):
        for line in file.read_text().splitlines():
            if re.search(r"\.addItems\((?!\[plain\()", line):
                assert file.name in CHOICES_OF_OUR_OWN, f"{file}: {line}"


@pytest.mark.parametrize("id", ["note", "seeds", "sweep", "palette", "open", "film", "train"])
def test_every_dialog_shows_them_as_they_are(hostile: Explorer, id: str) -> None:
    hostile.session.visualise(UnitAddress("fc", 0))
    hostile.submitted(1)
    hostile.engine.advance(10_000)
    hostile.until(lambda: hostile.session.display.result is not None)
    hostile.desk.table[id].trigger()
    hostile.until(lambda: hostile.window.findChildren(QDialog))
    for dialog in hostile.window.findChildren(QDialog):
        check_everything(dialog)
        dialog.close()


def test_a_long_name_makes_no_panel_wider(hostile: Explorer) -> None:
    unit = UnitAddress("fc", HOSTILE.index(LONG))
    hostile.session.visualise(unit)
    hostile.submitted(1)
    hostile.engine.advance(10_000)
    hostile.until(lambda: hostile.session.display.result is not None)
    hostile.notes.write(unit, (), LONG)
    hostile.session.notice.emit(Notice(LONG))
    size = hostile.window.size()
    for name in ("This picture", "Make", "Recipe"):
        hostile.desk.show_section(name)
        hostile.qtbot.wait(50)
        body = hostile.desk.inspector.findChild(QScrollArea).widget()
        assert body.width() <= hostile.desk.inspector.width(), name
    assert hostile.window.size() == size
    card = hostile.notices.cards()[-1]
    assert card.heightForWidth(card.width()) <= hostile.book.height()


def test_an_error_shows_its_message_as_it_is(hostile: Explorer) -> None:
    hostile.window.show_problem(f"{IMAGE}{ESCAPE}", TURNED, LONG)
    dialog = hostile.window.findChild(ErrorDialog)
    check_everything(dialog)
    dialog.close()


def test_tool_tips_are_set_in_one_place() -> None:
    folder = Path(str(resources.files("dgn_explorer.gui")))
    files = [path for path in folder.rglob("*.py") if path.parent.name != "look"]
    assert len(files) > 60
    for file in files:
        text = file.read_text()
        assert ".setToolTip(" not in text, file
        assert not re.search(r"\bQLabel\([^)]", text), f"{file} makes a label of its own"
