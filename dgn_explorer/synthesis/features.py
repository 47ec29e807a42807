"""Features of photographs at a layer: what targets of the kind `Match` are about.

How near an image comes is told of its finished 8-bit pixels, as everything that is shown.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromRandom
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.targets import Match


class Features:
    """What one layer of a network puts out, as flat vectors; the network runs no further."""

    def __init__(self, network: Network, layer: str) -> None:
        """Raises `DgnError` if there is no such ``layer``."""
        self._network = network
        self.layer = network.info.layer(layer).path
        self._reader = ActivationReader(network.module, [network.read_points[self.layer]])

    def __call__(self, rgb: Tensor) -> Tensor:
        """Features (N, K) of ``rgb`` (N, 3, S, S) in [0, 1], S being the working size."""
        values: Tensor = self._reader(self._network.preprocessing(rgb))[0]
        return values.flatten(1)

    def shown(self, image: Tensor, prior: Prior | None) -> Tensor:
        """The same of an image of any size, of which a ``prior`` shows its part."""
        size = self._network.info.working_size
        seen = image if prior is None else prior.seen(image, size)
        return self(resize(seen, size))

    @torch.no_grad()
    def of_images(self, images: np.ndarray, prior: Prior | None = None) -> Tensor:
        """The same of finished images (N, S, S, 3) uint8."""
        device = self._network.device
        with missing_operators(device), convolutions(device):
            return self.shown(from_uint8(images, device), prior).float()


def relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    """Length of the difference over that of ``wanted`` (1 or N, K), by row (N, K): 0 is a match."""
    error: Tensor = (found - wanted).norm(dim=1) / wanted.norm(dim=1)
    return error


def cosine(found: Tensor, wanted: Tensor) -> Tensor:
    """Of the angle between each row (N, K) and ``wanted`` (1 or N, K)."""
    return F.cosine_similarity(found, wanted.expand_as(found), dim=1)


@dataclass(frozen=True)
class Wanted:
    """The features that are asked for, and the photographs (N, S, S, 3) uint8.

    ``values`` are (1, K), those of a recipe; or (N, K), of several photographs one by one.
    """

    features: Features
    values: Tensor
    photos: np.ndarray

    def plain(self) -> np.ndarray:
        """The first photograph's mean colour and nothing else, (1, S, S, 3) uint8."""
        first = self.photos[:1]
        mean = first.mean((0, 1, 2)).round().astype(np.uint8)
        return np.broadcast_to(mean, first.shape).copy()


def wanted_of(bench: Bench, recipe: Recipe) -> Wanted:
    """What ``recipe`` asks for: the mean features of its photographs' middle squares.

    Raises `DgnError` if it does not start at random, lacks a photograph, or if the layer is silent.
    """
    target = recipe.target
    assert isinstance(target, Match)
    if not isinstance(recipe.start, FromRandom):
        raise DgnError(
            f"{recipe.method} starts from random numbers and from nothing else.",
            "Leave out where to start from.",
        )
    if recipe.input(target.role) is None:
        raise DgnError(
            f"The recipe has no photograph called {target.role!r}.", "Give the photograph."
        )
    features = Features(bench.network, target.layer)
    size = bench.network.info.working_size
    photos = np.stack([middle_square(bench.photo(one), size) for one in recipe.inputs])
    values = features.of_images(photos).mean(0, keepdim=True)
    if not float(values.norm()) > 0:
        raise DgnError(
            f"Nothing in {features.layer} answers to the photograph.", "Choose another layer."
        )
    return Wanted(features, values, photos)


Judge = Callable[[Made], Made]


def judged(
    work: Generator[Progress[Made], None, tuple[Made, ...]], judge: Judge
) -> Generator[Progress[Made], None, Made]:
    """``work`` on one image, whose result, and whatever a stop keeps, goes through ``judge``."""
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            (made,) = end.value
            return judge(made)
        kept = progress.partial
        if kept is not None:
            progress = replace(progress, partial=_through(judge, kept))
        yield progress


def _through(judge: Judge, kept: Callable[[int], Made]) -> Callable[[int], Made]:
    return lambda place: judge(kept(place))


def with_last(trace: np.ndarray, value: float) -> np.ndarray:
    """``trace`` whose last value is that of the finished image."""
    trace = trace.copy()
    trace[-1] = value
    return trace


def not_finite(recipe: Recipe) -> DgnError:
    """What to say when the numbers run away."""
    return DgnError(
        f"The image for {recipe.target.text()} is not made of numbers any more.",
        "Try a smaller step.",
    )
