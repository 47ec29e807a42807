"""What is tried in a process of its own ends there, changes no file, and is told."""

import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs import confined, exported, limits, loading, scripted
from dgn_explorer.networks.programs.confined import require_opens
from dgn_explorer.networks.programs.limits import Deadline
from dgn_explorer.networks.programs.loading import EXPORTED, SCRIPTED
from tests.networks import hostile_files as hostile

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits of memory and work are POSIX")


def can_forbid() -> bool:
    """Whether a process here can give up changing files; tried in one of its own."""
    code = "import sys; from dgn_explorer.networks.programs.landlock import forbid_changes as f"
    return not subprocess.run([sys.executable, "-c", f"{code}; sys.exit(not f())"]).returncode


@pytest.mark.parametrize("limit", ["COMPILING_S", "WORKING_S"])
@pytest.mark.parametrize("kind", [SCRIPTED, EXPORTED])
def test_work_that_nobody_can_end_is_bounded(
    script: dict[str, bytes],
    program: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    limit: str,
) -> None:
    if kind == EXPORTED:
        archive = exported.harmless(hostile.packed(program), "file").getvalue()
        limit = "WORKING_S"
    else:
        archive = scripted.harmless(hostile.packed(script), "file").getvalue()
    monkeypatch.setattr(loading, limit, -1.0)
    with pytest.raises(DgnError, match=r"seconds of work|runs too long"):
        loading.open_program(kind, archive, 3, 16)


@pytest.mark.parametrize("kind", [SCRIPTED, EXPORTED])
def test_a_program_that_was_tried_is_taken_apart_only(
    script: dict[str, bytes],
    program: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """The original could run otherwise the second time: by rounding, threads or old memory."""
    compared: list[object] = []
    monkeypatch.setattr(loading, "_require_same", lambda *arguments: compared.append(arguments))
    make, contents = (scripted, script) if kind == SCRIPTED else (exported, program)
    archive = make.harmless(hostile.packed(contents), "file").getvalue()
    loading.open_program(kind, archive, 3, 16, tried=True)
    assert not compared
    loading.open_program(kind, archive, 3, 16)
    assert compared


def bomb(script: dict[str, bytes]) -> dict[str, bytes]:
    """Thirty functions, each of which calls the one before twice."""
    lines = ["def f0(x: Tensor) -> Tensor:", "  return torch.add(x, x)"]
    for i in range(1, 31):
        before = f"__torch__.bomb.f{i - 1}"
        lines += [f"def f{i}(x: Tensor) -> Tensor:", f"  return {before}({before}(x, ), )"]
    contents = hostile.text_with(script, "x = __torch__.bomb.f30(x, )")
    return {**contents, "code/__torch__/bomb.py": "\n".join(lines).encode() + b"\n"}


@posix
@pytest.mark.parametrize("sort", ["work", "clock", "memory"])
def test_what_does_not_end_is_ended_and_nobody_waits(
    script: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(confined, "LIMIT_CPU_S", 2 if sort == "work" else 60)
    monkeypatch.setattr(confined, "MEMORY_BYTES", 1 << 28 if sort == "memory" else 64 << 30)
    if sort == "clock":
        monkeypatch.setattr(limits, "TRYING_S", 2.0)
        monkeypatch.setattr(limits, "BUSY_S", 0.0)
    archive = scripted.harmless(hostile.packed(bomb(script)), "file").getvalue()
    beats: list[float] = []
    stop = threading.Event()

    def beat() -> None:
        while not stop.is_set():
            beats.append(time.monotonic())
            time.sleep(0.001)

    other = threading.Thread(target=beat)
    other.start()
    try:
        with pytest.raises(
            DgnError, match="was not opened|cannot" if sort == "memory" else "did not end"
        ):
            require_opens(SCRIPTED, archive, 3, 16, "file", Deadline.begin())
    finally:
        stop.set()
        other.join()
    assert len(beats) > 100


@pytest.mark.parametrize("kind", [SCRIPTED, EXPORTED])
def test_an_opening_is_given_up_when_its_time_is_over(
    script: dict[str, bytes], program: dict[str, bytes], kind: str
) -> None:
    make, contents = (scripted, script) if kind == SCRIPTED else (exported, program)
    archive = make.harmless(hostile.packed(contents), "file").getvalue()
    over = Deadline(0.0)
    with pytest.raises(DgnError, match="given up"):
        loading.open_program(kind, archive, 3, 16, tried=True, deadline=over)
    with pytest.raises(DgnError, match="did not end within 0 seconds"):
        require_opens(kind, archive, 3, 16, "file", over)


def test_an_opening_that_a_busy_machine_held_up_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OPENING_S", 0.1)
    late = Deadline(time.monotonic() - 1.0, time.thread_time())
    late.require()  # it has had nothing of that second
    with pytest.raises(DgnError, match="given up"):
        Deadline(time.monotonic() - 1.0, time.thread_time() - 0.06).require()
    with pytest.raises(DgnError, match="given up"):
        Deadline(time.monotonic() - limits.BUSY_S - 1.0, time.thread_time()).require()
    Deadline(time.monotonic() + 9.0, time.thread_time() - 9.0).require()


def test_what_the_process_takes_to_start_is_not_the_networks(
    script: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine so busy that importing torch alone takes longer than a network may."""
    monkeypatch.setattr(limits, "STARTING_S", -200.0)  # as if it had taken that long
    archive = scripted.harmless(hostile.packed(script), "file").getvalue()
    now = Deadline(time.monotonic())
    later = require_opens(SCRIPTED, archive, 3, 16, "file", now)
    assert later.at - now.at > 200
    monkeypatch.setattr(limits, "STARTING_S", 300.0)
    assert require_opens(SCRIPTED, archive, 3, 16, "file", later) == later


def test_a_process_that_never_starts_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(limits, "READY_S", 0.3)
    with pytest.raises(DgnError, match="ended with"):
        require_opens(EXPORTED, b"", 0, 0, "file", Deadline.begin())


@posix
def test_the_confined_process_writes_no_file(tmp_path: Path) -> None:
    """Even an archive that nobody has checked: it is not given one, but if it were."""
    contents = hostile.text_with(
        hostile.scripted(), f'x = torch.add(x, torch.from_file("{tmp_path / "new"}", True, 1))'
    )
    with pytest.raises(DgnError):
        require_opens(SCRIPTED, hostile.packed(contents), 3, 16, "file", Deadline.begin())
    assert not (tmp_path / "new").exists() or not (tmp_path / "new").read_bytes()


@pytest.mark.skipif(not can_forbid(), reason="this system cannot forbid changes")
def test_the_confined_process_changes_no_file(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    statement = f'x = torch.add(x, torch.fill_(torch.from_file("{victim}", True, 1), 1))'
    contents = hostile.text_with(hostile.scripted(), statement)
    with pytest.raises(DgnError):
        require_opens(SCRIPTED, hostile.packed(contents), 3, 16, "file", Deadline.begin())
    assert victim.read_bytes() == b"precious"


def test_a_crash_while_opening_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_START", "import os; os.abort()")
    with pytest.raises(DgnError, match="ended with") as caught:
        require_opens(EXPORTED, b"", 0, 0, "file", Deadline.begin())
    assert "state dict" in caught.value.hint


def test_an_answer_of_another_kind_is_none() -> None:
    for output in (b"", b"{}", b"[1, 2]", b'["one"]', pickle.dumps([])):
        assert confined._answer(output) is None
    assert confined._answer(b"[]") == []
