"""Kinds of photos that excite a unit: a row each, and all photos on a map."""

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.sets.photo_map import PhotoMap
from dgn_explorer.gui.look.parts import label, set_role
from dgn_explorer.gui.look.pictures import scaled, to_pixmap
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.results.facets import Facet, facet_rows, facets_of
from dgn_explorer.results.record import Record

_PX, _LEAST_PX, _TEXT_PX = 88, 40, 170
_HEADS = ("photos", "", "", "their mean", "its image")


class KindsView(QWidget):
    """Three photographs, their mean, the image and the numbers of every facet."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.map = PhotoMap(desk.theme)
        self._pictures: list[tuple[QLabel, np.ndarray]] = []
        self._px = 0
        self.text = label("", "muted")
        self.text.setWordWrap(True)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName("The kinds of photos, a row each")
        desk.context_menu(self._area)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.map, 1)
        column.addWidget(self.text)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        row.setSpacing(MEDIUM)
        row.addWidget(self._area, 5)
        row.addWidget(side, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Pictures become smaller before what is said of them is out of sight."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        ratio = self.devicePixelRatioF()
        bar = self._area.verticalScrollBar().sizeHint().width()  # whether it is there yet or not
        room = self._area.width() - bar - _TEXT_PX - len(_HEADS) * SMALL - 2
        px = round(max(_LEAST_PX, min(_PX, room // len(_HEADS))) * ratio)
        if px != self._px:
            self._px = px
            for shown, picture in self._pictures:
                shown.setPixmap(to_pixmap(scaled(picture, px, px), ratio))

    def show_record(self, record: Record) -> None:
        """Show ``record``."""
        rows = QWidget()
        grid = QGridLayout(rows)
        grid.setSpacing(SMALL)
        grid.setContentsMargins(0, 0, 0, 0)
        for place, head in enumerate(_HEADS):
            grid.addWidget(label(head, "muted", wrap=True), 0, place)
        self._pictures, self._px = [], 0
        for facet, pictures in zip(facets_of(record), facet_rows(record), strict=True):
            for place, picture in enumerate(pictures):
                shown = QLabel()
                self._pictures.append((shown, picture))
                shown.setAccessibleName(f"Kind {facet.number + 1}, {_HEADS[place] or 'photo'}")
                grid.addWidget(shown, facet.number + 1, place)
            said = label(text_of(facet))
            said.setWordWrap(True)
            said.setMinimumWidth(_TEXT_PX)
            if facet.flagged:
                set_role(said, "role", "warn")
            grid.addWidget(said, facet.number + 1, len(_HEADS))
        grid.setColumnStretch(len(_HEADS), 1)
        grid.setRowStretch(record.count + 1, 1)
        self._area.setWidget(rows)
        self._fit()
        self.map.show_places(record.array("map"), record.array("facet_of"))
        scores = zip(record.array("tried").tolist(), record.array("scores").tolist(), strict=True)
        tried = ", ".join(f"{k}: {score:.2f}" for k, score in scores)
        self.text.setText(
            f"{len(record.parts['names']):,} photos; like lies near like. How surely so many kinds"
            f" are found again in part of them (1 is always): {tried}."
        )


def text_of(facet: Facet) -> str:
    """What is said of a facet.

    >>> print(text_of(Facet(0, 0.25, 0.8, 4.0, 9.0, 0.5, True, True, True)))
    25 % of the photos
    activation 4 (its photos 9)
    found again 0.80
    hardly a facet of this unit
    """
    lines = [
        f"{100 * facet.share:.0f} % of the photos",
        f"activation {number_text(facet.activation)}"
        f" (its photos {number_text(facet.photo_activation)})",
        f"found again {facet.stability:.2f}",
    ]
    if facet.flagged:
        lines.append(facet.remark)
    return "\n".join(lines)
