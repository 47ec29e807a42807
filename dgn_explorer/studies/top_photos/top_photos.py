"""The photographs of a set that excite every unit of some layers most.

What a unit makes of a photograph is the highest value in its map, for nobody knows where in a
photograph a thing is; of layers of tokens it is the mean. Quantiles are exact: they are those of
all values, not of a sample or a sketch.
"""

from collections.abc import Generator
from contextlib import closing

import numpy as np

from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.network import Network
from dgn_explorer.studies.survey import Survey
from dgn_explorer.studies.top_photos.about import BINS, LEVELS, TopPhotosParameters
from dgn_explorer.studies.top_photos.thumbnails import thumbnails
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.photographs.fields import fields_of
from dgn_explorer.synthesis.photographs.measured import Measured, Top
from dgn_explorer.synthesis.photographs.measuring import measure
from dgn_explorer.synthesis.progress import Made, Progress

HIDDEN_AT = (0.3, 0.55, 0.8, 1.0)  # of the way through the layers with maps
_LEAST_CHANNELS = 16


def top_photos(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    """Measure the set where it has not been, and put the table together.

    ``survey.layers`` are the layers, else those of `usual_layers`. Closing it keeps what has been
    measured, and the next survey of any set goes on from there.
    """
    parameters, given = survey.parameters, survey.input("photos")
    assert isinstance(parameters, TopPhotosParameters) and given is not None
    info = bench.network.info
    layers = [info.layer(path).path for path in survey.layers] or usual_layers(info)
    collection = bench.collection(given)
    assert bench.photo_sets is not None  # it has opened the collection
    with closing(collection):
        measured = yield from measure(bench.network, collection, bench.photo_sets.measured, layers)
        return _table(bench.network, measured, layers, parameters)


def usual_layers(info: NetworkInfo) -> list[str]:
    """The output layer, and four hidden ones with maps from early to late."""
    maps = [
        layer.path
        for layer in info.layers
        if layer.spatial and min(layer.spatial) > 1 and layer.channels >= _LEAST_CHANNELS
    ]
    places = sorted({round(share * (len(maps) - 1)) for share in HIDDEN_AT} if maps else set())
    found = [maps[place] for place in places]
    return found + [info.output_layer] * (info.output_layer not in found)


def _table(
    network: Network, measured: Measured, layers: list[str], parameters: TopPhotosParameters
) -> Made:
    collection = measured.collection
    tops = {layer: measured.top(layer, parameters.count) for layer in layers}
    shown = sorted({int(p) for top in tops.values() for p in top.photos.flat if p >= 0})
    number = np.full(len(collection) + 1, -1, np.int32)  # the last for "none", -1
    number[shown] = np.arange(len(shown))
    places, boxes, quantiles, histograms = [], [], [], []
    for layer, top in tops.items():
        positions, fields = _where(network, layer, top)
        places.append(positions)
        boxes.append(fields)
        for _, values in measured.blocks(layer):
            quantiles.append(np.quantile(values.astype(np.float64), LEVELS, axis=1).T)
            histograms.append(histogram(values))
    jpegs, ends = thumbnails(collection, shown, network.info.working_size, parameters.thumbnail)
    units = [np.arange(len(top.photos), dtype=np.int32) for top in tops.values()]
    return Made(
        {
            "layer": tuple(layer for layer, top in tops.items() for _ in top.photos),
            "unit": np.concatenate(units),
            "photos": np.concatenate([number[top.photos] for top in tops.values()]),
            "activations": np.concatenate([top.values for top in tops.values()]),
            "positions": np.concatenate(places),
            "fields": np.concatenate(boxes),
            "quantiles": np.concatenate(quantiles).astype(np.float32),
            "histogram": np.concatenate(histograms),
            "levels": np.array(LEVELS),
            "side": np.array([network.info.working_size], np.int32),
            "names": tuple(collection.names[place] for place in shown),
            "folders": tuple(collection.listed[place].folder for place in shown),
            "sha256": tuple(collection.listed[place].sha256 for place in shown),
            "thumbnails": jpegs,
            "thumbnail_ends": ends,
            "counted": np.array([len(measured.kept)], np.int32),
            "unreadable": measured.unreadable,
        }
    )


def _where(network: Network, layer: str, top: Top) -> tuple[np.ndarray, np.ndarray]:
    """Positions (units, k, 2) in the map, and fields (units, k, 4) in the square, of ``top``."""
    about, side = network.info.layer(layer), network.info.working_size
    positions = np.full((*top.places.shape, 2), -1, np.int32)
    fields = np.tile(np.array([0, 0, side, side], np.int32), (*top.places.shape, 1))
    there = top.places >= 0
    if about.spatial is not None and there.any():
        positions[there] = np.stack(np.divmod(top.places[there], about.spatial[1]), 1)
        found = fields_of(network, layer)
        if found is not None:
            boxes = np.array(
                [found.box(place) for place in range(about.spatial[0] * about.spatial[1])]
            )
            fields[there] = boxes[top.places[there]]
    return positions, fields


def histogram(values: np.ndarray) -> np.ndarray:
    """How many of each row of ``values`` (units, n) lie in `BINS` steps from its least to its most.

    >>> histogram(np.array([[0.0, 1.0, 1.0]]))[0, [0, -1]].tolist()
    [1, 2]
    """
    low, high = values.min(1, keepdims=True), values.max(1, keepdims=True)
    share = (values - low) / np.where(high > low, high - low, 1)
    bins = np.minimum((share * BINS).astype(np.int64), BINS - 1)
    rows = np.arange(len(values))[:, None] * BINS
    counts = np.bincount((bins + rows).ravel(), minlength=len(values) * BINS)
    return counts.reshape(len(values), BINS).astype(np.int32)
