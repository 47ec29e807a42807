"""Where the chosen unit looks, several ways side by side: it follows the choice at once."""

from dataclasses import replace

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QVBoxLayout, QWidget

from dgn_explorer.export.heat import COLOURS, RED_BLUE, Look
from dgn_explorer.export.overlay import overlay
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.lens.saving import Drawn
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.flow_layout import FlowLayout
from dgn_explorer.gui.look.parts import label, panel
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL
from dgn_explorer.gui.state.photos.glances import Glances
from dgn_explorer.gui.state.photos.map_look import MapLook
from dgn_explorer.studies.saliency.about import AT_ONCE, HOWS, SALIENCY
from dgn_explorer.studies.survey import Survey

_TITLES = {
    "grad-cam": "Grad-CAM",
    "gradient": "Gradient",
    "gradient-input": "Gradient \N{MULTIPLICATION SIGN} input",
    "smoothgrad": "SmoothGrad",
    "integrated": "Integrated gradients",
    "guided": "Guided backprop",
    "deconvnet": "DeconvNet",
    "occlusion": "Occlusion",
}
_MOST_A_ROW = 4


class _Pane(QWidget):
    """One family: its name, its map, or why there is none."""

    def __init__(self, desk: Desk, how: str, parent: QWidget) -> None:
        super().__init__(parent)  # which it goes with, chosen or not
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName(f"{_TITLES[how]} over the photo")
        self.canvas.empty = ""
        self.said = label("", "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(label(_TITLES[how], "strong"))
        column.addWidget(self.canvas, 1)
        column.addWidget(self.said)


class LooksView(QWidget):
    """A pane for each family that is chosen; asks only while it is in sight."""

    def __init__(self, desk: Desk, look: MapLook, glances: Glances) -> None:
        super().__init__()
        self._session, self._photo = desk.session, desk.photo
        self._look, self._glances = look, glances
        self.title = label("", "muted", wrap=True)
        self.boxes: dict[str, QCheckBox] = {}
        self.panes: dict[str, _Pane] = {}
        choices, self._panes = FlowLayout(MEDIUM), QGridLayout()
        self._panes.setSpacing(MEDIUM)
        for how in HOWS:
            box = QCheckBox(_TITLES[how])
            if how not in AT_ONCE:
                set_tip(box, "Takes many passes: the map comes after the others")
            box.setChecked(how in glances.hows)
            box.toggled.connect(self._chosen)
            choices.addWidget(box)
            self.boxes[how] = box
            self.panes[how] = _Pane(desk, how, self)
        body, column = panel(margin=0, spacing=SMALL)
        column.setContentsMargins(LARGE, SMALL, MEDIUM, SMALL)
        column.addLayout(choices)
        column.addWidget(self.title)
        column.addLayout(self._panes, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        for signal in (look.changed, glances.changed, desk.photo.opened):
            signal.connect(self._draw)
        desk.session.selected.connect(lambda _unit: self._draw())
        glances.working.connect(self._working)
        self._arrange()
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the choice."""
        super().showEvent(event)
        self._glances.turn(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Cost nothing while nobody looks."""
        super().hideEvent(event)
        self._glances.turn(False)

    def drawn(self) -> list[Drawn]:
        """The maps on show, each with the survey that makes its numbers."""
        network, made = self._session.network, []
        for how in self._glances.hows:
            found, image = self._glances.found.get(how), self.panes[how].canvas.image
            if network is None or found is None or image is None:
                continue
            ask = found.ask
            survey = Survey(
                network.name,
                ask.network_fingerprint,
                SALIENCY.name,
                SALIENCY.presets[how],
                units=(ask.unit,),
                inputs=(replace(ask.photo, role="photo"),),
            )
            made.append(Drawn(f"{ask.unit} {how}", image, survey))
        return made

    def _chosen(self) -> None:
        self._glances.choose(tuple(how for how, box in self.boxes.items() if box.isChecked()))
        self._arrange()
        self._draw()

    def _arrange(self) -> None:
        """The chosen panes in as few rows as will do, all of one size."""
        for pane in self.panes.values():
            self._panes.removeWidget(pane)
            pane.setVisible(False)
        shown = [self.panes[how] for how in self._glances.hows]
        rows = max(1, -(-len(shown) // _MOST_A_ROW))
        across = -(-len(shown) // rows)
        for place, pane in enumerate(shown):
            self._panes.addWidget(pane, place // across, place % across)
            pane.setVisible(True)
        for place in range(_MOST_A_ROW):
            self._panes.setColumnStretch(place, int(place < across))
            self._panes.setRowStretch(place, int(place < rows))

    def _working(self, how: str, done: int, total: int) -> None:
        found, unit = self._glances.found.get(how), self._session.unit
        stale = (
            f"still {found.ask.unit}  ·  " if found is not None and found.ask.unit != unit else ""
        )
        self.panes[how].said.setText(f"{stale}working: {100 * done // max(1, total)} %")

    def _draw(self) -> None:
        unit, network = self._session.unit, self._session.network
        if self._photo.input is None:
            text = "Drop a photo here, paste one, or open one with Ctrl+Shift+O."
        elif unit is None or network is None:
            text = "Choose a unit: at the left, or by a search. The maps follow it."
        else:
            name = network.label(unit)
            text = f"Where {name or unit} looks" + (f"  ·  {unit}" if name else "")
        self.title.setText(text)
        for how, pane in self.panes.items():
            found, refused = self._glances.found.get(how), self._glances.refused.get(how, "")
            if found is None:
                pane.canvas.show_image(None)
                pane.said.setText("waiting…" if self._glances.asked(how) else refused)
                continue
            look = self._look.value
            if look.tone == COLOURS and found.colours is None:
                look = Look(look.opacity, look.clip, look.smooth, look.absolute, RED_BLUE)
            pane.canvas.show_image(overlay(found.seen, found.map, look, found.colours), moving=True)
            stale = "" if found.ask.unit == unit else f"still {found.ask.unit}  ·  "
            pane.said.setText(f"{stale}activation {number_text(found.activation)}")
