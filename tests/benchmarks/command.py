"""Start of the command line, in processes of their own."""

import json
import os
import subprocess
import sys
import tempfile
import time


def measure() -> dict[str, float]:
    """Seconds of ``--help``, and what a stored result costs once everything is open."""
    program = [sys.executable, "-m", "dgn_explorer"]
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "DGN_EXPLORER_HOME": home}
        started = time.perf_counter()
        subprocess.run([*program, "--help"], check=True, capture_output=True, env=environment)
        help_s = time.perf_counter() - started
        make = [*program, "visualize", "volcano", "--steps", "3", "--out", home, "--json"]
        subprocess.run(make, check=True, capture_output=True, env=environment)
        again = subprocess.run(make, check=True, capture_output=True, env=environment)
    answer = json.loads(again.stdout)
    assert answer["cached"]
    return {"help_s": help_s, "cached_answer_s": answer["seconds"]}
