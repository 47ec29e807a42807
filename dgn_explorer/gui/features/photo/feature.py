"""A photo of the user's own: what is asked about it, and starting from it."""

from dataclasses import replace

from PySide6.QtCore import QBuffer, QMimeData, QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.answers import Answer
from dgn_explorer.gui.desk.book import PageTopic, View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Drop, Feature
from dgn_explorer.gui.desk.inspector import Section
from dgn_explorer.gui.desk.navigator import Guide
from dgn_explorer.gui.features.photo.photo_page import PhotoPage
from dgn_explorer.gui.features.photo.seen import Seen
from dgn_explorer.gui.features.photo.strongest_view import StrongestView
from dgn_explorer.gui.features.photo.tray import PhotoTray
from dgn_explorer.gui.look.texts import TIMES
from dgn_explorer.gui.state.asking import Asked
from dgn_explorer.gui.state.display import Showing
from dgn_explorer.gui.state.topics import OfPhoto, PageName, Topic, page_of
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.photos.files import PHOTO_SUFFIXES
from dgn_explorer.studies.study import Study

_PHOTO = (PageName.PHOTO,)
_SETS = frozenset({"/", ".zip"})
_TRAY = "photos"  # the preference
_QUICK_S = 5.0  # a question that takes no longer is asked of every photo that is opened


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
        sections=(Section("This photo", Seen(desk), _PHOTO, 0),),
        guides=(Guide("photos", PhotoTray(desk), _PHOTO),),
        answers=(Answer("table", lambda: StrongestView(desk), about="strongest"),),
        takes=photo.take,
        remember=photo.remember,
        # A PNG may carry a recipe: the picture's feature looks first, and may come back here.
        drops=(Drop((frozenset(PHOTO_SUFFIXES) - {".png"}) | _SETS, desk.photo.open),),
    )


class _PhotoActions(QObject):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        desk.photo.opened.connect(self._opened)
        desk.photo.started_from.connect(self._started_from)
        desk.book.page_changed.connect(self._turned)
        self._taken_up = False
        desk.session.opened.connect(self._network_opened)

    def remember(self) -> None:
        """Put the tray into the preferences."""
        self._desk.preferences.put(_TRAY, self._desk.photo.remembered())

    def take(self, data: QMimeData) -> bool:
        """Whether ``data``, which was dropped, holds a picture, which is then opened."""
        image = data.imageData() if data.hasImage() else None
        if not isinstance(image, QImage) or image.isNull():
            return False
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        self._desk.photo.take(bytes(buffer.data().data()), "dropped picture")
        return True

    def _network_opened(self) -> None:
        if not self._taken_up:
            self._taken_up = True
            self._desk.photo.take_up(self._desk.preferences.get(_TRAY, ""))

    def _turned(self) -> None:
        """On this page an answer about its photo is on show, and no other."""
        display = self._desk.session.display
        elsewhere = display.order is None or page_of(display.order) is not PageName.PHOTO
        if self._desk.book.page is PageName.PHOTO and elsewhere:
            self._ask_quick()

    def _ask_quick(self) -> None:
        """Ask the question that is chosen, if the answer is there at once; else say nothing."""
        session, asked = self._desk.session, self._desk.book.topic.asked
        about = session.settings.value.about
        quick = isinstance(about, Study) and about.asked.seconds <= _QUICK_S
        order = session.order(asked) if asked is not None else None
        if quick and order is not None:
            session.run(order)
        elif session.display.showing is not Showing.LOADING:
            session.show_nothing()

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
            OfPhoto(photo.input.sha256),
        )

    def actions(self) -> tuple[Action, ...]:
        """Opening one, and starting from it."""
        desk = self._desk
        return (
            Action("open_photo", "File", -1, "Open photo…",
                   "Put photos into the tray, and ask about them", self._choose,
                   keys="Ctrl+Shift+O", icon="photo", toolbar=10, pages=frozenset(_PHOTO),
                   enabled=lambda: desk.session.network is not None),
            Action("photo_start", "Run", 1, "Start from the photo",
                   "Let the next images of a unit begin with this photo",
                   desk.photo.start_from, enabled=lambda: desk.photo.can_start, place=2,
                   pages=frozenset(_PHOTO), context=True),
        )  # fmt: skip

    def _open_all(self, paths: list[str]) -> None:
        for path in paths:
            self._desk.photo.open(path)

    def _choose(self) -> None:
        chooser = QFileDialog(self._desk.window, "Open photo")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chooser.setNameFilter(f"Pictures ({' '.join(f'*{suffix}' for suffix in PHOTO_SUFFIXES)})")
        chooser.filesSelected.connect(self._open_all)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _opened(self) -> None:
        """Somebody has dropped or chosen it, unless it comes from the last session."""
        if self._desk.photo.wanted:
            self._desk.book.show_page(PageName.PHOTO)
        if self._desk.book.page is PageName.PHOTO:
            self._ask_quick()

    def _started_from(self) -> None:
        self._desk.book.show_page(PageName.UNIT, self._desk.book.first_view(PageName.UNIT))
