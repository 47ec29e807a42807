"""The arithmetic of float32 on a GPU is set for a block and put back, wherever the test runs."""

import pytest
import torch

from dgn_explorer.machine import arithmetic
from dgn_explorer.machine.arithmetic import convolutions

SETTINGS = ("deterministic", "benchmark", "convolution", "product")
CUDA = torch.device("cuda")


def settings() -> list[object]:
    return [arithmetic._get(name) for name in SETTINGS]


@pytest.mark.parametrize("tf32", [False, True])
def test_products_are_exact_unless_asked_and_then_as_before(tf32: bool) -> None:
    before = settings()
    with convolutions(CUDA, tf32):
        deterministic, benchmark, convolution, product = settings()
        assert (deterministic, benchmark) == (True, False)
        assert convolution in (("tf32", True) if tf32 else ("ieee", False))
        assert product in ("ieee", False)
    assert settings() == before


def test_they_are_put_back_after_an_error() -> None:
    before = settings()
    with pytest.raises(ZeroDivisionError), convolutions(CUDA):
        _ = 1 / 0
    assert settings() == before


def test_a_cpu_is_left_alone() -> None:
    before = settings()
    with convolutions(torch.device("cpu")):
        assert settings() == before
