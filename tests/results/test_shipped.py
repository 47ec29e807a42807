"""The sheet of pictures that comes with the program: its format, and what is no such sheet."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import DONE
from dgn_explorer.results.shipped import sheet_file
from dgn_explorer.results.shipped.sheet import Sheet, joined
from dgn_explorer.results.shipped.sheet_file import read_sheet, shipped_sheet, to_bytes
from dgn_explorer.synthesis.targets import Maximise
from tests.results.making import make_recipe
from tests.results.shipping import EDGE, make_sheet, picture

PAIR = ("a" * 64, "b" * 64)  # the fingerprints of `make_recipe`
CLASSES = (0, 1, 4, 5)


@pytest.fixture
def sheet() -> Sheet:
    return make_sheet(make_recipe(), "fc", CLASSES)


@pytest.fixture
def path(sheet: Sheet, tmp_path: Path) -> Path:
    made = tmp_path / "first-sheet.safetensors"
    made.write_bytes(to_bytes(sheet))
    return made


def test_a_sheet_comes_back_as_it_was(sheet: Sheet, path: Path) -> None:
    found = read_sheet(path, PAIR)
    assert found is not None
    assert found.classes == list(CLASSES) and 4 in found and 3 not in found
    assert dataclasses.replace(found, arrays={}) == dataclasses.replace(sheet, arrays={})
    for name, array in sheet.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
    for index in CLASSES:
        assert found.activation(index) == 10 + index
        difference = found.picture(index).astype(int) - picture(index)
        assert np.abs(difference).max() < 8  # compressed


def test_a_picture_is_a_record_with_the_recipe_of_the_whole(sheet: Sheet) -> None:
    record = sheet.record(4, "eel")
    assert record.recipe == make_recipe().with_target(Maximise.of(UnitAddress("fc", 4)))
    assert record.image.shape == (EDGE, EDGE, 3)
    assert (record.activation, record.steps, record.state) == (14.0, 250, DONE)
    assert np.isnan(record.first_activation)  # of the trace only its end is kept
    assert record.top == ((4, 0.25), (5, 0.25))
    assert record.label == "eel"
    assert record.provenance.seconds == 2.5 / len(CLASSES)


def test_a_network_without_class_names_has_no_verdict(sheet: Sheet) -> None:
    none = {"top_classes": np.zeros((4, 0), np.int32)}
    none["top_probabilities"] = np.zeros((4, 0), np.float32)
    bare = dataclasses.replace(sheet, arrays={**sheet.arrays, **none})
    assert bare.record(4).top == ()


def test_pieces_are_joined_in_the_order_of_their_classes(sheet: Sheet) -> None:
    pieces = [make_sheet(make_recipe(), "fc", part) for part in (CLASSES[2:], CLASSES[:2])]
    whole = joined(pieces)
    for name, array in sheet.arrays.items():
        np.testing.assert_array_equal(whole.arrays[name], array)
    assert whole.recipe == sheet.recipe
    ((first, made),) = whole.made  # in one place
    assert (first, made.seconds) == (0, 5.0)
    assert made.created.endswith("10:00:04+00:00")


def test_each_picture_says_where_it_was_made(tmp_path: Path) -> None:
    cpu, gpu = make_sheet(make_recipe(), "fc", (4, 5), "cpu"), make_sheet(make_recipe(), "fc", (0,))
    path = tmp_path / "both.safetensors"
    path.write_bytes(to_bytes(joined([cpu, gpu])))
    whole = read_sheet(path)
    assert whole is not None
    found = {index: whole.record(index).provenance for index in whole.classes}
    assert {index: made.device for index, made in found.items()} == {0: "cuda", 4: "cpu", 5: "cpu"}
    assert [made.seconds for made in found.values()] == [2.5, 1.25, 1.25]
    for wrong in ((), ((4, found[4]),), ((0, found[0]), (3, found[4]))):
        path.write_bytes(to_bytes(dataclasses.replace(whole, made=wrong)))
        with pytest.raises(DgnError, match="where it was made"):
            read_sheet(path)


@pytest.mark.parametrize("pair", [(PAIR[0], "c" * 64), ("c" * 64, PAIR[1])])
def test_of_another_pair_there_is_no_sheet(path: Path, pair: tuple[str, str]) -> None:
    assert read_sheet(path, pair) is None


def test_every_changed_byte_is_noticed(path: Path) -> None:
    whole = path.read_bytes()
    for at in range(0, len(whole), 37):
        changed = bytearray(whole)
        changed[at] ^= 0x41
        path.write_bytes(bytes(changed))
        with pytest.raises(DgnError):
            read_sheet(path)
    for length in (0, 5, 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DgnError, match="not a whole sheet"):
            read_sheet(path)


def rewritten(path: Path, **changes: np.ndarray) -> None:
    """Write the sheet with other arrays and a right checksum, as a program could."""
    found = read_sheet(path)
    assert found is not None
    path.write_bytes(to_bytes(dataclasses.replace(found, arrays={**found.arrays, **changes})))


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": np.array([0, 1, 1, 5], np.int32)},
        {"classes": np.array([-1, 1, 4, 5], np.int32)},
        {"classes": np.array([0, 1, 4], np.int32)},
        {"classes": np.array([0.0, 1.0, 4.0, 5.0], np.float32)},
        {"ends": np.array([5, 3, 9, 12])},
        {"ends": np.array([1, 2, 3, 1 << 40])},
        {"activations": np.zeros((4, 1), np.float32)},
        {"top_classes": np.zeros((4, 3), np.int32)},
    ],
)
def test_what_does_not_fit_together_is_refused(path: Path, changes: dict[str, np.ndarray]) -> None:
    rewritten(path, **changes)
    with pytest.raises(DgnError, match="not a whole sheet"):
        read_sheet(path)


def test_a_tile_that_is_no_picture_says_so(path: Path) -> None:
    rewritten(path, tiles=np.zeros_like(load(path.read_bytes())["tiles"]))
    found = read_sheet(path)
    assert found is not None
    with pytest.raises(DgnError, match="cannot be decoded"):
        found.picture(4)


def test_a_tile_of_another_size_is_refused(sheet: Sheet) -> None:
    with pytest.raises(DgnError, match="32 by 32"):
        dataclasses.replace(sheet, edge_px=64).picture(4)


def test_a_newer_sheet_is_refused(path: Path) -> None:
    head = {"dgn-explorer-sheet": json.dumps({"format": 2})}
    path.write_bytes(save({"classes": np.zeros(1, np.int32)}, metadata=head))
    with pytest.raises(DgnError, match="sheet format 2"):
        read_sheet(path)


def test_a_program_without_the_sheet_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_file, "NAME", "no-such-sheet.safetensors")
    assert shipped_sheet(*PAIR) is None


def test_the_sheet_of_another_pair_is_not_shown() -> None:
    assert shipped_sheet(*PAIR) is None
