"""kill -9 loses nothing that was finished; ``DGN_CRASHES=300`` does it 300 times an operation."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.kill_loop import HOME, OPERATIONS

CRASHES = int(os.environ.get("DGN_CRASHES", "4"))
ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")


@pytest.mark.timeout(60 + 3 * CRASHES)
@pytest.mark.parametrize("operation", [*OPERATIONS, HOME])
def test_kill_9(operation: str, tmp_path: Path) -> None:
    seed = str(os.getpid() if "DGN_CRASHES" in os.environ else 0)
    command = [sys.executable, "-m", "tests.crash.kill_loop", operation, str(tmp_path)]
    done = subprocess.run(
        [*command, str(CRASHES), seed], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, f"seed {seed}\n{done.stderr}"
    counts = json.loads(done.stdout)
    print(operation, counts)
    assert counts["killed"] >= CRASHES
    if operation == HOME:
        assert counts["acknowledged_steps"] > 0
