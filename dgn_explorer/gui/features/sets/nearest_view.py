"""Memory or invention: one figure, and one sentence under it."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from dgn_explorer.export.nearest_figure import nearest_figure
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.results.nearest import nearest_pictures, nearness_of
from dgn_explorer.results.record import Record

_COLUMNS = 5  # of pictures in a row: the answer has half of the window
_KEY = (
    "This picture is the first, then come its nearest photos. The curve is of distances: grey of"
    " photos to their nearest other, blue of rebuilt photos to the nearest, red of this picture."
)


class NearestView(QWidget):
    """The picture, its nearest photographs, and where its distance lies."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName("The picture, its nearest photos and the distances")
        desk.context_menu(self.canvas)
        self.sentence = label("")
        self.sentence.setWordWrap(True)
        self.key = label(_KEY, "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.sentence)
        column.addWidget(self.key)

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
                "",  # it stands below in letters that can be read
                _COLUMNS,
            )
        )
        self.canvas.setAccessibleDescription(found.sentence)
        self.sentence.setText(found.sentence)
