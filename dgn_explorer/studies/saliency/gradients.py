"""Gradient, gradient times input, SmoothGrad and Integrated Gradients.

All are for the photograph's pixels in [0, 1], before the network's own preprocessing; nothing is
normalised. Maps are sums over the three colours, with their sign.
"""

from functools import partial

import numpy as np
import torch

from dgn_explorer.studies.saliency.about import SaliencyParameters
from dgn_explorer.studies.saliency.scene import Attribution, Forward, Pass, Scene, Work

GREY = 0.5  # where Integrated Gradients start from, and what "no input" is


def gradient(scene: Scene, layer: str) -> Forward:
    """The activation's gradient (Simonyan et al. 2014, section 3)."""
    rgb = scene.watched()
    return Forward(scene, scene.values(rgb), rgb, Attribution.of_colours)


def times_input(scene: Scene, layer: str) -> Forward:
    """Gradient times pixel (Shrikumar et al. 2016): a black pixel gets 0."""
    rgb = scene.watched()
    return Forward(
        scene, scene.values(rgb), rgb, lambda found: Attribution.of_colours(found * scene.rgb)
    )


def smoothgrad(scene: Scene, p: SaliencyParameters, layer: str) -> Work:
    """The mean gradient of ``samples`` photographs with normal noise (Smilkov et al. 2017)."""
    total = torch.zeros_like(scene.rgb)
    random = torch.Generator().manual_seed(p.seed)
    for i in range(p.samples):
        so_far = partial(Attribution.of_colours, total / i) if i else None
        yield Pass(i, p.samples, so_far)
        noise = torch.randn(scene.rgb.shape, generator=random).to(scene.rgb.device)
        rgb = (scene.rgb + p.noise * noise).requires_grad_(True)
        total = total + scene.gradient(scene.score(rgb), rgb)
    return Attribution.of_colours(total / p.samples)


def integrated(scene: Scene, p: SaliencyParameters, layer: str) -> Work:
    """Gradients along the way from grey to the photograph (Sundararajan et al. 2017).

    ``steps`` points of Gauss and Legendre. The map's sum should be what the activation gains on the
    way; ``error`` says by which share of the gain it is off.
    """
    places, weights = np.polynomial.legendre.leggauss(p.steps)
    grey = torch.full_like(scene.rgb, GREY)
    total = torch.zeros_like(scene.rgb)
    for i, (place, weight) in enumerate(zip((places + 1) / 2, weights / 2, strict=True)):
        yield Pass(i, p.steps)
        rgb = (grey + float(place) * (scene.rgb - grey)).requires_grad_(True)
        total = total + float(weight) * scene.gradient(scene.score(rgb), rgb)
    found = total * (scene.rgb - grey)
    with torch.no_grad():
        gain = float(scene.score(scene.rgb) - scene.score(grey))
    off = abs(float(found.double().sum()) - gain)
    return Attribution.of_colours(found, off / max(abs(gain), 1e-6))
