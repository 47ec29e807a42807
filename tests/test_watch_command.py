"""``dgn-explorer watch``: a line for each picture of a video, and refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.test_command_line import run


def test_watch_says_what_is_seen_in_every_picture(tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="needs the extra video")
    writer = ffmpeg.write_frames(str(tmp_path / "a.mp4"), (64, 48), fps=8, macro_block_size=2)
    writer.send(None)
    for number in range(4):
        writer.send(np.full((48, 64, 3), 60 * number, np.uint8))
    writer.close()
    done = run("watch", "a.mp4", "--layer", "blocks.4", "--count", "3", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["picture"] for row in rows] == [0, 1, 2]
    for row in rows:
        assert row["top1_label"] and 0 < row["probability"] <= 1
        values = list(row["strongest"].values())
        assert values == sorted(values, reverse=True) and len(values) == 3
        assert all(unit.startswith("blocks.4:") for unit in row["strongest"])
    (tmp_path / "a.mp4").write_bytes(b"no video")
    broken = run("watch", "a.mp4", "--layer", "blocks.4", cwd=tmp_path)
    assert broken.returncode == 2 and "a.mp4 is no video" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_watch_takes_a_video_or_a_camera(tmp_path: Path) -> None:
    neither = run("watch", "--layer", "blocks.4", cwd=tmp_path)
    assert neither.returncode == 2 and "one of the two" in neither.stderr
