"""The thread count that is measured once."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from dgn_explorer.cli import group
from dgn_explorer.errors import DgnError
from dgn_explorer.machine import threads
from dgn_explorer.paths import data_folder

CPU = torch.device("cpu")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A machine of 8 cores where 4 threads are fastest and 8 a little faster; what was tried."""
    tried: list[int] = []

    def seconds(count: int) -> float:
        tried.append(count)
        return {1: 4.0, 2: 2.2, 4: 1.5, 8: 1.3}[count]

    before = torch.get_num_threads()
    monkeypatch.setattr(threads, "_pass_seconds", seconds)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.5, 0.5, 0.5), raising=False)
    monkeypatch.setattr(threads, "_IDLE", 0.0)
    yield tried
    torch.set_num_threads(before)


def test_it_is_measured_once(measured: list[int]) -> None:
    threads.use_threads(CPU)
    assert torch.get_num_threads() == 4  # 8 would not bring a fifth
    assert measured == [1, 2, 4, 8]
    torch.set_num_threads(1)
    threads.use_threads(CPU)
    assert torch.get_num_threads() == 4
    assert measured == [1, 2, 4, 8]


def test_a_file_of_an_earlier_version_counts(measured: list[int]) -> None:
    data_folder().mkdir(parents=True)
    (data_folder() / "threads.json").write_text('{"cores": 8, "threads": 2}')
    threads.use_threads(CPU)
    assert torch.get_num_threads() == 2
    assert measured == []


def test_a_number_that_is_given_counts(measured: list[int]) -> None:
    threads.use_threads(CPU, 3)
    assert torch.get_num_threads() == 3
    assert measured == []


def test_a_gpu_needs_no_measurement(measured: list[int]) -> None:
    threads.use_threads(torch.device("cuda"))
    assert measured == []


def load(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (value, 1.0, 1.0), raising=False)


def test_what_a_busy_machine_says_stays_until_it_is_idle(
    measured: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(monkeypatch, 4.1)
    threads.use_threads(CPU)
    known = threads.known_threads()
    assert known is not None and not known.sure and "busy" in known.source
    threads.use_threads(CPU)
    assert measured == [1, 2, 4, 8]  # so that the second start rounds as the first
    load(monkeypatch, 0.5)
    for _ in range(2):
        threads.use_threads(CPU)
        assert threads.known_threads() == threads.Threads(8, 4)
    assert measured == [1, 2, 4, 8] * 2


def test_others_that_take_turns_with_it_make_a_measurement_unsure(
    measured: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load is a mean of a minute, in which nothing may have run yet."""
    monkeypatch.setattr(threads, "_IDLE", 0.8)
    running = iter([0.0, 0.1])
    passed = iter([0.0, 4.0])
    monkeypatch.setattr(time, "thread_time", lambda: next(running))
    monkeypatch.setattr(time, "perf_counter", lambda: next(passed))
    threads.use_threads(CPU)
    known = threads.known_threads()
    assert known is not None and not known.sure


def test_a_chosen_number_stays_until_it_is_measured_again(measured: list[int]) -> None:
    threads.choose_threads(3)
    threads.use_threads(CPU)
    assert torch.get_num_threads() == 3
    assert measured == []
    found = threads.measure_again()
    assert (found.threads, found.sure, found.chosen) == (4, True, False)
    threads.use_threads(CPU)
    assert torch.get_num_threads() == 4
    with pytest.raises(DgnError, match="0 threads"):
        threads.choose_threads(0)


def test_info_chooses_measures_and_says_so(measured: list[int]) -> None:
    def info(*words: str) -> str:
        done = CliRunner().invoke(group, ["info", "--device", "cpu", "--json", *words])
        assert done.exit_code == 0, done.output
        return str(json.loads(done.stdout)["threads"])

    assert info("--use-threads", "2") == "2, chosen"
    assert torch.get_num_threads() == 2
    assert info("--measure-threads") == "4, measured"
    assert info() == "4, measured"
    assert measured == [1, 2, 4, 8]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"cores": 8}', '{"cores": 8, "threads": 99}', '{"cores": 2, "threads": 1}']
)
def test_a_damaged_file_or_another_machine_is_measured_again(
    measured: list[int], text: str
) -> None:
    data_folder().mkdir(parents=True)
    path = data_folder() / "threads.json"
    path.write_text(text, encoding="utf-8")
    threads.use_threads(CPU)
    assert measured == [1, 2, 4, 8]
    assert threads.known_threads() == threads.Threads(8, 4)


def test_a_folder_that_cannot_be_written_to_costs_only_time(
    measured: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DGN_EXPLORER_HOME", str(tmp_path / "file"))
    threads.use_threads(CPU)
    assert torch.get_num_threads() == 4


def test_the_measurement_itself() -> None:
    before = torch.get_num_threads()
    assert 0 < threads._pass_seconds(1) < 10
    torch.set_num_threads(before)
