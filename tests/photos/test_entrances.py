"""A photograph is the same at every entrance: the window, ``--init``, photo sets, training."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.loading import load_photo
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.photos.sets import open_photos
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.inversion import invert
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.start import FromPhoto
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.training.photographs import cache
from tests.photos.making import FILES, LOSS, right, saved, scene, turned, write_all
from tests.tiny import recipe_for, tiny_network, tiny_prior

SIZE = 48
IMAGE = 43  # px, whose padded size that is


def from_window(path: Path) -> np.ndarray:
    return middle_square(read_photo(path), SIZE)


def from_order(path: Path) -> np.ndarray:
    """As an input of an order, which is what ``--init`` and a dropped photograph become."""
    photo = Input("start", "0" * 64, path.name)
    return middle_square(bench_for(path).photo(photo), SIZE)


def bench_for(path: Path, **others: Any) -> Bench:
    network = tiny_network()
    values = {"network": network, "prior": None, "open_encoder": lambda: None} | others
    return Bench(read_input=lambda _: path.read_bytes(), stored_code=lambda _: None, **values)


def from_folder(path: Path) -> np.ndarray:
    (photo,) = [p for p in open_photos(path.parent).photos if p.name == str(path)]
    return to_uint8(load_photo(photo, SIZE, 1.0, "bicubic"))


def from_zip(path: Path) -> np.ndarray:
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, f"class/{path.name}")
    found = open_photos(packed)
    try:
        return to_uint8(load_photo(found.photos[0], SIZE, 1.0, "bicubic"))
    finally:
        found.close()


def from_training(path: Path) -> np.ndarray:
    """What is kept for crops of ``IMAGE`` px, which has a rim around them."""
    assert cache.padded_size(IMAGE) == SIZE
    made = cache._square(path.read_bytes(), IMAGE)
    assert made is not None
    return np.frombuffer(made.pixels, np.uint8).reshape(SIZE, SIZE, 3)


ENTRANCES = (from_window, from_order, from_folder, from_zip, from_training)


def to_uint8(rgb: torch.Tensor) -> np.ndarray:
    found: np.ndarray = rgb.mul(255).round().byte().permute(1, 2, 0).numpy()
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_entrance_sees_the_same(name: str, tmp_path: Path) -> None:
    path = write_all(tmp_path / "all") / name
    seen = [entrance(path) for entrance in ENTRANCES]
    for other in seen[1:]:
        np.testing.assert_array_equal(other, seen[0])
    wanted = middle_square(right(name), SIZE).astype(float)
    assert np.abs(seen[0] - wanted).mean() <= LOSS.get(name, 0.6)


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_a_large_jpeg_is_the_same_within_a_level(
    entrance: Callable[[Path], np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(saved(Image.fromarray(scene(1500, 2000)), "JPEG", quality=95))
    wanted = middle_square(Image.open(path), SIZE).astype(float)
    assert np.abs(entrance(path) - wanted).mean() <= 1


@pytest.mark.parametrize("with_encoder", [True, False])
def test_a_photograph_that_an_order_starts_from_becomes_its_code(
    with_encoder: bool, tmp_path: Path
) -> None:
    path = tmp_path / "turned.jpg"
    path.write_bytes(turned())
    prior, network = tiny_prior(tmp_path), tiny_network()
    if with_encoder:
        encoder = replace(
            prior.info.encoder,
            layer="pool",
            kind="outputs",
            fingerprint=network.info.fingerprint,
        )
        info = replace(prior.info, encoder=encoder)
        prior = replace(prior, info=info, space=CodeSpace.whitened(16))
    encoders = (lambda: network) if with_encoder else (lambda: None)
    bench = bench_for(path, prior=prior, network=network, open_encoder=encoders)
    recipe = replace(
        recipe_for(network, prior, "dog"),
        start=FromPhoto(),
        inputs=(Input("start", "0" * 64, path.name),),
    )
    dropped = finish(bench.start(recipe))
    size = prior.info.encoder.input_size if with_encoder else prior.info.image_size
    rgb = from_uint8(middle_square(read_photo(path), size)[None], prior.device)
    code = encode(prior, network, rgb) if with_encoder else finish(invert(prior, rgb))
    np.testing.assert_array_equal(dropped, prior.space.clamp(code).detach().numpy())


@pytest.mark.parametrize("orientation", [3, 6])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_turned_files_of_every_format(orientation: int, kind: str, tmp_path: Path) -> None:
    undo = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(saved(Image.fromarray(scene()).transpose(undo), kind, exif=exif))
    assert np.abs(read_photo(path).astype(int) - scene()).mean() < 9


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_damaged_note_does_not_hide_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(Image.fromarray(scene()), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff"))
    assert read_photo(path).shape == scene().shape


def test_a_thread_of_pixels_takes_no_memory() -> None:
    assert middle_square(np.zeros((1, 1_000_000, 3), np.uint8), 224).shape == (224, 224, 3)


def test_warping_keeps_all_of_the_shorter_side_and_the_centre_of_both() -> None:
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 8:72] = 255  # just what a crop of 0.8 keeps after warping
    assert middle_square(picture, 32, 0.8, "bilinear", "warp")[:, 1:-1].min() > 250
    assert middle_square(picture, 32, 0.8, "bilinear")[:, 1:-1].min() == 255
    edges = middle_square(picture, 40, 1.0, "bilinear", "warp")
    assert edges[:, 0].max() == 0 and edges[:, -1].max() == 0
