"""Pictures of a video file or a webcam, decoded by ffmpeg in a process of its own (extra `video`).

A video may come from a stranger, and decoders of video have more faults than any others: so the
bytes never enter this process. ffmpeg gets the name of a file and may open nothing else (no
network, no playlists that name other files), and what comes back are plain pixels.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.files import LARGEST_PIXELS, open_file
from dgn_explorer.photos.reading import LARGEST_PX

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ogv", ".gif")
# Containers that hold their pictures themselves; playlists and descriptions name other files
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,ogg,gif,asf,flv"
_SMALLER = (
    f"scale=w='min(iw,{LARGEST_PX})':h='min(ih,{LARGEST_PX})':force_original_aspect_ratio=decrease"
)
_END_S = 2.0
_MOST_HEAD = 64


class Film:
    """Pictures as they come; the newest one waits to be taken. Close it.

    With ``live`` a picture that nobody took is dropped for the next, so that whoever is slow sees
    less but never late; without, ffmpeg waits until each has been taken. `take` never blocks longer
    than it is told, and any thread may call it.
    """

    def __init__(self, name: str, given: Sequence[str], live: bool) -> None:
        """``given`` are ffmpeg's arguments for the source; raises `DgnError` if it cannot start."""
        self.name = name
        self._live = live
        self._changed = threading.Condition()
        self._newest: tuple[int, np.ndarray] | None = None
        self._closed = False
        self._ended = False
        self._said = b""
        wanted = [*given, "-an", "-sn", "-dn", "-vf", _SMALLER]
        command = [_ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", *wanted]
        command += ["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-"]
        hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # of a console on Windows
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, creationflags=hidden
            )
        except OSError as error:
            raise DgnError(
                f"ffmpeg cannot be started ({error}).",
                "Install it anew with: pip install --force-reinstall imageio-ffmpeg",
            ) from None
        self._listener = threading.Thread(target=self._listen, name="dgn-film-said", daemon=True)
        self._reader = threading.Thread(target=self._read, name="dgn-film", daemon=True)
        self._listener.start()  # first: the reader waits for its end
        self._reader.start()

    def take(self, timeout_s: float = 0.0) -> tuple[int, np.ndarray] | None:
        """The newest picture and its number from 0; None if there is none yet.

        Pictures are (H, W, 3) uint8 RGB, upright, the longer side at most 1024.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended, timeout_s)
            taken, self._newest = self._newest, None
            self._changed.notify_all()
            return taken

    @property
    def ended(self) -> bool:
        """Whether no picture comes any more, the last one taken."""
        with self._changed:
            return self._ended and self._newest is None

    def why_nothing(self) -> DgnError:
        """What to say of a film that has ended without a picture."""
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1][:200] if lines else "it holds no pictures"
        return DgnError(
            f"{self.name} is no video that can be read ({reason}).",
            "Give an MP4, WebM, MOV, MKV, AVI or GIF, or a camera that no other program uses.",
        )

    def close(self) -> None:
        """End ffmpeg; again does no harm."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._process.kill()
        self._process.wait()
        for thread in (self._reader, self._listener):
            thread.join(_END_S)

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _read(self) -> None:
        """Put pictures into the slot; on a thread of its own."""
        pipe = self._process.stdout
        assert pipe is not None
        number = 0
        with pipe:
            while (picture := read_ppm(pipe)) is not None:
                with self._changed:
                    if not self._live:
                        self._changed.wait_for(lambda: self._newest is None or self._closed)
                    if self._closed:
                        break
                    self._newest = number, picture
                    self._changed.notify_all()
                number += 1
        self._listener.join(_END_S)  # what ffmpeg says about the end
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _listen(self) -> None:
        """Keep the end of what ffmpeg says, so that it never waits for a reader."""
        pipe = self._process.stderr
        assert pipe is not None
        with pipe:
            while piece := pipe.read1(4096):  # type: ignore[attr-defined]
                self._said = (self._said + piece)[-4096:]


def open_film(path: Path, live: bool = False) -> Film:
    """The pictures of a video file; ``live`` at the speed of the file, over and over.

    Raises `DgnError` for what is no ordinary file, and without the extra ``video``.
    """
    open_file(path).close()
    source = f"file:{path.absolute()}"
    pace = ["-re", "-stream_loop", "-1"] if live else []
    guarded = ["-protocol_whitelist", "file", "-format_whitelist", _CONTAINERS]
    bounded = ["-max_pixels", str(LARGEST_PIXELS)]
    return Film(path.name, [*pace, *guarded, *bounded, "-i", source], live)


def open_camera(name: str = "0") -> Film:
    """The pictures of a webcam: its number, or on Windows its name.

    Raises `DgnError` without the extra ``video``, or if there is no such camera.
    """
    return Film(f"The camera {name}", camera_arguments(name, sys.platform), live=True)


def camera_arguments(name: str, system: str) -> list[str]:
    """What ffmpeg is told to open a camera on a ``system``, as `sys.platform` calls it.

    >>> camera_arguments("1", "darwin")[-1]
    '1:none'
    """
    if system == "darwin":
        return ["-f", "avfoundation", "-framerate", "30", "-i", f"{name}:none"]
    if system == "win32":
        return ["-f", "dshow", "-i", f"video={name}"]
    device = Path(f"/dev/video{name}" if name.isdecimal() else name)
    if not device.exists():
        raise DgnError(f"There is no camera {device}.", "Connect one, or give another number.")
    return ["-f", "v4l2", "-i", str(device)]


def read_ppm(pipe: IO[bytes]) -> np.ndarray | None:
    """The next picture (H, W, 3) uint8 of a row of binary PPMs; None at the end."""
    words: list[int] = []
    if pipe.read(2) != b"P6":
        return None
    for _ in range(3):
        word = b""
        while (one := pipe.read(1)).isdigit() or not word:
            if not one or len(word) > _MOST_HEAD:
                return None
            word += one.strip()
        words.append(int(word))
    width, height, _ = words
    if not 0 < width * height <= LARGEST_PX * LARGEST_PX:
        return None
    data = pipe.read(width * height * 3)
    if len(data) < width * height * 3:
        return None
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)


def _ffmpeg() -> str:
    try:
        import imageio_ffmpeg
    except ImportError:
        raise DgnError(
            "Videos and cameras need the package imageio-ffmpeg, which is not installed.",
            "Install it with: pip install 'dgn-explorer[video]'",
        ) from None
    found: str = imageio_ffmpeg.get_ffmpeg_exe()
    return found
