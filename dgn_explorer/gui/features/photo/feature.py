"""A photograph of the user's own: the units that it excites, and starting from it."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Drop, Feature
from dgn_explorer.gui.features.photo.photo_panel import PhotoPanel
from dgn_explorer.photos.files import PHOTO_SUFFIXES

_PAGE = "photo"


def photo_feature(desk: Desk) -> Feature:
    """A page in place of the layers, until it is closed or something is searched."""
    photo = _PhotoActions(desk)
    return Feature(
        name="photo",
        actions=photo.actions(),
        follows=(
            desk.session.opened,
            desk.session.settings.changed,
            desk.photo.opened,
        ),
        # A PNG may carry a recipe: the picture's feature looks first, and may come back here.
        drops=(Drop(frozenset(PHOTO_SUFFIXES) - {".png"}, desk.photo.open),),
    )


class _PhotoActions(QObject):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        desk.navigator.add_page(_PAGE, PhotoPanel(desk))
        desk.photo.opened.connect(self._opened)
        desk.photo.started_from.connect(self._started_from)

    def actions(self) -> tuple[Action, ...]:
        """Opening one, and starting from it."""
        desk = self._desk
        return (
            Action("open_photo", "File", -1, "Open photo…",
                   "List the units that a photo excites most", self._choose, keys="Ctrl+Shift+O",
                   icon="photo", enabled=lambda: desk.session.network is not None),
            Action("photo_start", "Run", 1, "Start from the photo",
                   "Begin every ascent with the code of the photo at the left",
                   desk.photo.start_from, enabled=lambda: desk.photo.can_start, place=2),
        )  # fmt: skip

    def _choose(self) -> None:
        chooser = QFileDialog(self._desk.window, "Open photo")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilter(f"Pictures ({' '.join(f'*{suffix}' for suffix in PHOTO_SUFFIXES)})")
        chooser.fileSelected.connect(self._desk.photo.open)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _opened(self) -> None:
        self._desk.panels.show("Browse")
        self._desk.navigator.show_page(_PAGE)

    def _started_from(self) -> None:
        self._desk.panels.show("Settings")
