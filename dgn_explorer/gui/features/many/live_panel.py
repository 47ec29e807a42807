"""A run of several images while it goes on: those that are there, and those in work as dots."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListView, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.many.band_plot import BandPlot, rows_of
from dgn_explorer.gui.features.many.image_list import ImageList
from dgn_explorer.gui.features.many.pick_buttons import PickButtons
from dgn_explorer.gui.features.many.picking import Picking
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.synthesis.progress import SoFar
from dgn_explorer.synthesis.recipe import Recipe

_MOST = 60  # images in the strip besides the pinned ones: a chain may go on for ever
_EDGE_PX = 72


class LivePanel(QWidget):
    """The strip into which images run, and where those in work stand in the ranges."""

    def __init__(self, desk: Desk, picking: Picking) -> None:
        super().__init__()
        self._session, self._picking = desk.session, picking
        self._key = ""
        self._images: dict[int, np.ndarray] = {}
        self._found = 0
        self._listed: tuple[Sequence[int], int] = ((), 0)
        self._values = np.zeros((0, 1), np.float32)
        self.list = ImageList(_EDGE_PX)
        self.list.setFlow(QListView.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedHeight(_EDGE_PX + 50)
        self.list.setAccessibleName("Images so far")
        self.plot = BandPlot(desk.theme)
        self.text = label("", "muted")
        self.picks = PickButtons(picking, self.list)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.text, 1)
        row.addWidget(self.picks)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, 0)
        column.setSpacing(SMALL)
        column.addLayout(row)
        column.addWidget(self.list)
        column.addWidget(self.plot)
        picking.changed.connect(self._picked)

    def show_so_far(self, so_far: SoFar, recipe: Recipe) -> None:
        """Show what ``recipe``, which is at work, has come to."""
        if recipe.key != self._key:
            self._key, self._found = recipe.key, 0
            self._images.clear()
            self.picks.follow(recipe.key)
        first = so_far.found - len(so_far.newest)
        for place, image in enumerate(so_far.newest):
            self._images.setdefault(first + place, image)
        self._values = so_far.activations
        if so_far.found != self._found or not self._images:
            self._found = so_far.found
            self._list()
        self.plot.show_rows(
            rows_of(recipe, self._session.network, so_far.activations, so_far.working)
        )
        drawn = f", {so_far.drawn:,} drawn" if so_far.drawn > so_far.found else ""
        question = recipe.about.question
        asked = getattr(recipe.parameters, question.count) if question is not None else 0
        self.text.setText(f"{so_far.found:,} of {asked:,} images so far{drawn}")

    def _picked(self, key: str) -> None:
        if key == self._key:
            self._list()

    def _list(self) -> None:
        picks = self._picking.of(self._key)
        for number in sorted(self._images)[:-_MOST]:
            if number not in picks.pinned:
                del self._images[number]
        numbers = picks.order(sorted(self._images))
        bar = self.list.horizontalScrollBar()
        at_end = bar.value() == bar.maximum()
        captions = {n: _caption(self._values, n, n in picks.pinned) for n in numbers}
        self.list.show_images(self._images, captions, numbers)
        if at_end:
            bar.setValue(bar.maximum())


def _caption(values: np.ndarray, number: int, pinned: bool) -> str:
    value = number_text(float(values[number, 0]))
    return f"★ {value}" if pinned else value  # there is no room for the word
