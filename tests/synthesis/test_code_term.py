"""The code's own term: the unit as the layers above the code's read it from the code."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.engine.messages import Opened
from dgn_explorer.engine.ordering import recipe_for
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.encoding import decoder, encode
from dgn_explorer.priors.info import EncoderInfo
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am import ascent, passes
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM, PLAIN, code_leads, continued
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.methods.dgn_am.code_term import WEIGHT, code_term
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.recipe import Recipe, continue_from
from dgn_explorer.synthesis.start import RANDOM, FromResult, Start
from dgn_explorer.synthesis.targets import Maximise
from tests.recording import as_it_is, as_on_a_gpu
from tests.tiny import CODE_SIZE, TinyNet, tiny_network, tiny_prior
from tests.tiny import recipe_for as tiny_recipe


class _Encoder(TinyNet):
    """Gives, for 16 px, the 4 x 4 x 4 values that the tiny prior's codes stand for."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2 = nn.Conv2d(8, 4, 3, 2, 1)
        self.fc = nn.Linear(4, 5)


@pytest.fixture
def network() -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return tiny_network(_Encoder())


@pytest.fixture
def prior(tmp_path: Path, network: Network) -> Prior:
    """The tiny prior, as one that inverts the second layer of the network."""
    encoder = EncoderInfo("tiny", network.info.fingerprint, "conv2", "components", 16)
    found = tiny_prior(tmp_path)
    return dataclasses.replace(found, info=dataclasses.replace(found.info, encoder=encoder))


def _heights(network: Network, prior: Prior, code: Tensor, unit: int) -> Tensor:
    """The class as the code itself excites it (N,): the layers above, one by one."""
    decode = decoder(prior)
    assert decode is not None
    net = network.module
    assert isinstance(net, _Encoder)
    return net.fc(net.pool(net.relu2(decode(code).view(-1, 4, 4, 4))).flatten(1))[:, unit]


def test_a_code_stands_for_the_values_that_it_was_computed_from(
    network: Network, prior: Prior
) -> None:
    decode = decoder(prior)
    assert decode is not None
    code = torch.randn(3, CODE_SIZE, device=prior.device)
    point = network.read_points["conv2"]
    images = torch.rand(3, 3, 16, 16, device=prior.device)
    with network.module.get_submodule(point.module).register_forward_hook(
        lambda *_: decode(code).view(-1, 4, 4, 4)
    ):
        again = encode(prior, network, images)
    inverse = prior.generator.inverse()[0]
    # orthogonal columns are what components have, and what these random ones have not
    back = (code @ inverse.T @ inverse) / prior.column_squares
    torch.testing.assert_close(again, back, rtol=1e-4, atol=1e-4)


def test_it_points_to_where_the_unit_rises(network: Network, prior: Prior) -> None:
    recipes = [tiny_recipe(network, prior, name) for name in ("bee", "eel")]
    term = code_term(network, prior, recipes)
    assert term is not None
    code = torch.randn(2, CODE_SIZE, device=prior.device)
    found = term(code)
    for row, unit in enumerate((1, 4)):
        asked = code[row : row + 1].clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(_heights(network, prior, asked, unit).sum(), asked)
        torch.testing.assert_close(found[row : row + 1], gradient / gradient.abs().mean())


@pytest.mark.parametrize("weights", [(1.0, 0.5), (1.0, -1.0)])
def test_several_units_have_their_weights(
    network: Network, prior: Prior, weights: tuple[float, float]
) -> None:
    code = torch.randn(1, CODE_SIZE, device=prior.device)
    one, other = (
        code_term(network, prior, [tiny_recipe(network, prior, name)]) for name in ("bee", "eel")
    )
    both = code_term(network, prior, [tiny_recipe(network, prior, "bee", "eel", weights=weights)])
    assert one is not None and other is not None and both is not None
    wanted = weights[0] * one(code) + weights[1] * other(code)
    torch.testing.assert_close(both(code), wanted / wanted.abs().mean())


@pytest.mark.parametrize("unit", ["conv1:2", "bee+conv1:2", "conv2:1@2,2"])
def test_units_that_codes_say_nothing_of_have_none(
    network: Network, prior: Prior, unit: str
) -> None:
    recipe = tiny_recipe(network, prior, *unit.split("+"))
    for count in (1, 2):
        assert code_term(network, prior, [recipe] * count) is None


def test_another_network_than_the_encoder_has_none(prior: Prior) -> None:
    network = tiny_network()
    assert code_term(network, prior, [tiny_recipe(network, prior, "bee")]) is None


@pytest.mark.parametrize("kind", ["activations", "outputs"])
def test_codes_that_are_no_components_have_none(network: Network, prior: Prior, kind: str) -> None:
    encoder = dataclasses.replace(prior.info.encoder, kind=kind)
    other = dataclasses.replace(prior, info=dataclasses.replace(prior.info, encoder=encoder))
    assert code_term(network, other, [tiny_recipe(network, other, "bee")]) is None


@pytest.mark.parametrize("layer, size", [("conv2", 32), ("conv2", 0), ("conv1", 16), ("gone", 16)])
def test_a_prior_that_tells_of_another_layer_has_none(
    network: Network, prior: Prior, layer: str, size: int
) -> None:
    """Its codes stand for other values than the layer's, as a damaged file may say."""
    encoder = dataclasses.replace(prior.info.encoder, layer=layer, input_size=size)
    other = dataclasses.replace(prior, info=dataclasses.replace(prior.info, encoder=encoder))
    for count in (1, 4):
        recipes = [tiny_recipe(network, other, "bee", code_share=1.0)] * count
        assert code_term(network, other, recipes) is None
    assert len(_codes(network, other, recipes)) == 10


def test_a_unit_that_is_not_there_leads_nowhere(network: Network, prior: Prior) -> None:
    assert not code_leads(network.info, prior.info, Maximise.of("elsewhere:3"))


def _codes(network: Network, prior: Prior, recipes: list[Recipe], **how: object) -> np.ndarray:
    return np.stack([step.codes() for step in dgn_am(network, prior, recipes, **how)])


def test_an_ascent_begins_with_codes_that_mean_the_unit(network: Network, prior: Prior) -> None:
    plain, termed = (
        _codes(network, prior, [tiny_recipe(network, prior, "bee", code_share=share)])
        for share in (0.0, 1.0)
    )
    first = torch.from_numpy(np.concatenate([plain[0], termed[0]])).to(prior.device)
    heights = _heights(network, prior, first, 1)
    assert heights[1] > heights[0]


@pytest.mark.parametrize("share, steps", [(0.25, 1), (0.5, 2), (0.6, 3), (1.0, 4)])
def test_the_first_steps_follow_it(
    network: Network, prior: Prior, monkeypatch: pytest.MonkeyPatch, share: float, steps: int
) -> None:
    """What is added to the image's direction, step by step."""
    recipe = tiny_recipe(network, prior, "bee", code_share=share, steps=4)
    seen: list[Tensor] = []
    real = ascent.normalised

    def note(gradient: Tensor) -> Tensor:
        seen.append(gradient.clone())
        return real(gradient)

    monkeypatch.setattr(ascent, "normalised", note)
    codes = _codes(network, prior, [recipe])
    images, term = passes.Passes(network, prior, [recipe]), code_term(network, prior, [recipe])
    assert term is not None
    assert len(seen) == steps
    for i, gradient in enumerate(seen):
        code = torch.from_numpy(codes[i]).to(prior.device)
        torch.testing.assert_close(gradient, images(code, i)[2] + WEIGHT * term(code))


def test_a_start_that_is_given_is_left_as_it_is(network: Network, prior: Prior) -> None:
    recipes = [tiny_recipe(network, prior, "bee", code_share=1.0)]
    start = np.full((1, CODE_SIZE), 0.5, np.float32)
    assert (_codes(network, prior, recipes, start=start)[0] == start).all()
    assert (_codes(network, prior, recipes, start=start, fresh=True)[0] != start).any()


def test_where_there_is_none_the_ascent_is_the_plain_one(prior: Prior) -> None:
    network = tiny_network()
    plain, termed = (
        _codes(network, prior, [tiny_recipe(network, prior, "bee", code_share=share)])
        for share in (0.0, 1.0)
    )
    assert (plain == termed).all()


def test_recorded_it_gives_the_same_codes(
    network: Network, prior: Prior, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = [tiny_recipe(network, prior, name, code_share=1.0) for name in ("bee", "eel")]
    with as_it_is(monkeypatch):
        plain = _codes(network, prior, recipes)
    as_on_a_gpu(monkeypatch)
    network.__dict__.pop("graphs")
    np.testing.assert_allclose(_codes(network, prior, recipes), plain, rtol=1e-3, atol=1e-4)
    recorded = network.graphs._kept
    assert len(recorded) == 2 and None not in recorded.values()


@pytest.mark.parametrize(
    "quality, instead", [("default", PLAIN), ("best", PLAIN.changed(starts=2))]
)
def test_presets_that_rest_on_it_are_others_where_there_is_none(
    network: Network, prior: Prior, quality: str, instead: Parameters
) -> None:
    preset = DGN_AM.presets[quality]
    other = tiny_network()

    def found(network: Network, unit: str, asked: Parameters, start: Start = RANDOM) -> Parameters:
        opened = Opened(network.info, prior.info)
        target = Maximise.of(network.info.resolve(unit))
        return recipe_for(opened, target, "dgn-am", asked, start=start).parameters

    assert found(network, "bee", preset) == preset
    assert found(network, "pool:2", preset) == preset
    for net, unit in ((network, "conv1:2"), (network, "conv2:1"), (other, "bee")):
        assert found(net, unit, preset) == instead
        assert found(net, unit, preset.changed(step_start=0.5)) == instead.changed(step_start=0.5)
        one_changed = preset.changed(steps=77)
        assert found(net, unit, one_changed) == one_changed
    assert found(network, "bee", preset, FromResult("ab")) == instead


def test_both_kinds_of_a_preset_are_of_its_quality(network: Network, prior: Prior) -> None:
    for word, preset in (("good", "default"), ("best", "best")):
        for parameters in (DGN_AM.presets[preset], DGN_AM.plainly[preset]):
            assert DGN_AM.quality_of(parameters.to_dict()) == word


def test_more_steps_of_a_plain_result_are_plain(network: Network, prior: Prior) -> None:
    recipe = tiny_recipe(network, prior, "conv1:2", steps=250)
    after = continue_from(recipe, 125, DGN_AM.default)
    assert after == continued(PLAIN, 125, PLAIN)
    assert after.steps == 125
    shorter = continue_from(recipe, 125, DGN_AM.default.changed(steps=100))
    assert shorter.to_dict()["steps"] == 50
