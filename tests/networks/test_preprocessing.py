import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.options import NetworkOptions, parse_mean, parse_numbers
from dgn_explorer.networks.preprocessing import Preprocessing, for_channels

RGB = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(1, 3, 2, 2)


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ("rgb", [0.2, 0.4, 0.8]),
        ("bgr", [0.8, 0.4, 0.2]),
        ("grey", [0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.8]),
        ("r,b", [0.2, 0.8]),
        ("r,g,b,0.5", [0.2, 0.4, 0.8, 0.5]),
    ],
)
def test_channels(channels, expected):
    n = len(expected)
    x = Preprocessing((0.0,) * n, (1.0,) * n, 1.0, channels)(RGB)
    assert torch.allclose(x[0, :, 0, 0], torch.tensor(expected))


def test_mean_and_std_follow_their_colours():
    bgr = for_channels(Preprocessing((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)), "b,g,r,0")
    assert (bgr.mean, bgr.std) == ((3.0, 2.0, 1.0, 2.0), (6.0, 5.0, 4.0, 5.0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Preprocessing((0.0,), (1.0,)),
        lambda: Preprocessing((0.0,) * 3, (0.0,) * 3),
        lambda: Preprocessing((float("nan"),) * 3, (1.0,) * 3),
        lambda: Preprocessing((0.0,) * 3, (1.0,) * 3, channels="xyz"),
        lambda: NetworkOptions(size=0),
        lambda: NetworkOptions(crop=2.0),
        lambda: NetworkOptions(interpolation="cubic"),
        lambda: parse_numbers("1,two"),
    ],
)
def test_mistakes(make):
    with pytest.raises(DgnError):
        make()


def test_a_mean_is_numbers_or_a_file():
    assert parse_mean("104 117,123") == (104.0, 117.0, 123.0)
    assert parse_mean("mean.binaryproto") == "mean.binaryproto"
