"""Read damaged files for hours: ``python -m tests.fuzz [--minutes 60] [--seed 0] [--only NAME]``.

Every parser gets its turn again and again, in a child process of bounded memory and time, always
with fresh cases. Files that make trouble are kept in ``--folder``. The exit code is 1 if any did.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import contextlib
import json
import logging
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import torch

from dgn_explorer.networks.programs import limits
from tests.fuzz.parser import Parser
from tests.fuzz.parsers import make_parsers
from tests.fuzz.turn import Tally, run_turn

TURN_S, TURN_CASES = 4.0, 2000


def main() -> int:
    """Read damaged files until the time is over, then print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--only", default="", help="only parsers with this in their name")
    parser.add_argument("--folder", type=Path, help="an empty folder for the files")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    torch.set_num_threads(1)  # the threads of a pool do not live through a fork
    logging.disable(logging.CRITICAL)
    memory = Path("/dev/shm")  # where writing a file over another one does not wait for a disk
    in_memory = str(memory) if os.access(memory, os.W_OK) else None
    limits.OPENING_S, limits.TRYING_S = 55.0, 50.0  # a busy machine is no fault of a file's
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="dgn-fuzz-", dir=in_memory))
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(sys.stderr):
        parsers = [p for p in make_parsers(folder) if chosen.only in p.name]
        for each in parsers:
            read_sound(each)
    tallies = fuzz(parsers, chosen.seed, 60 * chosen.minutes)
    if chosen.json:
        print(json.dumps({name: asdict(tally) for name, tally in tallies.items()}))
    else:
        print_report(tallies)
    return int(any(tally.problems for tally in tallies.values()))


def read_sound(parser: Parser) -> None:
    """The undamaged file must be read, or else the damage would prove nothing."""
    parser.path.write_bytes(parser.build(parser.good))
    parser.read(parser.path)


def fuzz(parsers: list[Parser], seed: str, seconds: float) -> dict[str, Tally]:
    """Give every parser its turns for ``seconds``, and at least one."""
    tallies = {parser.name: Tally() for parser in parsers}
    end = time.monotonic() + seconds
    while True:
        for parser in parsers:
            tally = tallies[parser.name]
            before = len(tally.problems)
            run_turn(parser, tally, f"{seed} {parser.name}", TURN_CASES, TURN_S)
            for problem in list(tally.problems.values())[before:]:
                print(f"{parser.name}: {problem}\n", file=sys.stderr, flush=True)
            if time.monotonic() > end and all(t.cases for t in tallies.values()):
                return tallies


def print_report(tallies: dict[str, Tally]) -> None:
    """One line a parser, and the sum."""
    print(f"{'parser':36} {'cases':>9} {'refused':>9} {'slowest s':>9} {'MiB':>6} problems")
    for name, t in tallies.items():
        line = f"{name:36} {t.cases:9,} {t.refused:9,} {t.slowest_s:9.2f} {t.peak_kib >> 10:6}"
        print(f"{line} {len(t.problems)}")
    cases, refused = (sum(getattr(t, k) for t in tallies.values()) for k in ("cases", "refused"))
    problems = sum(len(t.problems) for t in tallies.values())
    print(f"{'all':36} {cases:9,} {refused:9,} {'':9} {'':6} {problems}")


if __name__ == "__main__":
    sys.exit(main())
