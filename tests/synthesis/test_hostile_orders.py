"""Orders of strangers, as text, are read or refused with a sentence, whatever stands where."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.results.unfinished import decode_queue
from dgn_explorer.studies.survey import order_from_json
from dgn_explorer.studies.table import study_named
from tests.results.making import make_recipe

SURVEY: dict[str, Any] = {
    "survey": 1,
    "network": "lite0",
    "network_fingerprint": "a" * 64,
    "study": "strongest",
    "parameters": study_named("strongest").default.to_dict(),
    "layers": [],
    "units": ["fc:1"],
    "inputs": [{"role": "photo", "sha256": "0" * 64, "name": "x"}],
}
SOUND = {"recipe": make_recipe(3).to_dict(), "survey": SURVEY}
HOSTILE = [
    *(
        None,
        True,
        -1,
        10**400,
        float("nan"),
        float("inf"),
        "",
        "\x1b]0;x\x07",
        "../../x",
        "a" * 9999,
    ),
    *([], {}, [[]], [1], {"a": 1}, [None], "1"),
]
NO_ORDERS = ["", "7", "null", "[" * 100_000, '{"a":' * 50_000, "{}", '{"survey": 1}', "\0"]


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a tree of plain values."""
    yield path
    keys = tree if isinstance(tree, dict) else range(len(tree) if isinstance(tree, list) else 0)
    for key in keys:
        yield from places(tree[key], (*path, key))


def with_value(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of the tree with ``value`` at ``path``."""
    if not path:
        return value
    changed = copy.copy(tree)
    changed[path[0]] = with_value(tree[path[0]], path[1:], value)
    return changed


@pytest.mark.parametrize("sort", SOUND)
def test_whatever_stands_where(sort: str) -> None:
    sound = SOUND[sort]
    assert order_from_json(json.dumps(sound)).key
    refused = 0
    for path in places(sound):
        for value in HOSTILE:
            try:
                order = order_from_json(json.dumps(with_value(sound, path, value)))
                assert order_from_json(order.to_json()).key == order.key
            except DgnError as error:
                assert error.message and error.hint
                refused += 1
    assert refused > 100


@pytest.mark.parametrize("text", NO_ORDERS)
def test_what_is_no_order(text: str) -> None:
    with pytest.raises(DgnError):
        order_from_json(text)
    with pytest.raises(DgnError):
        decode_queue(text)


def test_a_queue_with_a_number_that_is_too_large() -> None:
    pattern = make_recipe(3).to_json()
    jobs = [[0, 1, [["fc:3", 10**400]]]]
    with pytest.raises(DgnError, match="cannot be read"):
        decode_queue(json.dumps({"format": 1, "patterns": [pattern], "jobs": jobs}))
