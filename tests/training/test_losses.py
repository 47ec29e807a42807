import pytest
import torch

from dgn_explorer.networks.network import Network
from dgn_explorer.training.learning import losses
from dgn_explorer.training.learning.chance import HostChance
from tests.training.tiny import tiny_network


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_euclidean_is_the_sum_over_an_image_and_the_mean_over_the_batch() -> None:
    # Caffe's EuclideanLoss; a mean over values would be half of 154,587 times smaller for 227 px
    fake, real = torch.zeros(4, 3, 227, 227), torch.ones(4, 3, 227, 227)
    assert losses.euclidean(fake, real).item() == pytest.approx(0.5 * 154_587)
    assert losses.image_distance(fake, real, "euclidean").item() == pytest.approx(
        0.5 * 154_587 * 255**2
    )
    assert losses.image_distance(fake, real, "l1").item() == 1


def test_unit_distance_compares_directions_alone() -> None:
    a = torch.randn(2, 5, 3, 3, generator=rng())
    same, opposite = losses.unit_length([7 * a]), losses.unit_length([-a])
    unit = losses.unit_length([a])
    assert losses.unit_distance(same, unit, [1.0]).item() == pytest.approx(0, abs=1e-10)
    assert losses.unit_distance(opposite, unit, [1.0]).item() == pytest.approx(4, rel=1e-5)
    both = losses.unit_distance(same + opposite, unit + unit, [3.0, 1.0])
    assert both.item() == pytest.approx(1, rel=1e-5)
    assert losses.unit_length([torch.zeros(1, 2, 1, 1)])[0].tolist() == [[[[0.0]], [[0.0]]]]


def test_euclidean_distance_adds_up_weighted_layers() -> None:
    maps = [torch.ones(2, 3, 2, 2), torch.ones(2, 1, 1, 1)]
    zeros = [torch.zeros_like(m) for m in maps]
    assert losses.euclidean_distance(maps, zeros, [1.0, 10.0]).item() == 0.5 * 12 + 10 * 0.5


def test_code_distance_is_in_sigmas_and_leaves_dead_units_out() -> None:
    scale = torch.tensor([2.0, 1.0, 0.0])
    found, code = torch.tensor([[2.0, 0.0, 5.0]]), torch.zeros(1, 3)
    assert losses.code_distance(found, code, scale).item() == 0.5


def test_the_comparator_reads_every_layer_and_flat_ones_as_maps(network: Network) -> None:
    compare = losses.Comparator(network, ["conv1", "fc6"], 32)
    shapes = [tuple(x.shape) for x in compare(torch.rand(2, 3, 48, 48))]
    assert shapes == [(2, 8, 16, 16), (2, 24, 1, 1)]
    free = losses.Comparator(network, ["conv1"])
    assert free(torch.rand(2, 3, 48, 48))[0].shape == (2, 8, 24, 24)


def test_default_layers_are_spread_or_the_deepest(network: Network) -> None:
    assert losses.comparator_layers(network, "unit") == ["conv1", "conv2", "conv3"]
    assert losses.comparator_layers(network, "unit", 2) == ["conv1", "conv3"]
    assert losses.comparator_layers(network, "euclidean") == ["conv3"]


@pytest.mark.parametrize(
    ("size", "share", "side"), [(128, 0.875, 112), (24, 0.875, 24), (227, 1, 227), (40, 0.5, 32)]
)
def test_crops_are_the_same_square_of_all_images(size: int, share: float, side: int) -> None:
    places = torch.arange(size * size).float().view(1, 1, size, size)
    corners = set()
    for seed in range(20):
        assert losses.crop_side(size, share) == side
        a, b = HostChance(seed).cut([places, places + 0.0], side)
        assert a.shape == (1, 1, side, side)
        assert torch.equal(a, b)
        corners.add(a[0, 0, 0, 0].item())
    assert len(corners) == 1 if side == size else len(corners) > 5


def test_the_centre_is_cut_out() -> None:
    x = torch.arange(256).float().expand(1, 1, 256, 256)
    assert losses.centre(x, 227)[0, 0, 0, 0] == 14  # as the published crop
    assert losses.centre(x, 0) is x
