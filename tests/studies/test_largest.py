"""The threshold is that of a full sort, whatever comes and in whatever pieces."""

from collections.abc import Callable
from math import floor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dgn_explorer.studies.dissection.largest import Largest

CPU = torch.device("cpu")


def ordinary(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return random.normal(size=shape)


def ties(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """As after a ReLU and with few levels: most values are equal to others."""
    return np.maximum(0, np.rint(random.normal(size=shape) * 2))


def rising(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Every picture throws out all that was kept before."""
    return np.arange(shape[0])[:, None, None] + random.random(shape)


def constant(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(shape)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from([ordinary, ties, rising, constant]),
    pictures=st.integers(1, 23),
    cells=st.integers(1, 40),
    quantile=st.sampled_from([0.005, 0.05, 0.3]),
    batch=st.integers(1, 7),
    left_out=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_the_threshold_is_that_of_a_full_sort(
    kind: Callable[..., np.ndarray],
    pictures: int,
    cells: int,
    quantile: float,
    batch: int,
    left_out: bool,
    seed: int,
) -> None:
    values = kind(np.random.default_rng(seed), (pictures, 3, cells)).astype(np.float32)
    used = [i for i in range(pictures) if not (left_out and i % 3 == 1)]
    largest = Largest(3, floor(quantile * pictures * cells) + 1, cells, CPU)
    for at in range(0, len(used), batch):
        numbers = torch.tensor(used[at : at + batch])
        largest.add(torch.from_numpy(values[used[at : at + batch]]), numbers)
    above = floor(quantile * len(used) * cells)
    for unit, (threshold, places) in enumerate(largest.above(above)):
        everything = values[used, unit].reshape(-1)
        assert threshold == np.sort(everything)[::-1][above]
        expected = {i * cells + p for i in used for p in range(cells)
                    if values[i, unit, p] > threshold}  # fmt: skip
        assert len(places) == len(expected)
        assert set(places.tolist()) == expected
        assert len(expected) <= quantile * len(everything)


def test_it_goes_on_from_a_state() -> None:
    random = np.random.default_rng(1)
    values = torch.from_numpy(random.normal(size=(20, 4, 9)).astype(np.float32))
    numbers = torch.arange(20)
    whole, first = (Largest(4, 10, 9, CPU) for _ in range(2))
    whole.add(values, numbers)
    first.add(values[:11], numbers[:11])
    second = Largest(4, 10, 9, CPU)
    second.restore(first.state())
    second.add(values[11:], numbers[11:])
    for one, other in zip(whole.above(9), second.above(9), strict=True):
        assert one[0] == other[0]
        assert set(one[1].tolist()) == set(other[1].tolist())
    with pytest.raises(ValueError, match="other units"):
        Largest(5, 10, 9, CPU).restore(first.state())


def test_what_is_no_number_is_left_out() -> None:
    values = torch.tensor([[[1.0, float("nan"), 3.0]]])
    largest = Largest(1, 3, 3, CPU)
    largest.add(values, torch.zeros(1, dtype=torch.long))
    assert next(largest.above(1))[0] == 1.0
    assert next(largest.above(2))[0] == -np.inf
