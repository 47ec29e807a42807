"""Two to four results side by side, with one zoom and one place for all."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import ElidedLabel, panel
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import LARGE, SMALL, TIGHT
from dgn_explorer.results.record import Record

MOST = 4


class Compare(QWidget):
    """Whatever is zoomed or moved in one picture is so in all."""

    shown = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._theme = desk.theme
        self.canvases: list[Canvas] = []
        self.results: list[Record] = []
        self._following = False
        self._hint = ElidedLabel("muted")
        self._hint.setText("Zoom and place are linked.")
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, 0, SMALL, SMALL)
        column.addWidget(self._hint)
        self._grid = QGridLayout()
        self._grid.setSpacing(SMALL)
        column.addLayout(self._grid, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self._cells: list[QWidget] = []

    def show_results(self, results: list[Record]) -> None:
        """Show these, at most four, side by side."""
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.deleteLater()
        self.results = results[:MOST]
        self._cells, self.canvases = [], []
        for number, result in enumerate(self.results):
            cell = self._cell(number, result)
            columns = 2 if len(self.results) == 4 else len(self.results)
            self._grid.addWidget(cell, number // columns, number % columns)
            self._cells.append(cell)
        if self.canvases:
            self.canvases[0].setFocus()
        self.shown.emit()

    def _cell(self, number: int, result: Record) -> QWidget:
        recipe = result.recipe
        name = result.label or recipe.target.text()
        title = ElidedLabel("strong")
        title.setText(name)
        about = ElidedLabel("caption")
        about.setText(
            f"{network_text(recipe.network)} · seed {recipe.seed} · {result.steps} steps · "
            f"activation {number_text(result.activation)}"
        )
        canvas = Canvas(self._theme)
        canvas.setAccessibleName(f"Picture {number + 1}: {name}")
        canvas.show_image(result.picture)
        canvas.view_changed.connect(lambda: self._follow(canvas))
        self.canvases.append(canvas)
        cell = QWidget(self)
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(canvas, 1)
        column.addWidget(title)
        column.addWidget(about)
        return cell

    def _follow(self, leader: Canvas) -> None:
        if self._following:
            return
        self._following = True
        for canvas in self.canvases:
            if canvas is not leader:
                canvas.set_view(*leader.view)
        self._following = False
