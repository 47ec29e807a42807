"""Which analyses go on, and which one is watched."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from dgn_explorer.gui.state.answering.study_run import StudyRun
from dgn_explorer.results.record import DONE, Provenance, Record
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import Input

PHOTOS = (Input("photos", "a" * 64),)
LONG = Survey("tiny", "f" * 64, "top-photos", layers=("conv1",), inputs=PHOTOS)
SHORT = Survey("tiny", "f" * 64, "verdict", inputs=(Input("picture", "b" * 64),))


class Asked(QObject):
    """What `Questions` is to a `StudyRun`."""

    progressed = Signal(int, int, int)

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[int, tuple[Survey, Callable[[Record], None], Callable[[], None]]] = {}

    def order(
        self, survey: Survey, answered: Callable[[Record], None], ended: Callable[[], None]
    ) -> int:
        number = 1 + len(self.open)
        self.open[number] = survey, answered, ended
        return number

    def drop(self, number: int) -> None:
        self.open[number][2]()

    def answer(self, number: int) -> None:
        survey, answered, _ = self.open[number]
        where = Provenance(0.1, "cpu", "2026-11-21T12:00:00+00:00")
        answered(Record(survey, {}, np.zeros(0, np.float32), DONE, where))


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def run(asked: Asked, qapp: object) -> StudyRun:
    return StudyRun(asked)  # type: ignore[arg-type]


def begin(run: StudyRun, survey: Survey, said: list[str]) -> None:
    run.start(survey, lambda _made: said.append("answered"), lambda: said.append("ended"))


def test_a_short_one_gives_way_and_a_long_one_goes_on(run: StudyRun, asked: Asked) -> None:
    first: list[str] = []
    second: list[str] = []
    over: list[tuple[Survey, bool]] = []
    run.over.connect(lambda one, answered: over.append((one.survey, answered)))
    begin(run, SHORT, first)
    begin(run, LONG, second)
    assert first == ["ended"] and [one.survey for one in run.runs] == [LONG]
    asked.progressed.emit(2, 5, 10)
    assert run.survey == LONG and run.progress == (5, 10)
    begin(run, SHORT, [])
    assert second == [] and run.survey == SHORT and len(run.runs) == 2
    asked.progressed.emit(2, 6, 10)
    assert run.progress == (0, 0)
    ended: list[Record] = []
    run.long_ended.connect(ended.append)
    asked.answer(3)
    asked.answer(2)
    assert second == ["answered"] and [made.order for made in ended] == [LONG]
    assert run.survey is None and not run.runs
    assert over == [(SHORT, False), (SHORT, True), (LONG, True)]


def test_one_that_goes_on_is_watched_again(run: StudyRun, asked: Asked) -> None:
    said: list[str] = []
    begin(run, LONG, said)
    begin(run, replace(LONG, layers=("conv2",)), [])
    begin(run, LONG, ["not another one"])
    assert run.survey == LONG and len(asked.open) == 2 == len(run.runs)
    run.stop(2)
    run.stop()
    assert said == ["ended"] and not run.runs
    run.stop()
