"""Facets as they were published: pixels from the mean image, smoothed in octaves.

Nguyen, Yosinski & Clune, "Multifaceted feature visualization", 2016, with the settings of the
released script for mean images. Its schedule of the smoothing is kept as it is written there, and
so is nothing else of the code: total variation is minimised by Chambolle's projection ("An
algorithm for total variation minimization and applications", 2004) instead of split Bregman.
Widths are shares of the network's square, which had 227 px there.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.network import Network, resize
from dgn_explorer.synthesis.ascent import Watch, check_ascent, missing_operators
from dgn_explorer.synthesis.methods.facets.ascent import FacetStep
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.unit_reader import UnitReader

WHITE = 255.0
ROUNDS = 20  # of the projection in each step; it goes on from the step before
_STEP = 0.24  # of the projection; 0.25 is its limit


@dataclass(frozen=True)
class Octave:
    """Some steps at one size: ``scale`` times the network's square.

    ``sizes`` are the first and last step in levels of 255, ``smoothing`` the two ends of its
    schedule (less is smoother), ``window`` how far the cut that the network sees strays, and
    ``margin`` the share of the cut, from each edge, in which nothing changes.
    """

    steps: int
    sizes: tuple[float, float]
    smoothing: tuple[float, float]
    scale: float = 1.0
    window: float = 0.0
    margin: float = 0.0


OCTAVES = (
    Octave(190, (1.0, 2.0), (0.4, 0.4)),
    Octave(150, (1.0, 1.0), (0.01, 2.0), 1.2, 0.3),
    Octave(20, (2.0, 2.0), (0.1, 2.0), 1.2, 0.2, 50 / 227),
    Octave(10, (2.0, 2.0), (0.4, 2.0), 1.2, 0.2),
)
TOTAL = sum(octave.steps for octave in OCTAVES)


def ascend(network: Network, recipe: Recipe, means: np.ndarray) -> Generator[FacetStep, None, None]:
    """Images from ``means`` (k, S, S, 3) uint8; the image of a step is the middle of the square."""
    size, device = network.info.working_size, network.device
    reader = UnitReader(network, recipe.units)
    x = resize(from_uint8(means, device), size) * WHITE
    random = np.random.default_rng(recipe.seed)
    stalled, watch = torch.zeros(len(x), device=device), Watch(device)
    index = 0
    for octave in OCTAVES:
        whole = round(size * octave.scale)
        x = resize(x, whole)
        dual = torch.zeros(2, *x.shape, device=device)
        for i in range(octave.steps):
            top, left = _corner(random, octave, whole, size)
            view = x[..., top : top + size, left : left + size].clone().requires_grad_(True)
            with torch.enable_grad(), missing_operators(device):
                values = reader(view / WHITE)[:, 0]
                (gradient,) = torch.autograd.grad(values.sum(), view)
            activation = values.detach().float()
            yield FacetStep(
                index, TOTAL, x.new_zeros(len(x), 0), _middle(x, size), activation, False
            )
            edge = round(octave.margin * size)
            inside = torch.zeros_like(gradient)
            inside[..., edge : size - edge, edge : size - edge] = 1
            gradient = gradient * inside
            loud = gradient.abs().mean((1, 2, 3), keepdim=True)
            usable = (loud > 0).flatten() & loud.isfinite().flatten()
            share = i / octave.steps
            length = octave.sizes[0] + (octave.sizes[1] - octave.sizes[0]) * share
            moved = length * gradient / torch.where(loud > 0, loud, 1.0)
            x[..., top : top + size, left : left + size] += moved.nan_to_num(0.0)
            x.clamp_(0, WHITE)
            stalled = (stalled + 1).masked_fill(usable, 0.0)
            if watch.trouble(index, usable, activation):
                check_ascent([recipe] * len(x), activation, stalled)
            # as it is written there; start + (end - start) * share was meant
            weight = octave.smoothing[0] * (1 - 1 / octave.steps) + octave.smoothing[1] * share
            x, dual = smoothed(x, weight, dual)
            x.clamp_(0, WHITE)
            index += 1
    image = _middle(x, size)
    with torch.no_grad():
        activation = reader(image)[:, 0].float()
    yield FacetStep(TOTAL - 1, TOTAL, x.new_zeros(len(x), 0), image, activation, True)


def smoothed(image: Tensor, weight: float, dual: Tensor) -> tuple[Tensor, Tensor]:
    """What is near ``image`` (N, C, H, W) with little total variation, and the ``dual`` of that.

    Minimises the sum of |gradient| and ``weight`` / 2 times the squared difference, in `ROUNDS`
    rounds from ``dual`` (2, N, C, H, W).
    """
    for _ in range(ROUNDS):
        down, right = _slopes(_divergence(dual) - weight * image)
        length = (down.square() + right.square()).sqrt()
        dual = (dual + _STEP * torch.stack([down, right])) / (1 + _STEP * length)
    return image - _divergence(dual) / weight, dual


def _slopes(image: Tensor) -> tuple[Tensor, Tensor]:
    down = F.pad(image[..., 1:, :] - image[..., :-1, :], (0, 0, 0, 1))
    right = F.pad(image[..., 1:] - image[..., :-1], (0, 1))
    return down, right


def _divergence(dual: Tensor) -> Tensor:
    down, right = dual  # nought in the last row and column, as slopes are
    rows = down - F.pad(down[..., :-1, :], (0, 0, 1, 0))
    both: Tensor = rows + right - F.pad(right[..., :-1], (1, 0))
    return both


def _corner(random: np.random.Generator, octave: Octave, whole: int, size: int) -> tuple[int, int]:
    middle = (whole - size) / 2
    strayed = random.normal(middle, octave.window * whole, 2) if octave.window else [middle] * 2
    top, left = np.clip(np.round(strayed), 0, whole - size).astype(int)
    return int(top), int(left)


def _middle(x: Tensor, size: int) -> Tensor:
    at = (x.shape[-1] - size) // 2
    return (x[..., at : at + size, at : at + size] / WHITE).detach().clone()
