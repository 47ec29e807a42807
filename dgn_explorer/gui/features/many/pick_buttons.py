"""The buttons that pin and drop the chosen images of a list."""

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from dgn_explorer.gui.features.many.image_list import ImageList
from dgn_explorer.gui.features.many.picking import Picking
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import SMALL


class PickButtons(QWidget):
    """Follow a result by its key; a second click takes back what the first did."""

    def __init__(self, picking: Picking, images: ImageList) -> None:
        super().__init__()
        self._picking, self._images, self._key = picking, images, ""
        self.pin, self.drop = QPushButton("Pin"), QPushButton("Drop")
        set_tip(self.pin, "Keep the chosen images in front")
        set_tip(self.drop, "Leave the chosen images out of sight; the result keeps them")
        self.pin.clicked.connect(lambda: picking.pin(self._key, images.chosen))
        self.drop.clicked.connect(lambda: picking.drop(self._key, images.chosen))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        for button in (self.pin, self.drop):
            button.setAccessibleName(f"{button.text()} the chosen images")
            row.addWidget(button)
        images.itemSelectionChanged.connect(self._say)
        picking.changed.connect(self._picked)  # no lambda: these go before the picks do
        self._say()

    def follow(self, key: str) -> None:
        """Let the buttons be about the images of this result."""
        self._key = key
        self._say()

    def _picked(self, key: str) -> None:
        if key == self._key:
            self._say()

    def _say(self) -> None:
        chosen = frozenset(self._images.chosen)
        picks = self._picking.of(self._key) if self._key else None
        for button in (self.pin, self.drop):
            button.setEnabled(bool(chosen) and picks is not None)
        if picks is not None:
            pinned, dropped = picks.pinned, picks.dropped
            self.pin.setText("Unpin" if chosen and chosen <= pinned else "Pin")
            self.drop.setText("Take back" if chosen and chosen <= dropped else "Drop")
