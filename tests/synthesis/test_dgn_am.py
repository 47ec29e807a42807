"""The ascent: the published step, determinism, batches, cancelling and bad gradients."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.ascent import STALLED_STEPS
from dgn_explorer.synthesis.methods.dgn_am.about import CLAMPED, DGN_AM
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step, from_uint8, to_uint8
from tests.tiny import TinyNet, recipe_for, tiny_network, tiny_prior


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


@pytest.fixture(scope="module")
def prior(tmp_path_factory: pytest.TempPathFactory) -> Prior:
    return tiny_prior(tmp_path_factory.mktemp("prior"))


def ascend(
    network: Network, prior: Prior, recipes: Sequence[Recipe], start: np.ndarray | None = None
) -> list[Step]:
    return list(dgn_am(network, prior, recipes, start))


def trace(steps: list[Step]) -> np.ndarray:
    return torch.stack([step.activations for step in steps]).cpu().numpy()


def published(network: Network, prior: Prior, recipe: Recipe, steps: int) -> list[float]:
    """The released loop in plain torch, its step in pixel space included."""
    p = recipe.parameters
    unit = recipe.units[0]
    seeded = torch.Generator().manual_seed(recipe.seed)
    code = torch.randn(prior.space.size, generator=seeded).to(prior.device)
    found = []
    for i in range(steps):
        size = p.step_start + (p.step_end - p.step_start) * i / steps
        leaf = code[None].clone().requires_grad_(True)
        image = prior.generator(leaf)
        pixels = image.detach().clone().requires_grad_(True)
        activation = network.module(network.preprocessing(pixels))[0, unit.index]
        (g,) = torch.autograd.grad(activation, pixels)
        moved = pixels.detach() + size / g.abs().mean() * g
        (gy,) = torch.autograd.grad(image, leaf, grad_outputs=moved - pixels.detach())
        found.append(activation.item())
        code = code + size / gy.abs().mean() * gy[0]
        code = torch.maximum(torch.minimum(code, prior.space.upper), prior.space.lower)
        code = code * (1 - p.decay)
    return found


def test_it_follows_the_published_loop(network: Network, prior: Prior) -> None:
    how = {**dataclasses.asdict(DGN_AM.presets["published"]), "steps": 25, "step_start": 0.5}
    recipe = recipe_for(network, prior, "dog", seed=3, **how)
    ours = trace(ascend(network, prior, [recipe]))[:, 0]
    np.testing.assert_allclose(ours, published(network, prior, recipe, 25), rtol=1e-5)


def test_the_activation_rises(network: Network, prior: Prior) -> None:
    values = trace(ascend(network, prior, [recipe_for(network, prior, "conv2:7", steps=40)]))
    assert values[-1, 0] > values[0, 0]


def test_a_negative_weight_minimises(network: Network, prior: Prior) -> None:
    recipe = recipe_for(network, prior, "conv2:7", weights=(-1.0,), steps=40)
    values = -trace(ascend(network, prior, [recipe]))
    assert values[-1, 0] < values[0, 0]


def test_the_image_belongs_to_the_code_of_its_step(network: Network, prior: Prior) -> None:
    last = ascend(network, prior, [recipe_for(network, prior, "ant")])[-1]
    with torch.no_grad():
        again = to_uint8(prior.image(torch.from_numpy(last.codes()).to(prior.device)))
    np.testing.assert_array_equal(again, last.images())
    assert last.images().shape == (1, 32, 32, 3)
    assert last.index + 1 == last.total == 10


@pytest.mark.parametrize("zoom", [0.0, 0.3])  # the last step sees the whole image
def test_the_activation_belongs_to_the_image_of_its_step(
    network: Network, prior: Prior, zoom: float
) -> None:
    last = ascend(network, prior, [recipe_for(network, prior, "conv1:2@3,4", zoom=zoom)])[-1]
    maps: list[Tensor] = []
    layer = network.module.get_submodule("conv1")
    hook = layer.register_forward_hook(lambda module, args, output: maps.append(output))
    with torch.no_grad():
        image = prior.image(torch.from_numpy(last.codes()).to(prior.device))
        network.module(network.preprocessing(image))
    hook.remove()
    assert float(last.activations[0]) == pytest.approx(float(maps[0][0, 2, 3, 4]), rel=1e-4)


def test_the_same_recipe_gives_the_same_bytes(network: Network, prior: Prior) -> None:
    recipe = recipe_for(network, prior, "bee", seed=5, zoom=0.3)
    first, second = (ascend(network, prior, [recipe])[-1] for _ in range(2))
    np.testing.assert_array_equal(first.images(), second.images())
    np.testing.assert_array_equal(first.codes(), second.codes())


def test_another_seed_gives_another_image(network: Network, prior: Prior) -> None:
    images = [
        ascend(network, prior, [recipe_for(network, prior, "bee", seed=s)])[-1].images()
        for s in (0, 1)
    ]
    assert not np.array_equal(*images)


def test_a_batch_of_units_and_seeds_is_what_each_is_alone(network: Network, prior: Prior) -> None:
    recipes = [
        recipe_for(network, prior, "bee", seed=1),
        recipe_for(network, prior, "conv1:2@3,4", seed=2),
        recipe_for(network, prior, "conv2:5", "eel", weights=(1.0, 0.5), seed=3),
    ]
    together = trace(ascend(network, prior, recipes))
    alone = [trace(ascend(network, prior, [recipe]))[:, 0] for recipe in recipes]
    np.testing.assert_allclose(together, np.stack(alone, 1), rtol=1e-3, atol=1e-5)


def test_a_start_code_replaces_the_random_one(network: Network, prior: Prior) -> None:
    recipe = recipe_for(network, prior, "ant")
    code = np.full((1, prior.space.size), 0.25, np.float32)
    np.testing.assert_array_equal(ascend(network, prior, [recipe], code)[0].codes(), code)


def test_codes_stay_within_the_bounds(network: Network, prior: Prior) -> None:
    recipe = recipe_for(network, prior, "ant", step_start=50.0, bounds=0.5, decay=0.0)
    last = ascend(network, prior, [recipe])[-1]
    assert np.abs(last.codes()).max() == pytest.approx(0.5 * float(prior.space.upper[0]))


def test_closing_it_early_leaves_no_hook(network: Network, prior: Prior) -> None:
    steps = dgn_am(network, prior, [recipe_for(network, prior, "conv1:0")])
    next(steps)
    steps.close()
    hooks = [m._forward_hooks or m._forward_pre_hooks for m in network.module.modules()]
    assert not any(hooks)


def test_the_quiet_unit_of_two_is_not_drowned(network: Network, prior: Prior) -> None:
    """Scaling one unit's activation must not change what a combination looks like."""
    loud_module = TinyNet()
    loud_module.load_state_dict(network.module.state_dict())
    with torch.no_grad():
        loud_module.fc.weight[1] *= 100
        loud_module.fc.bias[1] *= 100
    codes = []
    for net in (network, tiny_network(loud_module)):
        recipe = recipe_for(net, prior, "bee", "eel", steps=15)
        codes.append(ascend(net, prior, [recipe])[-1].codes())
    np.testing.assert_allclose(*codes, rtol=1e-3, atol=1e-4)


class _Flat(TinyNet):
    """A network that no image can change."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x * 0)


def test_a_unit_without_gradient_is_reported(prior: Prior) -> None:
    network = tiny_network(_Flat())
    recipe = recipe_for(network, prior, "ant", steps=2 * STALLED_STEPS)
    with pytest.raises(DgnError, match="fc:0 gives no gradient"):
        ascend(network, prior, [recipe])


class _Dead(nn.Module):
    """Has a gradient only where the first pixel is far from grey."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(1, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc((x[:, 0, 16, 16, None].abs() - 0.02).relu())


def test_noise_gets_a_code_off_a_plateau(prior: Prior) -> None:
    network = tiny_network(_Dead())
    recipe = recipe_for(network, prior, "bee", steps=40, init_scale=0.0)
    values = trace(ascend(network, prior, [recipe]))
    assert len(np.unique(values)) > 1


def test_an_activation_that_is_no_number_is_reported(prior: Prior) -> None:
    network = tiny_network()
    with torch.no_grad():
        network.module.fc.bias[3] = float("nan")
    with pytest.raises(DgnError, match="fc:3 is nan"):
        ascend(network, prior, [recipe_for(network, prior, "dog")])


def test_pixels_are_rounded_not_cut() -> None:
    rgb = torch.tensor([0.0, 0.4999 / 255, 0.5001 / 255, 254.6 / 255, 1.7, -1.0]).view(1, 1, 2, 3)
    image = to_uint8(rgb.expand(1, 3, 2, 3))
    assert image[0, :, :, 0].ravel().tolist() == [0, 0, 1, 255, 255, 0]
    back = from_uint8(image, torch.device("cpu"))
    np.testing.assert_array_equal(to_uint8(back), image)


def test_rough_arithmetic_reaches_the_same_activation_and_shows_exact_images(
    network: Network, prior: Prior
) -> None:
    exact = recipe_for(network, prior, "conv2:7", steps=40)
    rough = dataclasses.replace(exact, numeric="bfloat16")
    assert rough.key != exact.key
    a, b = ascend(network, prior, [exact])[-1], ascend(network, prior, [rough])[-1]
    assert b.activations.item() == pytest.approx(a.activations.item(), rel=0.05)
    code = torch.from_numpy(b.codes()).to(prior.device)
    np.testing.assert_array_equal(b.images(), to_uint8(prior.image(code)))


def test_an_unknown_arithmetic_is_refused(network: Network, prior: Prior) -> None:
    with pytest.raises(DgnError, match="no arithmetic called 'float8'"):
        dataclasses.replace(recipe_for(network, prior, "ant"), numeric="float8")


def test_the_ascent_may_see_its_image_as_it_will_be_kept(
    network: Network, tmp_path_factory: pytest.TempPathFactory
) -> None:
    loud = tiny_prior(tmp_path_factory.mktemp("loud"))
    with torch.no_grad():
        loud.generator.image.weight.mul_(300)  # far beyond black and white
    raw = recipe_for(network, loud, "dog", steps=2, zoom=0.0)
    clamped = dataclasses.replace(raw, parameters=dataclasses.replace(raw.parameters, sees=CLAMPED))
    seen = []
    for recipe in (raw, clamped):
        (first, *_) = ascend(network, loud, [recipe])
        kept = from_uint8(first.images(), loud.device)
        reached = float(network.logits(kept)[0, recipe.units[0].index])
        seen.append(float(first.activations[0]) == pytest.approx(reached, rel=0.01))
    assert seen == [False, True]


def test_recipes_of_earlier_versions_keep_their_keys(network: Network, prior: Prior) -> None:
    raw = recipe_for(network, prior, "dog")
    assert raw.schema == 1 and "sees" not in raw.to_json()
    clamped = dataclasses.replace(raw, parameters=dataclasses.replace(raw.parameters, sees=CLAMPED))
    assert clamped.schema == 2 and clamped.key != raw.key
    assert Recipe.from_json(clamped.to_json()) == clamped
