"""Two processes in one run folder, and what others can tell of the one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.locks import Taken
from dgn_explorer.training.running.folder import read_status
from dgn_explorer.training.running.lock import LOCK_NAME, alone_in, is_alive
from dgn_explorer.training.running.metrics import NAME as METRICS_NAME
from dgn_explorer.training.running.metrics import read_metrics
from tests.training.tiny import write_photos

ROOT = Path(__file__).parents[2]

# A run that waits after each of its steps until it is told to go on.
RUN = """
import sys
from pathlib import Path
from dgn_explorer.errors import DgnError
from dgn_explorer.training.running.run import train
from tests.training.tiny import open_tiny, tiny_settings

def report(step, *rest):
    print(step, flush=True)
    sys.stdin.readline()

try:
    train(tiny_settings(Path(sys.argv[1]), steps=4), Path(sys.argv[2]), name="tiny",
          save_every_s=0.0, progress=lambda *_: None, report=report, device="cpu",
          opener=open_tiny)
except DgnError as error:
    print(error, flush=True)
"""


def run(photos: Path, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(photos), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_second_of_two_runs_in_one_folder_is_refused_and_changes_nothing(
    tmp_path: Path,
) -> None:
    photos, folder = write_photos(tmp_path / "photos", 24), tmp_path / "run"
    first = run(photos, folder)
    assert first.stdout is not None and first.stdin is not None
    assert first.stdout.readline() == "1\n"
    assert is_alive(folder)
    before = contents(folder)
    second = run(photos, folder)
    said, _ = second.communicate(timeout=100)
    assert f"{folder} is being trained by process {first.pid} on " in said
    assert "choose another --run folder" in said and "Traceback" not in said
    assert contents(folder) == before
    rest, _ = first.communicate("\n\n\n\n", timeout=100)
    assert rest.split() == ["2", "3", "4"]
    status = read_status(folder)
    assert status is not None and status.state == "done"
    assert not is_alive(folder)
    assert [row["step"] for row in read_metrics(folder / METRICS_NAME)] == [1, 2, 3, 4]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_run_is_dead_at_once_and_its_folder_free(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from dgn_explorer.training.running.lock import alone_in\n"
        "with alone_in(Path(sys.argv[1])): print('in', flush=True); sys.stdin.readline()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "in\n"
    assert is_alive(tmp_path)
    holder.kill()
    holder.communicate()
    assert not is_alive(tmp_path)
    with alone_in(tmp_path):
        assert json.loads((tmp_path / LOCK_NAME).read_text())["pid"] == os.getpid()


def test_a_folder_is_free_before_and_after(tmp_path: Path) -> None:
    assert not is_alive(tmp_path)
    with alone_in(tmp_path):
        assert is_alive(tmp_path)
    assert not is_alive(tmp_path) and (tmp_path / LOCK_NAME).read_bytes() == b""


def test_without_locks_the_number_of_the_process_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "dgn_explorer.training.running.lock.take",
        lambda descriptor, shared=False: Taken.UNSUPPORTED,
    )
    with alone_in(tmp_path):
        me = json.loads((tmp_path / LOCK_NAME).read_text())
        assert is_alive(tmp_path)
        with pytest.raises(DgnError, match=rf"process {os.getpid()} on .* remove .*{LOCK_NAME}"):
            alone_in(tmp_path).__enter__()
    assert not is_alive(tmp_path)
    for said, alive in (
        ({**me, "pid": 2**22 + 1}, os.name == "nt"),
        ({**me, "pid": 2**22 + 1, "host": "elsewhere"}, True),
        ({"pid": []}, True),
    ):
        (tmp_path / LOCK_NAME).write_text(json.dumps(said))
        assert is_alive(tmp_path) == alive, said


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DgnError, match=r"not possible to write .*--run folder"):
        alone_in(tmp_path / "file").__enter__()
