"""`evaluate`: recognisability, realism, diversity, reconstruction, hidden units, memory."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.evaluation.codes import ascended_codes, code_cosines
from dgn_explorer.evaluation.control import shuffled_weights, turned_back, turned_colours
from dgn_explorer.evaluation.distances import (
    cosine_distance,
    frechet_distance,
    kernel_distance,
    mean_pairwise,
)
from dgn_explorer.evaluation.judge import BATCH, Judge
from dgn_explorer.evaluation.making import Maker
from dgn_explorer.evaluation.memory import memory
from dgn_explorer.evaluation.plan import Plan
from dgn_explorer.evaluation.report import Report
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.photos.loading import load_photo
from dgn_explorer.photos.sets import Photo, spread
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.info import FLOAT32
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.synthesis.methods.pixels.about import PIXELS
from dgn_explorer.synthesis.methods.table import method_named
from dgn_explorer.synthesis.objective import read_unit
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

PARTS = (
    "recognisability",
    "realism",
    "kernel",
    "diversity",
    "reconstruction",
    "code",
    "hidden",
    "memory",
)
CONTROL = "control"  # only when it is asked for: it makes two more networks' images
ALL_PARTS = (*PARTS, CONTROL)
NEED_PHOTOS = frozenset({"realism", "kernel", "reconstruction", "code", "hidden", "memory"})
RECONSTRUCTED = 256  # photographs, taken evenly over their classes
REMEMBERED = 64  # of them, as a control of memory
PHOTO_CROP = 0.875  # of the shorter side, as classifiers see photographs


@dataclass(frozen=True)
class Evaluation:
    """What is measured, with what. ``photos`` may be empty: then what needs them is left out.

    ``judges`` are networks with the same classes as the maker's, used neither in training nor in
    ascent; the last one's features measure distances.
    """

    maker: Maker
    judges: Sequence[Network]
    photos: Sequence[Photo]
    plan: Plan
    method: str
    parameters: Parameters

    def run(self, parts: Sequence[str] = PARTS) -> Report:
        """Measure ``parts`` (see `ALL_PARTS`). Raises `DgnError` if something cannot be made."""
        started = time.monotonic()
        report = Report(
            network=self._network.info.name,
            prior=self._prior_name,
            method=self.method,
            units=len(self.classes),
            features_of=self._eye.network.info.name,
            notes=tuple(self._notes(parts)),
        )
        if "recognisability" in parts:
            report = self._recognisability(report)
        if "realism" in parts and self.photos:
            report = self._realism(report)
        if "kernel" in parts and self.photos:
            report = self._kernel(report)
        if "diversity" in parts:
            report = replace(report, diversity=self._diversity())
        if "reconstruction" in parts and self.photos and self._can_encode:
            report = replace(report, reconstruction=self._reconstruction())
        if "code" in parts and self.photos and self._can_encode:
            report = replace(report, code=self._code())
        if "hidden" in parts and self.photos:
            report = replace(report, hidden=self._hidden())
        if "memory" in parts and self.photos:
            report = replace(report, memory=self._memory())
        if CONTROL in parts and self.judges:
            report = replace(report, control=self._control())
        return replace(report, seconds=time.monotonic() - started)

    @property
    def _network(self) -> Network:
        return self.maker.network

    @staticmethod
    def _with_prior(method: str) -> bool:
        return method_named(method).with_prior

    @property
    def _prior_name(self) -> str:
        prior = self.maker.prior
        return prior.info.name if prior is not None and self._with_prior(self.method) else ""

    @cached_property
    def classes(self) -> list[UnitAddress]:
        """The class units that are measured, in their order."""
        return self.plan.class_units(self._network.info)

    @cached_property
    def _eye(self) -> Judge:
        return Judge(self.judges[-1] if self.judges else self._network)

    @property
    def _can_encode(self) -> bool:
        prior = self.maker.prior
        fingerprint = self._network.info.fingerprint
        return prior is not None and prior.info.encoder.fingerprint == fingerprint

    def _notes(self, parts: Sequence[str]) -> Iterator[str]:
        if not self.judges:
            yield "No judge that knows these classes: install dgn-explorer[networks]."
        if not self.photos and NEED_PHOTOS.intersection(parts):
            yield "No photographs were given: --photos FOLDER_OR_ZIP"
        inverts = self._can_encode or not self._prior_name
        if self.photos and {"reconstruction", "code"}.intersection(parts) and not inverts:
            yield "The network is not the one that the prior inverts, so nothing is reconstructed."

    def _recipe(self, unit: UnitAddress, seed: int = 0) -> Recipe:
        return self._recipe_by(self.method, self.parameters, unit, seed)

    def _recipe_by(
        self, method: str, parameters: Parameters, unit: UnitAddress, seed: int = 0
    ) -> Recipe:
        prior = self.maker.prior if self._with_prior(method) else None
        target = Maximise.of(unit)
        if prior:
            about = method_named(method)
            parameters = about.suited(parameters, self._network.info, prior.info, target)
        return Recipe(
            self._network.info.name,
            self._network.info.fingerprint,
            prior.info.name if prior else "",
            prior.info.fingerprint if prior else "",
            target,
            method=method,
            parameters=parameters,
            seed=seed,
            numeric=best_numeric(self._network.device) if prior else FLOAT32,
        )

    def label(self, unit: UnitAddress) -> str:
        """The unit's class name, else its address."""
        return self._network.info.label(unit) or str(unit)

    def class_images(self) -> np.ndarray:
        """The images (N, S, S, 3) uint8 of the class units."""
        return self.maker.images("Class units", [self._recipe(unit) for unit in self.classes])

    def pixel_images(self) -> np.ndarray:
        """The same units without a prior."""
        recipes = [self._recipe_by(PIXELS.name, PIXELS.default, unit) for unit in self.classes]
        return self.maker.images("Without a prior", recipes)

    def _recognisability(self, report: Report) -> Report:
        images = self.class_images()
        classes = torch.tensor([unit.index for unit in self.classes])
        own = Judge(self._network).look_at_images(images)
        judges = self._judged(images)
        return replace(
            report,
            own_top1=own.right(classes, 1),
            own_top5=own.right(classes, 5),
            judge_top1=_mean([x["top1"] for x in judges.values()]),
            judge_top5=_mean([x["top5"] for x in judges.values()]),
            judges=judges,
        )

    def _judged(self, images: np.ndarray) -> dict[str, dict[str, float]]:
        """What each judge makes of the class units' images."""
        classes = torch.tensor([unit.index for unit in self.classes])
        found = {}
        for network in self.judges:
            seen = Judge(network).look_at_images(images)
            found[network.info.name] = {
                "top1": seen.right(classes, 1),
                "top5": seen.right(classes, 5),
            }
        return found

    def _realism(self, report: Report) -> Report:
        """Distances to one and the same set of photographs, from sets of the same size."""
        images, bare = self.class_images(), self.pixel_images()
        real = self._real_features
        count = min(len(images), len(real) // 2)
        order = np.random.default_rng(0).permutation(len(real))
        other, reference = real[order[:count]], real[order[count:]]
        tops = list(self._judged(bare).values())
        shown = self._eye.look_at_images(bare).features
        made = self._eye.look_at_images(images).features
        return replace(
            report,
            frechet=frechet_distance(made[:count], reference),
            frechet_pixels=frechet_distance(shown[:count], reference),
            frechet_real=frechet_distance(other, reference),
            pixels={"judge_" + key: _mean([x[key] for x in tops]) for key in ("top1", "top5")},
        )

    def _kernel(self, report: Report) -> Report:
        """Kernel distances to photographs: of the images, and of photographs among themselves."""
        real = self._real_features
        real = real[np.random.default_rng(0).permutation(len(real))]
        made = self._eye.look_at_images(self.class_images()).features
        half = len(real) // 2
        return replace(
            report,
            kernel=kernel_distance(made, real),
            kernel_real=kernel_distance(real[:half], real[half:]),
        )

    def _diversity(self) -> float:
        """Mean over units of the mean cosine distance between the images of different seeds."""
        units, seeds = self.classes[: self.plan.diverse_units], self.plan.diverse_seeds
        recipes = [self._recipe(unit, seed) for unit in units for seed in range(seeds)]
        features = self._eye.look_at_images(self.maker.images("Seeds", recipes)).features
        return float(np.mean([mean_pairwise(part) for part in torch.split(features, seeds)]))

    def _reconstruction(self) -> dict[str, float]:
        prior = self.maker.prior
        assert prior is not None
        size = prior.info.image_size
        pixel_errors, made, real = [], [], []
        for batch in self._batches(size, "Reconstruction", RECONSTRUCTED):
            with torch.no_grad():
                image = prior.image(encode(prior, self._network, batch)).clamp(0, 1)
            pixel_errors.append((image - batch).abs().mean((1, 2, 3)).cpu())
            made.append(self._eye.look([image]).features)
            real.append(self._eye.look([batch]).features)
        feature = cosine_distance(torch.cat(made), torch.cat(real)).mean().item()
        return {"pixel": torch.cat(pixel_errors).mean().item(), "feature": feature}

    def _code(self) -> dict[str, float]:
        """How well images have the codes that they were made from; see `Report`."""
        prior, network = self.maker.prior, self._network
        assert prior is not None
        photos = [
            encode(prior, network, batch)
            for batch in self._batches(prior.info.image_size, "Codes", RECONSTRUCTED)
        ]
        recipes = [self._recipe(unit) for unit in self.classes[: self.plan.diverse_units]]
        ascents = ascended_codes(self.maker, recipes)
        found = {}
        for name, codes in {"photographs": photos, "ascents": ascents}.items():
            found[name] = code_cosines(prior, network, codes).mean().item()
            found[f"{name} length"] = torch.cat(codes).norm(dim=1).mean().item()
        return found

    def _memory(self) -> dict[str, float]:
        """Whether the class units' images are remembered photographs; see `memory`."""
        made = self._eye.look_at_images(self.class_images()).features
        real, prior = self._real_features, self.maker.prior
        count = min(REMEMBERED, len(self.photos)) if self._can_encode else 0
        places = torch.arange(count) * len(self.photos) // max(1, count)  # as `spread` takes them
        rebuilt = [made[:0]]
        if count and prior is not None:
            for batch in self._batches(prior.info.image_size, "Memory", count):
                with torch.no_grad():
                    image = prior.image(encode(prior, self._network, batch)).clamp(0, 1)
                rebuilt.append(self._eye.look([image]).features)
        return memory(made, real, torch.cat(rebuilt), places)

    def _hidden(self) -> dict[str, float]:
        info = self._network.info
        layers = self.plan.hidden_layers(info)
        units = {layer: self.plan.units_of(info, layer) for layer in layers}
        real = self._activations(units)
        found = {}
        for layer in layers:
            recipes = [self._recipe(unit) for unit in units[layer]]
            images = self.maker.images(f"Units of {layer}", recipes)
            reached = self.maker.reached(recipes, images)
            mean, most = real[layer].mean(0), real[layer].amax(0)
            found[layer] = ((reached - mean) / (most - mean)).median().item()
        return found

    def _control(self) -> dict[str, float]:
        """Whether the images show the units or the prior; see `evaluation.control`."""
        classes = torch.tensor([unit.index for unit in self.classes])

        def named(images: np.ndarray) -> float:
            seen = [Judge(network).look_at_images(images).right(classes, 1)
                    for network in self.judges]  # fmt: skip
            return sum(seen) / len(seen)

        images, found = self.class_images(), {}
        found["plain"] = named(images)
        found["plain, colours turned"] = named(turned_back(images))
        for name, change in (("turned", turned_colours), ("shuffled", shuffled_weights)):
            network = change(self._network)
            other = replace(self, maker=replace(self.maker, network=network))
            images = other.maker.images(
                f"Control, {name}", [other._recipe(unit) for unit in self.classes]
            )
            found[f"{name}, own"] = Judge(network).look_at_images(images).right(classes, 1)
            found[name] = named(images)
            if change is turned_colours:
                found[f"{name}, colours turned back"] = named(turned_back(images))
        return found

    def _activations(self, units: dict[str, list[UnitAddress]]) -> dict[str, Tensor]:
        """Activations (photographs, units) of every layer's units at their own positions."""
        network = self._network
        pooled = {layer: network.info.layer(layer).pooled for layer in units}
        read = ActivationReader(network.module, [network.read_points[layer] for layer in units])
        values: dict[str, list[Tensor]] = {layer: [] for layer in units}
        for batch in self._batches(network.info.working_size, "Photographs"):
            with torch.no_grad():
                maps = read(network.preprocessing(batch))
            for layer, activations in zip(units, maps, strict=True):
                for one in activations:
                    row = [read_unit(one, unit, pooled[layer]) for unit in units[layer]]
                    values[layer].append(torch.stack(row).cpu())
        return {layer: torch.stack(rows) for layer, rows in values.items()}

    @cached_property
    def _real_features(self) -> Tensor:
        size = self._eye.network.info.input_size
        return self._eye.look(self._batches(size, "Photographs")).features

    def _batches(self, size: int, what: str, limit: int | None = None) -> Iterator[Tensor]:
        """The photographs (N, 3, size, size) in [0, 1] on the network's device."""
        chosen = spread(tuple(self.photos), limit)
        total = len(chosen)
        for i in range(0, total, BATCH):
            self.maker.progress(what, i, total)
            photos = chosen[i : i + BATCH]
            rgb = [load_photo(photo, size, PHOTO_CROP, "bicubic") for photo in photos]
            yield torch.stack(rgb).to(self._network.device)
        self.maker.progress(what, total, total)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
