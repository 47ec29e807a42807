"""The map of one more unit of a layer, over the bare backward pass that it needs."""

import statistics
import time

import numpy as np
import torch

from dgn_explorer.engine.answers.glancing import Glances
from dgn_explorer.engine.messages import Glance
from dgn_explorer.export.png import encode_png
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish

ROUNDS, WARM = 15, 3
LAYER = "fc"
HOWS = ("gradient", "gradient-input", "guided")


def measure() -> dict[str, float]:
    """Ratios, and milliseconds of a map, with all that the engine's answer takes."""
    network = open_network("lite0")
    size, info = network.info.working_size, network.info
    photo = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
    glances = Glances(lambda sha: encode_png(photo))
    read = ActivationReader(network.module, [network.read_points[LAYER]])
    rgb = torch.from_numpy(photo).permute(2, 0, 1)[None].div(255).requires_grad_(True)
    values = read(network.preprocessing(rgb))[0][0]
    found: dict[str, float] = {}
    for how in HOWS:
        ours, bare = [], []
        for i in range(ROUNDS + WARM):
            unit = info.resolve(f"{LAYER}:{50 * i}")
            ask = Glance(info.fingerprint, Input("photo", "0" * 64), unit, how)
            began = time.perf_counter()
            finish(glances.answer(network, ask))
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            torch.autograd.grad(values[unit.index], rgb, retain_graph=True)
            bare.append(time.perf_counter() - began)
        ours_s, bare_s = statistics.median(ours[WARM:]), statistics.median(bare[WARM:])
        found[f"glance_over_backward_{how}"] = ours_s / bare_s
        found[f"glance_ms_{how}"] = 1000 * ours_s
    return found
