"""Which results commands for several results act on: those selected in the list on show."""

from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.desk.centre import Centre
from dgn_explorer.gui.features.results.gallery import Gallery
from dgn_explorer.gui.features.results.results_strip import ResultsStrip


class Selection(QObject):
    """The gallery's selection while it is on show, else that of the strip along the bottom."""

    changed = Signal()

    def __init__(self, centre: Centre, gallery: Gallery, strip: ResultsStrip) -> None:
        super().__init__(centre)
        self._centre, self._gallery, self._strip = centre, gallery, strip
        gallery.selection_changed.connect(self.changed)
        strip.selection_changed.connect(self.changed)
        centre.page_changed.connect(self.changed)

    @property
    def keys(self) -> list[str]:
        """The selected results."""
        if self._centre.page == "gallery":
            return self._gallery.selected()
        return self._strip.selected()

    @property
    def or_all(self) -> list[str]:
        """The selected results, or all that the list shows if fewer than two are selected."""
        keys = self.keys
        if len(keys) > 1:
            return keys
        model = self._gallery.model if self._centre.page == "gallery" else self._strip.model
        return [item.key for item in model.items]
