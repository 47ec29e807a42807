"""The thread count that is measured once."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

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


def test_a_number_that_is_given_counts(measured: list[int]) -> None:
    threads.use_threads(CPU, 3)
    assert torch.get_num_threads() == 3
    assert measured == []


def test_a_gpu_needs_no_measurement(measured: list[int]) -> None:
    threads.use_threads(torch.device("cuda"))
    assert measured == []


def test_what_a_busy_machine_says_is_not_kept(
    measured: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (4.1, 1.0, 1.0), raising=False)
    threads.use_threads(CPU)
    threads.use_threads(CPU)
    assert measured == [1, 2, 4, 8] * 2


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
    assert json.loads(path.read_text(encoding="utf-8")) == {"cores": 8, "threads": 4}


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
