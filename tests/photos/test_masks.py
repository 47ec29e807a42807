"""Masks: white is 1, black and transparent are 0."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.files import read_file
from dgn_explorer.photos.masks import decode_mask
from tests.photos.making import saved

GREY = np.tile(np.arange(0, 250, 5, dtype=np.uint8), (20, 1))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "I;16"])
def test_a_mask_is_its_grey(mode: str, tmp_path: Path) -> None:
    made = Image.fromarray(GREY)
    picture = (
        Image.fromarray(GREY.astype(np.uint16) * 257) if mode == "I;16" else made.convert(mode)
    )
    (tmp_path / "m.png").write_bytes(saved(picture))
    mask = mask_in(tmp_path / "m.png")
    assert mask.shape == (20, 50) and mask.dtype == np.float32
    np.testing.assert_allclose(mask, GREY / 255, atol=1e-6)


def mask_in(path: Path) -> np.ndarray:
    return decode_mask(read_file(path), path.name)


def test_what_is_transparent_is_not_in_the_mask(tmp_path: Path) -> None:
    rgba = np.full((20, 30, 4), 255, np.uint8)
    rgba[:, :10, 3] = 0
    (tmp_path / "m.png").write_bytes(saved(Image.fromarray(rgba)))
    mask = mask_in(tmp_path / "m.png")
    assert mask[:, :10].max() == 0 and mask[:, 10:].min() == 1


def test_a_mask_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "m.png").write_bytes(b"no mask")
    with pytest.raises(DgnError, match=r"m\.png is no picture"):
        mask_in(tmp_path / "m.png")
