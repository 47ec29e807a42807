"""Ascent without a prior: the spectrum, the transformations, seeds and batches."""

import dataclasses

import numpy as np
import pytest
import torch

from dgn_explorer.networks.network import Network
from dgn_explorer.synthesis.methods.pixels.about import PixelsParameters
from dgn_explorer.synthesis.methods.pixels.ascent import pixels
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.spectrum import Spectrum
from dgn_explorer.synthesis.step import Step, from_uint8
from dgn_explorer.synthesis.targets import Maximise
from tests.tiny import tiny_network

STILL = {"jitter": 0.0, "scale": 0.0, "rotate": 0.0}


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


def recipe(network: Network, unit: str, seed: int = 0, **parameters: float) -> Recipe:
    address = network.info.resolve(unit)
    p = PixelsParameters(**{"steps": 12, **parameters})
    return Recipe(
        "tiny", "f", "", "", Maximise.of(address), method="pixels", parameters=p, seed=seed
    )


def ascend(network: Network, *recipes: Recipe, start: np.ndarray | None = None) -> list[Step]:
    return list(pixels(network, None, recipes, start))


def test_the_activation_rises_and_belongs_to_the_image(network: Network) -> None:
    steps = ascend(network, recipe(network, "conv2:7", **STILL))
    values = [step.activations.item() for step in steps]
    assert values[-1] > values[0] + 0.1
    image = from_uint8(steps[-1].images(), network.device)
    again = network.module.conv2(
        network.module.relu1(network.module.conv1(network.preprocessing(image)))
    )
    assert again[0, 7, 4, 4].item() == pytest.approx(values[-1], abs=0.02)


def test_adam_climbs_the_spectrum_as_lucent_does(network: Network) -> None:
    """The same loop from torch's parts: one unit, no transformation."""
    wanted = recipe(network, "dog", seed=3, **STILL)
    steps = ascend(network, wanted)
    size = network.info.working_size
    code = torch.randn(1, 3, size, size // 2 + 1, 2, generator=torch.Generator().manual_seed(3))
    code = (code.reshape(1, -1) * 0.01).to(network.device).requires_grad_(True)
    adam = torch.optim.Adam([code], lr=0.05)
    for step in steps:
        frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
        scale = torch.from_numpy(1 / np.maximum(frequency, 1 / size)).to(code)[..., None]
        parts = torch.view_as_complex(code.view(1, 3, size, size // 2 + 1, 2) * scale)
        plain = torch.fft.irfftn(parts, s=(size, size), dim=(-2, -1), norm="ortho") / 4
        colour = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]])
        colour = colour / np.linalg.norm(colour.numpy(), axis=0).max()
        rgb = torch.sigmoid(torch.tensordot(plain.permute(0, 2, 3, 1), colour.T.to(code), 1))
        activation = network.module(network.preprocessing(rgb.permute(0, 3, 1, 2)))[0, 3]
        assert step.activations.item() == pytest.approx(activation.item(), rel=1e-3, abs=1e-4)
        adam.zero_grad()
        (gradient,) = torch.autograd.grad(activation, code)
        code.grad = -gradient / gradient.abs().mean()
        adam.step()


def test_a_seed_decides_the_image_whatever_the_batch(network: Network) -> None:
    one = recipe(network, "ant", seed=1)
    two = dataclasses.replace(one, seed=2)
    together = ascend(network, one, two)[-1].images()
    alone = ascend(network, one)[-1].images()[0]
    np.testing.assert_array_equal(ascend(network, one)[-1].images()[0], alone)
    assert np.abs(together[0].astype(int) - alone).max() <= 2
    assert np.abs(together[0].astype(int) - together[1]).mean() > 0.5


def test_it_goes_on_from_a_code(network: Network) -> None:
    steps = ascend(network, recipe(network, "ant", **STILL))
    on = ascend(network, recipe(network, "ant", **STILL), start=steps[-1].codes())
    np.testing.assert_array_equal(on[0].images(), steps[-1].images())
    assert on[-1].activations > steps[-1].activations


def test_a_flat_spectrum_is_grey() -> None:
    spectrum = Spectrum(16, torch.device("cpu"))
    image = spectrum.image(torch.zeros(2, spectrum.length))
    assert image.shape == (2, 3, 16, 16)
    assert torch.equal(image, torch.full_like(image, 0.5))


def test_transformations_move_what_the_network_sees(network: Network) -> None:
    still = ascend(network, recipe(network, "ant", **STILL))[0].activations
    moved = ascend(network, recipe(network, "ant", jitter=6.0))[0].activations
    assert not torch.equal(still, moved)
