"""A photo of the user's own: what is asked about it, and starting from it."""

from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.book import PageTopic, View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Drop, Feature
from dgn_explorer.gui.desk.navigator import Guide
from dgn_explorer.gui.features.photo.photo_page import PhotoPage
from dgn_explorer.gui.features.photo.photo_panel import PhotoPanel
from dgn_explorer.gui.look.texts import TIMES
from dgn_explorer.gui.state.asking import Asked
from dgn_explorer.gui.state.topics import PageName, Topic, page_of
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.photos.files import PHOTO_SUFFIXES

_PHOTO = (PageName.PHOTO,)


def photo_feature(desk: Desk) -> Feature:
    """The page of photos, and their tray at the left."""
    photo = _PhotoActions(desk)
    session = desk.session
    return Feature(
        name="photo",
        actions=photo.actions(),
        follows=(
            desk.session.opened,
            desk.session.settings.changed,
            desk.photo.opened,
        ),
        views=(View("photo", PhotoPage(desk), _PHOTO),),
        topics=(
            PageTopic(
                PageName.PHOTO,
                photo.topic,
                (desk.photo.opened, session.opened, session.selected, session.display_changed),
            ),
        ),
        guides=(Guide("photos", PhotoPanel(desk), _PHOTO),),
        # A PNG may carry a recipe: the picture's feature looks first, and may come back here.
        drops=(Drop(frozenset(PHOTO_SUFFIXES) - {".png"}, desk.photo.open),),
    )


class _PhotoActions(QObject):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        desk.photo.opened.connect(self._opened)
        desk.photo.started_from.connect(self._started_from)

    def topic(self) -> Topic:
        """The photo that is open, and the unit and layer that it is shown to."""
        photo, session = self._desk.photo, self._desk.session
        if photo.input is None:
            return Topic("No photo yet", "Drop one here, or open one with Ctrl+Shift+O")
        unit, network = session.unit, session.network
        if unit is None and network is not None:
            unit = UnitAddress(network.output_layer, 0)
        asked = Asked(photo=photo.input)
        if unit is not None:
            asked = replace(Asked.of(unit), photo=photo.input)
        display = session.display
        mine = display.order is not None and page_of(display.order) is PageName.PHOTO
        result = display.result if mine and display.job is None else None
        name = network.label(unit) if network is not None and unit is not None else ""
        height, width = photo.image.shape[:2] if photo.image is not None else (0, 0)
        return Topic(
            photo.name,
            f"{width} {TIMES} {height} pixels  ·  for {name or unit}",
            display.badge if mine else "",
            # an analysis has no picture of its own to save: its view saves what it draws
            (result.key,) if result is not None and "images" in result.parts else (),
            display.order if mine else None,
            asked,
        )

    def actions(self) -> tuple[Action, ...]:
        """Opening one, and starting from it."""
        desk = self._desk
        return (
            Action("open_photo", "File", -1, "Open photo…",
                   "List the units that a photo excites most", self._choose, keys="Ctrl+Shift+O",
                   icon="photo", toolbar=10, pages=frozenset(_PHOTO),
                   enabled=lambda: desk.session.network is not None),
            Action("photo_start", "Run", 1, "Start from the photo",
                   "Begin every ascent with the code of the photo at the left",
                   desk.photo.start_from, enabled=lambda: desk.photo.can_start, place=2,
                   pages=frozenset(_PHOTO), context=True),
        )  # fmt: skip

    def _choose(self) -> None:
        chooser = QFileDialog(self._desk.window, "Open photo")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilter(f"Pictures ({' '.join(f'*{suffix}' for suffix in PHOTO_SUFFIXES)})")
        chooser.fileSelected.connect(self._desk.photo.open)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _opened(self) -> None:
        self._desk.book.show_page(PageName.PHOTO)

    def _started_from(self) -> None:
        self._desk.book.show_page(PageName.UNIT)
