"""A photo rebuilt or exaggerated, with how near it comes to what the layer saw."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.lens.strip_view import numbers_of
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.results.record import Record


class RebuiltView(QWidget):
    """The image, and its numbers below."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName("Answer")
        self.canvas.drag_wanted.connect(lambda: desk.drag_out.drag_shown(self.canvas))
        desk.context_menu(self.canvas)
        self.said = label("", "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.said)

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        self.canvas.show_image(record.picture)
        if "dot" in record.parts:
            dot, cosine = (float(record.array(name)[0]) for name in ("dot", "cosine"))
            self.said.setText(
                f"goes {dot:.2f} times as far as the photo  ·  cosine {cosine:.2f} to it"
            )
        else:
            self.said.setText(numbers_of(record))
