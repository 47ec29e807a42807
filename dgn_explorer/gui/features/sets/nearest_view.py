"""Memory or invention: one figure, and one sentence under it."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from dgn_explorer.export.nearest_figure import nearest_figure
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.results.nearest import nearest_pictures, nearness_of
from dgn_explorer.results.record import Record


class NearestView(QWidget):
    """The picture, its nearest photographs, and where its distance lies."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName("The picture, its nearest photos and the distances")
        desk.context_menu(self.canvas)
        self.sentence = label("")
        self.sentence.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.sentence)

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        found = nearness_of(record)
        self.canvas.show_image(
            nearest_figure(
                record.array("picture"),
                nearest_pictures(record),
                found.picture,
                found.own,
                found.controls,
                found.sentence,
            )
        )
        self.canvas.setAccessibleDescription(found.sentence)
        self.sentence.setText(found.sentence)
