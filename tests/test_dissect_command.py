"""``dgn-explorer dissect`` and what else leads to its study: ``study``, library, store."""

import csv
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import dgn_explorer as dgn
from dgn_explorer import cli
from dgn_explorer.errors import DgnError
from dgn_explorer.export.csv_table import encode_csv
from dgn_explorer.export.png import read_survey
from dgn_explorer.export.script import command_line
from dgn_explorer.results.record import Record
from dgn_explorer.results.reproduction import script_for
from dgn_explorer.results.store import open_store
from dgn_explorer.results.unit_tables import tables_of_units
from dgn_explorer.studies.dissection import dissecting
from tests.concepts import packed, some_files, write
from tests.tiny_opened import tiny

__all__ = ["tiny"]  # a fixture
pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture
def concepts(tmp_path: Path) -> Path:
    return write(tmp_path / "set", some_files(8))


def run(*arguments: str | Path) -> Result:
    found = CliRunner().invoke(cli.group, [str(one) for one in arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def test_one_object_a_unit(concepts: Path) -> None:
    done = run("dissect", "--concepts", concepts, "--layers", "conv1,conv2", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["address"] for row in rows] == [
        *(f"conv1:{i}" for i in range(8)),
        *(f"conv2:{i}" for i in range(16)),
    ]
    assert all(isinstance(row["stable"], bool) and 0 <= row["iou"] <= 1 for row in rows)
    assert {row["category"] for row in rows} <= {"shape", "animal", "colour"}
    assert "of 8 pictures" in done.stderr


def test_every_entrance_has_the_same_rows(
    concepts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("dissect", "--concepts", concepts, "--layer", "conv2", "--json")
    first = [json.loads(line) for line in done.stdout.splitlines()]
    # nothing below is computed again: the set is known by its content, wherever it lies
    monkeypatch.setattr(dissecting, "layers_with_maps", None)
    moved = packed(tmp_path / "packed.zip", some_files(8))
    study = run("study", "dissect", "tiny", "--concepts", moved, "--layer", "conv2", "--json")
    rows = [json.loads(line) for line in study.stdout.splitlines()]
    assert [row["iou"] for row in rows] == [row["iou"] for row in first]
    with dgn.open("tiny", progress=False) as explorer:
        record = explorer.dissect(concepts, ["conv2"])
        assert [row["concept"] for row in record.rows()] == [row["concept"] for row in first]
        stored = explorer.get(record.key)
        assert stored is not None
        assert stored.count == record.count == 16
        assert stored.array("pictures").tolist() == [8]
        assert stored.rows()[0]["stable"] == record.rows()[0]["stable"]
    assert len(open_store().list()) == 1


def test_it_is_made_again_in_an_empty_store(
    concepts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dgn.open("tiny", progress=False) as explorer:
        record = explorer.dissect(concepts, ["conv2"])
        words = shlex.split(command_line(script_for(explorer.store, record.order, record)))
    monkeypatch.setenv("DGN_EXPLORER_HOME", str(tmp_path / "another"))
    assert open_store().get(record.key) is None
    done = run(*words[1:])
    assert done.exit_code == 0
    again = open_store().get(record.key)
    assert again is not None
    assert again.rows() == open_rows(record)


def open_rows(record: Record) -> list[dict[str, object]]:
    """Rows with their columns in the order of a file."""
    return [{name: row[name] for name in sorted(row)} for row in record.rows()]


def test_a_site_has_the_labels_of_a_unit(concepts: Path) -> None:
    with dgn.open("tiny", progress=False) as explorer:
        record = explorer.dissect(concepts, ["conv2"])
    tables = tables_of_units(record)
    assert len(tables) == 16
    row = record.rows()[3]
    table = tables["conv2:3"]
    assert table.rows[0][table.names.index("concept")] == row["concept"]
    assert "left_out" not in table.names


def test_words_find_units(concepts: Path) -> None:
    how = ("--concepts", concepts, "--layer", "conv2", "--set", "least=0", "--json")
    rows = [json.loads(line) for line in run("dissect", *how).stdout.splitlines()]
    word = rows[0]["concept"]
    found = [json.loads(line) for line in run("dissect", *how, "--find", word).stdout.splitlines()]
    assert {row["address"] for row in found} == {
        row["address"] for row in rows if row["concept"] == word and row["detector"]
    }
    assert [row["iou"] for row in found] == sorted((row["iou"] for row in found), reverse=True)
    assert run("dissect", *how, "--find", "nonesuch").stdout == ""
    ordered = [
        json.loads(line) for line in run("dissect", *how, "--sort", "iou").stdout.split("\n")[:-1]
    ]
    assert [row["iou"] for row in ordered] == sorted((row["iou"] for row in rows), reverse=True)


def test_a_table_and_a_figure(concepts: Path, tmp_path: Path) -> None:
    table, figure = tmp_path / "t.csv", tmp_path / "f.png"
    how = ("--concepts", concepts, "--layers", "conv1, conv2", "--set", "least=0.001")
    done = run("dissect", *how, "--csv", table, "--plot", figure)
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [row["address"] for row in rows][:2] == ["conv1:0", "conv1:1"]
    assert len(rows) == 24
    assert "conv1:0" in done.stdout
    assert np.array(Image.open(figure)).ndim == 3
    survey = read_survey(figure)
    assert survey is not None and survey.layers == ("conv1", "conv2")


def test_two_networks_side_by_side(concepts: Path, tmp_path: Path) -> None:
    how = ("--concepts", concepts, "--layer", "conv2", "--set", "least=0.001")
    figure = tmp_path / "f.png"
    done = run("dissect", *how, "--against", "other", "--plot", figure, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows
    assert all(row["units_first"] == row["units_second"] for row in rows)
    assert done.stderr.count("units are detectors") == 2
    assert read_survey(figure) is None  # of two orders


def test_bad_sets_end_with_a_sentence(tmp_path: Path) -> None:
    for files, sentence in [
        ({"concepts.csv": b""}, "has no column"),
        ({"a.txt": b""}, "holds no concepts"),
    ]:
        folder = write(tmp_path / sentence, files)
        with pytest.raises(DgnError, match=sentence):
            run("dissect", "--concepts", folder)
    with pytest.raises(DgnError, match="is no picture"):
        dgn.open("tiny").survey("dissect", inputs={"concepts": b"bytes"})


def test_a_name_that_is_a_formula_stays_a_text() -> None:
    assert encode_csv([{"a": "=cmd()", "b": -1.5, "c": True}]) == b"a,b,c\r\n'=cmd(),-1.5,1\r\n"
    assert encode_csv([]) == b""
