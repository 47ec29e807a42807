"""A pack with a result of a study: a sound one comes with its photograph, a hostile one not."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.results.hdf5_file import LIBRARY_VERSION, write_datasets
from dgn_explorer.results.pack import PackReport, unpack
from dgn_explorer.results.record import declared_parts
from dgn_explorer.results.store import Store
from dgn_explorer.studies.table import study_named
from dgn_explorer.synthesis.kinds import TEXTS
from dgn_explorer.synthesis.recipe import key_of
from tests.results.making import make_recipe

KEY = make_recipe(1).key  # of a result that has no order at all
SHA = hashlib.sha256(b"photo").hexdigest()


def study_pack(path: Path, change: Callable[[dict[str, Any]], object], data: bytes) -> str:
    """A pack of one result of a study, whose metadata went through ``change``; its key."""
    order: dict[str, Any] = {
        "survey": 1,
        "network": "lite0",
        "network_fingerprint": "a" * 64,
        "study": "strongest",
        "parameters": {},
        "layers": [],
        "units": [],
        "inputs": [{"role": "photo", "sha256": SHA, "name": "x.jpg"}],
    }
    about = study_named("strongest")
    parts = {
        part.name: json.dumps([]) if part.dtype == TEXTS else np.zeros((0,) * part.ndim, part.dtype)
        for part in declared_parts(about.makes, about.parts).values()
    }
    metadata: dict[str, Any] = {
        "format": 2,
        "order": order,
        "kind": about.makes,
        "count": 0,
        "parts": sorted(parts),
        "state": "done",
        "steps": 0,
        "activation": None,
        "seconds": 1.0,
        "device": "CPU",
        "created": "2026-01-01T00:00:00+00:00",
        "label": "",
        "versions": {},
    }
    change(metadata)
    try:
        key = key_of(metadata["order"])
    except (AttributeError, TypeError):  # no order at all has no key
        key = KEY
    text = json.dumps(metadata)
    datasets = {"metadata": text, **parts, "trace": np.zeros(0, np.float32)}
    with h5py.File(path, "w", libver=LIBRARY_VERSION) as file:
        write_datasets(file.create_group(key), datasets)
        group = file.create_group("inputs")
        group.create_dataset(SHA, data=np.frombuffer(data, np.uint8))
        about_pack = {"program": "dgn-explorer", "pack": 2, "results": 1}
        write_datasets(file, {"about": json.dumps(about_pack)})
    return key


def test_a_sound_result_of_a_study_comes_with_its_photograph(tmp_path: Path) -> None:
    key = study_pack(tmp_path / "pack.h5", lambda m: None, b"photo")
    store = Store(tmp_path / "store")
    assert unpack(store, tmp_path / "pack.h5") == PackReport(1, 1)
    assert store.keys() == {key} and store.inputs.get(SHA) == b"photo"


def deep(levels: int) -> Any:
    nest: Any = []
    for _ in range(levels):
        nest = [nest]
    return nest


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "input with a path": lambda m: m["order"]["inputs"][0].update(sha256="../../notes"),
    "input without a name": lambda m: m["order"]["inputs"][0].pop("sha256"),
    "input that is a list": lambda m: m["order"].update(inputs=[["sha256"]]),
    "inputs that are a number": lambda m: m["order"].update(inputs=7),
    "inputs by key": lambda m: m["order"].update(inputs={"a": 1}),
    "no units": lambda m: m["order"].pop("units"),
    "a unit that is no address": lambda m: m["order"].update(units=["fc:x"]),
    "units that are numbers": lambda m: m["order"].update(units=[7]),
    "no network": lambda m: m["order"].pop("network"),
    "count": lambda m: m.update(count=10**15),
    "count NaN": lambda m: m.update(count=float("nan")),
    "count text": lambda m: m.update(count="1"),
    "negative count": lambda m: m.update(count=-1),
    "steps": lambda m: m.update(steps=5),
    "steps NaN": lambda m: m.update(steps=float("nan")),
    "kind": lambda m: m.update(kind="images"),
    "kind list": lambda m: m.update(kind=[]),
    "part of another name": lambda m: m.update(parts=[*m["parts"], "metadata"]),
    "a part missing": lambda m: m.update(parts=m["parts"][1:]),
    "parts are a number": lambda m: m.update(parts=3),
    "parts are deep": lambda m: m.update(parts=deep(500)),
    "no state": lambda m: m.pop("state"),
    "state list": lambda m: m.update(state=["done"]),
    "no label": lambda m: m.pop("label"),
    "no date": lambda m: m.pop("created"),
    "seconds": lambda m: m.update(seconds="x"),
    "format text": lambda m: m.update(format="2"),
    "order list": lambda m: m.update(order=[]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_about_a_study_are_left_out(tmp_path: Path, name: str) -> None:
    key = study_pack(tmp_path / "pack.h5", HOSTILE[name], b"photo")
    store = Store(tmp_path / "store")
    report = unpack(store, tmp_path / "pack.h5")
    assert [left for left, _ in report.left_out] == [key]
    assert store.list() == () and store.keys() == frozenset()
    assert list(store.inputs.names()) == []


def test_inputs_that_are_not_what_their_name_says(tmp_path: Path) -> None:
    study_pack(tmp_path / "pack.h5", lambda m: None, b"another photo")
    store = Store(tmp_path / "store")
    report = unpack(store, tmp_path / "pack.h5")
    assert len(report.left_out) == 1 and "does not match" in report.left_out[0][1]
    assert not store.inputs.has(SHA) and store.keys() == frozenset()


@pytest.mark.parametrize("sort", ["pipe", "folder", "device", "lying link"])
def test_what_is_no_file_is_no_input(tmp_path: Path, sort: str) -> None:
    store = Store(tmp_path / "store")
    path = store.inputs.folder / SHA[:2] / SHA
    path.parent.mkdir(parents=True)
    if sort == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes here")
        os.mkfifo(path)
    elif sort == "folder":
        path.mkdir()
    elif sort == "device":
        path.symlink_to(os.devnull)
    else:
        (tmp_path / "secret").write_bytes(b"secret")
        path.symlink_to(tmp_path / "secret")
    with pytest.raises(DgnError, match="has changed"):
        store.inputs.get(SHA)
