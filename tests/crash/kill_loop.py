"""``python -m tests.crash.kill_loop OPERATION FOLDER KILLS SEED``: kill -9 at random moments.

A child does one thing to a store and says what it has finished; the parent kills it somewhere on
the way, opens everything anew and checks. One interpreter forks all children, so that the imports
are paid for once.
"""

import argparse
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dgn_explorer.disk import FileSystem
from dgn_explorer.results.index import INDEX, read_index, write_index
from dgn_explorer.results.pack import PackReport, pack, unpack
from dgn_explorer.results.pruning import to_prune
from dgn_explorer.results.store import Store
from dgn_explorer.results.summary import Summary
from tests.crash.home import storm
from tests.crash.processes import Say, live
from tests.results.making import assert_same, make_recipe, make_result

COUNT, SIZE = 12, 96


class Operation(Protocol):
    """What a child does: ``check`` gets the numbers that it said before it died."""

    def prepare(self) -> None: ...

    def work(self, say: Say) -> None: ...

    def check(self, said: list[int]) -> None: ...


class Put:
    """Results are put one after the other; a number is said when `Store.put` has returned."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "store"

    def prepare(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def work(self, say: Say) -> None:
        store = Store(self.folder)
        for index in range(COUNT):
            store.put(make_result(index, size=SIZE))
            say(index)

    def check(self, said: list[int]) -> None:
        store = Store(self.folder)
        for index in said:
            assert_same(store.get(make_recipe(index).key), make_result(index, size=SIZE))
        assert len(said) <= assert_sound(store) <= len(said) + 1


class Filled:
    """What starts from a store with results in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pristine = folder / "store", folder / "pristine"
        store = Store(self.pristine)
        for index in range(COUNT):
            store.put(make_result(index, size=SIZE))
        self.files = files_in(self.pristine)

    def prepare(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.pristine, self.folder)


class Pack(Filled):
    """A pack is written over an older one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.packs = folder / "packs"
        self.packs.mkdir()
        self.path = self.packs / "pack.h5"
        pack(Store(self.pristine), self.path)
        self.new = self.path.read_bytes()
        self.old = b"an older pack"
        self.prepare()

    def prepare(self) -> None:
        self.path.write_bytes(self.old)

    def work(self, say: Say) -> None:
        pack(Store(self.pristine), self.path)
        say(0)

    def check(self, said: list[int]) -> None:
        assert self.path.read_bytes() in ((self.new,) if said else (self.old, self.new))
        assert files_in(self.pristine) == self.files
        pack(Store(self.pristine), self.path)
        assert self.path.read_bytes() == self.new
        assert [path.name for path in self.packs.iterdir()] == [self.path.name]


class Unpack(Filled):
    """A pack is unpacked into an empty store; afterwards another unpack goes on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "pack.h5"
        pack(Store(self.pristine), self.path)

    def prepare(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def work(self, say: Say) -> None:
        def progress(done: int, total: int) -> None:
            if done:
                say(done)

        unpack(Store(self.folder), self.path, progress)

    def check(self, said: list[int]) -> None:
        store = Store(self.folder)
        there = assert_sound(store)
        assert len(said) <= there <= len(said) + 1
        assert unpack(store, self.path) == PackReport(COUNT, COUNT - there)
        assert files_in(self.folder) == self.files


class Prune(Filled):
    """The older half is deleted."""

    def work(self, say: Say) -> None:
        store = Store(self.folder)
        for number, item in enumerate(self._chosen(store)):
            store.delete_listed(item)
            say(number)

    def check(self, said: list[int]) -> None:
        store = Store(self.folder)
        gone = COUNT - assert_sound(store)
        assert len(said) <= gone <= len(said) + 1
        newer = {make_recipe(index).key for index in range(COUNT // 2, COUNT)}
        assert newer <= store.keys()
        assert files_in(self.folder).items() <= self.files.items()

    def _chosen(self, store: Store) -> list[Summary]:
        stored = store.list()
        return to_prune(stored, max_bytes=sum(item.bytes for item in stored[: COUNT // 2]))


class Verify(Filled):
    """Damaged results are moved to the quarantine folder; the others stay, and nothing is lost."""

    def prepare(self) -> None:
        super().prepare()
        store = Store(self.folder)
        self.damaged = {store.path(make_recipe(index).key) for index in range(0, COUNT, 3)}
        for path in self.damaged:
            path.write_bytes(path.read_bytes()[:-50])
        self.contents = files_in(self.folder)

    def work(self, say: Say) -> None:
        say(len(Store(self.folder).verify().damaged))

    def check(self, said: list[int]) -> None:
        assert said in ([], [len(self.damaged)])
        assert files_in(self.folder) == self.contents
        Store(self.folder).verify()
        assert files_in(self.folder) == self.contents
        assert assert_sound(Store(self.folder)) == COUNT - len(self.damaged)
        assert len(list((self.folder / "quarantine").iterdir())) == len(self.damaged)


class List(Filled):
    """The index is written while others may read it."""

    def work(self, say: Say) -> None:
        store = Store(self.folder)
        for number in range(20):
            store.list()
            write_index(self.folder, store._known, FileSystem())
            say(number)

    def check(self, said: list[int]) -> None:
        store = Store(self.folder)
        assert (self.folder / INDEX).is_file() or not said
        assert len(read_index(self.folder)) == (COUNT if (self.folder / INDEX).is_file() else 0)
        assert len(store.list()) == assert_sound(store) == COUNT


def _training(folder: Path) -> Operation:
    from tests.crash.training import Training  # torch takes seconds, which the others need not pay

    return Training(folder)


HOME = "home"  # two programs at once: its kills are counted, not its rounds
OPERATIONS: dict[str, Callable[[Path], Operation]] = {
    "put": Put,
    "pack": Pack,
    "unpack": Unpack,
    "prune": Prune,
    "verify": Verify,
    "list": List,
    "training": _training,
}


def files_in(folder: Path) -> dict[str, bytes]:
    """Every result by its name, wherever below ``folder`` it is."""
    return {path.name: path.read_bytes() for path in folder.rglob("*.h5")}


def assert_sound(store: Store) -> int:
    """No temporary file and no damaged result; how many results there are."""
    assert not list(store.folder.rglob("*.tmp"))
    report = store.verify()
    assert report.damaged == ()
    return report.results


def kill_loop(name: str, folder: Path, kills: int, seed: int) -> dict[str, int]:
    """Start again and again until ``kills`` were killed before they were through."""
    if name == HOME:
        return storm(folder, kills, seed)
    operation = OPERATIONS[name](folder)
    rng = random.Random(seed)
    for _ in range(2):  # the first one pays for imports
        operation.prepare()
        started = time.perf_counter()
        operation.work(lambda _: None)
        whole_s = time.perf_counter() - started
    runs = killed = halfway = 0
    while killed < kills:
        runs += 1
        operation.prepare()
        child = live(operation.work)
        lived_s = rng.uniform(0, whole_s)
        time.sleep(lived_s)
        os.kill(child.pid, signal.SIGKILL)
        said, died = child.end()
        assert died in (0, -signal.SIGKILL), f"the child ended with {died}"
        killed += died != 0
        halfway += died != 0 and bool(said)
        if died == 0:  # the machine has become faster than it was
            whole_s = min(whole_s, lived_s)
        operation.check(said)
    return {"runs": runs, "killed": killed, "killed_with_some_finished": halfway}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m tests.crash.kill_loop",
        description="Do one thing again and again, kill it at random moments, and check.",
    )
    parser.add_argument("operation", choices=[HOME, *OPERATIONS])
    parser.add_argument("folder", type=Path, help="an empty folder")
    parser.add_argument("kills", type=int, help="how often something is killed")
    parser.add_argument("seed", type=int)
    chosen = parser.parse_args()
    counts = kill_loop(chosen.operation, chosen.folder, chosen.kills, chosen.seed)
    print(json.dumps(counts))
