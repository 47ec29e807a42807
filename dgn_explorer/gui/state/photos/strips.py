"""A photo as every main layer keeps it: the images that are there, and those still to be made."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from dgn_explorer.engine.messages import Opened
from dgn_explorer.engine.ordering import recipe_for
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.photo import Photo
from dgn_explorer.gui.state.session import Session
from dgn_explorer.results.record import Record
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.methods.inversion.about import INVERSION, PRIOR_INVERSION
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Match

METHODS_OF = {"pixels": INVERSION, "prior": PRIOR_INVERSION}


@dataclass
class Kept:
    """What one layer keeps: the recipe, and its record once there is one."""

    layer: str
    recipe: Recipe
    record: Record | None = None


class Strips(QObject):
    """The strip of the photo that is open, through pixels or the prior."""

    changed = Signal()  # another strip
    came = Signal(int)  # the image at this place is there

    def __init__(
        self, session: Session, photo: Photo, flows: Flows, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._photo, self._flows = session, photo, flows
        self.through = "pixels"
        self.places: list[Kept] = []
        for signal in (session.opened, photo.opened):
            signal.connect(lambda *_: self._begin())
        session.library.added.connect(self._added)

    @property
    def missing(self) -> list[Recipe]:
        """The recipes whose images are not there."""
        return [one.recipe for one in self.places if one.record is None]

    @property
    def records(self) -> list[Record]:
        """Those that are there, from input to output."""
        return [one.record for one in self.places if one.record is not None]

    def choose(self, through: str) -> None:
        """Rebuild through ``pixels`` or the ``prior``."""
        if through != self.through:
            self.through = through
            self._begin()

    def queue(self) -> None:
        """Let all that are missing be made one after another, behind what is asked for by hand."""
        if self.missing:
            self._session.runs.compute(self.missing)

    def _begin(self) -> None:
        network, prior, photo = self._session.network, self._session.prior, self._photo.input
        self.places = []
        if network is not None and prior is not None and photo is not None:
            about = METHODS_OF[self.through]
            self.places = [
                Kept(layer.path, self._recipe(about, layer.path, photo))
                for layer in network.main_layers
            ]
            self._flows.start(self._load(list(self.places)))
        self.changed.emit()

    def _recipe(self, about: Method, layer: str, photo: Input) -> Recipe:
        network, prior = self._session.network, self._session.prior
        assert network is not None and prior is not None
        opened = Opened(network, prior, self._session.numeric)
        inputs = (Input("photo", photo.sha256, photo.name),)
        return recipe_for(opened, Match(layer), about.name, about.default, inputs=inputs)

    async def _load(self, places: list[Kept]) -> None:
        for kept in places:
            if self._session.library.get(kept.recipe.key) is not None:
                await self._fill(kept)

    async def _fill(self, kept: Kept) -> None:
        record = await self._session.library.load(kept.recipe.key)
        if record is not None and any(one is kept for one in self.places):
            kept.record = record
            self.came.emit(next(n for n, one in enumerate(self.places) if one is kept))

    def _added(self, summary: Summary) -> None:
        for kept in self.places:
            if kept.recipe.key == summary.key:
                self._flows.start(self._fill(kept))
