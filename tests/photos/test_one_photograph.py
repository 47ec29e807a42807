"""What is made of one photograph keeps to the decoder's contract, whatever file it is in.

Saliency, inversion, caricature and maps see the same middle square as every other entrance; what is
no photograph is refused in one sentence before anything is computed.
"""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.files import LARGEST_BYTES, read_file
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.studies.saliency.about import SaliencyParameters
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.features import wanted_of
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish, make
from dgn_explorer.synthesis.methods.caricature.about import CARICATURE
from dgn_explorer.synthesis.methods.inversion.about import INVERSION
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromPhoto
from dgn_explorer.synthesis.targets import Match
from tests.photos.making import FILES, saved, scene, write_all
from tests.tiny import recipe_for, tiny_network, tiny_prior

PHOTO = Input("photo", "0" * 64, "photo.jpg")


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


def bench_of(network: Network, data: bytes, prior: Any = None) -> Bench:
    return Bench(network, prior, lambda sha: data, lambda key: None, lambda: None)


def explained(network: Network) -> Survey:
    return Survey(
        "tiny",
        network.info.fingerprint,
        "saliency",
        SaliencyParameters(how="gradient"),
        units=(network.info.resolve("dog"),),
        inputs=(PHOTO,),
    )


def matched(network: Network, method: Method) -> Recipe:
    steps = type(method.default)(steps=1)
    target = Match("conv2")
    return Recipe(
        "tiny", "f", "", "", target, method=method.name, parameters=steps, inputs=(PHOTO,)
    )


ORDERS: dict[str, Callable[[Network], Order]] = {
    "explain": explained,
    "invert": lambda network: matched(network, INVERSION),
    "caricature": lambda network: matched(network, CARICATURE),
}


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_seen_as_the_decoder_sees_it(
    name: str, network: Network, tmp_path: Path
) -> None:
    path = write_all(tmp_path) / name
    bench = bench_of(network, path.read_bytes())
    wanted = middle_square(read_photo(path), network.info.working_size)
    record = finish(make(explained(network), bench))
    np.testing.assert_array_equal(record.array("seen"), wanted)
    for method in (INVERSION, CARICATURE):
        seen = wanted_of(bench, matched(network, method)).photos
        np.testing.assert_array_equal(seen[0], wanted)


SIZES = [(1, 1), (1, 40), (3, 2), (3000, 40)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_tiny_and_thin_ones_are_enlarged(
    size: tuple[int, int], order: str, network: Network
) -> None:
    data = saved(Image.fromarray(scene(*size)))
    if size == (1, 1):
        data = saved(Image.new("RGB", (1, 1), (200, 60, 30)))
    record = finish(make(ORDERS[order](network), bench_of(network, data)))
    arrays = [record.array(name) for name in ("maps", "images") if name in record.parts]
    side = network.info.working_size
    assert all(one.shape[1:3] == (side, side) and np.isfinite(one).all() for one in arrays)


def claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head claims any size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    first = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + first + struct.pack(">I", 0) + b"IDAT" + b"\0\0\0\0"


def cut() -> bytes:
    whole = saved(Image.fromarray(scene()), "JPEG")
    return whole[: len(whole) // 2]


BROKEN: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"no photograph",
    "cut": cut,
    "huge": lambda: claims(60_000, 60_000),
    "vector": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_photograph_is_refused_by_its_name(
    kind: str, order: str, network: Network
) -> None:
    with pytest.raises(DgnError, match=r"photo\.jpg is no picture that can be read") as caught:
        finish(make(ORDERS[order](network), bench_of(network, BROKEN[kind]())))
    assert "million pixels" in caught.value.hint


def test_a_start_from_a_broken_photograph_is_refused_as_well(
    network: Network, tmp_path: Path
) -> None:
    prior = tiny_prior(tmp_path)
    given = Input("start", "0" * 64, "photo.jpg")
    recipe = replace(recipe_for(network, prior, "dog"), start=FromPhoto(), inputs=(given,))
    for make_bytes in BROKEN.values():
        with pytest.raises(DgnError, match=r"photo\.jpg is no picture"):
            finish(bench_of(network, make_bytes(), prior).start(recipe))


def test_a_file_of_more_than_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(DgnError, match=r"large\.jpg is no picture .*more than 64 MB"):
        read_file(path)


def test_an_animation_shows_its_first_frame(network: Network) -> None:
    frames = [Image.fromarray(scene()), Image.new("RGB", (80, 60), "white")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    record = finish(make(explained(network), bench_of(network, out.getvalue())))
    wanted = middle_square(scene(), network.info.working_size)
    np.testing.assert_array_equal(record.array("seen"), wanted)
