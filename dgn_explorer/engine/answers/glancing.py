"""Where a unit looks, at once: walking through the units of a layer costs a backward pass each.

Families that need many passes are answered too, behind those that need one, and make room between
any two passes.
"""

from collections import OrderedDict
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import torch

from dgn_explorer.engine.messages import Glance, Glimpse
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.studies.saliency.about import AT_ONCE, GRAD_CAM, HOWS, SaliencyParameters
from dgn_explorer.studies.saliency.making import FAMILIES, FORWARDS
from dgn_explorer.studies.saliency.scene import Attribution, Forward, Scene
from dgn_explorer.synthesis.progress import Progress

_MOST = 5  # passes kept: one of each family; of Lite0 at 192 px one holds 10 to 40 MB

_Key = tuple[str, str, str, str, str]


class Glances:
    """Answers `Glance`, and keeps the newest forward passes; used on the engine's thread alone."""

    def __init__(self, read_input: Callable[[str], bytes]) -> None:
        self._read_input = read_input
        self._kept: OrderedDict[_Key, Forward] = OrderedDict()

    def forget(self) -> None:
        """Let go of all passes, and of the networks that they belong to."""
        self._kept.clear()

    def answer(self, network: Network, ask: Glance) -> Generator[Progress[Any], None, Glimpse]:
        """The map of one unit; raises `DgnError` as the survey does."""
        if ask.how not in HOWS:
            raise DgnError(
                f"There is no family of maps called {ask.how!r}.",
                f"Choose one of: {', '.join(HOWS)}.",
            )
        unit = network.info.resolve(str(ask.unit))
        yield Progress(0, 1)
        if ask.how not in AT_ONCE:
            return (yield from self._in_many_passes(network, ask, unit))
        forward = self._forward(network, ask, unit)
        found = forward.map_of(unit, again=True)
        return _glimpse(ask, forward.scene, found, forward.activation(unit))

    def _in_many_passes(
        self, network: Network, ask: Glance, unit: UnitAddress
    ) -> Generator[Progress[Any], None, Glimpse]:
        """A map of a family that keeps no pass: it can be dropped between any two of them."""
        scene = self._scene(network, ask, unit)
        work = FAMILIES[ask.how](scene, SaliencyParameters(how=ask.how), "")
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                with torch.no_grad():
                    activation = float(scene.score(scene.rgb))
                return _glimpse(ask, scene, end.value, activation)
            yield Progress(step.done, max(1, step.total))

    def _scene(self, network: Network, ask: Glance, unit: UnitAddress) -> Scene:
        photo = decode_photo(self._read_input(ask.photo.sha256), ask.photo.name or "The photo")
        return Scene(network, unit, middle_square(photo, network.info.working_size))

    def _forward(self, network: Network, ask: Glance, unit: UnitAddress) -> Forward:
        cam = ask.layer if ask.how == GRAD_CAM else ""
        key = (network.info.fingerprint, ask.photo.sha256, unit.layer, ask.how, cam)
        if key not in self._kept:
            scene = self._scene(network, ask, unit)
            while len(self._kept) >= _MOST:  # before the new one takes memory
                self._kept.popitem(last=False)
            self._kept[key] = FORWARDS[ask.how](scene, cam)
        self._kept.move_to_end(key)
        return self._kept[key]


def _glimpse(ask: Glance, scene: Scene, found: Attribution, activation: float) -> Glimpse:
    colours = None if found.colours is None else _array(found.colours)
    return Glimpse(ask, _array(found.map), colours, scene.seen, activation)


def _array(values: Any) -> np.ndarray:
    made: np.ndarray = values.detach().float().cpu().numpy()
    return made
