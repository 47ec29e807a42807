import pytest
import torch
import torch.nn.functional as F

from dgn_explorer.training.photographs.own_size import OwnSize

SIZE = 32


def picture(count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def test_images_of_full_size_stay_as_they_are() -> None:
    shown = OwnSize(SIZE, torch.device("cpu"))(picture(), torch.tensor([SIZE, SIZE - 1]))
    torch.testing.assert_close(shown, picture())


def test_a_smaller_photograph_shows_what_is_left_of_the_image() -> None:
    shown = OwnSize(SIZE, torch.device("cpu"))(picture(), torch.tensor([8, SIZE]))
    small = F.interpolate(picture()[:1], (8, 8), mode="bilinear", antialias=True)
    wanted = F.interpolate(small, (SIZE, SIZE), mode="bicubic", antialias=True)
    torch.testing.assert_close(shown[:1], wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(shown[1:], picture()[1:])


@pytest.mark.parametrize("side", [1, 5, 20])
def test_a_soft_photograph_has_lost_nothing_more(side: int) -> None:
    bring = OwnSize(SIZE, torch.device("cpu"))
    sides = torch.tensor([side])
    small = F.interpolate(picture(1), (-(-side // 4) * 4,) * 2, mode="bilinear", antialias=True)
    soft = F.interpolate(small, (SIZE, SIZE), mode="bicubic", antialias=True)
    lost = (bring(picture(1), sides) - picture(1)).square().mean()
    again = (bring(soft, sides) - soft).square().mean()
    assert again < 0.05 * lost
