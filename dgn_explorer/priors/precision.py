"""The arithmetics of an ascent: exact, or with fewer binary digits where that is faster."""

from dataclasses import dataclass
from pathlib import Path

import torch

from dgn_explorer.priors.info import (
    BFLOAT16,
    BFLOAT16_BOTH,
    BFLOAT16_TF32,
    FLOAT32,
    TF32,
)


@dataclass(frozen=True)
class Arithmetic:
    """Which parts of a step compute in bfloat16, and whether float32 convolutions may use TF32.

    TF32 has 10 binary digits and exists on NVIDIA's GPUs alone: elsewhere float32 stays float32.
    """

    half_generator: bool = False
    half_network: bool = False
    tf32: bool = False


ARITHMETICS = {
    FLOAT32: Arithmetic(),
    BFLOAT16: Arithmetic(half_generator=True),
    TF32: Arithmetic(tf32=True),
    BFLOAT16_TF32: Arithmetic(half_generator=True, tf32=True),
    BFLOAT16_BOTH: Arithmetic(half_generator=True, half_network=True),
}


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
    if not fast_bf16(device):
        return FLOAT32
    return BFLOAT16_TF32 if device.type == "cuda" else BFLOAT16
