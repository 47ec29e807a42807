import copy
import platform

import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.networks import packed
from dgn_explorer.networks.packed import MOST_SHAPES, PackedConvolution, pack

WANTED = (torch.float32, torch.bfloat16)
CONVOLUTIONS = [
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 1},
    {"kernel_size": (3, 5), "padding": (0, 2)},
    {"kernel_size": 3, "padding": 1, "groups": 2},
    {"kernel_size": 5, "padding": 2, "groups": 8},
    {"kernel_size": 3, "padding": 2, "dilation": 2},
    {"kernel_size": 1, "padding": 2},  # a gradient from outside the image
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "stride": 2, "groups": 8},
    {"kernel_size": 5, "stride": (3, 2), "padding": (1, 2), "groups": 8},
    {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2, "groups": 8},
]


def both(dtype: torch.dtype, **how: object) -> tuple[nn.Conv2d, nn.Conv2d]:
    torch.manual_seed(0)
    plain = nn.Conv2d(8, 8, **how).eval().requires_grad_(False).to(dtype)
    plain = plain.to(memory_format=torch.channels_last)
    return plain, pack(copy.deepcopy(plain))


def run(conv: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clone().requires_grad_()
    y = conv(x)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(1)).to(y.dtype)
    (gradient,) = torch.autograd.grad((y * weights).sum(), x)
    return y, gradient


def reordering(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    seen = []
    real = packed._reorder
    monkeypatch.setattr(packed, "_reorder", lambda *a: (seen.append(tuple(a[-1])), real(*a))[1])
    return seen


@pytest.mark.parametrize("how", CONVOLUTIONS, ids=str)
@pytest.mark.parametrize("dtype", WANTED, ids=str)
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format], ids=str)
def test_values_and_gradients_are_those_of_the_convolution(
    how: dict[str, object], dtype: torch.dtype, layout: torch.memory_format
) -> None:
    plain, fast = both(dtype, **how)
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if dtype == torch.float32 else {}
    for shape in ((2, 8, 12, 11), (1, 8, 9, 9)):
        x = torch.randn(shape).to(dtype).contiguous(memory_format=layout)
        for found, wanted in zip(run(fast, x), run(plain, x), strict=True):
            torch.testing.assert_close(found, wanted, **tolerance)
        torch.testing.assert_close(fast(x), plain(x), **tolerance)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="an order for x86 alone")
def test_weights_are_brought_in_order_once_for_a_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = reordering(monkeypatch)
    _, fast = both(torch.float32, kernel_size=3, padding=1)
    for _ in range(3):
        run(fast, torch.randn(2, 8, 6, 6))
    assert seen == [(2, 8, 6, 6)] * 2  # one for the values, one for the gradients
    for size in range(3, 3 + MOST_SHAPES):
        run(fast, torch.randn(1, 8, size, size))
    run(fast, torch.randn(2, 8, 6, 6))
    assert len(seen) == 2 * (1 + MOST_SHAPES + 1)


def test_changed_weights_count_and_a_copy_keeps_its_own() -> None:
    plain, fast = both(torch.float32, kernel_size=3, padding=1, bias=False)
    x = torch.randn(1, 8, 6, 6)
    run(fast, x)
    other = copy.deepcopy(fast).bfloat16()
    for conv in (plain, fast):
        conv.weight.mul_(2)
    wanted = plain(x)
    torch.testing.assert_close(run(fast, x)[0], wanted)
    rough = run(other, x.bfloat16())[0].float()
    torch.testing.assert_close(rough * 2, wanted, atol=0.05, rtol=0.05)


def test_torch_computes_what_has_no_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = reordering(monkeypatch)
    plain, fast = both(torch.float32, kernel_size=3, padding=1)
    single = torch.randn(8, 6, 6, requires_grad=True)
    fast(single[None].detach())
    torch.testing.assert_close(fast(single), plain(single))
    assert fast(torch.randn(0, 8, 6, 6, requires_grad=True)).shape == (0, 8, 6, 6)
    with torch.autocast("cpu", torch.bfloat16):
        assert fast(single[None]).dtype == torch.bfloat16
    torch.testing.assert_close(fast.double()(single[None].double()).float(), plain(single[None]))
    fast.float().requires_grad_(True)
    fast(single[None]).sum().backward()
    assert fast.weight.grad is not None and seen == []


@pytest.mark.parametrize("shape", [(1, 8, 2, 2), (1, 7, 9, 9), (1, 8)])
def test_shapes_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    _, fast = both(torch.float32, kernel_size=5)
    with pytest.raises(RuntimeError):
        fast(torch.randn(shape, requires_grad=True))


def test_other_paddings_are_left_alone() -> None:
    module = nn.Sequential(
        nn.Conv2d(3, 3, 3, padding="same"),
        nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(3, 3, 3),
    )
    pack(module)
    packs = [isinstance(conv._conv_forward, PackedConvolution) for conv in module]
    assert packs == [False, False, True]


def test_only_a_cpu_has_packed_convolutions() -> None:
    module = pack(nn.Sequential(nn.Conv2d(3, 3, 3)))
    assert isinstance(module[0]._conv_forward, PackedConvolution)
    moved = pack(module.to("meta"))
    assert not isinstance(moved[0]._conv_forward, PackedConvolution)
    assert moved(torch.zeros(1, 3, 8, 8, device="meta")).shape == (1, 3, 6, 6)
