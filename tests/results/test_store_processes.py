"""Programs that are killed, and programs that share a store."""

import subprocess
import sys
from pathlib import Path

import pytest

from dgn_explorer.disk import FileSystem
from dgn_explorer.errors import DgnError
from dgn_explorer.results.store import Store
from dgn_explorer.sharing import locked
from tests.results.making import assert_same, files_below, make_recipe, make_result

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")

# One interpreter forks ten writers, so that the imports are paid for once. A writer names each
# result after `put` returned; whatever was named must be there after the kill.
KILL_LOOP = """
import os, random, signal, sys, time
from pathlib import Path
from dgn_explorer.results.store import Store
from tests.results.making import make_result

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
Store(folder).put(make_result(0, size=64))
rng = random.Random(0)
promised = set()
for kill in range(kills):
    reading, writing = os.pipe()
    writer = os.fork()
    if not writer:
        store, index = Store(folder), 1000 * (kill + 1)
        while True:
            store.put(make_result(index, size=64))
            os.write(writing, b"%d\\n" % index)
            index += 1
    os.close(writing)
    time.sleep(rng.uniform(0.005, 0.12))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    with os.fdopen(reading) as lines:
        promised |= {int(line) for line in lines}
print(*promised)
"""


def test_kill_9_loses_nothing_that_was_finished(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    command = [sys.executable, "-c", KILL_LOOP, str(folder), "10"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    promised = {int(word) for word in done.stdout.split()}
    assert len(promised) >= 10
    store = Store(folder)
    for index in promised:
        assert_same(store.get(make_recipe(index).key), make_result(index, size=64))
    report = store.verify()
    assert report.damaged == ()
    assert len(promised) < report.results <= len(promised) + 11
    assert all(name.endswith(".h5") for name in files_below(folder))


WRITER = """
import sys
from pathlib import Path
from dgn_explorer.results.store import Store
from tests.results.making import make_result

store, state = Store(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for index in range(40):
    store.put(make_result(index, state, 5 if state == "done" else 9))
    store.list()
"""


def test_two_programs_write_the_same_results_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), state],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for state in ("done", "stopped")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n")
        assert writer.returncode == 0
    store = Store(folder)
    for index in range(40):
        assert_same(store.get(make_recipe(index).key), make_result(index))
    assert store.verify().results == 40
    assert len(files_below(folder)) == 40


def test_a_lock_that_is_never_let_go_is_an_error_that_says_so(tmp_path: Path) -> None:
    path, fs = tmp_path / ".lock", FileSystem()
    with (
        locked(path, fs),
        pytest.raises(DgnError, match=r"busy for 0.05 s.* Close other copies"),
        locked(path, fs, timeout_s=0.05),
    ):
        pass
    with locked(path, fs, timeout_s=0.05):
        pass
