"""Five seconds of the robot; ``python -m tests.soak`` goes on for an hour."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.watch import slope

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_the_window_stands_random_use(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.soak", "--minutes", "0.083", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    report = json.loads(done.stdout)
    assert report["problems"] == {}
    assert report["actions"] >= 20 and report["bursts"] >= 1
    assert len(report["done"]) > 5


def test_a_slope_is_that_of_the_points() -> None:
    assert slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == pytest.approx(2.0)
    assert slope([(0.0, 1.0), (1.0, 3.0)]) == 0.0
