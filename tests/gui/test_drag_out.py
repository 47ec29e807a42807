"""Pictures that leave the window by drag: files with their recipes inside."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from dgn_explorer.export.png import read_recipe
from dgn_explorer.gui.desk import drag_out
from tests.gui.conftest import Explorer

Dragged = list[tuple[QWidget, QMimeData, QPixmap]]


@pytest.fixture
def dragged(monkeypatch: pytest.MonkeyPatch) -> Dragged:
    """What would be dragged; the button is held, and no drag waits for a drop."""
    found: Dragged = []
    monkeypatch.setattr(drag_out, "held", lambda: True)
    monkeypatch.setattr(drag_out, "begin", lambda *what: found.append(what))
    return found


def pull(explorer: Explorer, widget: QWidget, start: QPoint) -> None:
    far = QPoint(QApplication.startDragDistance() + 2, 0)
    explorer.qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
    explorer.qtbot.mouseMove(widget, start + far / 2)
    explorer.qtbot.mouseMove(widget, start + far)
    explorer.qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=start + far)


def paths_of(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls()]


def test_the_canvas_gives_a_file_with_the_recipe(explorer: Explorer, dragged: Dragged) -> None:
    explorer.make("volcano")
    canvas = explorer.stage.canvas
    canvas.drag_wanted.emit()
    explorer.until(lambda: dragged)
    source, data, pixmap = dragged[0]
    assert source is canvas
    assert pixmap.width() == round(96 * canvas.devicePixelRatioF())
    (path,) = paths_of(data)
    assert "volcano" in path.name
    result = explorer.session.display.result
    assert result is not None
    assert read_recipe(path) == result.recipe
    image = data.imageData()
    assert isinstance(image, QImage)
    assert image.width() == result.image.shape[1]
    explorer.window.close_at_once()
    explorer.until(lambda: not path.exists())


def test_the_picture_is_pulled_only_while_all_of_it_fits(explorer: Explorer) -> None:
    explorer.make("volcano")
    canvas, wanted = explorer.stage.canvas, []
    canvas.drag_wanted.connect(lambda: wanted.append(True))
    pull(explorer, canvas, QPoint(80, 80))
    assert len(wanted) == 1  # one a press, however far it goes
    canvas.zoom_by(3)
    before = canvas.view
    pull(explorer, canvas, QPoint(80, 80))
    assert len(wanted) == 1
    assert canvas.view[1] != before[1]  # it pans instead


def test_a_forming_picture_is_not_dragged(explorer: Explorer, dragged: Dragged) -> None:
    explorer.type_and_enter("volcano")
    explorer.submitted(1)
    explorer.engine.advance(3)
    explorer.stage.canvas.drag_wanted.emit()
    explorer.qtbot.wait(50)
    assert dragged == []


def test_selected_results_leave_together(explorer: Explorer, dragged: Dragged) -> None:
    for name in ("volcano", "strawberry"):
        explorer.make(name)
    explorer.desk.table["page_library"].trigger()
    view = explorer.gallery.view
    explorer.until(lambda: view.visualRect(view.model().index(0, 0)).isValid())
    view.selectAll()
    assert view.dragDropMode() == QAbstractItemView.DragDropMode.DragOnly
    pull(explorer, view.viewport(), view.visualRect(view.model().index(0, 0)).center())
    explorer.until(lambda: dragged)
    source, data, _ = dragged[0]
    assert source is view
    recipes = [read_recipe(path) for path in paths_of(data)]
    units = {str(recipe.units[0]) for recipe in recipes if recipe is not None}
    assert units == {"fc:1", "fc:2"}
    assert not data.hasImage()


def test_a_button_let_go_of_drags_nothing(
    explorer: Explorer, dragged: Dragged, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer.make("volcano")
    monkeypatch.setattr(drag_out, "held", lambda: False)
    explorer.stage.canvas.drag_wanted.emit()
    explorer.until(lambda: not explorer.flows.busy)
    explorer.qtbot.wait(20)
    assert dragged == []


def test_a_copied_picture_outlives_the_window_and_its_files_do_not(explorer: Explorer) -> None:
    explorer.make("volcano")
    result = explorer.session.display.result
    assert result is not None
    clipboard = QApplication.clipboard()
    explorer.desk.drag_out.copy_stored([result.key])
    explorer.until(lambda: clipboard.mimeData() is not None and clipboard.mimeData().hasUrls())
    explorer.desk.drag_out.clean()
    assert not clipboard.mimeData().hasUrls()
    assert clipboard.image().width() == result.picture.shape[1]
