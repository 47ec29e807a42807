"""Choosing the device and saying which it is. Imports torch only when called."""

from typing import TYPE_CHECKING

from dgn_explorer.errors import DgnError

if TYPE_CHECKING:
    import torch


def choose_device(wanted: str | None = None) -> "torch.device":
    """``wanted`` (``cpu``, ``cuda``, ``cuda:1``, ``mps``), or the best there is.

    Raises `DgnError` if the wanted one is not there.
    """
    import torch

    if wanted is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise DgnError(
            f"This machine has no device {wanted!r}.", "Leave it out to use the best there is."
        ) from None
    return device


def describe(device: "torch.device") -> str:
    """The device in words, such as ``CPU, 2 threads`` or ``NVIDIA H100``."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
    return str(device).upper()
