"""Real photos: those that excite a unit most, and where images lie among all of them."""

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from dgn_explorer.errors import DgnError
from dgn_explorer.export.field import with_field
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.sets.histogram import Histogram, Mark
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.gui.state.surveys import Wish
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record
from dgn_explorer.results.top_photos import UnitPhotos, unit_photos
from dgn_explorer.synthesis.methods.inverse_set.about import INVERSE_SET
from dgn_explorer.synthesis.sheet import tiled
from dgn_explorer.synthesis.targets import Band, InRange

_PROPOSED = 3  # the ranges of the strongest photographs


class PhotosView(QWidget):
    """The strongest photographs of the chosen unit, with what it looks at framed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._session = desk, desk.session
        self._record: Record | None = None
        self._unit: UnitAddress | None = None
        self._wish: Wish | None = None
        self._photo: tuple[UnitAddress, float] | None = None
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName("The photos that excite the unit most")
        desk.context_menu(self.canvas)
        self.histogram = Histogram(desk.theme)
        self.text = label("", "muted")
        self.ranges = QWidget()
        self._row = QHBoxLayout(self.ranges)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SMALL)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.text)
        column.addWidget(self.histogram)
        column.addWidget(self.ranges)
        self._session.selected.connect(lambda _unit: self._show())
        self._session.display_changed.connect(self._mark)
        desk.photo.opened.connect(self._place_photo)

    def show_record(self, record: Record) -> None:
        """Show ``record`` for the unit that is chosen, else for its first one."""
        self._record = record
        self._show()
        self._place_photo()

    def _found(self) -> UnitPhotos | None:
        """The chosen unit's row."""
        record, unit = self._record, self._session.unit
        if record is None:
            return None
        if unit is not None:
            try:
                return unit_photos(record, unit)
            except DgnError:  # of another layer
                pass
        return UnitPhotos(record, 0)

    def _show(self) -> None:
        found = self._found()
        if found is None:
            return
        layer, index = found.record.parts["layer"][found.row], found.record.array("unit")[found.row]
        self._unit = UnitAddress(str(layer), int(index))
        pictures = [
            with_field(small, found.fields[place])
            for place, number in enumerate(found.photos)
            if (small := found.thumbnail(number)) is not None
        ]
        if pictures:
            self.canvas.show_image(tiled(np.stack(pictures)))
        network = self._session.network
        name = (network.label(self._unit) if network else "") or str(self._unit)
        names = [str(found.record.parts["names"][number]) for number in found.photos]
        self.canvas.setAccessibleDescription(f"Of {plain(name)}: {', '.join(map(plain, names))}")
        counted = int(found.record.array("counted")[0])
        missing = len(found.record.parts["unreadable"])
        left = f", {missing} more could not be read" if missing else ""
        self.text.setText(
            plain(f"{name}: the strongest of {counted:,} photos{left}. The frame is what it sees.")
        )
        self._propose(found)
        self._mark()

    def _mark(self) -> None:
        found = self._found()
        if found is None or self._unit is None:
            return
        marks = []
        best = self._session.best_of(self._unit)
        if best is not None:
            share = found.share_below(best)
            marks.append(Mark(best, f"best image {number_text(best)}, above {share:.0%} of them"))
        if self._photo is not None and self._photo[0] == self._unit:
            value = self._photo[1]
            share = found.share_below(value)
            marks.append(Mark(value, f"open photo {number_text(value)}, above {share:.0%}"))
        counts, low, high = found.histogram
        self.histogram.show_counts(counts, low, high, marks)

    def _propose(self, found: UnitPhotos) -> None:
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for name, low, high in found.ranges()[-_PROPOSED:]:
            button = QPushButton(f"Images from {number_text(low)} to {number_text(high)}")
            set_tip(button, f"A set of different images that excite it like {name}")
            button.clicked.connect(lambda _on=False, ends=(low, high): self._make(*ends))
            self._row.addWidget(button)
        self._row.addStretch(1)

    def _make(self, low: float, high: float) -> None:
        if self._unit is not None:
            target = InRange((Band(self._unit, low, high),))
            self._session.run_target(target, INVERSE_SET.name, INVERSE_SET.default)

    def _place_photo(self) -> None:
        """Find where the open photo lies; nothing is said without one."""
        photo, unit, network = self._desk.photo.input, self._unit, self._session.network
        if self._wish is not None:
            self._wish.drop()
        if photo is None or unit is None or network is None:
            return

        def take(made: Record) -> None:
            values = made.array("activation")
            if unit.index < len(values):
                self._photo = unit, float(values[unit.index])
                self._mark()

        self._wish = self._session.surveys.values(network, photo, (unit.layer,), take)
