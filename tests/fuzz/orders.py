"""Orders of every kind, and what is kept of them: sets, tables, queues, lists of a home."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dgn_explorer.export.png import RECIPE_KEY
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.weights import factories
from dgn_explorer.results.hdf5_file import encode
from dgn_explorer.results.pack import pack, unpack
from dgn_explorer.results.record import Record
from dgn_explorer.results.record_file import read_raw
from dgn_explorer.results.store import Store
from dgn_explorer.results.trash import Trash
from dgn_explorer.results.unfinished import encode_queue, read_queue
from dgn_explorer.studies.survey import Order, order_from_json
from dgn_explorer.synthesis import step_sizes
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.methods.table import method_named
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromPhoto
from dgn_explorer.synthesis.targets import (
    Band,
    Caption,
    Chain,
    InRange,
    Link,
    Match,
    Maximise,
    Target,
    Term,
)
from tests.fuzz.parser import Parser, place
from tests.results.making import make_recipe
from tests.results.test_sets import make_set, make_table

_PHOTO = Input("photo", "0" * 64, "dog.jpg")


def in_png(text: bytes) -> bytes:
    """A picture that carries an order."""
    info = PngInfo()
    info.add_itxt(RECIPE_KEY, text.decode("utf-8", "replace").replace("\0", ""))
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(buffer, "png", pnginfo=info)
    return buffer.getvalue()


def orders() -> dict[str, Order]:
    """One of each kind, by its name."""

    def by(method: str, target: Target, **changes: Any) -> Recipe:
        default = method_named(method).default
        return make_recipe(method=method, target=target, parameters=default, **changes)

    golden = Band(UnitAddress.parse("fc:207@1,2"), -1.5, 1e30)
    chain = Chain((Link(Maximise.of("fc:980"), 2), Link(Maximise.of("fc:949"), 1)))
    start: dict[str, Any] = {
        "start": FromPhoto("start"),
        "inputs": (replace(_PHOTO, role="start"),),
    }
    return {
        "bands": by("inverse-set", InRange((golden,), (Term(UnitAddress("fc", 3), -1),))),
        "chain": by("ppgn", chain),
        "words": by("ppgn", Caption(("a", "dog"))),
        "match": by("inversion", Match("conv"), inputs=(_PHOTO,)),
        "photo start": make_recipe(**start),
        "survey": make_table().order,
    }


def parsers(folder: Path) -> list[Parser]:
    """Those of this module; each has a folder of its own below ``folder``."""
    made = []
    for name, order in orders().items():
        path = place(folder, f"order {name}", "order.json")
        made.append(Parser(f"order {name}", path, order.to_json().encode(), _read_order))
    queue = encode_queue(list(orders().values())).encode()
    made.append(Parser("queue 2", place(folder, "queue 2", "queue.json"), queue, read_queue))
    for name, record in {"set": make_set(), "table": make_table()}.items():
        made += _records(folder, name, record)
    trash = Trash(folder / "sound trash")
    trash.change(add=["a" * 64, "b" * 64])
    good = (folder / "sound trash" / "put-away" / "trash.json").read_bytes()
    path = place(folder, "trash/put-away", "trash.json")
    path = path.parent / "put-away" / path.name
    path.parent.mkdir()
    made.append(Parser("trash", path, good, lambda p: Trash(p.parent.parent).read()))
    lists = {"step sizes": (b'{"format": 1, "sizes": {"a": 0.5}}', step_sizes._decoded)}
    lists["consent"] = (b'{"format": 1, "files": {"/a.py": "ab"}}', factories._decoded)  # type: ignore[assignment]
    for name, (data, decode) in lists.items():
        read = lambda p, decode=decode: decode(p.read_bytes())  # noqa: E731
        made.append(Parser(name, place(folder, name, "list.json"), data, read))
    return made


def _read_order(path: Path) -> object:
    """What is an order is written as it was read, and has a key."""
    order = order_from_json(path.read_text("utf-8", errors="replace"))
    again = order_from_json(order.to_json())
    assert (again, again.key) == (order, order.key)
    return order


def _records(folder: Path, name: str, record: Record) -> list[Parser]:
    store = Store(folder / f"sound {name}")
    key = record.key
    content = store.put(record).path.read_bytes()
    datasets = read_raw(store.path(key), key).datasets

    def with_metadata(text: bytes) -> bytes:
        return encode(datasets | {"metadata": text.decode("utf-8", "replace")})

    def in_store(path: Path) -> None:
        found = Store(path.parent.parent)
        found.list()
        found.get(key)

    at = f"{key[:2]}/{key}.h5"
    text = str(datasets["metadata"]).encode()
    packed = folder / f"sound {name}.pack"
    if not record.order.inputs:
        pack(store, packed)
    made = [
        Parser(f"result {name}", place(folder, f"result {name}", at), content, in_store),
        Parser(
            f"metadata {name}", place(folder, f"metadata {name}", at), text, in_store, with_metadata
        ),
    ]
    if packed.exists():
        path = place(folder, f"pack {name}", "pack.h5")
        read = lambda p: unpack(Store(p.parent / "into"), p)  # noqa: E731
        made.append(Parser(f"pack {name}", path, packed.read_bytes(), read))
    return made
