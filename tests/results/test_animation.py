"""Animations: every frame there, the speed kept, nothing half-written."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.export.animation import save_animation


def frames(count: int) -> list[np.ndarray]:
    ramp = np.linspace(0, 200, count).astype(np.uint8)
    return [np.full((10, 12, 3), (value, 255 - value, 40), np.uint8) for value in ramp]


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
@pytest.mark.parametrize("rate", [7.0, 30.0])
def test_frames_and_speed(tmp_path: Path, suffix: str, rate: float) -> None:
    path = tmp_path / f"a{suffix}"
    save_animation(path, frames(9), frames_per_second=rate)
    with Image.open(path) as film:
        assert film.n_frames == 9
        assert film.size == (12, 10)
        total_ms = 0
        for number in range(9):
            film.seek(number)
            shown = np.asarray(film.convert("RGB"))[5, 6].astype(int)
            assert np.abs(shown - frames(9)[number][0, 0]).max() <= 12
            film.load()
            total_ms += film.info["duration"]
    assert total_ms == pytest.approx(9000 / rate, abs=6)


def test_back_and_scale(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    save_animation(path, frames(5), back=True, scale=2)
    with Image.open(path) as film:
        assert film.n_frames == 8
        assert film.size == (24, 20)


def test_mp4(tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg", reason="MP4 needs the extra video")
    path = tmp_path / "a.mp4"
    save_animation(path, frames(6))
    assert path.read_bytes()[4:8] == b"ftyp"


def test_mp4_without_its_package_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    with pytest.raises(DgnError, match="imageio-ffmpeg") as caught:
        save_animation(tmp_path / "a.mp4", frames(3))
    assert "dgn-explorer[video]" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "count", "changes"),
    [
        ("a.avi", 3, {}),
        ("a.gif", 0, {}),
        ("a.gif", 3, {"frames_per_second": 0.5}),
        ("a.gif", 3, {"scale": 0}),
        ("absent/a.gif", 3, {}),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, name: str, count: int, changes: dict[str, float]
) -> None:
    with pytest.raises(DgnError):
        save_animation(tmp_path / name, frames(count), **changes)
    assert list(tmp_path.iterdir()) == []


def test_frames_of_two_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DgnError, match="different sizes"):
        save_animation(tmp_path / "a.gif", [np.zeros((4, 4, 3)), np.zeros((5, 4, 3))])
