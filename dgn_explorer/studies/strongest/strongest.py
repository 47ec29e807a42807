"""The units of every layer that a photograph excites most."""

from collections.abc import Generator

import numpy as np
import torch

from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.studies.strongest.about import StrongestParameters
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.step import from_uint8


def strongest(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    """Rank the units of every layer by their mean activation over positions, best first.

    The photograph's middle square is seen at the working size. ``deviations`` are standard
    deviations above the mean of the layer's units, by which layers of different sizes can be
    compared. ``survey.layers`` limits the layers; empty means all.
    """
    parameters, photo = survey.parameters, survey.input("photo")
    assert isinstance(parameters, StrongestParameters) and photo is not None
    network = bench.network
    info = network.info
    wanted = [info.layer(path).path for path in survey.layers] or [x.path for x in info.layers]
    reader = ActivationReader(network.module, [network.read_points[path] for path in wanted])
    square = middle_square(bench.photo(photo), info.working_size)
    yield Progress(0, len(wanted))
    with torch.no_grad():
        maps = reader(network.preprocessing(from_uint8(square[None], network.device)))
    layers: list[str] = []
    units, activations, deviations = [], [], []
    for path, activation in zip(wanted, maps, strict=True):
        values = activation[0].float()
        values = values.flatten(1).mean(1) if values.ndim > 1 else values
        spread = float(values.std(correction=0)) or 1.0
        best = values.topk(min(parameters.count, values.numel()))
        layers += [path] * len(best.indices)
        units.append(best.indices.int().cpu().numpy())
        activations.append(best.values.cpu().numpy())
        deviations.append(((best.values - values.mean()) / spread).cpu().numpy())
    return Made(
        {
            "layer": tuple(layers),
            "unit": np.concatenate(units),
            "activation": np.concatenate(activations),
            "deviations": np.concatenate(deviations),
        }
    )
