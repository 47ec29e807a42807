"""A film or a webcam in front of the network: each picture that there is time for."""

from collections.abc import Generator
from typing import Any

import torch

from dgn_explorer.engine.messages import Sight, Watch
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.probabilities import probabilities
from dgn_explorer.synthesis.progress import Progress
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.verdict import TOP_CLASSES

_WAIT_S = 0.03  # for a picture, before somebody else may have the engine


def watch(network: Network, ask: Watch) -> Generator[Progress[Any], None, int]:
    """Look at pictures until the film ends; the answer is how many were looked at.

    Each is shown as a `Sight`. Raises `DgnError` if there is no such layer, or if the film ends
    without a picture.
    """
    info = network.info
    layer = info.layer(ask.layer)
    paths = list(dict.fromkeys((layer.path, info.output_layer)))
    reader = ActivationReader(network.module, [network.read_points[path] for path in paths])
    done = 0
    while not ask.film.ended:
        yield Progress(done, done + 1)
        taken = ask.film.take(_WAIT_S)
        if taken is None:
            continue
        number, picture = taken
        seen = middle_square(picture, info.working_size)
        with torch.no_grad(), missing_operators(network.device), convolutions(network.device):
            found = reader(network.preprocessing(from_uint8(seen[None], network.device)))
        values, scores = found[0][0].float(), found[-1][0].float()
        maps = values if layer.spatial not in (None, (1, 1)) else None
        flat = values.flatten(1).mean(1) if values.ndim > 1 else values
        scores = scores.flatten(1).mean(1) if scores.ndim > 1 else scores
        best = probabilities(scores[None])[0].topk(min(TOP_CLASSES, len(scores)))
        classes = tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True))
        done += 1
        ask.show(
            Sight(
                number,
                layer.path,
                seen,
                None if maps is None else maps.cpu().numpy(),
                flat.cpu().numpy(),
                classes if info.labels else (),
            )
        )
    if not done:
        raise ask.film.why_nothing()
    return done
