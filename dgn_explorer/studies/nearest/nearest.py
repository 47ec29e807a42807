"""The photographs of a set that are nearest to a picture, and what their distance means.

Nguyen et al. (2016) ask whether a generator has learned its photographs by heart, by the nearest
ones in pixels and in features. Pixels cannot tell: the generator's own reconstruction of a
photograph seldom finds that photograph. So it is features, and never without two yardsticks: how
near photographs are to their nearest other, and whether reconstructions find their own.
"""

from collections.abc import Generator
from contextlib import closing

import numpy as np
import torch

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import resize
from dgn_explorer.photos.collection import Collection
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.prior import Prior
from dgn_explorer.studies.nearest.about import NearestParameters
from dgn_explorer.studies.survey import Survey
from dgn_explorer.studies.top_photos.thumbnails import thumbnails
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.photographs.measured import FEATURES, Measured
from dgn_explorer.synthesis.photographs.measuring import (
    LayerReader,
    feature_count,
    measure,
    square_of,
)
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.step import from_uint8, to_uint8

_SEED = 0  # of the photographs whose own nearest one is sought
_AT_ONCE = 16


def nearest(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    """Seek the nearest photographs of the picture, of photographs, and of rebuilt photographs.

    With ``survey.shown_by`` the network sees of the picture what that prior shows it, and
    photographs are rebuilt by that prior, if the network that it inverts can be opened.
    """
    p, given, picture = survey.parameters, survey.input("photos"), survey.input("picture")
    assert isinstance(p, NearestParameters) and given is not None and picture is not None
    image = bench.photo(picture)
    collection = bench.collection(given)
    assert bench.photo_sets is not None  # it has opened the collection
    with closing(collection):
        measured = yield from measure(bench.network, collection, bench.photo_sets.measured, [])
        count = len(measured.kept)
        sampled = np.random.default_rng(_SEED).permutation(count)[: p.sample]
        controls = np.sort(sampled[: p.controls])
        rebuilt = _rebuilt(bench, measured, controls.tolist())
        queries = np.concatenate(
            [
                _features(bench, image[None], bench.prior),
                _features(bench, rebuilt, bench.prior),
                measured.features([measured.kept[n] for n in sampled]),
            ]
        )
        mine = np.full(len(queries), -1)
        mine[1 + len(rebuilt) :] = sampled
        near, distances = nearest_of(measured, queries, min(p.count, count), mine)
        places = [measured.kept[n] for n in near[0]]
        jpegs, ends = thumbnails(collection, places, bench.network.info.working_size, p.thumbnail)
        return Made(
            {
                "photo": tuple(collection.names[place] for place in places),
                "distance": distances[0],
                "folder": tuple(collection.listed[place].folder for place in places),
                "sha256": tuple(collection.listed[place].sha256 for place in places),
                "own_distances": np.sort(distances[1 + len(rebuilt) :, 0]),
                "control_distances": distances[1 : 1 + len(rebuilt), 0],
                "control_found": (near[1 : 1 + len(rebuilt), 0] == controls[: len(rebuilt)]).astype(
                    np.uint8
                ),
                "counted": np.array([count], np.int32),
                "picture": image,
                "thumbnails": jpegs,
                "thumbnail_ends": ends,
                "unreadable": measured.unreadable,
            }
        )


def nearest_of(
    measured: Measured, queries: np.ndarray, k: int, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` nearest photographs of ``queries`` (q, D): numbers and cosine distances (q, k).

    ``own`` (q,) is the photograph that a query is of, which does not count; -1 for none. Of a
    hundred thousand photographs a shard at a time is in memory.
    """
    unit = _unit(queries)
    best = np.full((len(queries), k), np.inf, np.float32)
    near = np.full((len(queries), k), -1)
    shas = [measured.collection.listed[place].sha256 for place in measured.kept]
    for numbers, (values,) in measured.shards[FEATURES].parts(shas):
        assert values is not None  # every shard has values
        distances = (1 - unit @ _unit(values.T).T).clip(0, 2).astype(np.float32)
        distances[own[:, None] == numbers] = np.inf
        both = np.concatenate([best, distances], 1)
        which = np.concatenate([near, np.broadcast_to(numbers, distances.shape)], 1)
        order = np.lexsort((which, both))[:, :k]
        best, near = np.take_along_axis(both, order, 1), np.take_along_axis(which, order, 1)
    return near, best


def _rebuilt(bench: Bench, measured: Measured, numbers: list[int]) -> np.ndarray:
    """Photographs as the prior draws them from their codes (n, S, S, 3) uint8; none if it can't."""
    prior, encoder = bench.prior, None if bench.prior is None else bench.open_encoder()
    if prior is None or encoder is None or not numbers:
        return np.zeros((0, 8, 8, 3), np.uint8)
    made = []
    collection: Collection = measured.collection
    for at in range(0, len(numbers), _AT_ONCE):
        squares = np.stack(
            [
                square_of(collection.read(place), collection.names[place], prior.info.image_size)
                for place in (measured.kept[n] for n in numbers[at : at + _AT_ONCE])
            ]
        )
        with torch.no_grad(), convolutions(prior.device):
            code = encode(prior, encoder, from_uint8(squares, prior.device))
            made.append(to_uint8(prior.image(prior.space.clamp(code))))
    return np.concatenate(made)


def _features(bench: Bench, images: np.ndarray, prior: Prior | None) -> np.ndarray:
    """Pooled features (n, D) of finished images (n, S, S, 3) uint8."""
    network = bench.network
    size = network.info.working_size
    reader = LayerReader(network, [FEATURES])
    found = []
    for at in range(0, len(images), _AT_ONCE):
        rgb = from_uint8(images[at : at + _AT_ONCE], network.device)
        seen = rgb if prior is None else prior.seen(rgb, size)
        found.append(reader.of(resize(seen, size))[FEATURES][0].T)
    return np.concatenate(found) if found else np.zeros((0, feature_count(network)), np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    found: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
    return found
