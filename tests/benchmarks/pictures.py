"""Photographs and settings for benchmarks."""

import random
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

SEED = 21
TUNED_ON = 10  # as many, evenly spread, were looked at while defaults were chosen


def drawn(path: Path, count: int, tuning: bool, every: bool = False) -> Iterator[tuple[int, bytes]]:
    """Places and bytes of ``count`` photographs of the folder or zip, or of ``every`` one."""
    with ExitStack() as stack:
        names: Sequence[str | Path]
        if path.is_dir():
            names = sorted(one for one in path.rglob("*") if one.is_file())
            read: Callable[[Any], bytes] = Path.read_bytes
        else:
            archive = stack.enter_context(zipfile.ZipFile(path))
            names = sorted(name for name in archive.namelist() if not name.endswith("/"))
            read = archive.read
        for place in range(len(names)) if every else places(len(names), count, tuning):
            yield place, read(names[place])


def places(of: int, count: int, tuning: bool = False) -> list[int]:
    """Which ``count`` of ``of`` photographs are measured, in the order in which they were drawn."""
    tuned = [round(place) for place in np.linspace(0, of - 1, TUNED_ON)]
    if tuning:
        return tuned[:count]
    left = sorted(set(range(of)) - set(tuned))
    return random.Random(SEED).sample(left, count)


def settings(tried: Sequence[str], always: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """Parameters as texts by what is tried: ``"steps=9 step=1"``; ``always`` goes into each.

    >>> settings(["", "steps=9"], ["step=1"])
    {'default': {'step': '1'}, 'steps=9': {'step': '1', 'steps': '9'}}
    """
    return {
        text or "default": dict(one.split("=", 1) for one in (*always, *text.split()))
        for text in tried or [""]
    }
