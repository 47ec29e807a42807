"""Checkpoint series: a folder, or files between commas, of one architecture."""

import re
from pathlib import Path

from dgn_explorer.errors import DgnError
from dgn_explorer.paths import user_path


def split_list(spec: str) -> list[str]:
    """The files of a list such as ``epoch1.pt,epoch9.pt``; anything else is one part.

    A spec with a comma is a list only if all its parts are files, and it is none itself.
    """
    parts = [part.strip() for part in spec.split(",")]
    if user_path(spec).exists() or not all(_is_file(part) for part in parts):
        return [spec]
    return parts


def checkpoints(spec: str, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Position -> file: a folder's in the order of their numbers, a list's in its own.

    Positions are file names without suffix, with as many folders before them as tells them apart.
    """
    folder = user_path(spec)
    if not folder.is_dir():
        return _named([user_path(part) for part in split_list(spec)])
    found = [p for p in folder.iterdir() if p.name.lower().endswith(suffixes) and p.is_file()]
    if not found:
        raise DgnError(f"{folder} holds no checkpoints.", f"They end in {', '.join(suffixes)}.")
    return _named(sorted(found, key=lambda path: _natural(path.name)))


def _named(files: list[Path]) -> dict[str, Path]:
    depth = 1
    while True:
        names = ["/".join(path.with_suffix("").parts[-depth:]) for path in files]
        if len(set(names)) == len(files):
            return dict(zip(names, files, strict=True))
        if depth > max(len(path.parts) for path in files):
            names = [str(path) for path in files]  # w.pt beside w.safetensors
            return dict(zip(names, files, strict=True))
        depth += 1


def _is_file(text: str) -> bool:
    return bool(text) and user_path(text).is_file()


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key in which epoch 10 comes after epoch 9.

    >>> sorted(["epoch10.pt", "epoch9.pt"], key=_natural)
    ['epoch9.pt', 'epoch10.pt']
    """
    parts = re.split(r"([0-9]{1,18})", name)
    return [(int(part), "") if i % 2 else (-1, part) for i, part in enumerate(parts)]
