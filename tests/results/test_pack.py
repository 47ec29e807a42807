"""A pack holds all results byte for byte, and a hostile one does no harm."""

import contextlib
import errno
import json
import os
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.results.hdf5_file import LIBRARY_VERSION, write_datasets
from dgn_explorer.results.pack import PackReport, pack, unpack
from dgn_explorer.results.record_file import read_raw
from dgn_explorer.results.store import Store
from tests.results.making import FaultyFileSystem, assert_same, make_recipe, make_result

KEY = make_recipe(1).key
COUNT = 5


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    for index in range(COUNT):
        store.put(make_result(index, "stopped" if index == 3 else "done"))
    return store


@pytest.fixture
def packed(store: Store, tmp_path: Path) -> Path:
    path = tmp_path / "pack.h5"
    assert pack(store, path) == PackReport(COUNT, COUNT)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.h5")}


def test_everything_comes_back_byte_for_byte(store: Store, packed: Path, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    seen: list[tuple[int, int]] = []
    assert unpack(other, packed, lambda *at: seen.append(at)) == PackReport(COUNT, COUNT)
    assert seen == [(done, COUNT) for done in range(COUNT + 1)]
    assert contents(other.folder) == contents(store.folder)
    again = unpack(other, packed)
    assert again == PackReport(COUNT, 0) and again.kept == COUNT
    repacked = tmp_path / "again.h5"
    pack(other, repacked)
    assert repacked.read_bytes() == packed.read_bytes()


def test_any_hdf5_program_can_read_the_images(packed: Path) -> None:
    with h5py.File(packed) as file:
        np.testing.assert_array_equal(file[KEY]["image"][()], make_result(1).image)
        assert json.loads(file["about"][()])["results"] == COUNT


def test_a_better_result_in_the_store_stays(store: Store, packed: Path, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    other.put(make_result(3))
    unpack(other, packed)
    assert_same(other.get(make_recipe(3).key), make_result(3))


@pytest.mark.parametrize("state", ["done", "stopped"])
@pytest.mark.parametrize("other", ["done", "stopped"])
def test_what_a_stranger_says_of_his_result_replaces_nothing(
    tmp_path: Path, state: str, other: str
) -> None:
    """A finished result makes room for none, a stopped one for a finished one alone."""
    mine, theirs = make_result(1, state), make_result(1, other, steps=900)
    store, stranger = Store(tmp_path / "store"), Store(tmp_path / "stranger")
    store.put(mine)
    stranger.put(theirs)
    pack(stranger, tmp_path / "pack.h5")
    report = unpack(store, tmp_path / "pack.h5")
    taken = state == "stopped" and other == "done"
    assert report == PackReport(1, 0, better=int(taken))
    assert report.kept == 1 - report.better
    assert_same(store.get(mine.key), theirs if taken else mine)


def test_damaged_results_are_left_out_and_named(store: Store, tmp_path: Path) -> None:
    store.path(KEY).write_bytes(b"rubbish")
    path = tmp_path / "pack.h5"
    report = pack(store, path)
    assert (report.results, [key for key, _ in report.left_out]) == (COUNT - 1, [KEY])
    assert unpack(Store(tmp_path / "other"), path).results == COUNT - 1


def edit(path: Path, change: Callable[[Any], object]) -> None:
    with h5py.File(path, "r+", libver=LIBRARY_VERSION) as file:
        change(file)


def flip(file: Any) -> None:
    file[KEY]["image"][0, 0, 0] ^= 1


def take_from_another(file: Any) -> None:
    file.move(make_recipe(2).key, "spare")
    file.move(KEY, make_recipe(2).key)
    file.move("spare", KEY)


def huge_shape(file: Any) -> None:
    del file[KEY]["image"]
    file[KEY].create_dataset("image", (1 << 20, 1 << 20, 3), "u1")


def huge_chunked(file: Any) -> None:
    del file[KEY]["image"]
    file[KEY].create_dataset("image", (1 << 14, 1 << 14, 3), "u1", compression="gzip")


def external(file: Any) -> None:
    del file[KEY]
    file[KEY] = h5py.ExternalLink("/etc/passwd", "/")


def soft(file: Any) -> None:
    del file[KEY]
    file[KEY] = h5py.SoftLink("/" + make_recipe(2).key)


def outside(file: Any) -> None:
    del file[KEY]["code"]
    file[KEY].create_dataset("code", (4,), "<f4", external=[("/etc/passwd", 0, 16)])


def a_dataset(file: Any) -> None:
    del file[KEY]
    file[KEY] = np.zeros(3)


def itself(file: Any) -> None:
    del file[KEY]
    file[KEY] = file["/"]


def not_finite(file: Any) -> None:
    raw = {**RAW, "code": np.full(16, np.nan, np.float32)}
    del file[KEY]
    write_datasets(file.create_group(KEY), raw)


RAW: dict[str, Any] = {}


@pytest.mark.parametrize(
    "change",
    [flip, huge_shape, huge_chunked, external, soft, outside, a_dataset, itself, not_finite],
    ids=lambda change: change.__name__,
)
def test_a_hostile_result_is_left_out(
    store: Store, packed: Path, tmp_path: Path, change: Callable[[Any], object]
) -> None:
    RAW.update(read_raw(store.path(KEY), KEY).datasets)
    edit(packed, change)
    other = Store(tmp_path / "other")
    tracemalloc.start()
    report = unpack(other, packed)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [key for key, _ in report.left_out] == [KEY]
    assert report.results == COUNT - 1
    assert other.keys() == store.keys() - {KEY}
    assert other.verify().damaged == ()
    assert peak_bytes < 20e6


def test_results_under_each_others_names_are_left_out(packed: Path, tmp_path: Path) -> None:
    edit(packed, take_from_another)
    report = unpack(Store(tmp_path / "other"), packed)
    assert (report.results, len(report.left_out)) == (COUNT - 2, 2)


@pytest.mark.parametrize("name", ["..", "x/../../evil", "A" * 64, "a" * 63, "a" * 64 + ".h5"])
def test_names_that_are_no_keys_refuse_the_whole_pack(
    packed: Path, tmp_path: Path, name: str
) -> None:
    with h5py.File(packed, "r+", libver=LIBRARY_VERSION) as file:
        file.create_group(name)
    with pytest.raises(DgnError, match="not the key of a result"):
        unpack(Store(tmp_path / "other"), packed)
    assert not (tmp_path / "other").exists()


def test_shared_data_cannot_unpack_to_more_than_the_pack(tmp_path: Path) -> None:
    path, other = tmp_path / "bomb.h5", Store(tmp_path / "other")
    first = make_result(0, image=np.zeros((300, 300, 3), np.uint8))
    stored = Store(tmp_path / "store").put(first).path
    raw = read_raw(stored, first.key)
    arrays = ("image", "code", "trace", "thumbnail")
    with h5py.File(path, "w", libver=LIBRARY_VERSION) as file:
        write_datasets(file, {"about": json.dumps({"pack": 1})})
        write_datasets(file.create_group(first.key), raw.datasets)
        for index in range(1, 30):
            recipe = make_recipe(index)
            metadata = json.dumps(raw.metadata | {"recipe": recipe.to_dict()})
            with h5py.File("spare", "w", driver="core", backing_store=False) as spare:
                write_datasets(spare, raw.datasets | {"metadata": metadata})
                group = file.create_group(recipe.key)
                for text in ("metadata", "checksums"):
                    spare.copy(text, group)
            for name in arrays:
                group[name] = file[first.key][name]
    report = unpack(other, path)
    assert report.results == 1
    assert len(report.left_out) == 29
    assert sum(map(len, contents(other.folder).values())) < 2 * path.stat().st_size


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x89HDF\r\n\x1a\n" + bytes(99)])
def test_what_is_no_pack(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pack.h5"
    path.write_bytes(content)
    with pytest.raises(DgnError, match="is no pack of results"):
        unpack(Store(tmp_path / "other"), path)


def test_no_pack_at_all_a_result_and_a_newer_one(store: Store, packed: Path) -> None:
    with pytest.raises(DgnError, match="absent"):
        unpack(store, packed.with_name("absent.h5"))
    with pytest.raises(DgnError, match="is no pack of results"):
        unpack(store, store.path(KEY))
    with h5py.File(packed, "r+") as file:
        del file["about"], file["checksums"]
        write_datasets(file, {"about": json.dumps({"pack": 3})})
    with pytest.raises(DgnError, match="format 3"):
        unpack(store, packed)


def test_every_cut_is_found_out(store: Store, packed: Path, tmp_path: Path) -> None:
    content = packed.read_bytes()
    for number, length in enumerate(range(0, len(content), max(1, len(content) // 25))):
        packed.write_bytes(content[:length])
        other = Store(tmp_path / f"other{number}")
        try:
            report = unpack(other, packed)
        except DgnError:
            continue
        assert report.results + len(report.left_out) <= COUNT
        assert other.verify().damaged == ()


@pytest.mark.parametrize("seed", range(30))
def test_any_flipped_bits(store: Store, packed: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    content = bytearray(packed.read_bytes())
    for _ in range(rng.choice((1, 3, 30))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    packed.write_bytes(content)
    other = Store(tmp_path / "other")
    with contextlib.suppress(DgnError):
        unpack(other, packed)
    assert contents(other.folder).items() <= contents(store.folder).items()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_pack_that_fails_at_any_call(store: Store, packed: Path, code: int) -> None:
    old = packed.read_bytes()
    store.put(make_result(COUNT))
    for fail_at in range(1, 20):
        fs = FaultyFileSystem(fail_at, code)
        try:
            pack(store, packed, fs=fs)
        except DgnError as error:
            assert "pack.h5" in error.message
            assert (packed.read_bytes() == old) == ("replace" not in fs.log[: fail_at - 1])
        assert [p.name for p in packed.parent.iterdir() if p.name.endswith(".tmp")] == []
        if not fs.has_failed:
            break
    assert 4 < fail_at < 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a limit on file sizes")
def test_a_disk_that_fills_up_leaves_nothing(store: Store, tmp_path: Path) -> None:
    import resource
    import signal

    child = os.fork()
    if not child:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
        try:
            pack(store, tmp_path / "full.h5")
        except DgnError:
            os._exit(3)
        os._exit(4)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["store"]
