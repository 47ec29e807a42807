"""A video or a webcam before the network: what it sees now, and all maps of a layer, live."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.export.map_sheet import UNIT
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.lens.map_canvas import MapCanvas
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import label, panel
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL
from dgn_explorer.gui.state.photos.film_watch import FilmWatch
from dgn_explorer.gui.state.photos.map_look import MapLook
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.photos.film import VIDEO_SUFFIXES

_STRONGEST = 8
_UnitRole = Qt.ItemDataRole.UserRole + 1


class FilmView(QWidget):
    """The picture with its classes and the layer's strongest units, beside the layer's maps."""

    def __init__(self, desk: Desk, watch: FilmWatch, look: MapLook) -> None:
        super().__init__()
        self._desk, self._session, self._watch, self._look = desk, desk.session, watch, look
        self.picture, self.maps = Canvas(desk.theme), MapCanvas(desk.theme)
        self.picture.setAccessibleName("The film as the network sees it")
        self.picture.empty = self.maps.empty = ""
        self.maps.chosen.connect(self._choose)
        self.maps.opened.connect(self._open)
        self.said = label("", "muted", wrap=True)
        self.units = QListWidget()
        self.units.setAccessibleName("Strongest units of the layer")
        self.units.itemActivated.connect(lambda item: self._session.visualise(item.data(_UnitRole)))
        self.layer = QComboBox()
        self.layer.setAccessibleName("Layer of the maps")
        self.layer.activated.connect(lambda _row: watch.show_layer(self.layer.currentData()))
        video = QPushButton("Open a video\N{HORIZONTAL ELLIPSIS}")
        video.clicked.connect(self.choose_video)
        camera = QPushButton("Webcam")
        camera.clicked.connect(lambda: watch.open_camera())
        self.end = QPushButton("Stop")
        self.end.clicked.connect(watch.stop)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        for widget in (video, camera, self.end, label("Maps of", "muted"), self.layer):
            row.addWidget(widget)
        row.addWidget(self.said, 1)
        left = QVBoxLayout()
        left.addWidget(self.picture, 3)
        left.addWidget(self.units, 2)
        middle = QHBoxLayout()
        middle.setSpacing(MEDIUM)
        middle.addLayout(left, 2)
        middle.addWidget(self.maps, 3)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, SMALL, MEDIUM, SMALL)
        column.addLayout(row)
        column.addLayout(middle, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        watch.changed.connect(self._draw)
        desk.session.opened.connect(lambda *_: self._list_layers())
        self._list_layers()
        self._draw()

    def hideEvent(self, event: QHideEvent) -> None:
        """A film that nobody sees costs nothing."""
        super().hideEvent(event)
        self._watch.stop()

    def choose_video(self) -> None:
        """Ask for a file."""
        chooser = QFileDialog(self._desk.window, "Open a video")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilter(f"Videos ({' '.join(f'*{suffix}' for suffix in VIDEO_SUFFIXES)})")
        chooser.fileSelected.connect(self._watch.open)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _list_layers(self) -> None:
        network = self._session.network
        self.layer.clear()
        for one in network.main_layers if network else ():
            self.layer.addItem(plain(one.path), one.path)

    def _draw(self) -> None:
        self.end.setEnabled(self._watch.running)
        self.layer.setCurrentIndex(max(0, self.layer.findData(self._watch.layer)))
        sight, network = self._watch.sight, self._session.network
        if sight is None or network is None:
            self.picture.show_image(None)
            running = f"Waiting for the first picture of {self._watch.name}\N{HORIZONTAL ELLIPSIS}"
            idle = "Open a video, or let the network look through the webcam."
            self.said.setText(running if self._watch.running else idle)
            return
        self.picture.show_image(sight.seen, moving=True)
        names = [f"{network.labels[index]} {share:.0%}" for index, share in sight.classes[:3]]
        self.said.setText("  ·  ".join((f"picture {sight.number}", *names)))
        if sight.maps is not None:
            self.maps.show_maps(sight.maps, scale=UNIT, look=self._look.value, moving=True)
        else:
            self.maps.empty = "This layer has no maps"
            self.maps.show_image(None)
        self._list_units(sight.layer, sight.activations.argsort()[::-1][:_STRONGEST].tolist())

    def _list_units(self, layer: str, best: list[int]) -> None:
        sight, network = self._watch.sight, self._session.network
        assert sight is not None and network is not None
        chosen = self.units.currentRow()
        self.units.clear()
        for index in best:
            unit = UnitAddress(layer, index)
            name = network.label(unit) or str(unit)
            item = QListWidgetItem(
                plain(f"{name}   {number_text(float(sight.activations[index]))}")
            )
            item.setData(_UnitRole, unit)
            self.units.addItem(item)
        self.units.setCurrentRow(chosen)

    def _choose(self, unit: int) -> None:
        self._session.select(UnitAddress(self._watch.layer, unit))

    def _open(self, unit: int) -> None:
        self._session.visualise(UnitAddress(self._watch.layer, unit))
