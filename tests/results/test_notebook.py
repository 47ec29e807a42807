"""Notes on units: kept by fingerprint, read back, never overwritten when damaged."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.note_changes import (
    Change,
    CombinationChange,
    NoteChange,
    applied,
    change_notebook,
)
from dgn_explorer.results.notebook import (
    Notebook,
    UnitNote,
    notebook_path,
    read_notebook,
)
from dgn_explorer.synthesis.targets import Maximise, Term
from tests.results.making import FaultyFileSystem

FP = "ab" * 32
TERMS = (Term(UnitAddress("fc", 3)), Term(UnitAddress("conv", 1, (2, 3)), -0.5))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.booleans(), st.lists(TEXTS, max_size=3), TEXTS, TEXTS)
def test_json_round_trip(favourite: bool, tags: list[str], text: str, name: str) -> None:
    book = Notebook().noted("fc:3", UnitNote(favourite, tuple(tags), text))
    book = book.with_combination(name, TERMS)
    assert Notebook.from_json(book.to_json()) == book


def test_kept_by_fingerprint(tmp_path: Path) -> None:
    note = UnitNote(True, ("a",), "b")
    book = change_notebook(tmp_path / "notes", FP, [NoteChange("fc:3", UnitNote(), note)])
    assert read_notebook(tmp_path / "notes", FP) == book == Notebook({"fc:3": note})
    assert read_notebook(tmp_path / "notes", "cd" * 32) == Notebook()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 9}', '{"format":1,"units":{"a":1},"combinations":{}}']
)
def test_damage_is_reported(tmp_path: Path, text: str) -> None:
    notebook_path(tmp_path, FP).write_text(text)
    with pytest.raises(DgnError, match="damaged"):
        read_notebook(tmp_path, FP)
    with pytest.raises(DgnError, match="damaged"):
        change_notebook(tmp_path, FP, [NoteChange("fc:3", UnitNote(), UnitNote(True))])
    assert notebook_path(tmp_path, FP).read_text() == text


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        notebook_path(tmp_path, "../../x")


NOTES = st.builds(
    UnitNote,
    st.booleans(),
    st.lists(st.sampled_from("abcd"), max_size=3, unique=True).map(tuple),
    st.sampled_from(["", "one", "two", "one\nthree"]),
)


@given(NOTES, NOTES, NOTES)
def test_a_change_keeps_what_others_have_noted(
    seen: UnitNote, mine: UnitNote, theirs: UnitNote
) -> None:
    change = NoteChange("fc:3", seen, mine)
    assert change.apply(Notebook().noted("fc:3", seen)).note("fc:3") == mine
    now = change.apply(Notebook().noted("fc:3", theirs))
    assert change.apply(now) == now
    note = now.note("fc:3")
    assert set(mine.tags) - set(seen.tags) <= set(note.tags)
    assert set(theirs.tags) - set(seen.tags) <= set(note.tags)
    assert not set(note.tags) & (set(seen.tags) - set(mine.tags))
    assert note.favourite == (
        mine.favourite if mine.favourite != seen.favourite else theirs.favourite
    )
    if mine.text != seen.text:
        assert mine.text in note.text
    if theirs.text != seen.text:
        assert theirs.text in note.text
    elif seen.text != mine.text:
        assert note.text == mine.text


def test_a_change_that_is_undone_leaves_what_was(tmp_path: Path) -> None:
    before = Notebook({"fc:3": UnitNote(True, ("a",), "b")}, {"fruit": TERMS})
    for change in (
        NoteChange("fc:3", before.note("fc:3"), UnitNote()),
        NoteChange("fc:4", UnitNote(), UnitNote(text="new")),
        CombinationChange("fruit", TERMS, ()),
        CombinationChange("sea", (), TERMS[:1]),
    ):
        changed = change.apply(before)
        assert changed != before
        assert change.undone.apply(changed) == before


def test_a_name_that_others_took_meanwhile_stays_theirs() -> None:
    theirs, mine = Maximise.of(UnitAddress("fc", 8)), TERMS
    book = Notebook().with_combination("fruit", theirs)
    change: Change = CombinationChange("fruit", (), mine)
    both = applied([change, change], book)
    assert both.combinations == {"fruit": theirs, "fruit 2": mine}
    assert change.undone.apply(book) == book


def test_a_change_that_fails_at_any_call_leaves_the_notes(tmp_path: Path) -> None:
    first, second = (NoteChange(f"fc:{n}", UnitNote(), UnitNote(True)) for n in (1, 2))
    for fail_at in range(1, 100):
        folder = tmp_path / str(fail_at)
        before = change_notebook(folder, FP, [first])
        fs = FaultyFileSystem(fail_at, errno.ENOSPC, for_good=True)
        try:
            change_notebook(folder, FP, [second], fs)
        except DgnError as error:
            assert "no space left to write" in error.message
            whole = "replace" in fs.log[: fail_at - 1]
            assert read_notebook(folder, FP) == (second.apply(before) if whole else before)
        assert change_notebook(folder, FP, [second]) == second.apply(before)
        assert sorted(p.name for p in folder.iterdir()) == [".lock", f"{FP}.json"]
        if not fs.has_failed:
            break
    assert 5 < fail_at < 99


NOTING = """
import sys
from pathlib import Path
from dgn_explorer.results.note_changes import NoteChange, change_notebook
from dgn_explorer.results.notebook import UnitNote
folder, fingerprint, word, favourite = sys.argv[1:]
for index in range(30):
    after = UnitNote(bool(int(favourite)), (word,), word)
    change_notebook(Path(folder), fingerprint, [NoteChange(f"fc:{index}", UnitNote(), after)])
"""


def test_two_programs_that_note_on_the_same_units_lose_nothing(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", NOTING, str(tmp_path), FP, word, favourite])
        for word, favourite in (("one", "0"), ("two", "1"))
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    book = read_notebook(tmp_path, FP)
    assert len(book.units) == 30
    for note in book.units.values():
        assert note.favourite
        assert sorted(note.tags) == sorted(note.text.split()) == ["one", "two"]
