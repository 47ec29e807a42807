"""Which results are shown, and in which order."""

from dataclasses import replace
from pathlib import Path

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.filters import ResultFilter, layers_of
from dgn_explorer.results.summary import Summary


def units(*addresses: str) -> dict[str, object]:
    return {"units": tuple(map(UnitAddress.parse, addresses)), "address": " + ".join(addresses)}


BASE = Summary(
    "k", Path(), "images", "lite0", "f" * 8, "default", (UnitAddress("fc", 10),), "fc:10",
    "volcano", 0, "dgn-am", "done", 1, 5, 1.0, 1.0, "2026", 9,
)  # fmt: skip
ITEMS = [
    BASE,
    replace(BASE, key="b", **units("fc:9"), label="shark", activation=3.0, state="stopped"),
    replace(BASE, key="c", **units("conv:2", "fc:1"), label="", activation=2.0),
    replace(BASE, key="d", network_fingerprint="e" * 8, label="volcano"),
]


def keys(**fields: object) -> str:
    chosen = ResultFilter(**fields)
    found = chosen.apply(ITEMS, lambda i: i.key in "bd", lambda i: "hot" if i.key == "b" else "")
    return "".join(item.key for item in found)


def test_each_field() -> None:
    assert keys() == "kbcd"
    assert keys(text="VOLC") == "kd"
    assert keys(text="hot shark") == "b"
    assert keys(network="e" * 8) == "d"
    assert keys(layer="conv") == "c"
    assert keys(layer="fc") == "kbcd"
    assert keys(state="stopped") == "b"
    assert keys(favourites=True) == "bd"


def test_orders() -> None:
    assert keys(order="activation") == "bckd"
    assert keys(order="index") == "cbkd"
    assert keys(order="favourite") == "bdkc"


def test_layers_of_a_combination() -> None:
    assert layers_of(ITEMS[2]) == ("conv", "fc")
