"""Paths between two codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.morph import PATHS, between


@given(seed=st.integers(0, 1000), frames=st.integers(2, 30), path=st.sampled_from(PATHS))
def test_a_path_joins_its_ends_evenly(seed: int, frames: int, path: str) -> None:
    one, other = np.random.default_rng(seed).normal(size=(2, 8)).astype(np.float32)
    codes = between(one, other, frames, path)
    assert codes.shape == (frames, 8)
    np.testing.assert_array_equal(codes[[0, -1]], np.stack([one, other]))
    np.testing.assert_allclose(codes[::-1], between(other, one, frames, path), atol=1e-5)


def test_a_spherical_path_keeps_the_length_between() -> None:
    one, other = np.eye(2, 6, dtype=np.float32) * 3
    codes = between(one, other, 9, "spherical")
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), 3, rtol=1e-6)
    assert np.linalg.norm(between(one, other, 9, "linear")[4]) < 2.2


@pytest.mark.parametrize("other", [np.zeros(4), np.ones(4), -np.ones(4)])
def test_degenerate_ends_stay_finite(other: np.ndarray) -> None:
    assert np.isfinite(between(np.ones(4), other, 7, "spherical")).all()


@pytest.mark.parametrize(
    ("size", "frames", "path"), [(3, 5, "linear"), (4, 1, "linear"), (4, 5, "wavy")]
)
def test_bad_values_are_refused(size: int, frames: int, path: str) -> None:
    with pytest.raises(DgnError):
        between(np.ones(4), np.ones(size), frames, path)
