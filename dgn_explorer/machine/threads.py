"""How many CPU threads torch uses: measured once on each machine. Imports torch only when called.

The count is remembered, because another one rounds differently: the same recipe gives the same
bytes on a machine only as long as it stays. What is measured on a busy machine counts only once.
"""

import json
import os
import statistics
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dgn_explorer.disk import keep_file, read_text
from dgn_explorer.paths import data_folder

if TYPE_CHECKING:
    import torch

_MOST = 16  # one image at a time does not keep more of them busy
_ROUNDS = 10
_GAIN = 0.8  # more threads must bring at least a fifth; the window needs some, too


def use_threads(device: "torch.device", wanted: int | None = None) -> None:
    """Set torch's thread count for work on ``device``: ``wanted``, else what was fastest here."""
    import torch

    if device.type == "cpu":
        torch.set_num_threads(wanted or _remembered() or _measured())


def _measured() -> int:
    cores = os.cpu_count() or 1
    best, best_s = 1, _pass_seconds(1)
    for threads in sorted({2**n for n in range(1, 5)} | {cores}):
        if threads <= min(cores, _MOST):
            seconds = _pass_seconds(threads)
            if seconds < _GAIN * best_s:
                best, best_s = threads, seconds
    if not _busy():
        _remember(best)
    return best


def _busy() -> bool:
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1) / 2


def _pass_seconds(threads: int) -> float:
    """Mean seconds of a pass and its gradient through a small network.

    Its maps shrink as those of classifiers do: for the small ones at the end, waking another thread
    may cost more than it brings.
    """
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    layers: list[nn.Module] = []
    for channels, wider in ((64, 128), (128, 256), (256, 512)):
        depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        for _ in range(3):
            layers += [depthwise, nn.ReLU6(), nn.Conv2d(channels, channels, 1), nn.ReLU6()]
        layers += [nn.Conv2d(channels, wider, 1), nn.AvgPool2d(2)]
    network = nn.Sequential(*layers).requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    image = torch.zeros(1, 64, 48, 48).contiguous(memory_format=torch.channels_last)
    image.requires_grad_(True)
    times = []
    for _ in range(_ROUNDS + 1):
        started = time.perf_counter()
        torch.autograd.grad([network(image).sum()], [image])
        times.append(time.perf_counter() - started)
    return statistics.fmean(times[1:])


def _remembered() -> int | None:
    try:
        known = json.loads(read_text(data_folder() / "threads.json"))
        threads = known["threads"] if known["cores"] == os.cpu_count() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it is measured again
    return threads if isinstance(threads, int) and 1 <= threads <= _MOST else None


def _remember(threads: int) -> None:
    path = data_folder() / "threads.json"
    with suppress(OSError):  # then it is measured every time
        keep_file(path, json.dumps({"cores": os.cpu_count(), "threads": threads}).encode())
