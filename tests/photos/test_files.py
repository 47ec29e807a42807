"""What is no photograph is refused in one way, at once, and in little memory."""

import os
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import read_recipe
from dgn_explorer.photos import files, reading
from dgn_explorer.photos.loading import load_photo
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.photos.sets import open_photos
from dgn_explorer.training.photographs.cache import count_photos, open_source
from tests.photos.making import saved, scene


def read_in_set(path: Path) -> None:
    found = open_photos(path if path.suffix == ".zip" else path.parent)
    try:
        for photo in found.photos:
            load_photo(photo, 24, 1.0, "bicubic")
    finally:
        found.close()


READERS = (read_photo, read_in_set)


@pytest.mark.parametrize("read", READERS)
def test_pipes_devices_and_folders_are_refused_at_once(read, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(DgnError, match=r"pipe\.jpg is a pipe"):
        read(tmp_path / "pipe.jpg")
    (tmp_path / "pipe.jpg").unlink()
    (tmp_path / "link.jpg").symlink_to("/dev/zero")
    with pytest.raises(DgnError, match=r"link\.jpg is a device"):
        read(tmp_path / "link.jpg")
    (tmp_path / "link.jpg").unlink()
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    with pytest.raises(DgnError, match=r"gone\.jpg"):
        read(tmp_path / "gone.jpg")


def test_a_folder_is_none_and_in_a_set_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(DgnError, match="is a folder"):
        read_photo(tmp_path / "folder.jpg")
    (tmp_path / "folder.jpg" / "a.png").write_bytes(saved(Image.fromarray(scene())))
    assert [Path(photo.name).name for photo in open_photos(tmp_path).photos] == ["a.png"]


def test_a_pipe_is_no_zip_and_no_png_with_a_recipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for read in (open_photos, read_recipe, count_photos):
        with pytest.raises(DgnError, match="is a pipe"):
            read(tmp_path / "pipe")


def test_training_skips_and_counts_them(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.png").write_bytes(saved(Image.fromarray(scene())))
    os.mkfifo(folder / "b.png")
    (folder / "c.png").symlink_to("nowhere")
    found = open_source(folder, tmp_path / "cache", 16, 0.0, lambda *_: None)
    assert (len(found.pixels), found.skipped) == (1, 2)


def test_a_link_to_a_photograph_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(saved(Image.fromarray(scene())))
    (tmp_path / "link.png").symlink_to(tmp_path / "real")
    np.testing.assert_array_equal(read_photo(tmp_path / "link.png"), scene())


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("damage", ["empty", "text", "cut", "postscript", "bomb"])
def test_one_text_for_all(read, damage: str, tmp_path: Path) -> None:
    whole = saved(Image.fromarray(scene()), "JPEG")
    contents = {
        "empty": b"",
        "text": b"no picture",
        "cut": whole[: len(whole) // 2],
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "bomb": png_header(20_000, 20_000),
    }
    path = tmp_path / "photo.jpg"
    path.write_bytes(contents[damage])
    with pytest.raises(DgnError, match=r"photo\.jpg is no picture that can be read \(.+\)") as told:
        read(path)
    assert told.value.hint == files.WAY_OUT


def png_header(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT\x35\xaf\x06\x1e"


def test_too_many_pixels_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_PIXELS", 4799)
    with pytest.raises(DgnError, match="80 by 60 pixels"):
        reading.decode(saved(Image.fromarray(scene())), "a.png")
    monkeypatch.setattr(reading, "LARGEST_PIXELS", 4800)
    assert reading.decode(saved(Image.fromarray(scene())), "a.png").size == (80, 60)


def test_too_large_a_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        file.truncate(6 << 30)  # a hole: it takes no disk
    with pytest.raises(DgnError, match="more than 64 MB"):
        read_photo(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("lies", [False, True])
def test_entries_that_unpack_to_much_take_little_memory(
    method: int, lies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST_BYTES", 1 << 20)
    path = tmp_path / "set.zip"
    size = 48 << 20
    with zipfile.ZipFile(path, "w", method) as archive, archive.open("c/a.jpg", "w") as entry:
        for _ in range(size >> 20):
            entry.write(bytes(1 << 20))
    if lies:  # both of its headers say that it is small
        path.write_bytes(path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", 99)))
    found = open_photos(path)
    tracemalloc.start()
    try:
        with pytest.raises(DgnError, match=r"set\.zip/c/a\.jpg is no picture"):
            found.photos[0].read()
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
        found.close()


def test_links_and_locked_entries_of_zips_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    link = zipfile.ZipInfo("c/link.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/hosts")
        archive.writestr("c/locked.jpg", "x")
        archive.writestr("c/folder.jpg/", "")
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\1\2", 0, content.rindex(b"c/locked.jpg"))
    content[place + 8] |= 1  # encrypted
    path.write_bytes(content)
    found = open_photos(path)
    assert len(found.photos) == 2
    for photo, reason in zip(found.photos, ("a link", "encrypted"), strict=True):
        with pytest.raises(DgnError, match=reason):
            photo.read()
    found.close()
