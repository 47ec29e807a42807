"""Start of the command line, in processes of their own."""

import json
import os
import subprocess
import sys
import tempfile
import time


def measure() -> dict[str, float]:
    """Seconds of ``--help``, and of a command whose result is in the store, start included."""
    program = [sys.executable, "-m", "dgn_explorer"]
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "DGN_EXPLORER_HOME": home}
        started = time.perf_counter()
        subprocess.run([*program, "--help"], check=True, capture_output=True, env=environment)
        help_s = time.perf_counter() - started
        make = [*program, "visualize", "volcano", "--steps", "3", "--out", home, "--json"]
        subprocess.run(make, check=True, capture_output=True, env=environment)
        started = time.perf_counter()
        again = subprocess.run(make, check=True, capture_output=True, env=environment)
        stored_s = time.perf_counter() - started
    assert json.loads(again.stdout)["cached"]
    return {"help_s": help_s, "stored_answer_s": stored_s}
