"""Stores to make sites of."""

import dataclasses
import io
from pathlib import Path

import numpy as np
from PIL import Image

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import DONE, Provenance, Record
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Survey
from dgn_explorer.studies.top_photos.about import BINS, LEVELS
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.kinds import top_parts
from dgn_explorer.synthesis.methods.facets.about import FACETS
from dgn_explorer.synthesis.methods.ppgn.about import PPGN
from dgn_explorer.synthesis.start import PHOTO_START, FromCode, FromResult
from dgn_explorer.synthesis.targets import Maximise, Term
from tests.results.making import make_recipe, make_result

HOSTILE = (
    "<img src=x onerror=\"document.title='run'\"></script><script>alert(1)</script>\u202e&amp;"
)
WHERE = Provenance(1.0, "cpu", "2026-01-01T00:00:00+00:00", {"torch": "2.13"})


def samples(index: int = 980, count: int = 3, seed: int = 0) -> Record:
    """A record of several images."""
    rng = np.random.default_rng(seed)
    return Record(
        make_recipe(index, method="ppgn", parameters=PPGN.default, seed=seed),
        {
            "images": rng.integers(0, 256, (count, 12, 16, 3), np.uint8),
            "codes": np.zeros((count, 4), np.float32),
            "activations": np.arange(count, dtype=np.float32)[:, None],
            **{
                part.name: np.ones((count,) * part.ndim, part.dtype)
                for part in PPGN.parts
                if not part.optional
            },
            **top_parts((((980, 0.5), (3, 0.25)),) * count),
        },
        np.ones(5, np.float32),
        DONE,
        WHERE,
        "volcano",
    )


def facets(index: int = 980) -> Record:
    """Two kinds of a unit's photographs, the second of which is hardly one."""
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)[..., None, None, None]
    columns = {
        "shares": [0.75, 0.25],
        "stability": [0.875, 0.5],
        "photo_activations": [9.0, 4.0],
        "cosines": [0.5, 0.25],
    }
    parts = {
        **samples(index, 2).parts,
        **{name: np.array(values, np.float32) for name, values in columns.items()},
        "activations": np.array([[8.0], [3.0]], np.float32),
        "nearest_facet": np.array([0, 1], np.int32),
        "nearest": np.zeros((2, 1), np.int32),
        "mean_images": np.zeros((2, 12, 16, 3), np.uint8),
        "examples": 40 * np.broadcast_to(grey, (2, 3, 12, 16, 3)).astype(np.uint8),
        "names": ("anna.jpg",),
        "facet_of": np.zeros(1, np.int32),
        "values": np.ones(1, np.float32),
        "map": np.zeros((1, 2), np.float32),
        "tried": np.array([2], np.int32),
        "scores": np.ones(1, np.float32),
        "unreadable": (),
    }
    wanted = {part.name for part in FACETS.parts} | {"images", "codes", "activations"}
    wanted |= {name for name in parts if name.startswith("top")}
    recipe = make_recipe(
        index,
        method="facets",
        parameters=FACETS.default,
        inputs=(Input("photos", 64 * "5", "anna"),),
    )
    kept = {name: part for name, part in parts.items() if name in wanted}
    return Record(recipe, kept, np.ones(5, np.float32), DONE, WHERE, "volcano")


def from_photograph() -> Record:
    """A record that started from a photograph whose name is somebody's."""
    return make_result(
        recipe=make_recipe(7, start=PHOTO_START, inputs=(Input("start", 64 * "1", "anna.jpg"),))
    )


def strongest(fingerprint: str = 64 * "a") -> Record:
    """A table of units that names a photograph."""
    order = Survey(
        "lite0", fingerprint, "strongest", inputs=(Input("photo", 64 * "2", "anna.jpg"),)
    )
    parts = {
        "layer": ("fc", "fc", "conv"),
        "unit": np.array([980, 1, 5], np.int32),
        "activation": np.array([3.5, 2.0, 1.0], np.float32),
        "deviations": np.array([1.5, 1.0, 0.5], np.float32),
    }
    return Record(order, parts, np.zeros(0, np.float32), DONE, WHERE)


def dissected() -> Record:
    """A dissection: a row a unit, and parts that are of no row."""
    order = Survey("lite0", 64 * "a", "dissect", inputs=(Input("concepts", 64 * "3", "anna"),))
    numbers = np.array([0.25, 0.0], np.float32)
    parts = {
        "layer": ("conv", "conv"),
        "unit": np.array([5, 6], np.int32),
        "concept": ("sea <b>", ""),
        "category": ("scene", ""),
        "iou": numbers,
        "iou_first": numbers,
        "iou_second": 2 * numbers,
        "threshold": numbers,
        "stable": np.array([1, 0], np.uint8),
        "pictures": np.array([7], np.int32),
        "left_out": ("anna's picture is no picture.",) * 3,
    }
    return Record(order, parts, np.zeros(0, np.float32), DONE, WHERE)


def top_photos() -> Record:
    """The top photographs of a unit: two of three, as one part of JPEGs."""
    jpegs = [_jpeg(value) for value in (10, 120, 240)]
    parts: dict[str, np.ndarray | tuple[str, ...]] = {
        "layer": ("conv",),
        "unit": np.array([5], np.int32),
        "photos": np.array([[2, 0, -1]], np.int32),
        "activations": np.array([[3.0, 2.0, 0.0]], np.float32),
        "positions": np.zeros((1, 3, 2), np.int32),
        "fields": np.zeros((1, 3, 4), np.int32),
        "quantiles": np.zeros((1, len(LEVELS)), np.float32),
        "histogram": np.zeros((1, BINS), np.int32),
        "levels": np.array(LEVELS),
        "side": np.array([224], np.int32),
        "names": ("anna 1.jpg", "anna 2.jpg", "anna 3.jpg"),
        "folders": ("", "", ""),
        "sha256": (64 * "4",) * 3,
        "thumbnails": np.frombuffer(b"".join(jpegs), np.uint8),
        "thumbnail_ends": np.cumsum([len(one) for one in jpegs]),
        "counted": np.array([3], np.int32),
        "unreadable": (),
    }
    order = Survey("lite0", 64 * "a", "top-photos", inputs=(Input("photos", 64 * "5", "anna"),))
    return Record(order, parts, np.zeros(0, np.float32), DONE, WHERE)


def _jpeg(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (value,) * 3).save(buffer, "jpeg")
    return buffer.getvalue()


def filled_store(folder: Path) -> Store:
    """Units of two layers, several images, several units, and what is private."""
    store = Store(folder)
    store.put(make_result(980, label="volcano"))
    store.put(samples())
    store.put(make_result(3, label=HOSTILE))
    hidden = make_recipe(0, target=Maximise.of(UnitAddress("conv", 5)))
    store.put(make_result(recipe=hidden, label=""))
    both = Maximise((Term(UnitAddress("fc", 980)), Term(UnitAddress("fc", 3), -0.5)))
    store.put(make_result(recipe=make_recipe(target=both), label="volcano and another"))
    private = from_photograph()
    store.put(private)
    after = make_recipe(8, start=FromResult(private.key))
    store.put(make_result(recipe=after))
    store.put(make_result(recipe=dataclasses.replace(after, start=FromCode("ADgAwA=="))))
    store.put(strongest())
    store.put(dissected())
    store.put(top_photos())
    return store
