"""Chains of samples: the published step, the gate, plans, determinism and what is kept."""

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.draft import InMemory
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.methods.ppgn import looking
from dgn_explorer.synthesis.methods.ppgn.about import PPGN, PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.condition import Condition
from dgn_explorer.synthesis.methods.ppgn.heights import Heights
from dgn_explorer.synthesis.methods.ppgn.making import make
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.targets import Chain, Link, Maximise, Term
from dgn_explorer.synthesis.verdict import activation_of_image
from tests.recording import record_on_a_cpu
from tests.synthesis.ppgn_setup import ENCODED_PX, Chains, array


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Chains:
    return Chains(tmp_path_factory.mktemp("prior"))


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Chains:
    """A network that is sure of classes, now of this one and now of that."""
    found = Chains(tmp_path_factory.mktemp("prior"))
    network, prior = found.network, found.prior
    with torch.no_grad():
        network.module.fc.weight.mul_(1e4)
        mean = prior.image(torch.zeros(1, prior.space.size, device=prior.device))
        network.module.fc.bias.sub_(network.module(network.preprocessing(mean))[0])
    return found


def published(
    chains: Chains, recipe: Recipe, steps: int, save_every: int = 5
) -> tuple[list[float], list[tuple[int, float, np.ndarray]]]:
    """The released loop (sampler.py) in plain torch: logits; step, p and code of what it saves."""
    p, network, prior = recipe.parameters, chains.network, chains.prior
    assert isinstance(p, PpgnParameters)
    epsilon1 = p.prior_term
    unit = recipe.units[0].index
    rng = torch.Generator().manual_seed(recipe.seed)
    h = torch.randn(1, prior.space.size, generator=rng).to(prior.device)
    inverse, mean = prior.generator.inverse()
    logits, kept = [], []
    for i in range(steps):
        before = h[0].cpu().numpy()
        leaf = h.clone().requires_grad_(True)
        image = prior.generator(leaf)
        small = torch.nn.functional.interpolate(
            image.detach(), size=ENCODED_PX, mode="bilinear", antialias=True, align_corners=False
        )
        maps = network.module.conv2(
            network.module.relu1(network.module.conv1(network.preprocessing(small)))
        )
        code = (maps.flatten(1) - mean) @ (inverse / inverse.square().sum(0))
        pixels = image.detach().clone().requires_grad_(True)
        out = network.module(network.preprocessing(pixels))
        one_hot = torch.zeros_like(out)
        probability = out.softmax(1)[0, unit].item()
        one_hot[0, unit] = 1 - probability
        (g_x,) = torch.autograd.grad(out, pixels, grad_outputs=one_hot)
        (d_condition,) = torch.autograd.grad(image, leaf, grad_outputs=g_x)
        logits.append(out[0, unit].item())
        noise = torch.randn(1, prior.space.size, generator=rng).to(prior.device)
        d = epsilon1 * (code - h) + p.condition_term * d_condition + p.noise_term * noise
        h = h + p.step_start / d.abs().mean() * d
        h = torch.maximum(torch.minimum(h, prior.space.upper), prior.space.lower)
        if p.reset and i % p.reset == 0:
            h = torch.randn(1, prior.space.size, generator=rng).to(prior.device)
            epsilon1 = 1e-6 + (1e-2 - 1e-6) * torch.rand(1, generator=rng).item()
        if i % save_every == 0 and probability > p.threshold:
            kept.append((i + 1, probability, before))
    return logits, kept


@pytest.mark.parametrize("prior_term", [1e-5, 0.5])  # as released, and where it can be seen
def test_it_follows_the_published_loop(chains: Chains, prior_term: float) -> None:
    how = dataclasses.asdict(PPGN.presets["published"])
    how |= {"samples": 5, "step_start": 0.2, "step_end": 0.2, "prior_term": prior_term}
    recipe = chains.recipe("dog", seed=3, **how)
    made = chains.one(recipe)
    logits, saved = published(chains, recipe, 21)
    np.testing.assert_allclose(made.trace, logits, rtol=1e-3, atol=1e-4)
    codes = [code for _, _, code in saved]
    np.testing.assert_allclose(array(made, "codes"), codes, rtol=1e-3, atol=1e-3)
    assert array(made, "sample_steps").tolist() == [1, 6, 11, 16, 21]


def test_it_follows_the_published_resets_and_threshold(loud: Chains) -> None:
    recipe = resetting(loud)
    made = loud.one(recipe)
    logits, saved = published(loud, recipe, 1 + 15 * 3, save_every=3)
    np.testing.assert_allclose(made.trace, logits, rtol=1e-3, atol=1e-3)
    assert array(made, "sample_steps").tolist() == [step for step, _, _ in saved]
    assert 1 < len(saved) < 16  # some are left out
    assert min(abs(p - recipe.parameters.threshold) for _, p, _ in saved) > 1e-3  # type: ignore[attr-defined]
    codes = [code for _, _, code in saved]
    np.testing.assert_allclose(array(made, "codes"), codes, rtol=1e-2, atol=1e-2)
    free_of_it = recipe.parameters.changed(threshold=0.0)
    free = loud.one(dataclasses.replace(recipe, parameters=free_of_it))
    assert len(array(free, "codes")) == 16
    np.testing.assert_array_equal(free.trace, made.trace)  # what is left out changes nothing


def test_resets_and_thresholds_are_gone_on_from(loud: Chains) -> None:
    recipe = resetting(loud)
    whole = loud.one(recipe)
    draft = InMemory()
    bench = dataclasses.replace(loud.bench(), draft=lambda recipe: draft)
    stop = int(array(whole, "sample_steps")[1]) + 1
    with closing(make(bench, (recipe,))) as work:
        assert [next(work).done for _ in range(stop)][-1] == stop
    assert len(draft.read()) == 2
    again = finish(make(bench, (recipe,)))[0]
    for name in whole.parts:
        np.testing.assert_array_equal(array(whole, name), array(again, name))
    np.testing.assert_array_equal(whole.trace, again.trace)


def test_a_threshold_that_nothing_passes_says_how_far_it_came(chains: Chains) -> None:
    recipe = chains.recipe("bee", threshold=1.0)
    with pytest.raises(DgnError, match="None of 3 samples had a probability above 1; the highest"):
        chains.one(recipe)
    several = [chains.recipe("bee", threshold=0.999999, seed=seed) for seed in (1, 2)]
    with pytest.raises(DgnError, match="None of 3 samples"):
        chains.make(*several)


def resetting(chains: Chains) -> Recipe:
    """The published rule with resets and a threshold that leaves some of the samples out."""
    how = dataclasses.asdict(PPGN.presets["published-hidden"])
    assert (how["threshold"], how["reset"], how["cycle"], how["samples"]) == (0.98, 100, 10, 101)
    how |= {"samples": 16, "cycle": 3, "reset": 7, "threshold": 0.9}
    return chains.recipe("dog", seed=3, **how | {"step_start": 0.2, "step_end": 0.2})


def test_the_same_recipe_gives_the_same_bytes(chains: Chains) -> None:
    recipe = chains.recipe("bee", seed=4, noise_term=0.1)
    first, second = chains.one(recipe), chains.one(recipe)
    for name in first.parts:
        np.testing.assert_array_equal(array(first, name), array(second, name))
    other = chains.one(dataclasses.replace(recipe, seed=5))
    assert not np.array_equal(array(first, "codes"), array(other, "codes"))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    unit=st.sampled_from(["bee", "conv2:7", "conv1:2@3,4"]),
    seed=st.integers(0, 2**62),
    samples=st.integers(1, 3),
    how=st.fixed_dictionaries(
        {
            "cycle": st.integers(1, 4),
            "kick": st.floats(0, 3),
            "noise_term": st.sampled_from([0.0, 0.5]),
            "prior_term": st.sampled_from([0.0, 0.7]),
            "reset": st.sampled_from([0, 3]),
            "rule": st.sampled_from(["shares", "published"]),
            "zoom": st.floats(0, 0.5),
        }
    ),
)
def test_any_recipe_gives_the_same_codes_and_longer_ones_begin_with_them(
    chains: Chains, unit: str, seed: int, samples: int, how: dict[str, Any]
) -> None:
    one, again = (
        array(chains.one(chains.recipe(unit, seed, samples=n, warm=2, **how)), "codes")
        for n in (samples, samples + 1)
    )
    np.testing.assert_array_equal(one, again[:samples])


@pytest.mark.parametrize("how", [{}, {"noise_term": 0.2}, {"kick": 0.0, "decay": 0.0}])
def test_a_longer_chain_begins_with_the_shorter_one(chains: Chains, how: dict[str, Any]) -> None:
    short, long = (chains.one(chains.recipe("bee", samples=n, **how)) for n in (2, 5))
    for name in ("images", "codes", "activations", "sample_steps"):
        np.testing.assert_array_equal(array(short, name), array(long, name)[:2])
    np.testing.assert_array_equal(short.trace, long.trace[: len(short.trace)])
    assert not np.array_equal(array(long, "codes")[1], array(long, "codes")[2])


def test_every_number_is_that_of_the_stored_image(chains: Chains) -> None:
    recipe = chains.recipe("conv2:7")
    made = chains.one(recipe)
    images, codes = array(made, "images"), array(made, "codes")
    for number, image in enumerate(images):
        again = activation_of_image(chains.network, chains.prior, recipe, image)
        assert array(made, "activations")[number, 0] == pytest.approx(again, rel=1e-4, abs=1e-5)
        with torch.no_grad():
            drawn = chains.prior.image(torch.from_numpy(codes[number][None]))
        shown = from_uint8(image[None], chains.network.device)
        assert (drawn.clamp(0, 1) - shown).abs().max() <= 0.5 / 255 + 1e-4
    assert len(made.trace) == len(array(made, "p")) == len(array(made, "distance"))
    assert len(made.trace) == 6 + 2 * 4
    assert array(made, "sample_steps").tolist() == [6, 10, 14]
    assert ((array(made, "p") >= 0) & (array(made, "p") <= 1)).all()


def test_a_batch_of_chains_is_what_each_is_alone(chains: Chains) -> None:
    recipes = [
        chains.recipe("bee", seed=1),
        chains.recipe("conv1:2@3,4", seed=2),
        chains.recipe(
            Maximise(
                (Term(chains.target("conv2:5").units[0]), Term(chains.target("eel").units[0], -0.5))
            ),
            seed=3,
        ),
    ]
    together = chains.make(*recipes)
    for recipe, made in zip(recipes, together, strict=True):
        alone = chains.one(recipe)
        np.testing.assert_allclose(made.trace, alone.trace, rtol=1e-2, atol=1e-3)
        np.testing.assert_allclose(array(made, "p"), array(alone, "p"), rtol=1e-2, atol=1e-3)


def test_recorded_looks_give_what_the_others_give(
    chains: Chains, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Chain((Link(chains.target("bee"), 1), Link(chains.target("eel"), 1)))
    recipes = [chains.recipe(plan, warm=3), chains.recipe("ant", warm=3, seed=2)]
    as_is = chains.make(*recipes)
    monkeypatch.setattr(looking, "static", lambda device: True)
    recorded = record_on_a_cpu(monkeypatch)
    try:
        replayed = chains.make(*recipes)
    finally:
        chains.network.graphs.clear()
    assert len(recorded) == 1  # one recording serves all steps and both classes of the plan
    for one, other in zip(as_is, replayed, strict=True):
        np.testing.assert_allclose(one.trace, other.trace, rtol=1e-2, atol=1e-3)
        for name in ("p", "distance", "activations"):
            np.testing.assert_allclose(array(one, name), array(other, name), rtol=1e-2, atol=1e-3)


def test_a_chain_switches_its_target_and_goes_on(chains: Chains) -> None:
    bee, eel = chains.target("bee"), chains.target("eel")
    plan = Chain((Link(bee, 2), Link(eel, 1)))
    made = chains.one(chains.recipe(plan, samples=4))
    alone = chains.one(chains.recipe(bee, samples=2))
    np.testing.assert_array_equal(array(made, "codes")[:2], array(alone, "codes"))
    for number, target in enumerate((bee, bee, eel, bee)):  # the plan begins again
        recipe = chains.recipe(target)
        image = array(made, "images")[number]
        again = activation_of_image(chains.network, chains.prior, recipe, image)
        assert array(made, "activations")[number, 0] == pytest.approx(again, rel=1e-4, abs=1e-5)
    step = array(made, "sample_steps")[2] - 1
    whole = array(made, "activations")[2, 0]
    assert made.trace[step] == pytest.approx(whole, abs=0.05)  # the trace is eel's by then


def test_the_gate_is_the_probability_of_classes(chains: Chains) -> None:
    closed = chains.recipe("bee", samples=1, warm=3, zoom=0.0)
    free = chains.one(chains.recipe("bee", samples=1, warm=3, zoom=0.0, prior_term=0.0))
    gated = chains.one(closed)
    p = array(gated, "p")[0]
    by_hand = chains.one(
        chains.recipe("bee", samples=1, warm=2, zoom=0.0, gate=False, prior_term=0.5 * float(p))
    )
    twin = chains.one(chains.recipe("bee", samples=1, warm=2, zoom=0.0))
    np.testing.assert_allclose(array(twin, "codes"), array(by_hand, "codes"), rtol=1e-3, atol=1e-4)
    assert not np.allclose(array(gated, "codes"), array(free, "codes"))


def test_the_gate_of_hidden_units_opens_with_what_the_chain_has_reached(chains: Chains) -> None:
    target = chains.target("conv2:7")
    condition = Condition(chains.network, [chains.recipe(target)])
    rgb = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    read = condition.read(rgb.to(chains.network.device), condition.units)
    value = read.terms[0].detach()
    heights = Heights(chains.network.device, 0.0)
    heights.add([target], read, settled=False)
    assert condition.nearness(read, heights.known([target])).item() == 0  # nothing is known yet
    heights.add([target], read, settled=True)
    reached = condition.nearness(read, heights.known([target])).item()
    assert reached == (1 if value > 0 else 0)
    given = Heights(chains.network.device, 4 * abs(value.item())).known([target])
    assert condition.nearness(read, given).item() == pytest.approx(0.25 if value > 0 else 0)


def test_the_first_cycle_of_a_hidden_unit_has_no_prior_term(chains: Chains) -> None:
    how: dict[str, Any] = {"samples": 1, "warm": 5}
    gated = chains.one(chains.recipe("conv2:7", **how))
    without = chains.one(chains.recipe("conv2:7", prior_term=0.0, **how))
    np.testing.assert_allclose(array(gated, "codes"), array(without, "codes"), atol=1e-5)
    two, bare = (chains.one(chains.recipe("conv2:7", samples=2, prior_term=w)) for w in (0.5, 0.0))
    assert not np.allclose(array(two, "codes")[1], array(bare, "codes")[1], atol=1e-3)


def test_without_the_encoder_it_says_how_to_go_on(chains: Chains, tmp_path: Path) -> None:
    alone = Chains(tmp_path)
    alone.encoder = lambda: None
    with pytest.raises(DgnError, match="cannot be opened") as error:
        alone.one(alone.recipe("bee"))
    assert "prior_term=0" in error.value.hint
    made = alone.one(alone.recipe("bee", prior_term=0.0))
    assert "distance" not in made.parts
    assert len(array(made, "images")) == 3


def test_what_is_stopped_keeps_its_samples(chains: Chains) -> None:
    recipe = chains.recipe("bee")
    whole = chains.one(recipe)
    with closing(make(chains.bench(), (recipe,))) as work:
        for progress in work:
            if progress.done == 5:
                assert progress.partial is None  # no sample yet
            if progress.done == 12:
                assert progress.partial is not None
                part = progress.partial(0)
                break
    np.testing.assert_array_equal(array(part, "images"), array(whole, "images")[:2])
    np.testing.assert_array_equal(part.trace, whole.trace[:12])
    assert len(array(part, "p")) == 12
    hooks = [m._forward_hooks or m._forward_pre_hooks for m in chains.network.module.modules()]
    assert not any(hooks)


def test_it_starts_from_a_code(chains: Chains) -> None:
    code = np.full(chains.prior.space.size, 0.25, np.float32)
    made = chains.one(chains.recipe("ant", start=FromCode.of(code), warm=1, samples=1))
    np.testing.assert_allclose(array(made, "codes")[0], code)
    with pytest.raises(DgnError, match="has 3 numbers"):
        chains.one(chains.recipe("ant", start=FromCode.of(code[:3])))


def test_codes_stay_within_the_bounds(chains: Chains) -> None:
    made = chains.one(chains.recipe("ant", step_start=50.0, bounds=0.5, decay=0.0, kick=3.0))
    assert np.abs(array(made, "codes")).max() <= 0.5 * float(chains.prior.space.upper[0]) + 1e-6


def test_rough_arithmetic_keeps_exact_images(chains: Chains) -> None:
    made = chains.one(chains.recipe("conv2:7", numeric="bfloat16"))
    with torch.no_grad():
        drawn = chains.prior.image(torch.from_numpy(array(made, "codes")).to(chains.prior.device))
    shown = from_uint8(array(made, "images"), chains.network.device)
    assert (drawn.clamp(0, 1) - shown).abs().max() <= 0.5 / 255 + 1e-4


def test_steps_count_the_whole_chain() -> None:
    assert PpgnParameters(samples=8, warm=80, cycle=60).steps == 500


def test_a_plan_is_read_back_and_bad_ones_are_refused(chains: Chains) -> None:
    plan = Chain((Link(chains.target("bee"), 2), Link(chains.target("bee", "eel"), 3)))
    recipe = chains.recipe(plan)
    assert recipe.schema == 2
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert plan.text(("bee", "eel")) == "bee*2, (bee + eel)*3"
    assert [unit.index for unit in plan.units] == [1, 4]
    with pytest.raises(DgnError, match="cannot have 0 samples"):
        Link(chains.target("bee"), 0)
    with pytest.raises(DgnError, match="The chain has no unit"):
        Chain(())
