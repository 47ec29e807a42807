"""PNG files that carry their recipe, so that an image can be made again from the image alone."""

import io
import itertools
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dgn_explorer.disk import FileSystem, disk_error, write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.photos.files import open_file
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.recipe import Recipe

RECIPE_KEY, SURVEY_KEY = "dgn-explorer recipe", "dgn-explorer survey"
T = TypeVar("T")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_TEXT_BYTES = 1 << 20
_MAX_NAME_BYTES = 180  # file systems allow 255; room is left for " (2)" and the like
_TEXT_KEY = re.compile(r"[!-~](?:[ -~]{0,77}[!-~])?")
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\.|$)", re.IGNORECASE)  # on Windows
_AGAIN = "Take a PNG that dgn-explorer has exported, and not a copy that another program made."


def save_png(
    path: Path,
    image: np.ndarray,
    order: Order | None = None,
    extra: Mapping[str, str] | None = None,
    fs: FileSystem | None = None,
) -> None:
    """Write ``image`` (H, W, 3) uint8 to ``path`` in one step, over a file that is there.

    See `encode_png`. Raises `DgnError` if the file cannot be written.
    """
    data = encode_png(image, order, extra)
    try:
        write_file(path, data, fs or FileSystem())
    except OSError as error:
        raise disk_error(error, f"write {path}", "choose another folder") from error


def encode_png(
    image: np.ndarray, order: Order | None = None, extra: Mapping[str, str] | None = None
) -> bytes:
    """``image`` (H, W, 3) uint8 as a PNG file that carries ``order``.

    ``extra`` holds more texts for the file, for example ``{"Software": "dgn-explorer 0.1"}``; its
    keys are 1 to 79 printable ASCII characters.
    """
    texts = dict(extra or {})
    if order is not None:
        texts[SURVEY_KEY if isinstance(order, Survey) else RECIPE_KEY] = order.to_json()
    info = PngInfo()
    for key, text in texts.items():
        if not _TEXT_KEY.fullmatch(key):
            raise ValueError(f"{key!r} cannot be the key of a text in a PNG")
        info.add_itxt(key, text)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image, np.uint8)).save(buffer, "png", pnginfo=info)
    return buffer.getvalue()


def read_recipe(path: Path) -> Recipe | None:
    """The recipe inside a PNG, or None if it holds none; the pixels are never decoded.

    Needs at most a few megabytes, whatever the file claims. Raises `DgnError` if ``path`` cannot
    be read, is no PNG, or holds a recipe that is damaged or from a newer program.
    """
    return _read(path, RECIPE_KEY, Recipe.from_json)


def read_survey(path: Path) -> Survey | None:
    """As `read_recipe`, for the survey inside the PNG of a map."""
    return _read(path, SURVEY_KEY, Survey.from_json)


def _read(path: Path, key: str, parse: Callable[[str], T]) -> T | None:
    try:
        with open_file(path) as file:
            if file.read(len(_SIGNATURE)) != _SIGNATURE:
                raise DgnError(f"{path} is not a PNG image.", _AGAIN)
            for kind, content in _text_chunks(file):
                text = _text_of(key, kind, content)
                if text is not None:
                    return parse(text)
    except OSError as error:
        raise disk_error(error, f"read {path}", "choose another file") from error
    except (ValueError, zlib.error, RecursionError) as error:
        what = key.removeprefix("dgn-explorer ")
        raise DgnError(f"The {what} in {path} is damaged ({error}).", _AGAIN) from None
    return None


def free_path(path: Path, order: Order) -> Path:
    """``path``, or with a number before its suffix if another image lies there.

    A PNG of the same order may be written over: it is the same image.
    """
    read = read_survey if isinstance(order, Survey) else read_recipe
    for count in itertools.count(1):
        free = path if count == 1 else path.with_name(f"{path.stem} ({count}){path.suffix}")
        if not free.exists() and not free.is_symlink():
            return free
        try:
            found = read(free)
        except DgnError:  # no PNG, or one that cannot be read: it is somebody's
            continue
        if found is not None and found.key == order.key:
            return free
    raise AssertionError("there always is a next number")


def file_name(network: str, address: str, label: str, seed: int | None) -> str:
    """A name that every system allows for the image of a unit; ``label`` may be empty.

    ``seed`` is None for what is not made from random numbers.

    >>> file_name("lite0", "fc:980", "volcano", 0)
    'lite0 fc-980 volcano seed 0.png'
    >>> file_name("my/net", "conv1:3@2,5", "", 7)
    'my-net conv1-3@2,5 seed 7.png'
    """
    end = ".png" if seed is None else f" seed {seed}.png"
    words = " ".join(f"{network} {address} {label}".split())
    stem = re.sub(r"[^\w .,@()+'-]", "-", words).lstrip(".- ")
    stem = stem.encode()[: _MAX_NAME_BYTES - len(end)].decode(errors="ignore").rstrip()
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return f"{stem}{end}".lstrip()


def paths_for(path: Path, count: int) -> list[Path]:
    """Where ``count`` pictures go: ``path`` itself, or ``name 1 of 3.png`` and so on.

    >>> [p.name for p in paths_for(Path("a.png"), 2)]
    ['a 1 of 2.png', 'a 2 of 2.png']
    """
    if count == 1:
        return [path]
    return [path.with_name(f"{path.stem} {n} of {count}{path.suffix}") for n in range(1, count + 1)]


def _text_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    # Pillow would read a chunk of any length, and texts behind the pixels only after decoding.
    while len(header := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", header)
        if kind in (b"tEXt", b"iTXt", b"zTXt") and length <= _MAX_TEXT_BYTES:
            content = file.read(length)
            if file.read(4) != struct.pack(">I", zlib.crc32(kind + content)):
                raise ValueError("its checksum does not match")
            yield kind, content
        elif kind == b"IEND":
            return
        else:
            file.seek(length + 4, io.SEEK_CUR)


def _text_of(wanted: str, kind: bytes, content: bytes) -> str | None:
    key, _, rest = content.partition(b"\0")
    if key != wanted.encode():
        return None
    compressed = kind == b"zTXt"
    if kind == b"iTXt":
        compressed = rest[:1] == b"\1"
        rest = rest[2:].split(b"\0", 2)[-1]  # behind the language and the translated key
    elif compressed:
        rest = rest[1:]
    if compressed:
        unpacking = zlib.decompressobj()
        rest = unpacking.decompress(rest, _MAX_TEXT_BYTES)
        if unpacking.unconsumed_tail:
            raise ValueError(f"it has more than {_MAX_TEXT_BYTES} bytes")
    return rest.decode("utf-8" if kind == b"iTXt" else "latin-1")
