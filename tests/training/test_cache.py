import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.training.photographs import cache
from dgn_explorer.training.photographs.cache import PhotoCache, count_photos, open_source
from tests.training.tiny import write_photos


def opened(source: Path, tmp_path: Path, share: float = 0.0, size: int = 16) -> PhotoCache:
    return open_source(source, tmp_path / "cache", size, share, lambda *_: None)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_nested_folders_and_zips_give_the_same_photographs(tmp_path: Path) -> None:
    flat = write_photos(tmp_path / "flat", 6)
    nested = tmp_path / "nested"
    for i, path in enumerate(sorted(flat.iterdir())):
        folder = nested / f"class{i // 2}" / "deep"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / path.name.upper()).write_bytes(path.read_bytes())
    zipped = tmp_path / "photos.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in flat.iterdir():
            archive.write(path, f"some/{path.name}")
    first = opened(flat, tmp_path)
    assert first.pixels.shape == (6, 18, 18, 3)
    for source in (nested, zipped):
        assert count_photos(source) == 6
        np.testing.assert_array_equal(opened(source, tmp_path).pixels, first.pixels)


def test_damaged_files_are_skipped_and_counted(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "set", 5)
    whole = (folder / "0000.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.webp").write_text("no image")
    (folder / "._0000.png").write_bytes(b"what macOS leaves behind")
    (folder / "notes.txt").write_text("no photograph")
    found = opened(folder, tmp_path)
    assert (len(found.pixels), found.skipped) == (5, 3)


def test_a_damaged_member_of_a_zip_is_skipped(tmp_path: Path) -> None:
    photo = saved(Image.effect_noise((40, 40), 50))
    zipped = tmp_path / "photos.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.png", photo)
        archive.writestr("b.png", photo)
    content = bytearray(zipped.read_bytes())
    middle = content.index(photo, content.index(photo) + 1) + len(photo) // 2
    content[middle] ^= 255  # its checksum does not fit any more
    zipped.write_bytes(content)
    found = opened(zipped, tmp_path)
    assert (len(found.pixels), found.skipped) == (1, 1)


def test_every_kind_of_image_becomes_rgb(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    red = Image.new("RGB", (40, 20), "red")
    clear = Image.new("RGBA", (40, 20), (255, 0, 0, 0))
    (folder / "a.jpg").write_bytes(saved(red, "JPEG", quality=95))
    (folder / "b.webp").write_bytes(saved(red, "WEBP", lossless=True))
    (folder / "c.jpeg").write_bytes(saved(red.convert("CMYK"), "JPEG", quality=95))
    (folder / "d.png").write_bytes(saved(clear))
    (folder / "e.png").write_bytes(
        saved(Image.fromarray(np.full((20, 40), 128 * 256 + 7, np.uint16)))
    )
    (folder / "f.png").write_bytes(saved(red.convert("P"), transparency=bytes([0] * 256)))
    found = opened(folder, tmp_path)
    means = found.pixels.reshape(6, -1, 3).mean(1)
    for row in means[:3]:
        np.testing.assert_allclose(row, [255, 0, 0], atol=3)
    np.testing.assert_allclose(means[3], 255)
    np.testing.assert_allclose(means[4], 128)
    np.testing.assert_allclose(means[5], 255)


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 40), "black")
    image.paste("white", (0, 0, 40, 20))  # the upper half
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(saved(image, "JPEG", exif=exif))
    pixels = opened(folder, tmp_path).pixels[0]
    assert pixels[:, :4].mean() < 30 and pixels[:, -4:].mean() > 220


def test_held_out_depends_on_the_bytes_alone(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "set", 60)
    other = tmp_path / "other"
    other.mkdir()
    for i, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        (other / f"{i:03d}.png").write_bytes(path.read_bytes())
    first, second = opened(folder, tmp_path, 0.3), opened(other, tmp_path, 0.3)
    assert 5 < len(first.held_out) < 35
    assert sorted([*first.train, *first.held_out]) == list(range(60))
    np.testing.assert_array_equal(
        first.pixels[first.held_out], second.pixels[second.held_out][::-1]
    )


def test_a_second_opening_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_photos(tmp_path / "set", 3)
    opened(folder, tmp_path)
    monkeypatch.setattr(cache, "_square", lambda *_: pytest.fail("decoded again"))
    assert len(opened(folder, tmp_path).pixels) == 3


@pytest.mark.parametrize("damage", ["index cut", "index gone", "pixels cut", "pixels gone"])
def test_an_interrupted_cache_is_made_again(tmp_path: Path, damage: str) -> None:
    folder = write_photos(tmp_path / "set", 3)
    expected = np.array(opened(folder, tmp_path).pixels)
    suffix = ".json" if damage.startswith("index") else ".pixels"
    (path,) = (tmp_path / "cache").glob(f"*{suffix}")
    if damage.endswith("gone"):
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-5])
    np.testing.assert_array_equal(opened(folder, tmp_path).pixels, expected)


def test_a_photograph_added_deep_below_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_photos(folder / "a" / "b", 3)
    assert len(opened(folder, tmp_path).pixels) == 3
    write_photos(folder / "a" / "b", 4)
    assert len(opened(folder, tmp_path).pixels) == 4


def test_no_more_than_a_few_files_are_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_photos(tmp_path / "set", 200)
    read, most = [], [0]
    original = cache._read

    def counting(source: Path):
        for data in original(source):
            read.append(1)
            yield data

    monkeypatch.setattr(cache, "_read", counting)
    for done, _ in enumerate(cache._squares(folder, 18)):
        most[0] = max(most[0], len(read) - done)
    assert len(read) == 200
    assert most[0] <= 4 * cache._DECODERS + 2


@pytest.mark.parametrize(("own", "shown"), [(12, 16), (16, 16), (17, 17), (18, 18), (50, 18)])
def test_a_photograph_is_not_enlarged_to_be_cut_from(tmp_path: Path, own: int, shown: int) -> None:
    folder = write_photos(tmp_path / "set", 1, size=own)
    found = opened(folder, tmp_path)
    assert found.sides.tolist() == [min(own, 18)]
    (square,) = found.pixels
    before, after = (18 - shown) // 2, (18 - shown + 1) // 2
    middle = square[before : 18 - after, before : 18 - after]
    rim = ((before, after), (before, after), (0, 0))
    assert np.array_equal(np.pad(middle, rim, "edge"), square)
    if own == shown:
        with Image.open(folder / "0000.png") as image:
            assert np.array_equal(np.asarray(image), middle)


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "set", 3)
    told: list[tuple[str, int, int]] = []
    open_source(folder, tmp_path / "cache", 16, 0.0, lambda *x: told.append(x))
    assert told[-1] == ("Decoding set", 3, 3)


def test_a_full_disk_is_told_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_photos(tmp_path / "set", 3)
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DgnError, match="larger disk"):
        opened(folder, tmp_path)


@pytest.mark.parametrize("hashes", [["xyz", "00"], [1, 2], "ab", [[], []]])
def test_an_index_that_makes_no_sense_is_made_again(tmp_path: Path, hashes: object) -> None:
    folder = write_photos(tmp_path / "set", 2)
    opened(folder, tmp_path)
    (path,) = (tmp_path / "cache").glob("*.json")
    sound = path.read_text()
    for entry in ({"hashes": hashes, "skipped": 0}, json.loads(sound) | {"skipped": []}):
        path.write_text(json.dumps(entry))
        assert len(opened(folder, tmp_path, share=0.5).pixels) == 2
    assert path.read_text() == sound


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "newer"])
def test_sources_without_photographs_are_named(tmp_path: Path, kind: str) -> None:
    source = tmp_path / kind
    if kind == "newer":  # a zip of version 16, which no library reads
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr("a.jpg", b"")
        content = source.read_bytes()
        source.write_bytes(content.replace(b"PK\1\2\x14\3\x14", b"PK\1\2\x14\3\xa0"))
    if kind == "text":
        source.write_text("hello")
    if kind == "empty":
        source.mkdir()
    with pytest.raises(DgnError, match=kind):
        opened(source, tmp_path)


def test_the_index_is_small_and_plain(tmp_path: Path) -> None:
    opened(write_photos(tmp_path / "set", 2), tmp_path)
    (path,) = (tmp_path / "cache").glob("*.json")
    entry = json.loads(path.read_text())
    assert entry["skipped"] == 0 and len(entry["hashes"]) == 2
