"""Photographs of one scene in every kind of file, and what is right to see in them."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 60, 80


def scene(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """(H, W, 3) uint8: red grows to the right, green downwards, blue is one round patch."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    patch = 200 * np.exp(-40 * ((y - 0.2) ** 2 + (x - 0.3) ** 2))
    return np.stack([255 * x, 255 * y, patch], 2).round().astype(np.uint8)


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def turned(orientation: int = 6) -> bytes:
    """A JPEG that lies on its side, with a note that says so."""
    undo = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(scene()).transpose(undo)
    return saved(picture, "JPEG", quality=98, subsampling=0, exif=exif)


def grey_16() -> bytes:
    """The scene's luma times 257, which fits 8 bits exactly."""
    luma = np.asarray(Image.fromarray(scene()).convert("L"))
    return saved(Image.fromarray(luma.astype(np.uint16) * 257))


def grey_float() -> bytes:
    luma = np.asarray(Image.fromarray(scene()).convert("L"))
    return saved(Image.fromarray(luma.astype(np.float32) / 255), "TIFF")


def ink() -> bytes:
    return saved(Image.fromarray(scene()).convert("CMYK"), "JPEG", quality=98, subsampling=0)


def clear() -> bytes:
    """Opaque in the left half, and black but quite transparent in the right one."""
    rgba = np.dstack([scene(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    rgba[:, WIDTH // 2 :] = 0
    return saved(Image.fromarray(rgba))


def palette() -> bytes:
    return saved(Image.fromarray(scene()).quantize(255))


def animated() -> bytes:
    frames = [Image.fromarray(scene()), Image.new("RGB", (WIDTH, HEIGHT), "white")]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


def right(kind: str) -> np.ndarray:
    """What is to be seen, (H, W, 3) uint8."""
    if kind in ("grey16.png", "float.tif"):
        return np.asarray(Image.fromarray(scene()).convert("L").convert("RGB"))
    seen = scene()
    if kind == "clear.png":
        seen[:, WIDTH // 2 :] = 255
    return seen


FILES = {
    "plain.jpg": lambda: saved(Image.fromarray(scene()), "JPEG", quality=98, subsampling=0),
    "plain.png": lambda: saved(Image.fromarray(scene())),
    "plain.webp": lambda: saved(Image.fromarray(scene()), "WEBP", lossless=True),
    "turned.jpg": turned,
    "grey16.png": grey_16,
    "float.tif": grey_float,
    "ink.jpg": ink,
    "clear.png": clear,
    "palette.png": palette,
    "animated.gif": animated,
}
# Levels that the formats lose: by JPEG, and by 255 colours for all
LOSS = {
    "plain.jpg": 1.0,
    "turned.jpg": 1.0,
    "ink.jpg": 3.0,
    "palette.png": 5.0,
    "animated.gif": 5.0,
}


def tiff(values: np.ndarray, sample: int, bits: int, photometric: int = 1) -> bytes:
    """A grey TIFF of a kind that Pillow does not write: (H, W) of any number type."""
    height, width = values.shape
    data = values.tobytes()
    start = 8 + 2 + 12 * 10 + 4
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, bits),
        (259, 3, 1),  # not compressed
        (262, 3, photometric),
        (273, 4, start),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, len(data)),
        (339, 3, sample),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + struct.pack("<I", 0)
    return head + data


def write_all(folder: Path) -> Path:
    """Every file of `FILES` in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        (folder / name).write_bytes(make())
    return folder
