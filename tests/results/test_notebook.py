"""Notes on units: kept by fingerprint, read back, never overwritten when damaged."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.notebook import (
    Notebook,
    UnitNote,
    notebook_path,
    read_notebook,
    write_notebook,
)
from dgn_explorer.synthesis.recipe import Term

FP = "ab" * 32
TERMS = (Term(UnitAddress("fc", 3)), Term(UnitAddress("conv", 1, (2, 3)), -0.5))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.booleans(), st.lists(TEXTS, max_size=3), TEXTS, TEXTS)
def test_json_round_trip(favourite: bool, tags: list[str], text: str, name: str) -> None:
    book = Notebook().noted("fc:3", UnitNote(favourite, tuple(tags), text))
    book = book.with_combination(name, TERMS)
    assert Notebook.from_json(book.to_json()) == book


def test_kept_by_fingerprint(tmp_path: Path) -> None:
    book = Notebook().noted("fc:3", UnitNote(True, ("a",), "b"))
    write_notebook(tmp_path / "notes", FP, book)
    assert read_notebook(tmp_path / "notes", FP) == book
    assert read_notebook(tmp_path / "notes", "cd" * 32) == Notebook()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 9}', '{"format":1,"units":{"a":1},"combinations":{}}']
)
def test_damage_is_reported(tmp_path: Path, text: str) -> None:
    notebook_path(tmp_path, FP).write_text(text)
    with pytest.raises(DgnError, match="damaged"):
        read_notebook(tmp_path, FP)


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        notebook_path(tmp_path, "../../x")
