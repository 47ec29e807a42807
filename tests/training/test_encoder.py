from dataclasses import replace

import numpy as np
import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.training.learning import encoder as encoders
from dgn_explorer.training.learning.encoder import (
    FeatureReader,
    deepest_map,
    encoder_layer,
    fit_activations,
    fit_components,
    is_flat,
    rectifies,
)
from tests.training.tiny import tiny_network, tiny_settings


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


def features(count: int = 300) -> torch.Tensor:
    """Correlated maps (count, 3, 2, 2) far from zero."""
    rng = torch.Generator().manual_seed(0)
    mixing = torch.randn(12, 12, generator=rng) * torch.linspace(3, 0.1, 12)
    return (torch.randn(count, 12, generator=rng) @ mixing.T + 50).view(count, 3, 2, 2)


def test_components_are_those_of_numpy() -> None:
    maps = features()
    found = fit_components(maps.split(64), 5)
    rows = maps.flatten(1).double().numpy()
    values, vectors = np.linalg.eigh(np.cov(rows.T, bias=True))
    values, vectors = values[::-1][:5], vectors[:, ::-1][:, :5]
    np.testing.assert_allclose(found.mean, rows.mean(0), rtol=1e-6)
    projected = (rows - rows.mean(0)) @ vectors / np.sqrt(values)
    codes = found(maps).numpy()
    signs = np.sign((codes * projected).sum(0))
    np.testing.assert_allclose(codes, projected * signs, atol=1e-3)
    assert found.kept == pytest.approx(values.sum() / np.cov(rows.T, bias=True).trace(), rel=1e-6)


def test_codes_are_white_and_the_inverse_undoes_them() -> None:
    maps = features()
    found = fit_components([maps], 12)
    codes = found(maps)
    torch.testing.assert_close(codes.T @ codes / len(maps), torch.eye(12), atol=1e-3, rtol=0)
    torch.testing.assert_close(
        codes @ found.inverse.T + found.mean, maps.flatten(1), atol=1e-3, rtol=0
    )
    assert found.kept == pytest.approx(1)
    assert found.space().upper.tolist() == [3.0] * 12
    assert (found.kind, found.size) == ("components", 12)


def test_order_and_batch_size_of_the_photographs_do_not_matter() -> None:
    maps = features()
    order = torch.randperm(len(maps), generator=torch.Generator().manual_seed(1))
    first = fit_components(maps.split(10), 5)
    second = fit_components(maps[order].split(77), 5)
    for name in ("mean", "forward", "inverse"):
        torch.testing.assert_close(
            getattr(first, name), getattr(second, name), atol=1e-5, rtol=1e-5
        )
    a, b = fit_activations(maps.split(10), True), fit_activations(maps[order].split(77), True)
    torch.testing.assert_close(a.mean, b.mean)
    torch.testing.assert_close(a.scale, b.scale)


def test_one_pass_stays_exact_far_from_zero() -> None:
    maps = (features() - 50) * 1e-3 + 1e4
    found = fit_activations(maps.double().split(10), False)
    rows = maps.double().flatten(1)
    torch.testing.assert_close(found.scale.double(), rows.std(0, correction=0), rtol=1e-4, atol=0)


def test_activations_have_the_published_bounds() -> None:
    values = torch.randn(500, 6, generator=torch.Generator().manual_seed(0)) - 0.5
    found = fit_activations(values.split(50), True)
    code = found(values)
    assert (code >= 0).all() and (code == 0).any()
    torch.testing.assert_close(found.mean, code.mean(0))
    torch.testing.assert_close(found.scale, code.std(0, correction=0))
    space = found.space()
    assert space.lower.tolist() == [0.0] * 6
    torch.testing.assert_close(space.upper, found.mean + 3 * found.scale)
    assert found.kind == "activations"
    outputs = fit_activations(values.split(50), False)
    torch.testing.assert_close(outputs(values), values)
    torch.testing.assert_close(outputs.space().lower, outputs.mean - 3 * outputs.scale)
    assert outputs.kind == "outputs"


@pytest.mark.parametrize(
    ("count", "components", "words"),
    [(5, 5, "too few for 5 components"), (300, 13, "only 12 values")],
)
def test_too_few_photographs_or_values_are_named(count: int, components: int, words: str) -> None:
    with pytest.raises(DgnError, match=words):
        fit_components([features(count)], components)


def test_maps_too_large_for_components_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "MAX_FEATURES", 11)
    with pytest.raises(DgnError, match="12 values, too many"):
        fit_components([features()], 5)


def test_one_photograph_is_too_few_for_activations() -> None:
    with pytest.raises(DgnError, match="1 photographs are too few"):
        fit_activations([torch.zeros(1, 3)], True)


def test_the_layer_is_the_deepest_map_or_the_first_hidden_flat_one(
    network: Network, tmp_path
) -> None:
    assert deepest_map(network) == "conv3"
    assert encoder_layer(tiny_settings(tmp_path), network) == "conv3"
    upconv = tiny_settings(tmp_path, generator="upconv", image_size=256)
    assert encoder_layer(upconv, network) == "fc6"
    assert encoder_layer(tiny_settings(tmp_path, layer="class"), network) == "fc8"
    with pytest.raises(DgnError, match="conv9"):
        encoder_layer(tiny_settings(tmp_path, layer="conv9"), network)


def test_a_map_too_large_for_its_components_gives_way_to_one_that_fits(
    network: Network, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deepest_map(network, lambda layer: layer.path != "conv3") == "conv2"
    assert deepest_map(network, lambda layer: False) == "conv3"  # which then says what is wrong
    asked = []
    original = encoders.deepest_map

    def asking(network: Network, fits) -> str:
        asked.extend(x.path for x in network.info.layers if x.spatial and fits(x))
        return original(network, fits)

    monkeypatch.setattr(encoders, "deepest_map", asking)
    monkeypatch.setattr(encoders, "MAX_FEATURES", 16 * 8 * 8)  # conv2 at the working size
    settings = tiny_settings(tmp_path, image_size=network.info.working_size)
    assert encoder_layer(settings, network) == "conv3"
    assert asked == ["conv2", "conv3"]
    asked.clear()
    encoder_layer(tiny_settings(tmp_path, image_size=2 * network.info.working_size), network)
    assert asked == ["conv3"]


def test_hidden_flat_layers_are_rectified_and_outputs_are_not(network: Network, tmp_path) -> None:
    settings = tiny_settings(tmp_path)
    assert [is_flat(network, x) for x in ("conv3", "fc6", "fc8")] == [False, True, True]
    assert [rectifies(settings, network, x) for x in ("fc6", "fc8")] == [True, False]
    raw = tiny_settings(tmp_path, code_values="raw")
    assert not rectifies(raw, network, "fc6")


def test_a_network_of_one_image_a_pass_gets_one_at_a_time(network: Network) -> None:
    image = torch.rand(3, 3, 32, 32, requires_grad=True)
    expected = FeatureReader(network, ["conv2", "fc6"])(image)
    sizes = []
    handle = network.module.conv1.register_forward_hook(lambda *x: sizes.append(len(x[2])))
    one = replace(network, info=replace(network.info, batch_limit=1))
    found = FeatureReader(one, ["conv2", "fc6"])(image)
    handle.remove()
    assert sizes == [1, 1, 1]
    torch.testing.assert_close(found, expected)
    assert torch.autograd.grad(found[1].sum(), image)[0].abs().sum() > 0


def test_two_readers_of_one_network_do_not_disturb_each_other(network: Network) -> None:
    deep, shallow = FeatureReader(network, ["fc6"]), FeatureReader(network, ["conv1", "conv2"])
    image = torch.rand(2, 3, 32, 32)
    expected = deep(image)[0]
    assert [tuple(x.shape) for x in shallow(image)] == [(2, 8, 16, 16), (2, 16, 8, 8)]
    torch.testing.assert_close(deep(image)[0], expected)
    hooks = [m for m in network.module.modules() if m._forward_hooks or m._forward_pre_hooks]
    assert hooks == []
