"""Animations: GIF and WebP with Pillow, MP4 with the extra ``video``."""

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from dgn_explorer.disk import FileSystem, disk_error, write_file
from dgn_explorer.errors import DgnError

FILM_SUFFIXES = (".gif", ".webp", ".mp4")
_COLOURS = 255  # GIF's most is 256; one is left for what does not change


def check_film(path: Path) -> None:
    """Raise `DgnError` if ``path`` names no kind of film; ask before its frames are made."""
    if path.suffix.lower() not in FILM_SUFFIXES:
        raise DgnError(
            f"{path.name} is no kind of animation that can be written.",
            f"End the name in {', '.join(FILM_SUFFIXES[:-1])} or {FILM_SUFFIXES[-1]}.",
        )


def save_animation(
    path: Path,
    frames: Sequence[np.ndarray],
    *,
    frames_per_second: float = 20.0,
    back: bool = False,
    scale: float = 1.0,
    fs: FileSystem | None = None,
) -> None:
    """Write ``frames`` (H, W, 3) uint8 to ``path`` in one step; its suffix names the format.

    ``back`` plays the frames backwards behind themselves, so that a loop has no jump. Raises
    `DgnError` for another suffix, values out of range, frames of different sizes, or a file that
    cannot be written.
    """
    check_film(path)
    suffix = path.suffix.lower()
    if not 1 <= frames_per_second <= 50:
        raise DgnError(
            f"An animation cannot have {frames_per_second:g} frames a second.",
            "It takes 1 to 50.",
        )
    if not len(frames) or len({frame.shape for frame in frames}) > 1:
        raise DgnError(
            "The animation has no frames, or frames of different sizes.",
            "Take pictures of the same prior.",
        )
    played = [*frames, *frames[-2:0:-1]] if back else list(frames)
    scaled = [_scaled(frame, scale) for frame in played]
    if suffix == ".mp4":
        data = _mp4(scaled, frames_per_second)
    else:
        data = _with_pillow(scaled, frames_per_second, suffix)
    try:
        write_file(path, data, fs or FileSystem())
    except OSError as error:
        raise disk_error(error, f"write {path}", "choose another folder") from error


def _scaled(frame: np.ndarray, scale: float) -> Image.Image:
    if not 0.05 <= scale <= 16:
        raise DgnError(f"The scale cannot be {scale:g}.", "It goes from 0.05 to 16.")
    picture = Image.fromarray(np.ascontiguousarray(frame))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)


def _with_pillow(frames: list[Image.Image], rate: float, suffix: str) -> bytes:
    buffer = io.BytesIO()
    # GIF counts in hundredths of a second, and 10 ms steps would add up to another speed.
    tick_ms = 10 if suffix == ".gif" else 1
    last_ms = 0
    durations = []
    for number in range(1, len(frames) + 1):
        end_ms = round(number * 1000 / rate / tick_ms) * tick_ms
        durations.append(end_ms - last_ms)
        last_ms = end_ms
    if suffix == ".gif":
        # Error diffusion flickers from frame to frame where nothing moves.
        none = Image.Dither.NONE
        frames = [frame.quantize(_COLOURS, dither=none) for frame in frames]
    first, *rest = frames
    extra = {} if suffix == ".gif" else {"quality": 90, "method": 4}
    first.save(
        buffer,
        suffix[1:],
        save_all=True,
        append_images=rest,
        duration=durations if rest else durations[0],
        loop=0,
        **extra,
    )
    return buffer.getvalue()


def _mp4(frames: list[Image.Image], rate: float) -> bytes:
    try:
        import imageio_ffmpeg
    except ImportError:
        raise DgnError(
            "MP4 needs the package imageio-ffmpeg, which is not installed.",
            "Install it with: pip install 'dgn-explorer[video]', or choose .webp or .gif.",
        ) from None
    # H.264 with colour at half resolution wants even sizes.
    size = frames[0].width + frames[0].width % 2, frames[0].height + frames[0].height % 2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(path), size, fps=rate, quality=8, macro_block_size=2
        )
        writer.send(None)
        for frame in frames:
            even = frame if frame.size == size else frame.resize(size, Image.Resampling.LANCZOS)
            writer.send(np.ascontiguousarray(np.asarray(even)))
        writer.close()
        return path.read_bytes()
