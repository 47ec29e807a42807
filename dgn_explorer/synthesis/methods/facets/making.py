"""From a unit and a photo set to the facets with their images."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.kinds import top_parts
from dgn_explorer.synthesis.methods.facets import ascent, published
from dgn_explorer.synthesis.methods.facets.about import PIXELS, FacetsParameters
from dgn_explorer.synthesis.methods.facets.ascent import FacetStep
from dgn_explorer.synthesis.methods.facets.drawing import forming
from dgn_explorer.synthesis.methods.facets.gathering import Gathered, gather
from dgn_explorer.synthesis.methods.facets.grouping import Facets, group
from dgn_explorer.synthesis.methods.ppgn.looking import needed_encoder
from dgn_explorer.synthesis.photographs.measuring import measure
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import to_uint8
from dgn_explorer.synthesis.targets import Maximise
from dgn_explorer.synthesis.verdict import classes_of_images, readings_of_images

_STEP_COST = 4.0  # of an image and step, in photographs that are measured
_FEW = 8  # facets that it is reckoned with before their number is known


def make(bench: Bench, recipe: Recipe) -> Generator[Progress[Made], None, Made]:
    """Group the unit's photographs and make an image of each group; see the package."""
    p, prior = recipe.parameters, bench.prior
    assert isinstance(p, FacetsParameters) and prior is not None
    unit = _the_unit(recipe)
    if p.synthesiser != PIXELS and p.prior_term:
        needed_encoder(prior, bench.open_encoder())  # said before the photographs are looked at
    given = recipe.input("photos")
    assert given is not None and bench.photo_sets is not None  # the recipe has checked
    network, folder = bench.network, bench.photo_sets.measured
    finisher: Finisher
    size = network.info.working_size if p.synthesiser == PIXELS else prior.info.image_size
    counter = _Counter(p)
    with closing(bench.collection(given)) as collection:
        measured = yield from counter.of(measure(network, collection, folder, [unit.layer]))
        gathered = yield from counter.of(gather(network, measured, unit, p))
        facets = yield from counter.of(group(gathered, p, size, recipe.seed))
        steps, finisher = yield from counter.of(images_of(bench, recipe, gathered, facets))
    with closing(steps):
        for step in steps:
            finisher.add(step)
            yield counter.step(step, finisher)
    return finisher.made()


def images_of(
    bench: Bench, recipe: Recipe, gathered: Gathered, facets: Facets
) -> Generator[Progress[Any], None, tuple[Generator[FacetStep, None, None], "Finisher"]]:
    """The steps to an image of each of the ``facets``, and what is to be told each of them.

    Looks at their photographs once more, and after it returns no longer.
    """
    p, network, prior = recipe.parameters, bench.network, bench.prior
    assert isinstance(p, FacetsParameters) and prior is not None
    if p.synthesiser == PIXELS:
        steps = published.ascend(network, recipe, facets.means)
    else:
        encoder = bench.open_encoder()
        heights = facets.mean_values(gathered.values)
        codes = yield from _first_codes(prior, encoder, gathered, facets, recipe)
        way = encoder if p.prior_term else None
        steps = ascent.ascend(network, prior, way, recipe, codes, facets.features, heights)
    shown_by = None if p.synthesiser == PIXELS else prior
    return steps, Finisher(network, shown_by, _the_unit(recipe), gathered, facets)


def _the_unit(recipe: Recipe) -> UnitAddress:
    target = recipe.target
    assert isinstance(target, Maximise)  # the recipe has checked
    if len(target.terms) > 1 or target.terms[0].weight <= 0:
        raise DgnError(
            f"Facets are those of one unit, and {target.text()} is not one that is raised.",
            "Name one unit.",
        )
    return target.terms[0].unit


def _first_codes(
    prior: Prior, encoder: Network | None, gathered: Gathered, facets: Facets, recipe: Recipe
) -> Generator[Progress[Any], None, np.ndarray]:
    p, size = recipe.parameters, prior.info.encoder.input_size
    assert isinstance(p, FacetsParameters)
    codes, total = [], sum(len(numbers) for numbers in facets.near)
    for place, numbers in enumerate(facets.near):
        pictures = np.stack([gathered.picture(number, size) for number in numbers])
        seed = recipe.seed + place * p.starts
        codes.append(ascent.first_codes(prior, encoder, pictures, seed, p.begin, p.starts))
        yield Progress(sum(len(one) for one in facets.near[: place + 1]), total + 1)
    return np.stack(codes)


@dataclass
class _Counter:
    """One count of progress over everything, in photographs that are looked at."""

    parameters: FacetsParameters
    done: float = 0.0

    def of(self, work: Generator[Progress[Any], None, Any]) -> Generator[Progress[Any], None, Any]:
        """``work``, whose progress joins the others'."""
        total = 0
        with closing(work):
            while True:
                try:
                    progress = next(work)
                except StopIteration as end:
                    self.done += total
                    return end.value
                total = progress.total
                rest = self._steps(_FEW) + self.done
                yield replace(
                    progress, done=int(self.done + progress.done), total=int(total + rest) + 1
                )

    def step(self, step: FacetStep, finisher: "Finisher") -> Progress[Made]:
        """The progress of a step of the images."""
        count = len(step.code)
        done = self.done + self._steps(count) * (step.index + 1) / step.total
        return Progress(
            int(done),
            int(self.done + self._steps(count)) + (step.index + 1 < step.total),
            lambda place: finisher.picture(),
            lambda place: finisher.trace(),
            lambda place: finisher.made(),
        )

    def _steps(self, facets: int) -> float:
        steps = published.TOTAL if self.parameters.synthesiser == PIXELS else self.parameters.steps
        return _STEP_COST * facets * steps


class Finisher:
    """Keeps of every facet the best image so far, and reads it from its 8-bit pixels."""

    def __init__(
        self,
        network: Network,
        prior: Prior | None,
        unit: UnitAddress,
        gathered: Gathered,
        facets: Facets,
    ) -> None:
        self._network, self._prior, self._unit = network, prior, unit
        self._gathered, self._facets = gathered, facets
        self._trace: list[Tensor] = []
        self._newest: FacetStep | None = None
        self._kept: list[_Kept] = []  # one a sample of all facets

    def add(self, step: FacetStep) -> None:
        """Take in a step."""
        self._trace.append(step.activation.mean())
        self._newest = step
        if step.kept:
            self._kept.append(self._read(step))

    def trace(self) -> np.ndarray:
        """The mean activation over the facets in every step so far."""
        found: np.ndarray = torch.stack(self._trace).float().cpu().numpy()
        return found

    def picture(self) -> np.ndarray:
        """The facets' photographs and images so far, with the map."""
        step, facets = self._newest, self._facets
        assert step is not None  # there is no progress before a step
        values = zip(facets.shares(), step.activation.tolist(), strict=True)
        said = [f"{share:.0%}\n{value:.1f}" for share, value in values]
        images = to_uint8(step.image)
        return forming(facets.examples, facets.means, images, said, facets.map, facets.labels)

    def made(self) -> Made:
        """What there is: of each facet the sample that is nearest to it."""
        assert self._newest is not None  # there is no progress before a step
        kept = self._kept or [self._read(self._newest)]
        best = np.stack([one.cosines for one in kept]).argmax(0)
        rows = range(self._facets.count)

        def chosen(arrays: list[np.ndarray]) -> np.ndarray:
            return np.stack([arrays[best[k]][k] for k in rows])

        images = chosen([one.images for one in kept])
        tops = classes_of_images(self._network, images, self._prior)
        facets = self._facets
        return Made(
            {
                "images": images,
                "codes": chosen([one.codes for one in kept]),
                "activations": chosen([one.activations for one in kept]),
                "shares": facets.shares().astype(np.float32),
                "stability": facets.stability.astype(np.float32),
                "photo_activations": _float(facets.mean_values(self._gathered.values)),
                "cosines": chosen([one.cosines for one in kept]),
                "nearest_facet": chosen([one.nearest for one in kept]),
                "nearest": _padded(facets.near),
                "mean_images": facets.means,
                "examples": facets.examples,
                "names": self._gathered.names,
                "facet_of": facets.labels.astype(np.int32),
                "values": _float(self._gathered.values),
                "map": facets.map,
                "tried": facets.tried.astype(np.int32),
                "scores": _float(facets.scores),
                "unreadable": self._gathered.unreadable,
                **top_parts(tuple(tops)),
            },
            self.trace(),
        )

    @torch.no_grad()
    def _read(self, step: FacetStep) -> "_Kept":
        image = step.image
        if self._prior is not None:
            with convolutions(self._prior.device):
                image = self._prior.image(step.code)  # that of the ascent may be rough
        images = to_uint8(image)
        activations, features = readings_of_images(self._network, self._prior, [self._unit], images)
        alike = _unit(features) @ _unit(self._facets.features).T
        return _Kept(
            images,
            step.code.float().cpu().numpy(),
            activations,
            _float(np.diag(alike)),
            alike.argmax(1).astype(np.int32),
        )


@dataclass(frozen=True)
class _Kept:
    """An image of every facet: (k, S, S, 3) uint8, its code, activation, and what it is near."""

    images: np.ndarray
    codes: np.ndarray
    activations: np.ndarray
    cosines: np.ndarray
    nearest: np.ndarray


def _padded(rows: list[list[int]]) -> np.ndarray:
    longest = max(len(row) for row in rows)
    found = np.full((len(rows), longest), -1, np.int32)
    for k, row in enumerate(rows):
        found[k, : len(row)] = row
    return found


def _unit(vectors: np.ndarray) -> np.ndarray:
    found: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
    return found


def _float(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, np.float32)
