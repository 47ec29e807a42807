"""How many CPU threads torch uses: measured once on each machine. Imports torch only when called.

The count is remembered, because another one rounds differently: the same recipe gives the same
bytes on a machine only as long as it stays. What is measured on a busy machine is remembered, too,
so that it does not change from start to start, but only until the machine is found idle: then it is
measured once more, and stays. A number that the user has chosen stays until they choose again.
"""

import json
import os
import statistics
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from dgn_explorer.disk import disk_error, keep_file, read_text
from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder

if TYPE_CHECKING:
    import torch

MOST = 64
_MOST_TRIED = 16  # one image at a time does not keep more of them busy
_ROUNDS = 10
_GAIN = 0.8  # more threads must bring at least a fifth; the window needs some, too
_IDLE = 0.8  # of the time a lone thread should be running, or others are


@dataclass(frozen=True)
class Threads:
    """How many threads work on a machine of so many ``cores``, and where the number is from.

    ``sure`` is False for one that was measured while other programs were at work.
    """

    cores: int
    threads: int
    sure: bool = True
    chosen: bool = False

    @property
    def source(self) -> str:
        """Where the number is from, as a clause."""
        if self.chosen:
            return "chosen"
        return "measured" if self.sure else "measured while the machine was busy, so not for good"


def use_threads(device: "torch.device", wanted: int | None = None) -> None:
    """Set torch's thread count for work on ``device``: ``wanted``, else what was fastest here."""
    import torch

    if device.type == "cpu":
        torch.set_num_threads(wanted or _best().threads)


def known_threads() -> Threads | None:
    """What is remembered for this machine; None before the first measurement."""
    try:
        values = json.loads(read_text(data_folder() / "threads.json"))
        found = Threads(
            values["cores"],
            values["threads"],
            bool(values.get("sure", True)),
            bool(values.get("chosen", False)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # it is measured again
    usable = isinstance(found.threads, int) and 1 <= found.threads <= MOST
    return found if usable and found.cores == os.cpu_count() else None


def choose_threads(count: int) -> None:
    """Use ``count`` threads from now on; raises `DgnError` if that is not 1 to `MOST`."""
    if not 1 <= count <= MOST:
        raise DgnError(f"There cannot be {count} threads.", f"Choose 1 to {MOST}.")
    _remember(Threads(os.cpu_count() or 1, count, chosen=True))


def forget_threads() -> None:
    """Measure at the next start; raises `DgnError`."""
    path = data_folder() / "threads.json"
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(error, f"remove {path}", "check the folder") from error


def measure_again() -> Threads:
    """Measure now, remember and return what is best; what was chosen is forgotten."""
    found = _measured()
    _remember(found)
    return found


def _best() -> Threads:
    known = known_threads()
    if known is not None and (known.sure or _busy()):
        return known
    found = _measured()
    if known is not None and not found.sure:
        return known  # as uncertain as the one before, which images were made with
    _remember(found)
    return found


def _measured() -> Threads:
    cores = os.cpu_count() or 1
    idle = not _busy()
    ran, began = time.thread_time(), time.perf_counter()
    best, best_s = 1, _pass_seconds(1)
    # the load is a mean of the last minute; what runs beside us now takes turns with us
    idle = idle and time.thread_time() - ran >= _IDLE * (time.perf_counter() - began)
    for threads in sorted({2**n for n in range(1, 5)} | {cores}):
        if threads <= min(cores, _MOST_TRIED):
            seconds = _pass_seconds(threads)
            if seconds < _GAIN * best_s:
                best, best_s = threads, seconds
    return Threads(cores, best, sure=idle)


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


def _remember(threads: Threads) -> None:
    path = data_folder() / "threads.json"
    with suppress(OSError):  # then it is measured every time
        keep_file(path, json.dumps(asdict(threads)).encode())
