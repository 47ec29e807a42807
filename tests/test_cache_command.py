"""``dgn-explorer cache`` pack, unpack, prune and verify."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dgn_explorer.cli import group
from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder
from dgn_explorer.results.note_changes import NoteChange, change_notebook
from dgn_explorer.results.notebook import UnitNote
from dgn_explorer.results.store import Store
from tests.results.making import files_below, make_recipe, make_result

COUNT = 6


@pytest.fixture
def store() -> Store:
    store = Store(data_folder() / "results")
    for index in range(COUNT):
        store.put(make_result(index))
    return store


def cache(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["cache", *map(str, arguments)])


def cache_json(*arguments: object) -> Any:
    done = cache(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_pack_prune_unpack(store: Store, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in store.folder.rglob("*.h5")}
    file = tmp_path / "all.h5"
    packed = cache_json("pack", file)
    assert packed == {"results": COUNT, "left_out": 0, "bytes": file.stat().st_size}
    assert "--overwrite" in refused("pack", file).hint
    assert cache_json("pack", file, "--overwrite")["results"] == COUNT
    pruned = cache_json("prune", "--max-gb", 0)
    assert (pruned["results"], pruned["deleted"], len(pruned["keys"])) == (0, COUNT, COUNT)
    assert store.keys() == frozenset()
    assert cache_json("unpack", file) == {"results": COUNT, "new": COUNT, "left_out": 0}
    assert {path: path.read_bytes() for path in store.folder.rglob("*.h5")} == before


def refused(*arguments: object) -> DgnError:
    error = cache(*arguments).exception
    assert isinstance(error, DgnError)
    return error


def test_what_the_window_deleted_is_listed_restored_and_deleted(store: Store) -> None:
    first, second, third = sorted(store.keys())[:3]
    store.trash.change(add=[first, second, third])
    assert [row["key"] for row in cache_json("trash")] == [first, second, third]
    assert "No key" in refused("trash", "--restore", "zz").message
    assert [row["key"] for row in cache_json("trash", "--restore", second[:20])] == [first, third]
    assert cache_json("trash", "--empty") == []
    assert store.keys() >= {second} and not store.keys() & {first, third}
    assert store.trash.read() == {}


def test_prune_says_first_and_keeps_favourites(store: Store) -> None:
    assert "--max-gb or --older-than" in refused("prune").hint
    assert "no calendar" in refused("prune", "--older-than", 1e7).message
    change = NoteChange("fc:2", UnitNote(), UnitNote(favourite=True))
    change_notebook(data_folder() / "notes", "a" * 64, [change])
    favourite = make_recipe(2).key
    planned = cache_json("prune", "--older-than", 0, "--keep-favourites", "--dry-run")
    assert (planned["deleted"], len(planned["keys"])) == (0, COUNT - 1)
    assert len(store.keys()) == COUNT
    done = cache_json("prune", "--older-than", 0, "--keep-favourites")
    assert (done["results"], done["deleted"], done["keys"]) == (1, COUNT - 1, planned["keys"])
    assert store.keys() == {favourite}
    assert cache_json("prune", "--older-than", 36500)["deleted"] == 0


def test_verify_says_what_was_lost(store: Store) -> None:
    path = store.path(make_recipe(3).key)
    content = path.read_bytes()
    image = make_result(3).image.tobytes()
    at = content.index(image)
    path.write_bytes(content[:at] + bytes(len(image)) + content[at + len(image) :])
    done = cache("verify", "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert (report["results"], report["damaged"]) == (COUNT - 1, 1)
    (moved,) = report["quarantined"]
    assert moved["lost"] == "fc:3 vulkán 火山, seed 0"
    assert "image does not match its checksum" in moved["reason"]
    assert Path(moved["path"]).parent == store.folder / "quarantine"
    assert "Lost: fc:3" in done.stderr
    assert cache_json("verify") == {"results": COUNT - 1, "damaged": 0, "quarantined": []}


@pytest.mark.parametrize(
    ("command", "method", "words", "left"),
    [
        (["prune", "--max-gb", 0], "delete_listed", "What is not deleted yet stays", COUNT - 2),
        (["unpack", "all.h5"], "put_raw", "run it again to go on", 2),
        (["pack", "new.h5"], "path", "new.h5 was not written", COUNT),
        (["verify"], "_quarantine", "stay there", COUNT - 1),
    ],
)
def test_control_c(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[object],
    method: str,
    words: str,
    left: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    if command[0] == "unpack":
        cache_json("pack", "all.h5")
        cache_json("prune", "--max-gb", 0)
    if command[0] == "verify":
        store.path(make_recipe(0).key).write_bytes(b"rubbish")
    calls = 0
    real = getattr(Store, method)

    def stopping(self: Store, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3 or method == "_quarantine":
            raise KeyboardInterrupt
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Store, method, stopping)
        done = cache(*command)
    assert done.exit_code == 1
    assert words in done.stderr
    assert "Aborted!" in done.stderr
    assert len(list(store.folder.rglob("??/*.h5"))) == left + (command[0] == "verify")
    assert not [name for name in files_below(tmp_path) if name.endswith(".tmp")]
    assert not (tmp_path / "new.h5").exists()
    if command[0] == "unpack":
        assert cache_json(*command) == {"results": COUNT, "new": COUNT - 2, "left_out": 0}
