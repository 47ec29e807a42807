"""The pass over a photo set: every photograph once, whatever is killed or joins in between.

Photographs are decoded on two threads while the network looks at the ones before, so that the pass
costs little more than the network alone (`tests/benchmarks/photo_sets.py`). At any time only the
newest batches and the newest shard are in memory.
"""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.reading import ActivationReader, ReadPoint
from dgn_explorer.photos.collection import Collection
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.reading import decode
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.photographs.measured import FEATURES, Measured
from dgn_explorer.synthesis.photographs.shards import Shards
from dgn_explorer.synthesis.progress import Progress
from dgn_explorer.synthesis.step import from_uint8

BATCH, BATCH_ACCELERATED = 16, 64
SHARD = 256  # photographs
_VIEW = "square 1"  # the middle square at the working size; another view is kept apart
_AHEAD = 3  # batches that are decoded before they are looked at
_DECODERS = 2


def measure(
    network: Network, collection: Collection, measured: Path, layers: Sequence[str]
) -> Generator[Progress[Any], None, Measured]:
    """What ``network`` makes of every photograph, at ``layers`` and in its pooled features.

    ``measured`` is the folder for it. Photographs that are there already are not looked at again.
    Yields a `Progress` a batch; what is done is kept when it is closed. A photograph that cannot be
    read, or whose numbers are not finite, is left out and said in `Measured.unreadable`. Raises
    `DgnError` if that is every one.
    """
    info = network.info
    sizes = {layer: info.layer(layer).channels for layer in layers}
    shards = {layer: shards_of(measured, info, layer, size) for layer, size in sizes.items()}
    shards[FEATURES] = shards_of(measured, info, FEATURES, feature_count(network))
    for one in shards.values():
        for path in one.damaged():
            one.forget(path)
    unreadable: dict[int, str] = {}
    missing = [
        place
        for place, listed in enumerate(collection.listed)
        if any(listed.sha256 not in one for one in shards.values())
    ]
    if missing:
        yield from _pass(network, collection, shards, missing, unreadable)
    kept = [place for place in range(len(collection)) if place not in unreadable]
    if not kept:
        reason = next(iter(unreadable.values()))
        raise DgnError(
            f"Nothing of {collection.name} can be measured, of {len(collection)}"
            f" photograph{'s' * (len(collection) != 1)}: {reason}",
            "Give a folder or zip of photographs.",
        )
    return Measured(collection, info, shards, tuple(kept), tuple(unreadable.values()))


def shards_of(measured: Path, info: NetworkInfo, layer: str, size: int) -> Shards:
    """What is kept of ``layer``, which has ``size`` units."""
    what = f"{_VIEW} {info.working_size} {layer}"
    name = hashlib.sha256(what.encode(errors="surrogateescape")).hexdigest()[:16]
    return Shards(measured / info.fingerprint[:32] / name, size)


@torch.no_grad()
def feature_count(network: Network) -> int:
    """How many pooled features a network has."""
    size = network.info.working_size
    grey = torch.full((1, 3, size, size), 0.5, device=network.device)
    read = ActivationReader(network.module, [_feature_point(network.info)])
    return int(pooled(read(network.preprocessing(grey))[0]).shape[1])


def pooled(features: Tensor) -> Tensor:
    """Features (N, D) of (N, D) or (N, D, H, W): the mean over positions."""
    return features.flatten(2).mean(2) if features.ndim > 2 else features


def square_of(data: bytes, name: str, size: int) -> np.ndarray:
    """The middle square (size, size, 3) uint8 of a photograph, as every measurement sees it."""
    return middle_square(decode(data, name, at_least=size), size)


class LayerReader:
    """Reads layers as photographs are measured, and the pooled features."""

    def __init__(self, network: Network, layers: Sequence[str]) -> None:
        """``layers`` may name `FEATURES` too."""
        self._network, self._layers = network, list(layers)
        self._pooled = {layer.path for layer in network.info.layers if layer.pooled}
        points = [
            _feature_point(network.info) if x == FEATURES else network.read_points[x]
            for x in layers
        ]
        self._read = ActivationReader(network.module, points)

    def __call__(self, squares: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
        """As `of`, for ``squares`` (n, S, S, 3) uint8."""
        return self.of(from_uint8(squares, self._network.device))

    @torch.no_grad()
    def of(self, rgb: Tensor) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
        """Values (units, n) float32 and places (units, n), by layer, of ``rgb`` (n, 3, S, S).

        The value of a layer with maps is the highest over its places, row * width + column, as
        nobody knows where in a photograph a thing is; of tokens and averaged classifiers it is the
        mean, as for images of theirs.
        """
        network = self._network
        with missing_operators(network.device), convolutions(network.device):
            maps = self._read(network.preprocessing(rgb))
        found = {}
        for layer, value in zip(self._layers, maps, strict=True):
            places = None
            if layer == FEATURES or layer in self._pooled:
                value = pooled(value)
            elif value.ndim > 2:
                value, where = value.flatten(2).max(2)
                places = where.T.cpu().numpy()
            found[layer] = value.float().T.cpu().numpy(), places
        return found


@dataclass
class _Waiting:
    """Photographs that have been looked at and are in no shard yet."""

    shas: list[str]
    values: list[np.ndarray]
    places: list[np.ndarray]

    def flush(self, shards: Shards) -> None:
        if self.shas:
            places = np.concatenate(self.places, 1) if self.places else None
            shards.add(self.shas, np.concatenate(self.values, 1), places)
        self.shas, self.values, self.places = [], [], []


def _pass(
    network: Network,
    collection: Collection,
    shards: dict[str, Shards],
    missing: list[int],
    unreadable: dict[int, str],
) -> Generator[Progress[Any], None, None]:
    listed = collection.listed
    lacking = [x for x in shards if any(listed[p].sha256 not in shards[x] for p in missing)]
    reader = LayerReader(network, lacking)
    waiting = {layer: _Waiting([], [], []) for layer in lacking}
    size = network.info.working_size
    batch = BATCH if network.device.type == "cpu" else BATCH_ACCELERATED
    batch = min(batch, network.info.batch_limit or batch)
    done = 0
    yield Progress(0, len(missing))
    try:
        for places, squares in _decoded(collection, missing, size, batch, unreadable):
            found = reader(squares) if len(squares) else {}
            done += batch
            good = _finite(found, len(squares))
            for column in np.flatnonzero(~good).tolist():
                name = collection.names[places[column]]
                unreadable[places[column]] = f"{name} gives numbers that are not finite."
            for layer, (values, where) in found.items():
                new = [
                    column
                    for column in np.flatnonzero(good).tolist()
                    if listed[places[column]].sha256 not in shards[layer]
                ]
                one = waiting[layer]
                one.shas += [listed[places[column]].sha256 for column in new]
                one.values.append(values[:, new])
                if where is not None:
                    one.places.append(where[:, new])
                if len(one.shas) >= SHARD:
                    one.flush(shards[layer])
            yield Progress(min(done, len(missing)), len(missing))
    finally:
        for layer, one in waiting.items():
            one.flush(shards[layer])


def _decoded(
    collection: Collection,
    missing: list[int],
    size: int,
    batch: int,
    unreadable: dict[int, str],
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Places and squares (n, S, S, 3) of batches; what cannot be read goes to ``unreadable``."""

    def square(place: int) -> np.ndarray:
        return square_of(collection.read(place), collection.names[place], size)

    runs = [missing[at : at + batch] for at in range(0, len(missing), batch)]
    with ThreadPoolExecutor(_DECODERS, thread_name_prefix="photographs") as pool:
        ahead: list[list[Future[np.ndarray]]] = []
        try:
            for number, run in enumerate(runs):
                while len(ahead) < min(number + _AHEAD, len(runs)):
                    ahead.append([pool.submit(square, place) for place in runs[len(ahead)]])
                futures, ahead[number] = ahead[number], []
                places, squares = [], []
                for place, future in zip(run, futures, strict=True):
                    try:
                        squares.append(future.result())
                        places.append(place)
                    except DgnError as error:
                        unreadable[place] = error.message
                yield places, np.stack(squares) if squares else np.zeros((0, size, size, 3), "u1")
        finally:
            for futures in ahead:
                for future in futures:
                    future.cancel()


def _finite(found: dict[str, tuple[np.ndarray, np.ndarray | None]], count: int) -> np.ndarray:
    good = np.ones(count, bool)
    for values, _ in found.values():
        good &= np.isfinite(values).all(0)
    return good


def _feature_point(info: NetworkInfo) -> ReadPoint:
    return ReadPoint(info.feature_reader, 0, "input")
