"""Seconds for a finished image in Lucent over ours: same unit, network, image size and steps.

Needs Lucent (``torch-lucent``, which wants ``kornia<=0.4.1``). Lucent gets the network as a user
has it, a plain module in eval mode; ours is opened the way the program opens it.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.networks.network import Network, resize
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.weights.efficientnet_lite import load
from dgn_explorer.networks.weights.torchvision_import import torchvision_models
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.methods.pixels.about import PixelsParameters
from dgn_explorer.synthesis.methods.pixels.ascent import pixels
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.targets import Maximise

STEPS = 30
UNIT = 980
PIXELS, PRIOR = "pixels", "dgn-am"


def measure() -> dict[str, float]:
    """Ratios (theirs over ours) and final activations for both parametrisations."""
    torchvision_models()  # Lucent imports it too, and could not beside every torch
    try:
        from lucent.optvis import param, render, transform
    except ImportError as error:
        print(f"lucent is left out: {error}", file=sys.stderr)
        return {}
    network, prior = open_network("lite0"), open_prior("default")
    plain = load("lite0")
    size = network.info.working_size
    preprocess = [lambda x: (255 * x - 127) / 128]
    found: dict[str, float] = {}
    for batch in (1, 16):
        for name in (PIXELS, PRIOR):
            through = _generator(prior, size, batch) if name == PRIOR else None

            def theirs(through: Any = through, batch: int = batch) -> np.ndarray:
                made: list[np.ndarray] = render.render_vis(
                    plain,
                    lambda hook: -hook("fc")[:, UNIT].sum(),
                    through or (lambda: param.image(size, batch=batch)),
                    optimizer=None,
                    transforms=transform.standard_transforms + preprocess,
                    thresholds=(STEPS,),
                    preprocess=False,
                    progress=False,
                    show_image=False,
                    fixed_image_size=size,
                )
                return (255 * made[-1]).round().clip(0, 255).astype(np.uint8)

            def ours(name: str = name, batch: int = batch) -> np.ndarray:
                return _ours(name, batch, network, prior)

            their_s, their_images = _timed(theirs)
            our_s, our_images = _timed(ours)
            suffix = f"batch{batch}" if name == PRIOR else f"pixels_batch{batch}"
            found[f"lucent_over_ours_{suffix}"] = their_s / our_s
            found[f"lucent_activation_{suffix}"] = _activation(network, their_images)
            found[f"our_activation_{suffix}"] = _activation(network, our_images)
    return found


def _timed(make: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    started = time.perf_counter()
    images = make()
    return time.perf_counter() - started, images


def _generator(prior: Prior, size: int, batch: int) -> Callable[[], tuple[list[Tensor], Any]]:
    """Our generator as a parametrisation of theirs."""

    def parametrisation() -> tuple[list[Tensor], Callable[[], Tensor]]:
        code = torch.randn(batch, prior.space.size, requires_grad=True)
        return [code], lambda: resize(prior.image(code), size)

    return parametrisation


def _ours(method: str, batch: int, network: Network, prior: Prior) -> np.ndarray:
    parameters: Parameters = (
        PixelsParameters(steps=STEPS) if method == PIXELS else DgnAmParameters(steps=STEPS)
    )
    recipes = [
        Recipe(
            "lite0",
            network.info.fingerprint,
            "default" if method == PRIOR else "",
            prior.info.fingerprint if method == PRIOR else "",
            Maximise.of(network.info.resolve(f"fc:{UNIT}")),
            method=method,
            parameters=parameters,
            seed=seed,
            numeric=best_numeric(network.device) if method == PRIOR else "float32",
        )
        for seed in range(batch)
    ]
    last = None
    run = pixels if method == PIXELS else dgn_am
    for step in run(network, prior, recipes, None):
        last = step
    assert last is not None
    return last.images()


@torch.no_grad()
def _activation(network: Network, images: np.ndarray) -> float:
    rgb = from_uint8(np.ascontiguousarray(images), network.device)
    return network.logits(rgb, network.info.working_size)[:, UNIT].mean().item()
