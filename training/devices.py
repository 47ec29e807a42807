"""Where to train."""

import os
import platform

import torch

from dgn_explorer.errors import DgnError


def choose_device(name: str = "auto") -> torch.device:
    """The device called ``name``; ``auto`` takes a GPU if there is one, else the CPU.

    Under torchrun each process takes the GPU of its local rank. Raises `DgnError` if there is no
    such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
        if name == "cpu" and torch.backends.mps.is_available():
            name = "mps"
    try:
        device = torch.device(name)
        if device.type == "cuda" and device.index is None:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise DgnError(
            f"The device {name!r} cannot be used.", "Choose cpu, cuda or mps."
        ) from error
    if device.type == "cuda":
        torch.cuda.set_device(device)
    return device


def describe(device: torch.device) -> str:
    """The hardware in words, for the model card."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
