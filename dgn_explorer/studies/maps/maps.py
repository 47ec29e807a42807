"""All maps of a layer, the main view of the Deep Visualization Toolbox (Yosinski et al. 2015)."""

from collections.abc import Generator

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.info import LayerInfo
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.step import from_uint8


def maps(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    """Every unit's activation at every place of the photograph's middle square: (N, H, W).

    Numbers are those of the layer as the program reads it, nothing is normalised. Raises `DgnError`
    for no layer or several, and for one that has no maps.
    """
    photo = survey.input("photo")
    assert photo is not None
    if len(survey.layers) != 1:
        raise DgnError("The maps are those of one layer.", "Name it, such as --layer blocks.4.")
    layer = mapped_layer(bench.network, survey.layers[0])
    seen = middle_square(bench.photo(photo), bench.network.info.working_size)
    yield Progress(0, 1)
    rgb = from_uint8(seen[None], bench.network.device)
    found = values_of(bench.network, layer, rgb)
    return Made(
        {
            "maps": found.cpu().numpy(),
            "seen": seen,
            "means": found.mean((1, 2)).cpu().numpy(),
            "highest": found.amax((1, 2)).cpu().numpy(),
        }
    )


def mapped_layer(network: Network, path: str) -> LayerInfo:
    """The layer at ``path``; raises `DgnError` if its units are no maps."""
    layer = network.info.layer(path)
    if layer.spatial is None or layer.spatial == (1, 1):
        raise DgnError(
            f"{layer.path} has no maps: each of its units is one number.",
            "Name a layer with maps, or ask for the strongest units.",
        )
    return layer


@torch.no_grad()
def values_of(network: Network, layer: LayerInfo, rgb: torch.Tensor) -> torch.Tensor:
    """The layer's maps (C, H, W) for ``rgb`` (1, 3, S, S) in [0, 1]."""
    reader = ActivationReader(network.module, [network.read_points[layer.path]])
    with missing_operators(network.device), convolutions(network.device):
        values: torch.Tensor = reader(network.preprocessing(rgb))[0][0]
    return values.float()
