"""Photo sets by their content: the same set under any name, and what is found of bad ones."""

import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.photos import sets
from dgn_explorer.photos.collection import Listed, decode_manifest, encode_manifest
from dgn_explorer.results.store import Store
from tests.photos.sets_of import fill, photo


def test_a_set_is_named_by_its_photographs_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    first = store.sets.put(fill(tmp_path / "a", cat=3, dog=2))
    assert (first.count, first.name, first.skipped) == (5, "a", ())
    renamed = tmp_path / "b"
    shutil.copytree(tmp_path / "a", renamed)
    (renamed / "cat" / "0.png").rename(renamed / "cat" / "other.png")
    assert store.sets.put(renamed).sha256 == first.sha256
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for path in sorted((tmp_path / "a").rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path / "a"))
    packed = store.sets.put(tmp_path / "c.zip")
    assert packed.sha256 == first.sha256
    collection = store.sets.open(first.sha256)  # where it was put last
    try:
        assert (len(collection), collection.folders) == (5, ("cat", "dog"))
        for place, one in enumerate(collection.listed):
            assert hashlib.sha256(collection.read(place)).hexdigest() == one.sha256
        assert [one.folder for one in collection.listed] == ["cat"] * 3 + ["dog"] * 2
    finally:
        collection.close()
    (renamed / "dog" / "0.png").unlink()
    assert store.sets.put(renamed).sha256 != first.sha256


def test_a_photograph_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    store, folder = Store(tmp_path / "store"), fill(tmp_path / "a", cat=3)
    before = store.sets.put(folder)
    shutil.copy(folder / "cat" / "0.png", folder / "cat" / "copy.png")
    assert store.sets.put(folder) == before


def test_only_new_and_changed_files_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, folder = Store(tmp_path / "store"), fill(tmp_path / "a", cat=3)
    before = store.sets.put(folder)
    read: list[str] = []
    real = sets.read_file
    monkeypatch.setattr(sets, "read_file", lambda p, name: (read.append(p.name), real(p, name))[1])
    assert store.sets.put(folder) == before
    assert read == []
    photo(77).save(folder / "cat" / "1.png")
    os.utime(folder / "cat" / "1.png", (1, 1))
    photo(78).save(folder / "cat" / "9.png")
    after = store.sets.put(folder)
    assert sorted(read) == ["1.png", "9.png"]
    assert (after.count, after.sha256 != before.sha256) == (4, True)


def test_what_has_changed_or_gone_since_is_no_part_of_the_set(tmp_path: Path) -> None:
    store, folder = Store(tmp_path / "store"), fill(tmp_path / "a", cat=3)
    kept = store.sets.put(folder)
    collection = store.sets.open(kept.sha256)
    path = Path(collection.names[1])
    photo(99).save(path)
    with pytest.raises(DgnError, match="has changed since"):
        collection.read(1)
    path.unlink()
    with pytest.raises(DgnError, match="not there any more"):
        store.sets.open(kept.sha256).read(1)
    shutil.rmtree(folder)
    with pytest.raises(DgnError, match="is not there any more"):
        store.sets.open(kept.sha256)
    shutil.rmtree(tmp_path / "store" / "sets")
    with pytest.raises(DgnError, match="not known where"):
        store.sets.open(kept.sha256)


def test_bad_sets_get_a_sentence(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DgnError, match="holds no photographs"):
        store.sets.put(tmp_path / "empty")
    with pytest.raises(DgnError, match="nowhere"):
        store.sets.put(tmp_path / "nowhere")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(DgnError, match="cannot be read"):
        store.sets.put(tmp_path / "text.zip")
    pipes = tmp_path / "pipes"
    pipes.mkdir()
    os.mkfifo(pipes / "a.png")
    with pytest.raises(DgnError, match="None of the 1 photographs"):
        store.sets.put(pipes)
    photo(1).save(pipes / "b.png")
    found = store.sets.put(pipes)
    assert found.count == 1
    assert "a pipe" in found.skipped[0]


@pytest.mark.parametrize(
    "damaged", [b"", b"\x00", b"other 1\n", b"dgn-explorer photographs 1\nx\n"]
)
def test_a_manifest_that_is_none_is_refused(damaged: bytes) -> None:
    with pytest.raises(DgnError, match="no list of photographs"):
        decode_manifest(damaged)


def test_manifests_come_back_whatever_a_folder_is_called() -> None:
    listed = [Listed(name, 64 * "a") for name in ("", "a b", "é", "\udcff", "\r")]
    assert list(decode_manifest(encode_manifest(listed))) == sorted(listed)


def test_damaged_places_are_as_good_as_none(tmp_path: Path) -> None:
    store, folder = Store(tmp_path / "store"), fill(tmp_path / "a", cat=2)
    kept = store.sets.put(folder)
    for path in (tmp_path / "store" / "sets").rglob("*.json"):
        path.write_text('{"format": 1, "photos": [], "names": 5}')
    with pytest.raises(DgnError, match="not known where"):
        store.sets.open(kept.sha256)
    assert store.sets.put(folder) == kept
    assert len(store.sets.open(kept.sha256)) == 2
