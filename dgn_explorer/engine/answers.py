"""Questions to the engine that make no result: pictures of codes, ascents again, what is in images.

Every answer can be cancelled between two pictures, and then is None.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import numpy as np
import torch

from dgn_explorer.engine.halting import halting
from dgn_explorer.engine.messages import (
    Decode,
    Encode,
    Judge,
    Judgement,
    Replay,
    Strongest,
    UnitStrength,
)
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.inversion import invert
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.runners import RUNNERS
from dgn_explorer.synthesis.step import Step, from_uint8, to_uint8
from dgn_explorer.synthesis.step_sweep import best_step, sweep
from dgn_explorer.synthesis.verdict import classes_of_images

Show = Callable[[int, int, np.ndarray], None]  # done, total, the newest picture (H, W, 3) uint8
_BATCH = 4  # codes at a time: few enough for a cancel to act at once


def decode(prior: Prior, ask: Decode, cancel: threading.Event, show: Show) -> np.ndarray | None:
    """The generator's pictures (N, S, S, 3) uint8 of the codes."""
    pictures: list[np.ndarray] = []
    for at in range(0, len(ask.codes), _BATCH):
        if cancel.is_set():
            return None
        codes = torch.from_numpy(ask.codes[at : at + _BATCH]).to(prior.device)
        with torch.no_grad():
            pictures.extend(to_uint8(prior.image(codes)))
        show(len(pictures), len(ask.codes), pictures[-1])
    return np.stack(pictures)


def encode_photo(prior: Prior, encoder: Network | None, ask: Encode) -> np.ndarray:
    """The code (K,) float32 of the middle of a photo: by ``encoder`` if it is there, else sought.

    ``encoder`` is the network that the prior inverts.
    """
    info = prior.info
    size = info.image_size if encoder is None else info.encoder.input_size
    rgb = from_uint8(middle_square(ask.image, size)[None], prior.device)
    with torch.no_grad():
        code = invert(prior, rgb) if encoder is None else encode(prior, encoder, rgb)
    clamped: np.ndarray = prior.space.clamp(code)[0].float().cpu().numpy()
    return clamped


def replay(
    network: Network,
    prior: Prior | None,
    ask: Replay,
    start: np.ndarray | None,
    cancel: threading.Event,
    show: Show,
) -> np.ndarray | None:
    """Pictures (frames, S, S, 3) uint8 of an ascent, evenly spread, its last step included."""
    recipe = ask.recipe
    wanted = set(np.linspace(ask.steps - 1, 0, min(ask.frames, ask.steps)).round().astype(int))
    pictures: list[np.ndarray] = []
    with closing(RUNNERS[recipe.method](network, prior, [recipe], start)) as steps:
        for step in _first(steps, ask.steps):
            if cancel.is_set():
                return None
            if step.index in wanted:
                pictures.append(step.images()[0])
                show(step.index + 1, ask.steps, pictures[-1])
    return np.stack(pictures)


def find_step(network: Network, prior: Prior, cancel: threading.Event, show: Show) -> float | None:
    """A good first step size of ascents for ``network`` through ``prior``, by short ascents."""
    nothing = np.zeros((1, 1, 3), np.uint8)  # there is no picture to look at meanwhile
    shares: dict[float, float] = {}
    with halting(cancel.is_set):
        shares = sweep(network, prior, lambda done, total: show(done, total, nothing))
    return best_step(shares) if shares else None


def strongest(
    network: Network, ask: Strongest, cancel: threading.Event
) -> tuple[UnitStrength, ...] | None:
    """The units of every layer that ``ask.image`` excites most, layer by layer, best first.

    A unit's activation is its mean over positions, and its strength that in standard deviations
    above the mean of its layer's units. Layers of different sizes can be compared by it.
    """
    info = network.info
    found: list[UnitStrength] = []
    reader = ActivationReader(
        network.module, [network.read_points[layer.path] for layer in info.layers]
    )
    if cancel.is_set():
        return None
    with torch.no_grad():
        square = middle_square(ask.image, info.working_size)
        maps = reader(network.preprocessing(from_uint8(square[None], network.device)))
    for layer, activation in zip(info.layers, maps, strict=True):
        values = activation[0].float().flatten(1).mean(1) if activation.ndim > 2 else activation[0]
        values = values.float()
        spread = float(values.std(correction=0)) or 1.0
        best = values.topk(min(ask.count, values.numel()))
        for index, value in zip(best.indices.tolist(), best.values.tolist(), strict=True):
            above = (value - float(values.mean())) / spread
            found.append(UnitStrength(UnitAddress(layer.path, index), value, above))
    return tuple(found)


def judge(
    networks: Sequence[Network], prior: Prior | None, ask: Judge, cancel: threading.Event
) -> tuple[Judgement, ...] | None:
    """What each of ``networks`` sees in a picture of ``prior`` (None: of no open prior)."""
    found: list[Judgement] = []
    for network in networks:
        if cancel.is_set():
            return None
        (classes,) = classes_of_images(network, ask.image[None], prior)
        found.append(Judgement(network.info.fingerprint, classes))
    return tuple(found)


def _first(steps: Iterator[Step], count: int) -> Iterator[Step]:
    for step in steps:
        yield step
        if step.index + 1 >= count:
            return
