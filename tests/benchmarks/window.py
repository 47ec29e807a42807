"""The real window in a process of its own, driven by keys and clicks; see `window_probe`."""

import json
import os
import subprocess
import sys
import tempfile
import time


def measure() -> dict[str, float]:
    """Seconds and milliseconds as a user feels them."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "QT_QPA_PLATFORM": "offscreen",
            **os.environ,
            "DGN_EXPLORER_HOME": home,
            "STARTED": str(time.time()),
        }
        probe = [sys.executable, "-m", "tests.benchmarks.window_probe"]
        ran = subprocess.run(
            probe, env=environment, stdout=subprocess.PIPE, timeout=600, check=True
        )
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found
