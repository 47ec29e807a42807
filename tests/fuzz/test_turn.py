"""The long fuzz finds what it is meant to find; ``python -m tests.fuzz`` runs it."""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from tests.fuzz import parsers, turn
from tests.fuzz.__main__ import read_sound
from tests.fuzz.parser import Parser
from tests.fuzz.turn import Tally, run_turn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs fork and /proc")


def refuse(path: Path) -> None:
    raise DgnError(f"{path} is bad.", "Take another one.")


def fill(path: Path) -> None:
    assert len(bytearray(b"x") * (400 << 20)) > 0


def ask_for_too_much(path: Path) -> None:
    bytearray(64 << 30)


def rudely(path: Path) -> None:
    raise DgnError("It is bad.", "")


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda path: path.read_bytes().decode("ascii").index("\1"), "Error"),
        (lambda path: ctypes.string_at(0), "died of SIGSEGV"),
        (lambda path: os._exit(3), "exit code 3"),
        (lambda path: time.sleep(60), "hangs"),
        (fill, "MiB"),
        (ask_for_too_much, "MemoryError"),
        (rudely, "no way out"),
    ],
)
def test_trouble_of_every_kind_is_found(
    read: Callable[[Path], object], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words == "hangs":
        monkeypatch.setattr(turn, "CASE_S", 0.3)
    tally = Tally()
    run_turn(Parser("x", tmp_path / "x.bin", b"sound", read), tally, "0", 50, 10.0)
    (problem,) = tally.problems.values()
    assert words in problem
    assert (tmp_path / "problem-0.bin").read_bytes() == (tmp_path / "x.bin").read_bytes()
    run_turn(Parser("x", tmp_path / "x.bin", b"sound", read), tally, "0", 50, 10.0)
    assert len(tally.problems) == 1 or words == "Error"  # told once


def test_refusals_and_sound_reading_are_no_trouble(tmp_path: Path) -> None:
    tallies = Tally(), Tally()
    for read, tally in zip((refuse, Path.read_bytes), tallies, strict=True):
        run_turn(Parser("x", tmp_path / "x.bin", b"sound", read), tally, "0", 100, 10.0)
        assert tally.problems == {}
        assert tally.cases == 100
    assert [tally.refused for tally in tallies] == [100, 0]


def test_a_case_is_the_same_again_from_its_seed(tmp_path: Path) -> None:
    seen: list[set[bytes]] = []
    for _ in range(2):
        kept = tmp_path / f"kept-{len(seen)}"
        kept.mkdir()

        def keep(path: Path, kept: Path = kept) -> None:
            (kept / str(len(list(kept.iterdir())))).write_bytes(path.read_bytes())

        run_turn(Parser("x", tmp_path / "x.bin", b"some content", keep), Tally(), "7", 20, 10.0)
        seen.append({path.read_bytes() for path in kept.iterdir()})
    assert seen[0] == seen[1] and len(seen[0]) > 10


def test_every_reader_of_results_reads_what_is_sound(tmp_path: Path) -> None:
    for parser in parsers._results(tmp_path):
        read_sound(parser)
