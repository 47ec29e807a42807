"""Pictures of a video, in a process of its own: all of them, or the newest, or a refusal."""

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.photos import film
from dgn_explorer.photos.film import camera_arguments, open_camera, open_film, read_ppm

COUNT = 8


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Grey pictures, each lighter than the one before, 64 by 48."""
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="needs the extra video")
    path = tmp_path / "a film.mp4"
    writer = ffmpeg.write_frames(str(path), (64, 48), fps=8, quality=9, macro_block_size=2)
    writer.send(None)
    for number in range(COUNT):
        writer.send(np.full((48, 64, 3), 20 + 25 * number, np.uint8))
    writer.close()
    return path


def test_all_pictures_come_in_order_however_slow_one_is(video: Path) -> None:
    with open_film(video) as one:
        time.sleep(0.3)  # all could have been dropped by now
        taken = []
        while not one.ended:
            if (found := one.take(1.0)) is not None:
                taken.append(found)
    assert [number for number, _ in taken] == list(range(COUNT))
    assert all(picture.shape == (48, 64, 3) for _, picture in taken)
    tones = [float(picture.mean()) for _, picture in taken]
    np.testing.assert_allclose(tones, [20 + 25 * number for number in range(COUNT)], atol=4)


def test_a_live_one_shows_the_newest_and_goes_on(video: Path) -> None:
    with open_film(video, live=True) as one:
        first = one.take(20.0)
        assert first is not None
        time.sleep(0.6)
        later = one.take(20.0)
        assert later is not None and later[0] > first[0] + 1 and not one.ended
    one.close()
    assert one._process.poll() is not None


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg", reason="needs the extra video")
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video")
    with open_film(path) as one:
        while not one.ended:
            assert one.take(1.0) is None
        assert one.why_nothing().message.startswith("a.mp4 is no video that can be read (")
    with pytest.raises(DgnError):
        open_film(tmp_path)
    with pytest.raises(DgnError):
        open_film(tmp_path / "missing.mp4")


def test_a_playlist_cannot_name_another_file(tmp_path: Path, video: Path) -> None:
    listed = {
        "a.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{video}\n#EXT-X-ENDLIST\n",
        "a.mp4": f"ffconcat version 1.0\nfile '{video.name}'\n",
    }
    for name, text in listed.items():
        path = tmp_path / name
        path.write_text(text)
        with open_film(path) as one:
            while not one.ended:
                assert one.take(1.0) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    os.mkfifo(path)
    with pytest.raises(DgnError, match="is a pipe"):
        open_film(path)


def test_without_the_extra_it_says_which_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    path = tmp_path / "a.mp4"
    path.write_bytes(b"video")
    with pytest.raises(DgnError, match="imageio-ffmpeg") as caught:
        open_film(path)
    assert "dgn-explorer[video]" in caught.value.hint


def test_cameras_of_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert camera_arguments("Front", "win32")[-1] == "video=Front"
    with pytest.raises(DgnError, match="There is no camera"):
        camera_arguments("77", "linux")
    monkeypatch.setattr(film.sys, "platform", "linux")
    with pytest.raises(DgnError, match=r"/dev/video77"):
        open_camera("77")


def test_pictures_that_are_cut_off_end_the_film() -> None:
    whole = b"P6\n2 1\n255\n" + bytes(range(6))
    pipe = io.BytesIO(whole + whole[:-1])
    found = read_ppm(pipe)
    assert found is not None and found.tolist() == [[[0, 1, 2], [3, 4, 5]]]
    assert read_ppm(pipe) is None
    for wrong in (b"", b"P5\n1 1\n255\n0", b"P6\n99999 99999\n255\n", b"P6\n" + b"1" * 99):
        assert read_ppm(io.BytesIO(wrong)) is None
