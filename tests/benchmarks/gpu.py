"""The ascent on a GPU, in one table and at most 90 seconds: ``python -m tests.benchmarks --gpu``.

On a CPU everything but the figures can be tried: ``--gpu --device cpu`` takes small sizes.
"""

import copy
import statistics
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.machine.device import describe
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.priors.info import NUMERICS
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import ARITHMETICS, Arithmetic, best_numeric
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.batch_size import best_batch, step_seconds
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step
from dgn_explorer.synthesis.targets import Maximise
from tests.benchmarks.layer import images_a_second

STEPS = 250
CODES = 16  # whose gradients are compared
ENGINE_S = 20.0  # for the images that go through queue, judge and store


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    batches: tuple[int, ...] = (1, 16, 64, 256)
    rounds: int = 20
    steps: int = STEPS
    most: int = 512
    classes: int = 1000


SMALL = Sizes(batches=(1, 2), rounds=2, steps=6, most=16, classes=4)


@dataclass(frozen=True)
class Pair:
    """The built-in network and prior on the device, and how much of them is measured."""

    network: Network
    prior: Prior
    sizes: Sizes

    @property
    def device(self) -> torch.device:
        """Where both are."""
        return self.network.device

    def recipes(self, count: int, numeric: str = "", **parameters: float) -> list[Recipe]:
        """One class each."""
        numeric = numeric or best_numeric(self.device)
        base = Recipe(
            "lite0",
            self.network.info.fingerprint,
            "default",
            self.prior.info.fingerprint,
            Maximise.of(self.network.info.resolve("fc:0")),
            parameters=DgnAmParameters(**{"steps": self.sizes.steps, **parameters}),
            numeric=numeric,
        )
        units = (self.network.info.resolve(f"fc:{i % 1000}") for i in range(count))
        return [base.with_target(Maximise.of(unit)) for unit in units]

    def ascend(self, recipes: list[Recipe]) -> Iterator[Step]:
        """The ascent of the program."""
        return dgn_am(self.network, self.prior, recipes)


def measure(device: str) -> Iterator[tuple[str, object]]:
    """The rows of the table: name and value, as soon as each is known."""
    on = torch.device(device)
    sizes = SMALL if on.type == "cpu" else Sizes()
    yield "device", describe(on)
    yield "torch", torch.__version__
    pair = Pair(open_network("lite0", on), open_prior("default", on), sizes)
    yield "numeric", best_numeric(on)
    yield from _gradients(pair)
    yield from _steps(pair)
    yield from _synchronising(pair)
    yield from _twice(pair)
    yield from _through_the_engine(pair, device)


def _gradients(pair: Pair) -> Iterator[tuple[str, object]]:
    """Mean cosine with the gradient in float64 on a CPU, over some codes."""
    network, prior = open_network("lite0"), open_prior("default")
    module, generator = _double(network.module), _double(prior.generator)
    code = torch.randn(CODES, prior.space.size, generator=torch.Generator().manual_seed(0))
    exact = replace(network, module=module), replace(prior, generator=generator)
    wanted = _gradient(*exact, code.double(), Arithmetic())
    for numeric in NUMERICS:
        found = _gradient(pair.network, pair.prior, code.to(pair.device), ARITHMETICS[numeric])
        cosine = F.cosine_similarity(found, wanted).mean().item()
        yield f"gradient_cosine_{numeric}", cosine


def _double(module: nn.Module) -> nn.Module:
    return copy.deepcopy(module).double()


def _gradient(network: Network, prior: Prior, code: Tensor, arithmetic: Arithmetic) -> Tensor:
    """The gradient (N, K) of the bare passes: every code ascends a class of its own."""
    with convolutions(code.device, arithmetic.tf32):
        code = code.clone().requires_grad_(True)
        output = _bare(network, prior, arithmetic)(code)
        own = torch.arange(len(code), device=code.device)
        (gradient,) = torch.autograd.grad(output[own, 50 * own].sum(), code)
    return gradient.double().cpu()


def _bare(network: Network, prior: Prior, arithmetic: Arithmetic) -> Callable[[Tensor], Tensor]:
    """Generator and network one after the other, without what an ascent adds."""
    module = network.half_module if arithmetic.half_network else network.module
    read = ActivationReader(module, [network.read_points["fc"]])
    size = network.info.working_size

    def passes(code: Tensor) -> Tensor:
        image = prior.rough_image(code) if arithmetic.half_generator else prior.image(code)
        x = network.preprocessing(resize(image, size))
        return read(x.bfloat16() if arithmetic.half_network else x)[0]

    return passes


def _steps(pair: Pair) -> Iterator[tuple[str, object]]:
    """Milliseconds a step, over the bare passes, and images a second that follow from them."""
    for batch in pair.sizes.batches:
        if pair.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        recipes = pair.recipes(batch)
        step_s = min(
            step_seconds(pair.network, pair.prior, recipes, pair.sizes.rounds) for _ in range(2)
        )
        pair.network.graphs.clear()
        bare_s = min(_bare_seconds(pair, batch) for _ in range(2))
        yield f"step_ms_batch{batch}", 1000 * step_s
        yield f"step_over_bare_batch{batch}", step_s / bare_s
        yield f"images_a_second_batch{batch}", batch / (STEPS * step_s)
        if pair.device.type == "cuda":
            yield f"memory_gib_batch{batch}", torch.cuda.max_memory_allocated() / 2**30


def _bare_seconds(pair: Pair, batch: int) -> float:
    arithmetic = ARITHMETICS[best_numeric(pair.device)]
    passes = _bare(pair.network, pair.prior, arithmetic)
    code = torch.randn(batch, pair.prior.space.size, device=pair.device)
    seconds = []
    with convolutions(pair.device, arithmetic.tf32):
        for rounds in (2, pair.sizes.rounds):  # the first ones are for warming up
            _wait(pair.device)
            started = time.perf_counter()
            for _ in range(rounds):
                leaf = code.detach().requires_grad_(True)
                torch.autograd.grad(passes(leaf)[:, 0].sum(), leaf)
            _wait(pair.device)
            seconds.append((time.perf_counter() - started) / rounds)
    return seconds[-1]


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def _synchronising(pair: Pair) -> Iterator[tuple[str, object]]:
    """Calls that wait for the GPU, a step, without previews; and where they are."""
    if pair.device.type != "cuda":
        return
    steps = pair.ascend(pair.recipes(4, steps=40))
    next(steps)
    next(steps)
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(30):
                next(steps)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    waits = [w for w in caught if "synchroniz" in str(w.message)]
    yield "synchronising_calls_a_step", len(waits) / 30
    for place, count in Counter(f"{Path(w.filename).name}:{w.lineno}" for w in waits).items():
        yield f"waits_at_{place}", count


def _twice(pair: Pair) -> Iterator[tuple[str, object]]:
    """Whether the same recipes give the same bits; the second time is timed, recorded already."""
    for batch in pair.sizes.batches[:2]:
        recipes = pair.recipes(batch)
        found, seconds = [], []
        for _ in range(3):
            started = time.perf_counter()
            *_, last = pair.ascend(recipes)
            found.append(np.concatenate([last.codes().ravel(), last.images().ravel()]))
            seconds.append(time.perf_counter() - started)
        yield f"first_ascent_s_batch{batch}", seconds[0]
        yield f"ascent_s_batch{batch}", statistics.median(seconds[1:])
        same = all(np.array_equal(one, found[0]) for one in found[1:])
        yield f"twice_the_same_bits_batch{batch}", same
        if not same:
            yield f"twice_differs_by_batch{batch}", float(np.abs(found[1] - found[0]).max())
    pair.network.graphs.clear()


def _through_the_engine(pair: Pair, device: str) -> Iterator[tuple[str, object]]:
    """Images a second, judged and stored, at the fastest batch."""
    started = time.perf_counter()
    recipe = pair.recipes(1)[0]
    best = finish(best_batch(pair.network, pair.prior, recipe, pair.sizes.most))
    yield "best_batch", best
    yield "best_batch_found_in_s", time.perf_counter() - started
    rate = best / (STEPS * step_seconds(pair.network, pair.prior, pair.recipes(best)))
    pair.network.graphs.clear()
    count = min(pair.sizes.classes, max(best, best * round(rate * ENGINE_S / best)))
    made, _ = images_a_second(count, best, device, pair.sizes.steps)
    yield "stored_images", count
    yield "stored_images_a_second", made
