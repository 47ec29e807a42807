"""Numbers of every kind become 8 bits: scaled, never clipped."""

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.photos.reading import decode
from tests.photos.making import FILES, LOSS, right, saved, tiff

RAMP = np.linspace(0, 1, 64 * 64).reshape(64, 64)
EVEN = np.rint(RAMP * 255).astype(int)


def grey(data: bytes) -> np.ndarray:
    """(H, W) of a picture that must be grey."""
    rgb = np.asarray(decode(data, "a")).astype(int)
    assert (rgb == rgb[..., :1]).all()
    return rgb[..., 0]


@pytest.mark.parametrize("name", FILES)
def test_every_kind_shows_the_scene(name: str) -> None:
    seen = np.asarray(decode(FILES[name](), name)).astype(float)
    assert seen.shape == right(name).shape
    assert np.abs(seen - right(name)).mean() <= LOSS.get(name, 0)


@pytest.mark.parametrize(
    ("white", "black"), [(1, 0), (255, 0), (65535, 0), (3.7, 0), (1e6, 0), (1, -1), (900, -200)]
)
def test_floats_are_scaled(white: float, black: float) -> None:
    values = (black + RAMP * (white - black)).astype(np.float32)
    assert np.abs(grey(saved(Image.fromarray(values), "TIFF")) - EVEN).max() <= 1


def test_a_dark_float_photograph_stays_dark() -> None:
    assert grey(saved(Image.fromarray((RAMP * 0.2).astype(np.float32)), "TIFF")).max() == 51
    counts = np.rint(RAMP * 51).astype(np.float32)  # 8-bit numbers, kept as floats
    assert grey(saved(Image.fromarray(counts), "TIFF")).max() == 51


def test_floats_that_are_none_are_black_or_white() -> None:
    values = RAMP.astype(np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    seen = grey(saved(Image.fromarray(values), "TIFF"))
    assert seen[0, :3].tolist() == [0, 255, 0]
    assert np.abs(seen - EVEN)[1:].max() <= 1
    values[:] = np.nan
    assert grey(saved(Image.fromarray(values), "TIFF")).max() == 0
    values[:] = np.finfo(np.float32).max
    values[0] = -values[0]
    assert set(grey(saved(Image.fromarray(values), "TIFF")).ravel()) == {0, 255}


@pytest.mark.parametrize(
    ("kind", "sample", "top", "photometric"),
    [
        (np.uint16, 1, 65535, 1),
        (np.uint16, 1, 65535, 0),  # white is zero
        (np.uint32, 1, 65535, 1),
        (np.uint32, 1, 2**32 - 1, 1),
        (np.int32, 2, 2**31 - 1, 1),
        (np.int16, 2, 32767, 1),
        (np.float32, 3, 1, 1),
        (np.float32, 3, 1, 0),
    ],
)
def test_deep_tiffs(kind: type, sample: int, top: int, photometric: int) -> None:
    values = (RAMP * top).astype(kind)
    seen = grey(tiff(values, sample, values.itemsize * 8, photometric))
    assert np.abs(seen - (EVEN if photometric else 255 - EVEN)).max() <= 1


def test_sixteen_bits_in_other_files() -> None:
    values = (RAMP * 65535).astype(np.uint16)
    png = saved(Image.fromarray(values))
    assert np.abs(grey(png) - EVEN).max() <= 1
    assert grey(saved(Image.fromarray(values // 1000))).max() == 0  # a dark one is not brightened
    pgm = b"P5 64 64 65535\n" + values.astype(">u2").tobytes()
    assert np.abs(grey(pgm) - EVEN).max() <= 1


def test_the_transparent_value_of_a_deep_png_is_white() -> None:
    values = (RAMP * 65535).astype(np.uint16)
    values[:8] = 1000
    seen = grey(saved(Image.fromarray(values), transparency=1000))
    assert (seen[:8] == 255).all() and np.abs(seen - EVEN)[8:].max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_modes_of_eight_bits(mode: str) -> None:
    picture = Image.new("RGB", (30, 20), (255, 255, 255)).convert(mode)
    kind = "JPEG" if mode == "YCbCr" else "TIFF" if mode == "CMYK" else "PNG"
    assert np.asarray(decode(saved(picture, kind), "a")).min() == 255
