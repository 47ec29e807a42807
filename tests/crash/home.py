"""Two programs on one home that are killed while they note, store, pack and unpack.

Each child goes through a plan that its round and number decide, so that the parent knows what every
acknowledged step has promised, and which one step may have been under way at the kill. In each
round one child is killed; the other one is, too, or goes on to its end beside the corpse.
"""

import os
import random
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from dgn_explorer.disk import FileSystem, remove_dead_temporaries
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.note_changes import (
    Change,
    CombinationChange,
    NoteChange,
    change_notebook,
)
from dgn_explorer.results.notebook import UnitNote, read_notebook
from dgn_explorer.results.pack import pack, unpack
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.targets import Term
from tests.crash.processes import Say, live
from tests.results.making import assert_same, make_recipe, make_result

CHILDREN, STEPS, SIZE = 2, 12, 48
ROUNDS_OF_A_HOME = 20  # then a new one, so that checking stays quick
FINGERPRINT = "ab" * 32
KINDS = ("tag", "text", "favourite", "combination", "put", "put", "pack", "unpack")
GIFTS = range(5000, 5004)  # the results in a stranger's pack


@dataclass(frozen=True)
class Step:
    """One thing to do; ``word`` is of this step alone."""

    kind: str
    word: str
    unit: str
    index: int
    on: bool

    @property
    def change(self) -> Change:
        """The change of the notebook, for a step that notes something."""
        if self.kind == "combination":
            return CombinationChange(self.word, (), (Term(UnitAddress("fc", self.index)),))
        before, after = UnitNote(favourite=not self.on), UnitNote(favourite=self.on)
        if self.kind == "tag":
            before, after = UnitNote(), UnitNote(tags=(self.word,))
        elif self.kind == "text":
            before, after = UnitNote(), UnitNote(text=self.word)
        return NoteChange(self.unit, before, after)


@dataclass
class Promised:
    """What has been acknowledged since the home was new."""

    words: set[str] = field(default_factory=set)
    combinations: set[str] = field(default_factory=set)
    results: set[int] = field(default_factory=set)
    favourites: dict[str, set[bool]] = field(default_factory=dict)  # what may be, by unit


class Home:
    """The home of both children, and what is known of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.gifts = folder / "gifts.h5"
        self.round = 0
        self.promised = Promised()
        giver = Store(folder / "giver")
        for index in GIFTS:
            giver.put(make_result(index, size=SIZE))
        pack(giver, self.gifts)

    def prepare(self) -> None:
        """Go on to the next round."""
        if self.round % ROUNDS_OF_A_HOME == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            (self.folder / "packs").mkdir(parents=True)
            self.promised = Promised()
        self.round += 1

    def plan(self, child: int) -> list[Step]:
        """What ``child`` does in this round. The units are shared, but each has its favourite."""
        rng = random.Random(f"{self.round} {child}")
        kinds = rng.choices(KINDS, k=STEPS)
        return [
            Step(
                kind,
                f"w{self.round}-{child}-{number}",
                f"fc:{child}" if kind == "favourite" else f"conv:{rng.randrange(3)}",
                (self.round * CHILDREN + child) * STEPS + number,
                rng.random() < 0.5,
            )
            for number, kind in enumerate(kinds)
        ]

    def work(self, child: int, say: Say) -> None:
        """Go through the plan; a step is said when it is done."""
        store = Store(self.folder / "results")
        for number, step in enumerate(self.plan(child)):
            if step.kind == "put":
                store.put(make_result(step.index, size=SIZE))
            elif step.kind == "pack":
                pack(store, self.folder / "packs" / "pack.h5")
            elif step.kind == "unpack":
                unpack(store, self.gifts)
            else:
                change_notebook(self.folder / "notes", FINGERPRINT, [step.change])
            say(number)

    def check(self, said: list[list[int]]) -> None:
        """All that was acknowledged is there, whole, and nothing half-written stays."""
        for child, numbers in enumerate(said):
            assert numbers == list(range(len(numbers)))
            plan = self.plan(child)
            for step in plan[: len(numbers)]:
                self._promise(step)
            for step in plan[len(numbers) : len(numbers) + 1]:  # which may have got to the disk
                if step.kind == "favourite":
                    may = self.promised.favourites.setdefault(step.unit, {False})
                    self.promised.favourites[step.unit] = may | {step.on}
        self._check_notes()
        self._check_results()
        assert not list(self.folder.rglob("*.tmp"))

    def _promise(self, step: Step) -> None:
        promised = self.promised
        if step.kind in ("tag", "text"):
            promised.words.add(step.word)
        elif step.kind == "combination":
            promised.combinations.add(step.word)
        elif step.kind == "favourite":
            promised.favourites[step.unit] = {step.on}
        elif step.kind == "put":
            promised.results.add(step.index)
        elif step.kind == "unpack":
            promised.results |= set(GIFTS)

    def _check_notes(self) -> None:
        book = read_notebook(self.folder / "notes", FINGERPRINT)
        words = {w for note in book.units.values() for w in (*note.tags, *note.text.split())}
        assert self.promised.words <= words, self.promised.words - words
        assert self.promised.combinations <= book.combinations.keys()
        for unit, may in self.promised.favourites.items():
            assert book.note(unit).favourite in may, unit
            self.promised.favourites[unit] = {book.note(unit).favourite}
        kept = change_notebook(  # clears away what was half-written
            self.folder / "notes",
            FINGERPRINT,
            [NoteChange(f"check:{self.round}", UnitNote(), UnitNote(True))],
        )
        assert kept.units.items() > book.units.items()

    def _check_results(self) -> None:
        store = Store(self.folder / "results")
        assert store.verify().damaged == ()
        for index in self.promised.results:
            assert_same(store.get(make_recipe(index).key), make_result(index, size=SIZE))
        path = self.folder / "packs" / "pack.h5"
        remove_dead_temporaries(path.parent, FileSystem())  # as the next pack does
        if path.exists():
            other = Store(self.folder / "unpacked")
            assert unpack(other, path).left_out == ()
            shutil.rmtree(other.folder, ignore_errors=True)


def storm(folder: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill ``kills`` children, one or both a round; how it went."""
    home = Home(folder)
    rng = random.Random(seed)
    for _ in range(2):  # the first one pays for imports
        home.prepare()
        started = time.perf_counter()
        home.work(0, lambda _: None)
        home.work(1, lambda _: None)
        whole_s = time.perf_counter() - started
    home.round = 0
    killed = halfway = steps = 0
    while killed < kills:
        home.prepare()
        children = [live(lambda say, n=n: home.work(n, say)) for n in range(CHILDREN)]
        time.sleep(rng.uniform(0, whole_s))
        victims = set(rng.sample(range(CHILDREN), rng.randint(1, CHILDREN)))
        said = []
        for number in sorted(range(CHILDREN), key=lambda n: n not in victims):
            if number in victims:
                os.kill(children[number].pid, signal.SIGKILL)
        for number, child in enumerate(children):
            numbers, died = child.end()
            assert died in (0, -signal.SIGKILL), f"child {number} ended with {died}"
            assert died == 0 or number in victims
            said.append(numbers)
            killed += died != 0
            halfway += died != 0 and bool(numbers)
            steps += len(numbers)
        home.check(said)
    counts = {"runs": home.round, "killed": killed, "killed_with_some_finished": halfway}
    return counts | {"acknowledged_steps": steps}
