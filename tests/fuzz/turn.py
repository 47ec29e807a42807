"""One turn: a forked child reads damaged files with one parser, in bounded memory and time."""

import contextlib
import faulthandler
import gc
import json
import os
import random
import resource
import signal
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from dgn_explorer.errors import DgnError
from tests.fuzz.parser import Parser
from tests.fuzzing import damage

CASE_S = 60.0  # a case that takes longer hangs; a program is given up before, by itself
MOST_KIB = 300 << 10  # a case may take this much memory
ADDRESS_BYTES = 4 << 30  # and the child may not even ask for more than this on top


@dataclass
class Tally:
    """What the turns of one parser came to; ``problems`` are different, each with a case's seed."""

    cases: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    peak_kib: int = 0
    problems: dict[str, str] = field(default_factory=dict)

    def add(self, case: dict[str, object]) -> None:
        """Count one case that the child told of."""
        self.cases += 1
        self.refused += bool(case["refused"])
        self.slowest_s = max(self.slowest_s, float(str(case["s"])))
        self.peak_kib = max(self.peak_kib, int(str(case["kib"])))


def run_turn(parser: Parser, tally: Tally, seed: str, cases: int, seconds: float) -> None:
    """Read up to ``cases`` damaged files within about ``seconds``; the first problem ends it."""
    reading, writing = os.pipe()
    trace = parser.path.with_name("fault.txt")
    child = os.fork()
    if not child:
        os.close(reading)
        _live(parser, f"{seed} {tally.cases}", cases, seconds, writing, trace)
    os.close(writing)
    started = ""
    with os.fdopen(reading) as lines:
        for line in lines:
            said = json.loads(line)
            if "refused" in said:
                tally.add(said)
                started = ""
            else:
                started = said["started"]
            if said.get("problem"):
                _note(tally, parser, said["problem"], said["seed"])
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        tally.cases += 1
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        what = "hangs" if -code == signal.SIGALRM else f"died of {name}"
        _note(tally, parser, f"{what}\n{trace.read_text(errors='replace')}", started)


def _note(tally: Tally, parser: Parser, problem: str, seed: str) -> None:
    """Keep the file of a problem of a new kind, which is told by where it happened."""
    lines = [line.strip() for line in problem.splitlines()]
    places = [line for line in lines if line.startswith("File ")]
    kind = f"{lines[0]} {places[-1] if lines[0].startswith('Traceback') else places[:1]}"
    if kind not in tally.problems:
        kept = parser.path.with_name(f"problem-{len(tally.problems)}{parser.path.suffix}")
        if parser.path.is_file():
            kept.write_bytes(parser.path.read_bytes())
        tally.problems[kind] = f"{problem}\nfile {kept}\nseed {seed!r}"


def _live(parser: Parser, seed: str, cases: int, seconds: float, writing: int, trace: Path) -> None:
    """The child's life, which ends with the first problem."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    warnings.simplefilter("ignore")
    with contextlib.suppress(ValueError):
        most = _address_bytes() + ADDRESS_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    fault = trace.open("w")
    faulthandler.enable(fault)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    faulthandler.register(signal.SIGALRM, fault, chain=True)  # tells where, then ends the child
    gc.freeze()
    end = time.monotonic() + seconds
    status = 1
    try:
        for number in range(cases):
            if time.monotonic() > end or not _try_one(parser, f"{seed} {number}", writing):
                break
        status = 0
    finally:
        os._exit(status)


def _try_one(parser: Parser, seed: str, writing: int) -> bool:
    """Whether the next case may follow in this process."""
    _tell(writing, started=seed)
    rng = random.Random(seed)
    parser.path.write_bytes(parser.build(damage(parser.good, rng.randint)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.setitimer(signal.ITIMER_REAL, CASE_S)
    started = time.perf_counter()
    refused, problem = False, ""
    try:
        parser.read(parser.path)
    except DgnError as error:
        refused = True
        if not (error.message and error.hint):
            problem = f"no way out is told: {error!r}"
    except BaseException:
        problem = traceback.format_exc()
    seconds = time.perf_counter() - started
    signal.setitimer(signal.ITIMER_REAL, 0)
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if kib > MOST_KIB:
        problem = problem or f"takes more than {MOST_KIB >> 10} MiB"
    _tell(writing, refused=refused, s=seconds, kib=kib, problem=problem, seed=seed)
    return not problem


def _tell(writing: int, **values: object) -> None:
    os.write(writing, json.dumps(values).encode() + b"\n")


def _address_bytes() -> int:
    """The address space in use; raises `ValueError` where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError as error:
        raise ValueError("no /proc") from error
    return pages * resource.getpagesize()
