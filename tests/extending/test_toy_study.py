"""A study of one's own: one file (this one) and one row, driven in every way there is.

The toy hides a photograph's cells one after another and tells how much the network's best class
loses by each: a table of cells.
"""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import dgn_explorer as dgn
from dgn_explorer import cli
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.answers.table_view import TableView
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.store import open_store
from dgn_explorer.studies.study import Study
from dgn_explorer.studies.survey import Survey, order_from_json
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import PHOTO, Input, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.step import from_uint8
from tests.extending.driving import WAIT_MS, add_row, computing_window
from tests.gui.conftest import Explorer, home, loop, make_explorer
from tests.tiny_opened import tiny

__all__ = ["home", "loop", "make_explorer", "tiny"]  # fixtures
pytestmark = pytest.mark.usefixtures("tiny", "row")


# ---- the study: what it is, and what it does


@dataclass(frozen=True)
class HidingParameters(Parameters):
    """See `hiding`."""

    cells: int = number(4, 1, 100, "", "cells a side")


HIDING = Study(
    name="hiding",
    title="Hide and see",
    summary="what the best class loses when a part of a photograph is hidden",
    parameters=HidingParameters,
    presets={"default": HidingParameters(), "coarse": HidingParameters(cells=2)},
    inputs=(InputSpec("photo", PHOTO, "The photograph"),),
    parts=tuple(Part(name, kind, 1, 1 << 20) for name, kind in
                (("row", "<i4"), ("column", "<i4"), ("loss", "<f4"))),
    code=f"{__name__}:hiding",
)  # fmt: skip


@torch.no_grad()
def hiding(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    """Hide one cell after another; the loss is that of the best class's score."""
    parameters, photo = survey.parameters, survey.input("photo")
    assert isinstance(parameters, HidingParameters) and photo is not None
    network, cells = bench.network, parameters.cells
    size = network.info.input_size
    whole = from_uint8(middle_square(bench.photo(photo), size)[None], bench.device)
    scores = network.logits(whole)
    best = int(scores.argmax())
    edges = np.linspace(0, size, cells + 1).astype(int)
    losses: list[float] = []
    for row in range(cells):
        for column in range(cells):
            hidden = whole.clone()
            across = slice(edges[column], edges[column + 1])
            hidden[..., edges[row] : edges[row + 1], across] = 0.5
            losses.append(float(scores[0, best] - network.logits(hidden)[0, best]))
            yield Progress(len(losses), cells**2)
    rows, columns = np.divmod(np.arange(cells**2, dtype=np.int32), np.int32(cells))
    return Made({"row": rows, "column": columns, "loss": np.array(losses, np.float32)})


# ---- the row, and every way to use it


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    add_row(monkeypatch, "STUDIES", HIDING)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Grey all over but for the upper left quarter, so that hiding the rest changes nothing."""
    pixels = np.full((64, 64, 3), 127, np.uint8)
    pixels[:32, :32] = np.random.default_rng(1).integers(0, 256, (32, 32, 3))
    Image.fromarray(pixels).save(tmp_path / "corner.png")
    return tmp_path / "corner.png"


def run(*words: str) -> list[dict[str, float]]:
    result = CliRunner().invoke(cli.group, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_command_line_computes_it(photo: Path) -> None:
    rows = run("study", "hiding", "--input", f"photo={photo}", "--json")
    assert [(row["row"], row["column"]) for row in rows] == [
        (y, x) for y in range(4) for x in range(4)
    ]
    assert max(range(16), key=lambda n: abs(rows[n]["loss"])) in (0, 1, 4, 5)
    assert run("study", "hiding", "--input", f"photo={photo}", "--json") == rows
    coarse = run("study", "hiding", "--input", f"photo={photo}", "--preset", "coarse", "--json")
    assert len(coarse) == 4
    with pytest.raises(DgnError, match="needs the input 'photo'"):
        run("study", "hiding")


def test_the_library_computes_it_and_the_store_keeps_it(photo: Path) -> None:
    with dgn.open(progress=False) as explorer:
        order = explorer.survey("hiding", inputs={"photo": photo}, parameters={"cells": 3})
        made = explorer.make(order)
        assert (made.state, len(made.rows()), made.kind.name) == (DONE, 9, "table")
        assert made._repr_html_().count("<tr>") == 10
        steps = [update.record for update in explorer.iterate_orders([order])]
        assert steps[-1].key == made.key
    assert order_from_json(order.to_json()) == order
    kept = open_store().get(order.key)
    assert kept is not None and kept.order == order and kept.rows() == made.rows()
    assert order.key in {summary.key for summary in open_store().list()}


def test_the_window_computes_it(make_explorer: Callable[..., Explorer], photo: Path) -> None:
    explorer = computing_window(make_explorer)
    session = explorer.session
    answers: list[Record] = []
    given = Input("photo", session.library.keep_input(photo.read_bytes()), photo.name)
    info = session.network
    order = Survey(info.name, info.fingerprint, "hiding", HIDING.presets["coarse"], inputs=(given,))
    session.questions.order(order, answers.append)
    explorer.qtbot.waitUntil(lambda: bool(answers), timeout=WAIT_MS)
    assert explorer.store.get(order.key).rows() == answers[0].rows()
    assert len(answers[0].rows()) == 4


def test_the_window_asks_and_shows_it(make_explorer: Callable[..., Explorer], photo: Path) -> None:
    """A new study needs no new panel: its chip, its controls and its table are there."""
    explorer = computing_window(make_explorer)
    session = explorer.session
    explorer.desk.photo.open(str(photo))
    explorer.until(lambda: explorer.book.page is PageName.PHOTO)
    explorer.desk.questions.chip("hiding").click()
    assert set(explorer.controls.fields) == {"cells"}
    explorer.controls.fields["cells"].edited.emit(3)
    explorer.desk.table["visualise"].trigger()
    explorer.qtbot.waitUntil(
        lambda: session.display.result is not None and session.display.result.count == 9,
        timeout=WAIT_MS,
    )
    assert explorer.book.topic.order == session.display.result.order
    table = explorer.part(TableView).table
    assert (table.rowCount(), table.columnCount()) == (9, 3)
    assert table.isVisible()
