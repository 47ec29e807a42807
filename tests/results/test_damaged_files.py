"""Files that are not what they should be are named, set aside, and never harm the others."""

import hashlib
import json
import os
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.results.hdf5_file import DamagedFileError, Reader, encode, open_reader
from dgn_explorer.results.store import Store
from tests.results.making import assert_same, make_recipe, make_result

KEY = make_recipe().key


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.put(make_result(1))
    store.put(make_result())
    return store


def assert_found_out(store: Store, reason: str = "") -> None:
    """The damage is reported everywhere, set aside by `verify`, and a new result can be put."""
    path = store.path(KEY)
    content = path.read_bytes() if path.is_file() else None
    with pytest.raises(DgnError, match="is damaged") as caught:
        store.get(KEY)
    assert "dgn-explorer cache verify" in caught.value.hint
    assert reason in caught.value.message
    report = store.verify()
    assert report.results == 1
    (damaged,) = report.damaged
    assert damaged.path == path
    assert reason in damaged.reason
    assert damaged.quarantined is not None
    assert damaged.quarantined.parent == store.folder / "quarantine"
    if content is not None:
        assert damaged.quarantined.read_bytes() == content
    assert store.get(KEY) is None
    assert [s.address for s in store.list()] == ["fc:1"]
    store.put(make_result())
    assert_same(store.get(KEY), make_result())
    assert store.verify().damaged == ()


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.7, 0.999])
def test_truncated(store: Store, share: float) -> None:
    path = store.path(KEY)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert_found_out(store)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + b"x" * 99, b"\0" * 5000, b"x" * 10])
def test_foreign_content(store: Store, content: bytes) -> None:
    store.path(KEY).write_bytes(content)
    assert_found_out(store, "cannot be read")


def test_a_folder_in_place_of_a_file(store: Store) -> None:
    store.delete(KEY)
    store.path(KEY).mkdir()
    assert_found_out(store, "not a file")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
def test_a_pipe_in_place_of_a_file_does_not_hang(store: Store) -> None:
    store.delete(KEY)
    os.mkfifo(store.path(KEY))
    assert_found_out(store, "not a file")


def test_any_flipped_bit_is_found_out_or_harmless(store: Store) -> None:
    path = store.path(KEY)
    content = path.read_bytes()
    rng = random.Random(0)
    found = 0
    for _ in range(300):
        damaged = bytearray(content)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            assert_same(store.get(KEY), make_result())
        except DgnError:
            found += 1
    assert found > 200  # the rest are gaps that HDF5 leaves between its structures


def test_a_result_under_the_name_of_another(store: Store) -> None:
    store.path(KEY).write_bytes(store.path(make_recipe(1).key).read_bytes())
    assert_found_out(store, "belongs to another file name")


def test_names_that_are_no_keys(store: Store) -> None:
    wrong_folder = store.folder / "00" / f"{KEY}.h5"
    wrong_folder.parent.mkdir(exist_ok=True)
    wrong_folder.write_bytes(store.path(KEY).read_bytes())
    wrong_name = store.path(KEY).with_name("copy.h5")
    wrong_name.write_bytes(b"")
    assert store.keys() == {summary.key for summary in store.list()}
    assert len(store.list()) == 2
    report = store.verify()
    assert report.results == 2
    assert {damaged.path for damaged in report.damaged} == {wrong_folder, wrong_name}
    assert len(list((store.folder / "quarantine").iterdir())) == 2


def test_a_second_damaged_file_does_not_replace_the_first_in_quarantine(store: Store) -> None:
    for content in (b"one", b"two", b"three"):
        store.put(make_result())
        store.path(KEY).write_bytes(content)
        store.verify()
    contents = {path.read_bytes() for path in (store.folder / "quarantine").iterdir()}
    assert contents == {b"one", b"two", b"three"}


def edit(store: Store, change: Callable[[h5py.File], None]) -> None:
    with h5py.File(store.path(KEY), "r+") as file:
        change(file)


def replace(file: h5py.File, name: str, **options: object) -> None:
    del file[name]
    file.create_dataset(name, **options)


@pytest.mark.parametrize("name", ["metadata", "image", "code", "trace", "thumbnail", "checksums"])
def test_a_missing_dataset(store: Store, name: str) -> None:
    edit(store, lambda file: file.__delitem__(name))
    assert_found_out(store, f"its {name} is missing")


def test_a_reshaped_image(store: Store) -> None:
    def change(file: h5py.File) -> None:
        replace(file, "image", data=file["image"][()].transpose(1, 0, 2))

    edit(store, change)
    assert_found_out(store, "its image does not match its checksum")


def link(file: h5py.File, target: object) -> None:
    file.move("code", "c")
    file["code"] = target


def group(file: h5py.File) -> None:
    del file["code"]
    file.create_group("code")


BOMB = {"dtype": "f4", "chunks": (2**22,), "compression": "gzip", "fillvalue": 1}
HOSTILE: dict[str, tuple[str, Callable[[h5py.File, Path], None]]] = {
    "huge": (
        "entries",
        lambda file, _: replace(file, "image", shape=(2**20, 2**20, 3), dtype="u1"),
    ),
    "large": ("cut short", lambda file, _: replace(file, "code", shape=(2**24,), dtype="f4")),
    "bomb": ("plain block", lambda file, _: replace(file, "code", shape=(2**24,), **BOMB)),
    "type": ("type", lambda file, _: replace(file, "image", shape=(4, 4, 3), dtype="f8")),
    "objects": (
        "not a text",
        lambda file, _: replace(file, "metadata", data="x", dtype=h5py.string_dtype()),
    ),
    "long text": (
        "100000000 bytes",
        lambda file, _: replace(file, "metadata", shape=(), dtype="S100000000"),
    ),
    "empty": ("", lambda file, _: replace(file, "trace", data=h5py.Empty("f4"))),
    "group": ("not a dataset", lambda file, _: group(file)),
    "soft link": ("missing", lambda file, _: link(file, h5py.SoftLink("/c"))),
    "other file": (
        "missing",
        lambda file, path: link(file, h5py.ExternalLink(str(path), "code")),
    ),
    "other storage": (
        "plain block",
        lambda file, path: replace(
            file, "code", shape=(16,), dtype="f4", external=[(str(path), 0, 64)]
        ),
    ),
}


@pytest.mark.parametrize(("reason", "change"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_datasets_take_no_memory_and_read_no_other_file(
    store: Store, reason: str, change: Callable[[h5py.File, Path], None]
) -> None:
    edit(store, lambda file: change(file, store.path(make_recipe(1).key)))
    tracemalloc.start()
    try:
        with pytest.raises(DgnError, match="is damaged"):
            store.get(KEY)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 4e6
    assert_found_out(store, reason)


def write_metadata(store: Store, text: str) -> None:
    """A file with good checksums around any ``text``."""
    result = make_result()
    arrays = {"image": result.image, "code": result.code, "trace": result.trace}
    data = encode({"metadata": text, "thumbnail": result.image, **arrays})
    store.path(KEY).write_bytes(data)


def metadata(store: Store) -> dict[str, object]:
    with open_reader(store.path(KEY)) as reader:
        values: dict[str, object] = json.loads(reader.text("metadata", 10**6))
    return values


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "[" * 10**5, '{"format": 1}', "\0"])
def test_metadata_that_make_no_sense(store: Store, text: str) -> None:
    write_metadata(store, text)
    assert_found_out(store)


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": {"seed": 3}},
        {"state": "half"},
        {"steps": 4},
        {"steps": 0},
        {"steps": "many"},
        {"format": "one"},
    ],
)
def test_metadata_that_disagree(store: Store, change: dict[str, object]) -> None:
    write_metadata(store, json.dumps(metadata(store) | change))
    assert_found_out(store)


@pytest.mark.parametrize("change", [{"top": 3}, {"versions": []}, {"seconds": None}])
def test_details_of_the_wrong_type_are_damage(store: Store, change: dict[str, object]) -> None:
    write_metadata(store, json.dumps(metadata(store) | change))
    with pytest.raises(DgnError, match="is damaged"):
        store.get(KEY)


def test_a_file_of_a_newer_program_is_left_alone(store: Store) -> None:
    write_metadata(store, json.dumps(metadata(store) | {"format": 99}))
    content = store.path(KEY).read_bytes()
    with pytest.raises(DgnError, match=r"newer dgn-explorer.* Update"):
        store.get(KEY)
    store.put(make_result())
    report = store.verify()
    assert (report.results, report.damaged, report.newer) == (1, (), 1)
    assert store.path(KEY).read_bytes() == content


def test_a_method_that_this_version_does_not_know_is_no_damage(store: Store) -> None:
    values = metadata(store)
    recipe = dict(values["recipe"])  # type: ignore[call-overload]
    recipe["method"] = "dreaming"
    hashed = {name: value for name, value in recipe.items() if name not in ("network", "prior")}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"))
    key = hashlib.sha256(text.encode()).hexdigest()
    write_metadata(store, json.dumps(values | {"recipe": recipe}))
    store.path(key).parent.mkdir(exist_ok=True)
    store.path(KEY).rename(store.path(key))
    assert store.verify().damaged == ()
    assert "dreaming" in {summary.method for summary in store.list()}
    with pytest.raises(DgnError, match="no method called 'dreaming'"):
        store.get(key)


def test_texts_and_arrays_come_back_from_the_file_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    path.write_bytes(encode({"text": "é\n火", "array": array, "none": ""}))
    with open_reader(path) as reader:
        assert reader.text("text", 100) == "é\n火"
        assert reader.text("none", 100) == ""
        np.testing.assert_array_equal(reader.array("array", "<f4", 2, 6), array)
    reads: list[Callable[[Reader], object]] = [
        lambda r: r.text("text", 5),
        lambda r: r.text("array", 100),
        lambda r: r.array("array", "<f4", 2, 5),
        lambda r: r.array("array", "<f4", 1, 6),
        lambda r: r.array("array", "<i4", 2, 6),
    ]
    for read in reads:
        with pytest.raises(DamagedFileError), open_reader(path) as reader:
            read(reader)
