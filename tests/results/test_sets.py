"""Records of format 2: several images, tables, maps, and the inputs they were made from."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.results.hdf5_file import DamagedFileError, NewerFileError, encode
from dgn_explorer.results.pack import pack, unpack
from dgn_explorer.results.record import Provenance, Record
from dgn_explorer.results.record_file import raw_of, read_raw, read_record, read_summary
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Survey, order_from_json
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.sheet import tiled
from dgn_explorer.synthesis.start import FromPhoto
from tests.results.making import assert_same, make_recipe, make_result

MADE = Provenance(1.5, "cpu", "2026-01-01T00:00:00+00:00", {"torch": "2.13"})


def make_set(count: int = 5, **changes: Any) -> Record:
    rng = np.random.default_rng(count)
    parts = {
        "images": rng.integers(0, 256, (count, 8, 12, 3), np.uint8),
        "codes": rng.normal(size=(count, 4)).astype(np.float32),
        "activations": rng.normal(size=(count, 1)).astype(np.float32),
        "top_classes": np.arange(2 * count, dtype=np.int32).reshape(count, 2),
        "top_probabilities": rng.random((count, 2)).astype(np.float32),
    }
    trace = rng.normal(size=7).astype(np.float32)
    values = {"order": make_recipe(1), "parts": parts, "trace": trace, "state": "done"}
    return Record(**({**values, "provenance": MADE, "label": "dog"} | changes))


def make_table(photo: str = "0" * 64) -> Record:
    parts = {
        "layer": ("conv1", "fc <b>"),
        "unit": np.array([3, 1], np.int32),
        "activation": np.array([0.5, 2.0], np.float32),
        "deviations": np.array([1.0, 3.0], np.float32),
    }
    order = Survey("lite0", "a" * 64, "strongest", inputs=(Input("photo", photo, "dog.jpg"),))
    return Record(order, parts, np.zeros(0, np.float32), "done", MADE)


def test_several_images_come_back_with_their_numbers(tmp_path: Path) -> None:
    store, record = Store(tmp_path), make_set()
    summary = store.put(record)
    assert (summary.kind, summary.count, summary.steps) == ("images", 5, 7)
    back = store.get(record.key)
    assert_same(back, record)
    assert back is not None
    assert [back.activation_of(n) for n in range(5)] == record.parts["activations"][:, 0].tolist()  # type: ignore[call-overload]
    assert back.activation == back.activation_of(0)
    assert len(back.tops) == 5 and back.top == back.tops[0]
    assert read_raw(store.path(record.key), record.key).metadata["format"] == 2
    large = store.thumbnail(record.key, 400)
    assert large is not None
    np.testing.assert_array_equal(large, record.image)
    assert store.thumbnail(record.key, 96).shape == tiled(record.images).shape  # type: ignore[union-attr]


def test_a_table_has_rows_and_no_picture(tmp_path: Path) -> None:
    store, record = Store(tmp_path), make_table()
    summary = store.put(record)
    assert (summary.kind, summary.count, summary.method) == ("table", 2, "strongest")
    assert np.isnan(summary.activation) and summary.address == "dog.jpg"
    back = store.get(record.key)
    assert back is not None
    assert back.rows()[1] == {"layer": "fc <b>", "unit": 1, "activation": 2.0, "deviations": 3.0}
    assert store.thumbnail(record.key, 96) is None
    assert store.verify().results == 1
    html = back._repr_html_()
    assert html is not None and "fc &lt;b&gt;" in html and back._repr_png_() is None
    with pytest.raises(TypeError, match="synthesises nothing"):
        _ = back.recipe
    assert [item.key for item in Store(tmp_path).list()] == [record.key]


def test_one_image_shows_itself_and_several_do(tmp_path: Path) -> None:
    one = make_result()
    assert one._repr_png_()[:4] == b"\x89PNG" and one._repr_html_() is None  # type: ignore[index]
    several = make_set()
    assert several._repr_png_() is None
    assert several._repr_html_().count("<img") == 5  # type: ignore[union-attr]
    names = [path.name for path in several.save(tmp_path / "a.png")]
    assert names == [f"a {n} of 5.png" for n in range(1, 6)]


@pytest.mark.parametrize(
    "change",
    [
        {"images": np.zeros((5, 8, 12, 4), np.uint8)},
        {"codes": np.zeros((4, 4), np.float32)},
        {"codes": np.zeros((5, 4), np.float64)},
        {"surprise": np.zeros(5, np.float32)},
    ],
)
def test_what_is_not_declared_is_not_written(change: dict[str, Any]) -> None:
    record = make_set()
    with pytest.raises(ValueError):
        raw_of(replace(record, parts={**record.parts, **change}))


def test_numbers_that_are_not_finite_are_refused() -> None:
    record = make_set()
    wrong = {**record.parts, "activations": np.full((5, 1), np.nan, np.float32)}
    with pytest.raises(DgnError, match="not finite"):
        raw_of(replace(record, parts=wrong))


def rewritten(folder: Path, record: Record, metadata: dict[str, Any], **parts: Any) -> Path:
    raw = raw_of(record)
    text = json.dumps(raw.metadata | metadata)
    path = folder / f"{record.key}.h5"
    path.write_bytes(encode(raw.datasets | {"metadata": text} | parts))
    return path


@pytest.mark.parametrize(
    ("metadata", "parts", "words"),
    [
        ({"parts": ["images", "codes", "evil"]}, {}, "does not declare"),
        ({"parts": ["images"]}, {}, "codes is missing"),
        ({"parts": 3}, {}, "not complete"),
        ({"kind": "table"}, {}, "kind"),
        ({"count": 4}, {}, "not equally long"),
        ({"steps": 6}, {}, "trace and its number of steps"),
        ({}, {"codes": np.zeros((4, 4), np.float32)}, "not equally long"),
        ({}, {"images": np.zeros((5, 8, 12, 2), np.uint8)}, "shape"),
        ({}, {"codes": np.zeros((5, 4, 1), np.float32)}, "has the type"),
    ],
)
def test_damaged_sets_are_found_out(
    tmp_path: Path, metadata: dict[str, Any], parts: dict[str, Any], words: str
) -> None:
    record = make_set()
    path = rewritten(tmp_path, record, metadata, **parts)
    with pytest.raises(DamagedFileError, match=words):
        read_record(path, record.key)


def test_a_study_of_a_later_version_is_no_damage(tmp_path: Path) -> None:
    record = make_table()
    order = record.order.to_dict() | {"study": "dreams"}
    with pytest.raises(DgnError, match="no study called 'dreams'"):
        order_from_json(json.dumps(order))
    from dgn_explorer.synthesis.recipe import key_of

    raw = raw_of(record)
    key = key_of(order)
    path = tmp_path / f"{key}.h5"
    text = json.dumps(raw.metadata | {"order": order})
    path.write_bytes(encode(raw.datasets | {"metadata": text}))
    with pytest.raises(NewerFileError, match="dreams"):
        read_record(path, key)
    assert read_summary(path, key).method == "dreams"


def test_inputs_travel_with_a_pack_and_are_checked(tmp_path: Path) -> None:
    store, other = Store(tmp_path / "a"), Store(tmp_path / "b")
    photo = store.inputs.put(b"a photograph")
    recipe = replace(make_recipe(1), start=FromPhoto(), inputs=(Input("start", photo),))
    store.put(make_result(recipe=recipe))
    store.put(make_table(photo))
    path = tmp_path / "pack.h5"
    pack(store, path)
    with h5py.File(path) as file:
        assert json.loads(file["about"][()])["pack"] == 2
    report = unpack(other, path)
    assert (report.new, report.left_out) == (2, ())
    assert other.inputs.get(photo) == b"a photograph"
    with h5py.File(path, "r+") as file:
        del file["inputs"][photo]
        file["inputs"][photo] = np.frombuffer(b"another one!", np.uint8)
    third = Store(tmp_path / "c")
    report = unpack(third, path)
    assert report.results == 0 and len(report.left_out) == 2
    assert "does not match its name" in report.left_out[0][1]
    assert not third.inputs.has(photo)


def test_an_input_that_has_changed_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    name = store.inputs.put(b"data")
    assert store.inputs.put(b"data") == name and list(store.inputs.names()) == [name]
    (tmp_path / "inputs" / name[:2] / name).write_bytes(b"datA")
    with pytest.raises(DgnError, match="has changed"):
        store.inputs.get(name)
    for absent in ("0" * 64, "../x"):
        with pytest.raises(DgnError):
            store.inputs.get(absent)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("network", 3),
        ("network", ["a"]),
        ("network_fingerprint", None),
        ("study", {}),
        ("shown_by", 1.5),
        ("layers", [1]),
        ("layers", [["conv"]]),
        ("units", [3]),
        ("inputs", [3]),
    ],
)
def test_a_survey_is_made_of_texts(field: str, value: object) -> None:
    values = make_table().order.to_dict()
    with pytest.raises(DgnError):
        order_from_json(json.dumps(values | {field: value}))


@pytest.mark.parametrize("value", [3, None, ["a"], {"a": 1}, True, 1e308])
@pytest.mark.parametrize(
    "field", ["network", "network_fingerprint", "prior", "prior_fingerprint", "method", "numeric"]
)
def test_a_recipe_is_made_of_texts(field: str, value: object) -> None:
    values = make_recipe().to_dict()
    with pytest.raises(DgnError):
        order_from_json(json.dumps(values | {field: value}))


@pytest.mark.parametrize(
    "low", ["NaN", "Infinity", "-Infinity", '"8"', "null", "[1]", "9", "1e999"]
)
def test_a_band_lies_between_two_numbers(low: str) -> None:
    target = (
        '{"kind":"in-range","terms":[],"bands":[{"unit":"fc:1","low":LOW,"high":8}]}'
    ).replace("LOW", low)
    values = make_recipe().to_dict() | {"schema": 2, "method": "inverse-set", "inputs": []}
    text = json.dumps(values | {"target": 0}).replace('"target": 0', f'"target": {target}')
    with pytest.raises(DgnError):
        order_from_json(text)
