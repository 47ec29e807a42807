"""The gradient of the doubling that GPUs use is that of torch's own on a CPU."""

import pytest
import torch

from dgn_explorer.priors.architectures.doubling import _Double, double


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 4, 7), (1, 2, 1, 1), (3, 1, 5, 2)])
def test_values_and_gradient(shape: tuple[int, ...], layout: torch.memory_format) -> None:
    x = torch.randn(shape, dtype=torch.float64).to(memory_format=layout).requires_grad_(True)
    found, wanted = _Double.apply(x), double(x)
    assert torch.equal(found, wanted)
    weights = torch.randn_like(wanted)
    (one,) = torch.autograd.grad((found * weights).sum(), x)
    (other,) = torch.autograd.grad((wanted * weights).sum(), x)
    torch.testing.assert_close(one, other)
