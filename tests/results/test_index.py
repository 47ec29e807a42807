"""The index is a cache: whatever happens to it, lists say what the files say."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dgn_explorer.disk import FileSystem
from dgn_explorer.results import index
from dgn_explorer.results import store as store_module
from dgn_explorer.results.index import _SIGNATURE, _TYPES, INDEX, read_index, write_index
from dgn_explorer.results.record_file import read_summary
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from tests.results.making import FaultyFileSystem, make_recipe, make_result

BETTER = 1
COUNT = 6
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def small_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_FEW", 2)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that lists had to open."""
    paths: list[Path] = []

    def watched(path: Path, key: str) -> object:
        paths.append(path)
        return read_summary(path, key)

    monkeypatch.setattr(store_module, "read_summary", watched)
    return paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store that has been listed once."""
    folder = tmp_path / "store"
    store = Store(folder)
    for number in range(COUNT):
        store.put(make_result(number, "stopped" if number == BETTER else "done"))
    assert not (folder / INDEX).exists()
    store.list()
    assert (folder / INDEX).is_file()
    return folder


def truth(folder: Path) -> list[object]:
    summaries = [read_summary(path, path.stem) for path in folder.rglob("*.h5")]
    return sorted(summaries, key=lambda s: (s.created, s.key), reverse=True)


def test_the_next_start_opens_nothing(folder: Path, opened: list[Path]) -> None:
    assert list(Store(folder).list()) == truth(folder)
    assert opened == []


def test_words_of_other_presets_are_not_taken_over(
    folder: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was called good yesterday may be quick today."""
    other = dict(DGN_AM.presets, default=DGN_AM.default.changed(steps=60))
    monkeypatch.setattr(index, "METHODS", (replace(DGN_AM, presets=other),))
    assert list(Store(folder).list()) == truth(folder)
    assert len(opened) == COUNT


def test_only_what_is_new_or_changed_is_opened(folder: Path, opened: list[Path]) -> None:
    store = Store(folder)
    new = store.put(make_result(COUNT)).path
    better = store.put(make_result(BETTER, "done", 9)).path
    store.delete(make_recipe(2).key)
    opened.clear()
    listed = Store(folder).list()
    assert list(listed) == truth(folder)
    assert len(listed) == COUNT
    assert sorted(opened) == sorted([new, better])


def test_a_file_damaged_in_place_is_not_listed_from_the_index(folder: Path) -> None:
    path = Store(folder).path(make_recipe(3).key)
    content = path.read_bytes()
    path.write_bytes(bytes(len(content)))
    assert make_recipe(3).key not in {item.key for item in Store(folder).list()}
    (damaged,) = Store(folder).verify().damaged
    assert damaged.lost is not None
    assert damaged.lost.address == "fc:3"


@pytest.mark.parametrize("at", [0, 30, 90, 400, -1])
def test_a_flipped_bit_makes_it_useless(folder: Path, at: int, opened: list[Path]) -> None:
    index = folder / INDEX
    content = bytearray(index.read_bytes())
    content[at] ^= 1
    index.write_bytes(content)
    assert read_index(folder) == {}
    assert list(Store(folder).list()) == truth(folder)
    assert len(opened) == COUNT
    assert len(read_index(folder)) == COUNT  # and it is written anew


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff" * 99, b"dgn-explorer index 1 \n{}"])
def test_what_is_no_index(folder: Path, content: bytes) -> None:
    (folder / INDEX).write_bytes(content)
    assert list(Store(folder).list()) == truth(folder)


def columns(**changes: object) -> str:
    return json.dumps({name: [] for name in (*_TYPES, *_SIGNATURE)} | changes)


@pytest.mark.parametrize(
    "body",
    [
        "3",
        "[3]",
        "{}",
        columns(key=3),
        columns(key=[3]),
        columns(key=["a"]),
        columns(seed=[True]),
        "[" * 100_000,
    ],
)
def test_other_content_with_a_right_checksum(folder: Path, body: str) -> None:
    from hashlib import sha256

    header = "dgn-explorer index 1 " + sha256(body.encode()).hexdigest()
    (folder / INDEX).write_text(f"{header}\n{body}")
    assert read_index(folder) == {}
    assert list(Store(folder).list()) == truth(folder)


def test_a_folder_or_a_pipe_in_its_place(folder: Path) -> None:
    (folder / INDEX).unlink()
    (folder / INDEX).mkdir()
    assert len(Store(folder).list()) == COUNT
    (folder / INDEX).rmdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / INDEX)
        assert len(Store(folder).list()) == COUNT


def test_a_first_list_that_is_broken_off_goes_on(
    folder: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / INDEX).unlink()
    monkeypatch.setattr(store_module, "_MANY", 2)
    read = store_module.read_summary

    def stopping(path: Path, key: str) -> object:
        if len(opened) == 4:
            raise KeyboardInterrupt
        return read(path, key)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store_module, "read_summary", stopping)
        Store(folder).list()
    opened.clear()
    assert list(Store(folder).list()) == truth(folder)
    assert len(opened) == COUNT - 3


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_takes_no_index(folder: Path, code: int) -> None:
    (folder / INDEX).unlink()
    for fail_at in range(1, 20):
        fs = FaultyFileSystem(fail_at, code)
        assert len(Store(folder, fs).list()) == COUNT
        assert read_index(folder) == {} or len(read_index(folder)) == COUNT
        if not fs.has_failed:
            break
    assert 5 < fail_at < 20
    assert list(folder.glob("*.tmp")) == []


def test_it_keeps_everything_a_list_shows(folder: Path) -> None:
    known = read_index(folder)
    write_index(folder, known, FileSystem())
    assert read_index(folder) == known
    assert sorted(item.key for _, item in known.values()) == sorted(known)
    assert {key: item for key, (_, item) in known.items()} == {s.key: s for s in truth(folder)}


def test_a_store_that_moved_is_listed_where_it_is(folder: Path, tmp_path: Path) -> None:
    moved = folder.rename(tmp_path / "moved")
    assert list(Store(moved).list()) == truth(moved)


def test_programs_that_write_it_at_once(folder: Path) -> None:
    program = """if True:
        import sys
        from pathlib import Path
        from dgn_explorer.results import store
        from tests.results.making import make_result
        store._FEW = 0
        folder, first = Path(sys.argv[1]), int(sys.argv[2])
        for index in range(first, first + 15):
            mine = store.Store(folder)
            mine.put(make_result(index))
            assert any(item.address == f"fc:{index}" for item in mine.list())
    """
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(folder), str(first)], cwd=ROOT)
        for first in (100, 200)
    ]
    while any(writer.poll() is None for writer in writers):
        assert len(read_index(folder)) >= COUNT
    assert [writer.returncode for writer in writers] == [0, 0]
    assert list(Store(folder).list()) == truth(folder)
    assert len(truth(folder)) == COUNT + 30
