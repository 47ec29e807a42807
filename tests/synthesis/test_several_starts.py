"""Several starts of one recipe: the best is kept, whole, and others of a batch change nothing."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import clamped
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import make_together
from dgn_explorer.synthesis.methods.dgn_am.about import continued
from dgn_explorer.synthesis.methods.dgn_am.ascent import _Nudge, dgn_am
from dgn_explorer.synthesis.methods.dgn_am.several_starts import several_starts
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode
from tests.tiny import recipe_for, tiny_network, tiny_prior

STEPS = 20


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


@pytest.fixture(scope="module")
def prior(tmp_path_factory: pytest.TempPathFactory) -> Prior:
    return tiny_prior(tmp_path_factory.mktemp("prior"))


def bench(network: Network, prior: Prior) -> Bench:
    return Bench(network, prior, lambda sha256: b"", lambda key: None, lambda: network)


def climbed(
    network: Network, prior: Prior, recipes: Sequence[Recipe]
) -> tuple[list[Progress[Made]], tuple[Made, ...]]:
    work = several_starts(bench(network, prior), recipes)
    seen = []
    while True:
        try:
            seen.append(next(work))
        except StopIteration as end:
            return seen, end.value


def alone(network: Network, prior: Prior, recipe: Recipe) -> list[tuple[np.ndarray, np.ndarray]]:
    """Trace and last code of every start of ``recipe``, ascending to the end by itself."""
    rng = torch.Generator().manual_seed(recipe.seed)
    found = []
    for _ in range(recipe.parameters.starts):
        code = torch.randn(prior.space.size, generator=rng) * recipe.parameters.init_scale
        steps = list(dgn_am(network, prior, [recipe], code[None].numpy()))
        trace = np.array([float(step.activations[0]) for step in steps], np.float32)
        found.append((trace, steps[-1].codes()[0]))
    return found


def test_the_highest_start_in_the_end_is_kept(network: Network, prior: Prior) -> None:
    winners = set()
    for seed in range(4):
        recipe = recipe_for(network, prior, "conv2:7", seed=seed, steps=STEPS, starts=3)
        every = alone(network, prior, recipe)
        best = max(range(3), key=lambda n: every[n][0][-1])
        seen, (made,) = climbed(network, prior, [recipe])
        np.testing.assert_allclose(made.trace, every[best][0], rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(made.parts["codes"][0], every[best][1], rtol=1e-3, atol=1e-3)
        assert [one.done for one in seen] == list(range(1, STEPS + 1))
        winners.add(best)
    assert len(winners) > 1  # it is not always the same one


def test_recipes_of_a_batch_race_apart(network: Network, prior: Prior) -> None:
    recipes = [
        recipe_for(network, prior, unit, seed=seed, steps=STEPS, starts=3)
        for unit, seed in (("conv2:7", 0), ("conv2:3", 1))
    ]
    _, together = climbed(network, prior, recipes)
    for recipe, made in zip(recipes, together, strict=True):
        _, (own,) = climbed(network, prior, [recipe])
        np.testing.assert_allclose(made.trace, own.trace, rtol=1e-3, atol=1e-3)
        assert len(made.parts["images"]) == len(made.parts["codes"]) == 1


def test_a_network_for_few_images_at_a_time_races_in_groups(prior: Prior) -> None:
    free = tiny_network()
    limited = dataclasses.replace(free, info=dataclasses.replace(free.info, batch_limit=2))
    recipe = recipe_for(free, prior, "conv2:7", steps=STEPS, starts=5)
    _, (wanted,) = climbed(free, prior, [recipe])
    _, (found,) = climbed(limited, prior, [recipe])
    np.testing.assert_allclose(found.trace, wanted.trace, rtol=1e-4)


def test_what_is_shown_and_kept_on_the_way_is_of_one_start(network: Network, prior: Prior) -> None:
    recipe = recipe_for(network, prior, "conv2:7", steps=STEPS, starts=4)
    traces = [trace for trace, _ in alone(network, prior, recipe)]
    seen, (made,) = climbed(network, prior, [recipe])
    assert seen[-1].partial is not None
    assert np.array_equal(seen[-1].partial(0).parts["codes"], made.parts["codes"])
    for progress in several_starts(bench(network, prior), [recipe]):
        assert progress.partial is not None and progress.trace is not None
        part = progress.partial(0)
        done = progress.done
        assert any(np.allclose(part.trace, trace[:done], rtol=1e-4) for trace in traces)
        assert np.array_equal(part.trace, progress.trace(0))
        assert progress.picture is not None
        assert np.array_equal(progress.picture(0), np.asarray(part.parts["images"])[0])


def test_one_start_is_the_plain_ascent_and_a_given_start_the_only_one(
    network: Network, prior: Prior
) -> None:
    plain = recipe_for(network, prior, "conv2:7", steps=STEPS)
    _, (once,) = climbed(network, prior, [plain])
    *_, last = dgn_am(network, prior, [plain])
    assert np.array_equal(np.asarray(once.parts["codes"]), last.codes())
    start = FromCode.of(np.full(prior.space.size, 0.25, np.float32))
    given = recipe_for(network, prior, "conv2:7", steps=STEPS, starts=4).with_start(start)
    work = make_together((given,), bench(network, prior))
    while True:
        try:
            next(work)
        except StopIteration as end:
            (record,) = end.value
            break
    *_, only = dgn_am(network, prior, [plain], start.code[None])
    assert np.array_equal(record.codes, only.codes())


def test_more_steps_of_a_race_go_on_from_its_winner_alone(network: Network, prior: Prior) -> None:
    before = recipe_for(network, prior, "conv2:7", steps=100, starts=4).parameters
    assert continued(before, 100, before).starts == 1


def test_a_clamped_image_can_come_back_but_goes_no_further() -> None:
    image = torch.tensor([-0.5, -0.5, 0.5, 0.5, 1.5, 1.5], requires_grad=True)
    wanted = torch.tensor([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    (clamped(image) * wanted).sum().backward()
    assert torch.equal(clamped(image.detach()), torch.tensor([0, 0, 0.5, 0.5, 1, 1]))
    assert image.grad is not None
    assert torch.equal(image.grad, torch.tensor([0.0, 1.0, -1.0, 1.0, -1.0, 0.0]))


def test_noise_off_a_plateau_is_drawn_or_there_in_every_step(prior: Prior) -> None:
    rngs = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    drawn = _Nudge(rngs, prior.space, ready=False)
    assert not drawn.ready and not torch.equal(drawn(0), drawn(0))
    block = _Nudge(rngs, prior.space, ready=True)
    assert block.ready and torch.equal(block(3), block(3)) and not torch.equal(block(3), block(4))
    assert block(3).shape == (2, prior.space.size)
