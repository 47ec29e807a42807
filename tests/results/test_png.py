import errno
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import RECIPE_KEY, file_name, free_path, read_recipe, save_png
from tests.results.making import FaultyFileSystem, make_recipe, make_result

IMAGE = make_result().image


def chunk(kind: bytes, content: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + crc


def write_chunks(path: Path, *chunks: bytes) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b""))


def test_image_recipe_and_texts_come_back(tmp_path: Path) -> None:
    path = tmp_path / "vulkán 火山.png"
    recipe = make_recipe(network="mein Netz ☃", seed=2**63 - 1)
    save_png(path, IMAGE, recipe, {"Software": "dgn-explorer ñ", "Label": "火山\nzwei"})
    assert read_recipe(path) == recipe
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.array(image), IMAGE)
        assert image.info["Software"] == "dgn-explorer ñ"
        assert image.info["Label"] == "火山\nzwei"
    assert list(tmp_path.iterdir()) == [path]


def test_a_png_without_recipe_has_none(tmp_path: Path) -> None:
    save_png(tmp_path / "a.png", IMAGE, extra={"Software": "x"})
    assert read_recipe(tmp_path / "a.png") is None


def test_parts_of_an_image_can_be_saved(tmp_path: Path) -> None:
    save_png(tmp_path / "a.png", IMAGE[::2, ::-1])
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.array(image), IMAGE[::2, ::-1])


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "iTXt compressed"])
def test_every_kind_of_text_is_read(tmp_path: Path, kind: str) -> None:
    recipe, info = make_recipe(), PngInfo()
    if kind.startswith("iTXt"):
        info.add_itxt(RECIPE_KEY, recipe.to_json(), "en", "key", zip=kind != "iTXt")
    else:
        info.add_text(RECIPE_KEY, recipe.to_json(), zip=kind == "zTXt")
    Image.fromarray(IMAGE).save(tmp_path / "a.png", pnginfo=info)
    assert read_recipe(tmp_path / "a.png") == recipe


def test_a_recipe_behind_the_pixels_is_read(tmp_path: Path) -> None:
    text = f"{RECIPE_KEY}\0{make_recipe().to_json()}".encode()
    write_chunks(tmp_path / "a.png", chunk(b"IDAT", b"x" * 5000), chunk(b"tEXt", text))
    assert read_recipe(tmp_path / "a.png") == make_recipe()


@pytest.mark.parametrize("bomb", ["zTXt", "iTXt", "long", "claimed", "many", "deep"])
def test_text_bombs_take_no_memory(tmp_path: Path, bomb: str) -> None:
    path, key = tmp_path / "a.png", RECIPE_KEY.encode()
    packed = zlib.compress(b"x" * 100_000_000, 1)
    chunks = {
        "zTXt": lambda: chunk(b"zTXt", key + b"\0\0" + packed),
        "iTXt": lambda: chunk(b"iTXt", key + b"\0\1\0\0\0" + packed),
        "long": lambda: chunk(b"tEXt", key + b"\0" + b"x" * 20_000_000),
        "claimed": lambda: struct.pack(">I", 2**32 - 1) + b"tEXt" + key,
        "many": lambda: chunk(b"tEXt", b"a\0" + b"x" * 1_000_000) * 30,
        "deep": lambda: chunk(b"tEXt", key + b"\0" + b"[" * 500_000),
    }
    write_chunks(path, chunks[bomb]())
    tracemalloc.start()
    try:
        if bomb in ("zTXt", "iTXt", "deep"):
            with pytest.raises(DgnError, match="recipe"):
                read_recipe(path)
        else:
            assert read_recipe(path) is None
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 16e6


def test_damaged_files_are_refused_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    save_png(path, IMAGE, make_recipe())
    content = bytearray(path.read_bytes())
    content[content.index(b"objective")] ^= 1
    path.write_bytes(content)
    with pytest.raises(DgnError, match=r"recipe in .* is damaged .* Take a PNG"):
        read_recipe(path)
    path.write_bytes(b"GIF89a")
    with pytest.raises(DgnError, match="is not a PNG image"):
        read_recipe(path)
    write_chunks(path, chunk(b"tEXt", RECIPE_KEY.encode() + b'\0{"schema": 1}'))
    with pytest.raises(DgnError, match="not a recipe"):
        read_recipe(path)
    with pytest.raises(DgnError, match="not possible to read"):
        read_recipe(tmp_path / "none.png")


@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes_give_a_recipe_none_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, position: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.png"
    save_png(path, IMAGE, make_recipe())
    content = path.read_bytes()
    path.write_bytes(content[:position] + noise + content[position + len(noise) :])
    try:
        assert read_recipe(path) in (None, make_recipe())
    except DgnError as error:
        assert error.hint


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_png_is_written_as_a_whole_or_not_at_all(tmp_path: Path, code: int) -> None:
    path = tmp_path / "a.png"
    for fail_at in range(1, 100):
        path.write_bytes(b"older")
        fs = FaultyFileSystem(fail_at, code)
        try:
            save_png(path, IMAGE, fs=fs)
        except DgnError as error:
            assert str(path) in error.message
            assert "choose another folder" in error.hint
        assert list(tmp_path.iterdir()) == [path]
        whole = "replace" in fs.log[: fail_at - 1]
        assert (path.read_bytes() == b"older") is not whole
        if not fs.has_failed:
            break
    assert fail_at == 7


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DgnError, match=r"not possible to write .*none"):
        save_png(tmp_path / "none" / "a.png", IMAGE)


@pytest.mark.parametrize("key", ["", " a", "é", "x" * 80, "a\0b", "a\n"])
def test_keys_that_a_png_cannot_hold_are_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="cannot be the key"):
        save_png(tmp_path / "a.png", IMAGE, extra={key: "x"})


def test_file_names_for_people() -> None:
    assert file_name("lite0", "fc:980", "volcano", 0) == "lite0 fc-980 volcano seed 0.png"
    assert (
        file_name("lite0", "a:1@2,3", "bonnet, poke", 1) == "lite0 a-1@2,3 bonnet, poke seed 1.png"
    )
    assert file_name("../../etc", "fc:1", "", 0) == "etc fc-1 seed 0.png"
    assert file_name("con.x", "fc:1", "", 0) == "_con.x fc-1 seed 0.png"


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_file_names_are_safe(network: str, address: str, label: str) -> None:
    name = file_name(network, address, label, 2**63 - 1)
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|\0\n\r\t')
    assert name.isprintable()
    assert name[0] not in ".- "
    assert Path(name).name == name
    assert name.endswith(f"seed {2**63 - 1}.png")


def test_another_image_is_not_written_over(tmp_path: Path) -> None:
    image = IMAGE
    first, second, third = (make_recipe(seed=seed) for seed in range(3))
    path = tmp_path / "unit.png"
    assert free_path(path, first) == path
    save_png(path, image, first)
    assert free_path(path, first) == path  # the same image again
    save_png(free_path(path, second), image, second)
    assert read_recipe(tmp_path / "unit (2).png") == second
    assert free_path(path, second) == tmp_path / "unit (2).png"
    (tmp_path / "unit (3).png").write_bytes(b"somebody's own file")
    (tmp_path / "unit (4).png").symlink_to("nowhere")
    assert free_path(path, third) == tmp_path / "unit (5).png"
