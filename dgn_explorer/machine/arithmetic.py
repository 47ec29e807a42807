"""Whether a GPU may round float32 products: set for a block and put back, never left to chance.

Torch lets cuDNN compute float32 convolutions in TF32, with 10 binary digits instead of 23, unless
it is told not to. Imports torch only when called.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@contextmanager
def convolutions(device: "torch.device", tf32: bool = False) -> Iterator[None]:
    """Compute float32 convolutions in TF32 if ``tf32``, else exactly; matrix products exactly.

    The algorithms are those that give the same bits each time. Nothing changes on a CPU, and what
    was set before is set again afterwards.
    """
    if device.type != "cuda":
        yield
        return
    wanted = {"deterministic": True, "benchmark": False, "convolution": tf32, "product": False}
    before = {name: _get(name) for name in wanted}
    for name, value in wanted.items():
        _set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            _set(name, value)


def _get(name: str) -> Any:
    holder, attribute = _place(name)
    return getattr(holder, attribute)


def _set(name: str, value: Any) -> None:
    holder, attribute = _place(name)
    if attribute == "fp32_precision" and isinstance(value, bool):
        value = "tf32" if value else "ieee"
    setattr(holder, attribute, value)


def _place(name: str) -> tuple[Any, str]:
    """Where torch keeps the setting; 2.9 brought names of its own for TF32."""
    import torch

    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    if name in ("deterministic", "benchmark"):
        return cudnn, name
    if hasattr(cudnn, "conv"):
        return (cudnn.conv if name == "convolution" else matmul), "fp32_precision"
    return (cudnn if name == "convolution" else matmul), "allow_tf32"
