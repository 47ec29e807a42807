"""Where a unit looks, at once: walking through the units of a layer costs a backward pass each."""

from collections import OrderedDict
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from dgn_explorer.engine.messages import Glance, Glimpse
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.studies.saliency.about import AT_ONCE, GRAD_CAM
from dgn_explorer.studies.saliency.making import FORWARDS
from dgn_explorer.studies.saliency.scene import Forward, Scene
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
        if ask.how not in AT_ONCE:
            raise DgnError(
                f"A map of the family {ask.how} takes many passes.",
                f"Order it as a survey, or choose {', '.join(AT_ONCE[:-1])} or {AT_ONCE[-1]}.",
            )
        unit = network.info.resolve(str(ask.unit))
        yield Progress(0, 1)
        forward = self._forward(network, ask, unit)
        found = forward.map_of(unit, again=True)
        colours = None if found.colours is None else _array(found.colours)
        seen = forward.scene.seen
        return Glimpse(ask, _array(found.map), colours, seen, forward.activation(unit))

    def _forward(self, network: Network, ask: Glance, unit: UnitAddress) -> Forward:
        cam = ask.layer if ask.how == GRAD_CAM else ""
        key = (network.info.fingerprint, ask.photo.sha256, unit.layer, ask.how, cam)
        if key not in self._kept:
            photo = decode_photo(self._read_input(ask.photo.sha256), ask.photo.name or "The photo")
            scene = Scene(network, unit, middle_square(photo, network.info.working_size))
            while len(self._kept) >= _MOST:  # before the new one takes memory
                self._kept.popitem(last=False)
            self._kept[key] = FORWARDS[ask.how](scene, cam)
        self._kept.move_to_end(key)
        return self._kept[key]


def _array(values: Any) -> np.ndarray:
    made: np.ndarray = values.detach().float().cpu().numpy()
    return made
