"""Moves in code space that change activations by so much, or not at all, to first order."""

import torch
from torch import Tensor

_TINY = 1e-12
_RIDGE = 1e-6  # beside 1: keeps nearly parallel gradients solvable


def newton(gradients: Tensor, wanted: Tensor) -> Tensor:
    """The shortest moves (N, K) that change the activations by ``wanted`` (N, B).

    ``gradients`` (N, B, K) are the rows G; the move is G^T (G G^T)^-1 wanted. A unit without a
    gradient is left as it is.

    >>> newton(torch.tensor([[[2.0, 0.0]]]), torch.tensor([[1.0]])).round(decimals=4).tolist()
    [[0.5, 0.0]]
    """
    lengths = gradients.norm(dim=2)
    rows = gradients / lengths.clamp_min(_TINY)[:, :, None]
    gram = rows @ rows.transpose(1, 2)
    gram = gram + _RIDGE * torch.eye(gram.shape[1], device=gram.device)
    scaled = torch.where(lengths > _TINY, wanted / lengths.clamp_min(_TINY), 0.0)
    shares = torch.linalg.solve(gram, scaled[:, :, None])
    move: Tensor = rows.transpose(1, 2) @ shares
    return move[:, :, 0]


def along(gradients: Tensor, move: Tensor) -> Tensor:
    """The part of ``move`` (N, K) that changes no activation of ``gradients`` (N, B, K)."""
    return move - newton(gradients, (gradients @ move[:, :, None])[:, :, 0])


def capped(move: Tensor, most: float) -> Tensor:
    """``move`` (N, K), shortened where its mean absolute value is above ``most``."""
    size = move.abs().mean(1, keepdim=True).clamp_min(_TINY)
    return move * (most / size).clamp_max(1.0)


def evened(move: Tensor) -> Tensor:
    """``move`` (N, K) with a mean absolute value of 1; nothing stays nothing."""
    return move / move.abs().mean(1, keepdim=True).clamp_min(_TINY)
