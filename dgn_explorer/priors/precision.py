"""Arithmetic for generators: exact, or bfloat16 where the device has instructions for it."""

from pathlib import Path

import torch

from dgn_explorer.priors.info import BFLOAT16, FLOAT32


def fast_bf16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 itself; without instructions for it, it is slower."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    try:
        features = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False  # not Linux
    words = set(features.split())
    return bool(words & {"avx512_bf16", "amx_bf16", "bf16"})


def best_numeric(device: torch.device) -> str:
    """The arithmetic that is fastest on ``device``, as recipes name it."""
    return BFLOAT16 if fast_bf16(device) else FLOAT32
