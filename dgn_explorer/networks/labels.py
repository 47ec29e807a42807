"""Class names."""

import json
import re
from functools import lru_cache
from importlib import resources
from pathlib import Path

from dgn_explorer.disk import read_text
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaders import suffixes

MOST_BYTES = 16 << 20
_WNID = re.compile(r"n\d{8}[ \t]+")


@lru_cache
def imagenet_labels() -> tuple[str, ...]:
    """The 1000 ImageNet class names in index order."""
    text = resources.files("dgn_explorer.resources").joinpath("imagenet-classes.txt").read_text()
    return tuple(text.splitlines())


def labels_for(count: int | None) -> tuple[str, ...]:
    """ImageNet's names if there are 1000 classes, else none."""
    return imagenet_labels() if count == len(imagenet_labels()) else ()


def read_labels(path: Path) -> tuple[str, ...]:
    """Read class names in index order from a text file or a JSON file.

    Text: one name a line; a WordNet id before the name, as in Caffe's ``synset_words.txt``, is
    left out. JSON: a list, or an object from index to name or to ``[id, name]``.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DgnError(f"{path} is too large for class names.", "Give one name a line.")
        text = read_text(path).removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as error:
        raise DgnError(
            f"The class names in {path} cannot be read ({error}).",
            "Give a UTF-8 text file with one class name a line.",
        ) from None
    names = _from_json(path, text) if path.suffix.lower() == ".json" else text.splitlines()
    while names and not names[-1].strip():
        names.pop()
    if not names:
        raise DgnError(f"{path} holds no class names.", "Write one class name a line.")
    return tuple(_WNID.sub("", name.strip(), count=1) for name in names)


def _from_json(path: Path, text: str) -> list[str]:
    broken = DgnError(
        f"{path} is not a JSON list or object of class names.",
        'Write ["tench", "goldfish", ...] or {"0": "tench", "1": "goldfish", ...}.',
    )
    try:
        data = json.loads(text)
        if isinstance(data, dict):
            by_index = {int(key): value for key, value in data.items()}
            data = [by_index[i] for i in range(len(by_index))]
    except (ValueError, KeyError, RecursionError):
        raise broken from None
    if not isinstance(data, list):
        raise broken
    names = [item[-1] if isinstance(item, list) and item else item for item in data]
    if not all(isinstance(name, str) for name in names):
        raise broken
    return names


def labels_beside(path: Path, classes: int) -> tuple[str, ...]:
    """The class names in ``NAME.labels.txt``, ``NAME.txt`` or ``.json`` beside ``NAME.onnx``.

    Only a list of just ``classes`` names is one: what else lies there (notes, a log, settings) is
    left alone, whatever is in it.
    """
    name = path.name
    ends = [suffix for suffix in suffixes() if name.lower().endswith(suffix)]
    stem = name[: -len(max(ends, key=len))] if ends else path.stem
    for ending in (".labels.txt", ".txt", ".labels.json", ".json"):
        beside = path.with_name(f"{stem}{ending}")
        try:
            found = read_labels(beside) if beside.is_file() else ()
        except DgnError:
            continue
        if len(found) == classes:
            return found
    return ()
