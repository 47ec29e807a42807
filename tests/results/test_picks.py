"""Pins and drops: kept beside the store, and never written over what cannot be read."""

from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.results.picks import Picks, change_picks, read_picks

KEY = "ab" * 32


def test_picks_come_back(tmp_path: Path) -> None:
    assert read_picks(tmp_path, KEY) == Picks()
    picks = Picks().pin([3, 1]).drop([2])
    assert change_picks(tmp_path / "new", KEY, lambda before: picks) == picks
    assert read_picks(tmp_path / "new", KEY) == picks
    change_picks(tmp_path / "new", KEY, lambda before: before.pin([1, 3]))  # takes it back
    assert read_picks(tmp_path / "new", KEY) == Picks(dropped=frozenset({2}))


def test_two_windows_keep_each_others_picks(tmp_path: Path) -> None:
    read_picks(tmp_path, KEY)  # what the second window saw before the first one picked
    change_picks(tmp_path, KEY, lambda before: before.pin([1]))
    assert change_picks(tmp_path, KEY, lambda before: before.drop([2])).pinned == {1}
    assert read_picks(tmp_path, KEY) == Picks(frozenset({1}), frozenset({2}))


def test_nothing_is_both_pinned_and_dropped() -> None:
    assert Picks().pin([1, 2]).drop([2]) == Picks(frozenset({1}), frozenset({2}))
    assert Picks().drop([1, 2]).pin([2]) == Picks(frozenset({2}), frozenset({1}))
    both = '{"format": 1, "pinned": [1, 2], "dropped": [2]}'
    assert Picks.from_json(both) == Picks(frozenset({1}), frozenset({2}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 2, "pinned": [], "dropped": []}',
        '{"format": 1, "pinned": [-1], "dropped": []}',
        '{"format": 1, "pinned": [true], "dropped": []}',
        '{"format": 1, "pinned": [1.5], "dropped": []}',
        '{"format": 1, "pinned": [99999999], "dropped": []}',
        '{"format": 1, "pinned": 5, "dropped": []}',
        "[" * 100_000,
    ],
)
def test_what_is_damaged_is_said_and_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / f"{KEY}.json"
    path.write_text(text)
    with pytest.raises(DgnError, match="is damaged"):
        read_picks(tmp_path, KEY)
    with pytest.raises(DgnError, match="is damaged"):
        change_picks(tmp_path, KEY, lambda before: before.pin([1]))
    assert path.read_text() == text


@pytest.mark.parametrize("key", ["", "../secret", "ab", KEY + "/x"])
def test_a_key_is_no_path(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        read_picks(tmp_path, key)
