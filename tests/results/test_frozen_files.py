"""Keys and files of the first version are promises: these were made with it and never change.

``tests/fixtures/format1`` holds a store, a pack, a PNG, a queue and a notebook written by version
0.1.0, and the keys and texts of recipes of every kind that it knew.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dgn_explorer.export.png import read_recipe
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.hdf5_file import encode
from dgn_explorer.results.notebook import UnitNote, read_notebook
from dgn_explorer.results.pack import PackReport, pack, unpack
from dgn_explorer.results.record_file import raw_of, read_raw
from dgn_explorer.results.store import Store
from dgn_explorer.results.unfinished import encode_queue, read_queue
from dgn_explorer.synthesis.making import finish, make
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode, FromResult
from tests.bench import tiny_bench

FROZEN = Path(__file__).parent.parent / "fixtures" / "format1"
RECIPES = {one["name"]: one for one in json.loads((FROZEN / "keys.json").read_text())}
STORED = sorted((FROZEN / "store").rglob("*.h5"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    shutil.copytree(FROZEN / "store", tmp_path / "store")
    return Store(tmp_path / "store")


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_of_schema_1_keeps_its_text_and_its_key(name: str) -> None:
    frozen = RECIPES[name]
    recipe = Recipe.from_json(frozen["json"])
    assert recipe.to_json() == frozen["json"]
    assert recipe.key == frozen["key"]
    assert recipe.schema == 1


def test_there_are_frozen_files() -> None:
    assert len(RECIPES) == 12
    assert len(STORED) == 8


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem[:8])
def test_a_file_of_format_1_is_read_and_written_again_byte_for_byte(path: Path) -> None:
    store = Store(FROZEN / "store")
    record = store.get(path.stem)
    assert record is not None and record.count == 1
    raw = read_raw(path, path.stem)
    assert encode(raw.datasets) == path.read_bytes()
    again = raw_of(record)
    assert again.metadata == raw.metadata
    assert encode(again.datasets) == path.read_bytes()


def test_a_store_of_the_first_version_opens_lists_and_verifies(store: Store) -> None:
    listed = {item.key: item for item in store.list()}
    assert listed.keys() == {path.stem for path in STORED}
    both = listed[RECIPES["combination"]["key"]]
    assert (both.kind, both.count, both.method) == ("images", 1, "dgn-am")
    assert both.units == (UnitAddress("fc", 3), UnitAddress("conv2", 4, (1, 2)))
    assert both.address == "fc:3 + -0.5*conv2:4@1,2"
    assert listed[RECIPES["stopped"]["key"]].state == "stopped"
    report = store.verify()
    assert (report.results, report.damaged, report.newer) == (8, (), 0)
    again = Store(store.folder)  # by the index, which the first version's programs do not know
    assert {item.key: item for item in again.list()} == listed


def test_results_of_the_first_version_can_be_gone_on_from(store: Store, tmp_path: Path) -> None:
    continued = store.get(RECIPES["continued"]["key"])
    assert continued is not None
    assert continued.recipe.start == FromResult(RECIPES["stopped"]["key"])
    from_code = store.get(RECIPES["code"]["key"])
    assert from_code is not None and isinstance(from_code.recipe.start, FromCode)
    np.testing.assert_allclose(from_code.recipe.start.code, np.linspace(-1, 1, 12), atol=1e-3)
    bench = tiny_bench(tmp_path, store)
    info, prior = bench.network.info, bench.prior
    assert prior is not None
    fresh = replace(
        continued.recipe,
        network_fingerprint=info.fingerprint,
        prior_fingerprint=prior.info.fingerprint,
    )
    record = finish(make(fresh, bench))
    assert record.state == "done" and record.steps == 6
    assert store.put(record).state == "done"


def test_a_pack_of_the_first_version_unpacks_and_packs_alike(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    assert unpack(other, FROZEN / "pack.h5") == PackReport(8, 8)
    assert unpack(store, FROZEN / "pack.h5").kept == 8
    assert {p.name: p.read_bytes() for p in other.folder.rglob("*.h5")} == {
        p.name: p.read_bytes() for p in STORED
    }
    again = tmp_path / "again.h5"
    pack(other, again)
    assert unpack(Store(tmp_path / "third"), again) == PackReport(8, 8)


def test_png_queue_and_notes_of_the_first_version_are_read(tmp_path: Path) -> None:
    assert read_recipe(FROZEN / "class.png") == Recipe.from_json(RECIPES["class"]["json"])
    orders = read_queue(FROZEN / "queue.json")
    names = ("class", "seed", "combination", "code", "pixels")
    assert [order.key for order in orders] == [RECIPES[name]["key"] for name in names]
    assert json.loads(encode_queue(orders)) == json.loads((FROZEN / "queue.json").read_text())
    book = read_notebook(FROZEN / "notes", "ab" * 32)
    assert book.note("fc:3") == UnitNote(True, ("dog", "fur"), "a <b>note</b>")
    assert [str(term.unit) for term in book.combinations["both"]] == ["fc:3", "fc:4"]
