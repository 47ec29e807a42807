"""Recorded passes: which recording is used, whose the tensors are, and what cannot be recorded."""

import pytest
import torch
from torch import Tensor

from dgn_explorer.machine import graphs
from dgn_explorer.machine.graphs import MOST, Function, Graphs
from tests.recording import record_on_a_cpu

CPU = torch.device("cpu")


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Function]:
    return record_on_a_cpu(monkeypatch)


def double(x: Tensor) -> tuple[Tensor, ...]:
    return (2 * x,)


def test_a_recording_serves_all_inputs_of_its_shape(recorded: list[Function]) -> None:
    run = Graphs(CPU)
    for x in (torch.ones(2), torch.tensor([3.0, 4.0]), torch.ones(3)):
        assert torch.equal(run.run("double", double, [x])[0], 2 * x)
    assert len(recorded) == 2  # two shapes


def test_what_was_given_out_stays_as_it_is(recorded: list[Function]) -> None:
    run = Graphs(CPU)
    x = torch.ones(2)
    (first,) = run.run("double", double, [x])
    run.run("double", double, [5 * x])
    assert torch.equal(first, 2 * x) and torch.equal(x, torch.ones(2))


def test_the_first_function_of_a_key_is_the_one_that_runs(recorded: list[Function]) -> None:
    run = Graphs(CPU)
    run.run("key", double, [torch.ones(2)])
    (found,) = run.run("key", lambda x: (3 * x,), [torch.ones(2)])
    assert torch.equal(found, torch.full((2,), 2.0))


def test_what_cannot_be_recorded_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    record_on_a_cpu(monkeypatch)

    def capture(function: Function, inputs: object) -> None:
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graphs, "capture", capture)
    run = Graphs(CPU)
    for factor in (2, 3):  # also the second time
        (found,) = run.run("key", lambda x, f=factor: (f * x,), [torch.ones(2)])
        assert torch.equal(found, torch.full((2,), float(factor)))


def test_a_recording_that_computes_something_else_is_not_used(recorded: list[Function]) -> None:
    calls = []

    def changing(x: Tensor) -> tuple[Tensor, ...]:
        calls.append(x)
        return (x * len(calls),)

    run = Graphs(CPU)
    run.run("key", changing, [torch.ones(2)])
    (found,) = run.run("key", double, [torch.ones(2)])
    assert torch.equal(found, torch.full((2,), 2.0))


def test_few_recordings_are_kept(recorded: list[Function]) -> None:
    run = Graphs(CPU)
    for size in (*range(1, MOST + 2), 1):
        run.run("double", double, [torch.ones(size)])
    assert len(recorded) == MOST + 2  # the first was forgotten and recorded anew


def test_older_recordings_make_room(
    recorded: list[Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Graphs(CPU)
    run.run("double", double, [torch.ones(1)])
    capture = graphs.capture
    tried = []

    def full_once(function: Function, inputs: list[Tensor]) -> object:
        tried.append(function)
        if len(tried) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return capture(function, inputs)

    monkeypatch.setattr(graphs, "capture", full_once)
    assert torch.equal(run.run("double", double, [torch.ones(2)])[0], torch.full((2,), 2.0))
    run.run("double", double, [torch.ones(1)])
    assert len(tried) == 3  # and the one that made room is recorded anew


def test_nothing_is_recorded_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "capture", None)
    assert torch.equal(Graphs(CPU).run("double", double, [torch.ones(2)])[0], torch.ones(2) * 2)
