"""Small constant tensors, made once on each device. Imports torch only when called."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@cache  # without a limit: a recorded CUDA graph reads the very memory that is kept here
def constant(
    values: tuple[Any, ...], device: "torch.device", dtype: "torch.dtype"
) -> "torch.Tensor":
    """The numbers ``values``, a tuple or tuples of tuples, as a tensor that must not be changed.

    Making it anew in every pass copies it to a GPU each time, and the copy waits for the GPU.

    >>> import torch
    >>> one = constant((1.0, 2.0), torch.device("cpu"), torch.float32)
    >>> one is constant((1.0, 2.0), torch.device("cpu"), torch.float32)
    True
    """
    import torch

    with torch.inference_mode(False):  # usable in a gradient, whoever asks first
        return torch.tensor(values, device=device, dtype=dtype)
