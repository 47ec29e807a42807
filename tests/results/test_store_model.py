"""The store is a dict with one rule: a stopped result never takes the place of a better one."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store
from tests.results.making import assert_same, files_below, make_recipe, make_result

INDEX = st.integers(0, 3)


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.parent = Path(tempfile.mkdtemp(prefix="dgn-store-"))
        self.store = Store(self.parent / "store")
        self.model: dict[str, Record] = {}
        self.broken: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.parent)

    @rule(index=INDEX, state=st.sampled_from(["done", "stopped"]), steps=st.integers(1, 4))
    def put(self, index: int, state: str, steps: int) -> None:
        result = make_result(index, state, steps, size=3)
        old = self.model.get(result.key)
        if old is None or (old.state == "stopped" and (state == "done" or old.steps < steps)):
            self.model[result.key] = result
        self.broken.discard(result.key)
        self.store.put(result)

    @rule(index=INDEX)
    def delete(self, index: int) -> None:
        key = make_recipe(index).key
        assert self.store.delete(key) is (key in self.model or key in self.broken)
        self.model.pop(key, None)
        self.broken.discard(key)

    @rule(index=INDEX)
    def damage(self, index: int) -> None:
        key = make_recipe(index).key
        if key in self.model:
            path = self.store.path(key)
            path.write_bytes(path.read_bytes()[:-40])
            del self.model[key]
            self.broken.add(key)

    @rule()
    def verify(self) -> None:
        report = self.store.verify()
        assert report.results == len(self.model)
        assert {damaged.path.stem for damaged in report.damaged} == self.broken
        self.broken.clear()

    @rule()
    def reopen(self) -> None:
        self.store = Store(self.store.folder)

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert self.store.keys() == self.model.keys() | self.broken
        for key, result in self.model.items():
            assert_same(self.store.get(key), result)

    @invariant()
    def lists_what_the_model_holds(self) -> None:
        expected = sorted((r.provenance.created, k) for k, r in self.model.items())
        assert [(s.created, s.key) for s in self.store.list()] == expected[::-1]
        assert not [name for name in files_below(self.store.folder) if name.endswith(".tmp")]


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
