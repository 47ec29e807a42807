"""Images: one, or all of them as a sheet."""

import numpy as np
from PySide6.QtCore import Signal

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.results.record import Record


class PictureView(Canvas):
    """The picture of a record, to zoom and to drag out."""

    redrawn = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.theme)
        self.setAccessibleName("Answer")
        desk.context_menu(self)
        self.drag_wanted.connect(lambda: desk.drag_out.drag_shown(self))

    @property
    def picture(self) -> np.ndarray | None:
        """What is on show."""
        return self.image

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        self.show_image(record.picture)
        self.redrawn.emit()
        self.setAccessibleDescription(record.order.about.asked.sentence)
