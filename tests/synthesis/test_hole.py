"""Filling a hole in a photograph: the context, the edge, and masks that cannot be used."""

import dataclasses
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.methods.ppgn.hole import hole_in
from dgn_explorer.synthesis.recipe import Recipe
from tests.synthesis.ppgn_setup import Chains, array

SIDE = 32


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Chains:
    return Chains(tmp_path_factory.mktemp("prior"))


def given(chains: Chains, role: str, pixels: np.ndarray) -> Input:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    name = hashlib.sha256(buffer.getvalue()).hexdigest()
    chains.inputs[name] = buffer.getvalue()
    return Input(role, name)


def photograph(chains: Chains) -> np.ndarray:
    """A picture that the prior can come near to: one of its own."""
    code = torch.randn(1, chains.prior.space.size, generator=torch.Generator().manual_seed(9))
    with torch.no_grad():
        image = chains.prior.image(code.to(chains.prior.device))[0].clamp(0, 1)
    pixels: np.ndarray = (image * 255).byte().permute(1, 2, 0).cpu().numpy()
    return pixels


def square() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[10:22, 10:22] = 255
    return mask


def order(chains: Chains, mask: np.ndarray | None = None, **parameters: Any) -> Recipe:
    photo = given(chains, "photo", photograph(chains))
    hole = given(chains, "mask", square() if mask is None else mask)
    how: dict[str, Any] = {
        "samples": 1,
        "warm": 60,
        "zoom": 0.0,
        "decay": 0.0,
        "step_start": 0.15,
        **parameters,
    }
    return chains.recipe("bee", inputs=(photo, hole), **how)


def test_the_context_term_brings_the_image_to_the_photograph(chains: Chains) -> None:
    how: dict[str, Any] = {"prior_term": 0.0, "step_end": 0.005}
    off = array(chains.one(order(chains, context_term=0.0, **how)), "context")[0]
    on = array(chains.one(order(chains, context_term=2.0, **how)), "context")[0]
    assert 0 < on < 0.8 * off


def test_the_photograph_stays_around_the_hole(chains: Chains) -> None:
    made = chains.one(order(chains, feather=3, warm=4))
    image, photo = array(made, "images")[0].astype(int), photograph(chains).astype(int)
    far = np.ones((SIDE, SIDE), bool)
    far[10 - 6 : 22 + 6, 10 - 6 : 22 + 6] = False
    np.testing.assert_array_equal(image[far], photo[far])
    with torch.no_grad():
        drawn = chains.prior.image(torch.from_numpy(array(made, "codes")).to(chains.prior.device))
    inside = (drawn[0].clamp(0, 1) * 255).round().permute(1, 2, 0).cpu().numpy()[10:22, 10:22]
    assert np.abs(image[10:22, 10:22] - inside).max() <= 1


def test_the_edge_runs_out_and_the_hole_is_filled_wholly(chains: Chains) -> None:
    photo, mask = photograph(chains), square().astype(np.float32) / 255
    hole = hole_in(photo, mask, chains.prior, 3)
    assert (hole.soft[hole.open > 0] == 1).all()
    edge = hole.soft[0, 0, 16, 22:29]
    assert (edge.diff() < 0).all()
    assert edge[-1] == 0
    sharp = hole_in(photo, mask, chains.prior, 0)
    torch.testing.assert_close(sharp.soft, sharp.open)


def test_seeds_and_samples_fill_it_differently(chains: Chains) -> None:
    first = chains.one(order(chains, samples=2, warm=8))
    images = array(first, "images")
    assert not np.array_equal(images[0], images[1])
    assert array(first, "context").shape == (2,)
    again = chains.one(order(chains, samples=2, warm=8))
    np.testing.assert_array_equal(images, array(again, "images"))
    other = dataclasses.replace(order(chains, samples=2, warm=8), seed=1)
    assert not np.array_equal(images[0], array(chains.one(other), "images")[0])


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((SIDE, SIDE), np.uint8), "all black"),
        (np.full((SIDE, SIDE), 255, np.uint8), "all white"),
        (np.zeros((SIDE, 2 * SIDE), np.uint8), "64 x 32 pixels and the photograph 32 x 32"),
    ],
)
def test_masks_that_cannot_be_used_are_refused(
    chains: Chains, mask: np.ndarray, words: str
) -> None:
    with pytest.raises(DgnError, match=words):
        chains.one(order(chains, mask))


def test_a_photograph_alone_is_refused(chains: Chains, tmp_path: Path) -> None:
    photo = given(chains, "photo", photograph(chains))
    with pytest.raises(DgnError, match="needs the input 'mask'"):
        chains.one(chains.recipe("bee", inputs=(photo,)))
