"""Where to train."""

import os

import torch

from dgn_explorer.machine.device import choose_device
from dgn_explorer.machine.memory import keep_memory


def training_device(name: str | None = None) -> torch.device:
    """The device called ``name``, or the best there is.

    Under torchrun each process takes the GPU of its local rank; on a CPU the process keeps the
    memory it has once had. Raises `DgnError` if there is no such device.
    """
    device = choose_device(name)
    keep_memory(device)
    if device.type == "cuda":
        if device.index is None:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = True  # the shapes of all steps are the same
    return device
