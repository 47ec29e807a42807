"""The same recipe in two processes, each with a store of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dgn_explorer.results.store import Store

COMMAND = (sys.executable, "-m", "dgn_explorer", "visualize", "blocks.10:17", "--device", "cpu")


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_recipe_gives_the_same_bytes(tmp_path: Path, threads: int) -> None:
    images, codes = [], []
    for name in ("once", "again"):
        home = tmp_path / name
        words = ("--steps", "4", "--threads", str(threads), "--json", "--out", str(home / "out"))
        run = subprocess.run(
            [*COMMAND, *words],
            env={**os.environ, "DGN_EXPLORER_HOME": str(home)},
            capture_output=True,
            check=True,
            text=True,
        )
        images.append(Path(json.loads(run.stdout)["path"]).read_bytes())
        (stored,) = [Store(path.parent.parent) for path in home.rglob("*.h5")]
        (summary,) = stored.list()
        record = stored.get(summary.key)
        assert record is not None and record.provenance.versions["threads"] == str(threads)
        codes.append(record.codes.tobytes())
    assert images[0] == images[1]
    assert codes[0] == codes[1]
