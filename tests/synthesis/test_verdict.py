"""What is reported of a finished image is what a plain pass of its 8-bit pixels gives."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.dgn_am.ascent import dgn_am
from dgn_explorer.synthesis.verdict import (
    activation_of_image,
    activations_of_images,
    classes_of_images,
)
from tests.tiny import recipe_for, tiny_network, tiny_prior


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


@pytest.fixture
def loud(tmp_path: Path) -> Prior:
    """A prior that leaves the range of colours."""
    prior = tiny_prior(tmp_path)
    with torch.no_grad():
        prior.generator.image.weight.mul_(300)
    return prior


def plain_pass(network: Network, image: np.ndarray) -> dict[str, torch.Tensor]:
    """All layers' outputs for one image, by torch alone."""
    x = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None] - 127
    seen: dict[str, torch.Tensor] = {}
    hooks = [
        module.register_forward_hook(lambda m, a, out, name=name: seen.update({name: out[0]}))
        for name, module in network.module.named_modules()
        if not isinstance(module, nn.Sequential)
    ]
    with torch.no_grad():
        network.module(x.to(network.device) / 128)
    for hook in hooks:
        hook.remove()
    return seen


def test_it_is_that_of_the_pixels_and_not_that_of_the_ascent(network: Network, loud: Prior) -> None:
    recipes = [
        recipe_for(network, loud, "bee", seed=1, step_start=1.0),
        recipe_for(network, loud, "conv2:5@3,4", seed=2, step_start=1.0),
        recipe_for(network, loud, "dog", "conv1:2", weights=(1.0, -0.5), step_start=1.0),
    ]
    *_, last = dgn_am(network, loud, recipes)
    images = last.images()
    found = activations_of_images(network, loud, recipes, images)
    seen = [plain_pass(network, image) for image in images]
    expected = [
        float(seen[0]["fc"][1]),
        float(seen[1]["conv2"][5, 3, 4]),
        float(seen[2]["fc"][3] - 0.5 * seen[2]["conv1"][2, 8, 8]),
    ]
    np.testing.assert_allclose(found.tolist(), expected, rtol=1e-4, atol=1e-5)
    assert abs(found - last.activations).max() > 0.02  # clamping has changed what is seen
    one = activation_of_image(network, loud, recipes[1], images[1])
    assert one == pytest.approx(expected[1], rel=1e-4)


def test_classes_of_several_images_are_those_of_each(network: Network, loud: Prior) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 32, 32, 3), np.uint8)
    for image, classes in zip(images, classes_of_images(network, images), strict=True):
        shares = plain_pass(network, image)["fc"].softmax(0)
        order = shares.argsort(descending=True).tolist()
        assert [index for index, _ in classes] == order
        assert [share for _, share in classes] == pytest.approx(shares[order].tolist(), rel=1e-4)
    nameless = dataclasses.replace(network, info=dataclasses.replace(network.info, labels=()))
    assert classes_of_images(nameless, images) == [(), (), ()]


def test_probabilities_of_a_network_with_a_softmax_stay_what_they_are(network: Network) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    ends = dataclasses.replace(network, module=nn.Sequential(network.module, nn.Softmax(1)))
    for plain, own in zip(
        classes_of_images(network, images), classes_of_images(ends, images), strict=True
    ):
        assert [index for index, _ in own] == [index for index, _ in plain]
        assert [share for _, share in own] == pytest.approx([share for _, share in plain], rel=1e-4)
