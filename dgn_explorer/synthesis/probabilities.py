"""From what a network puts out to probabilities, whether it ends with a softmax or not."""

import torch
from torch import Tensor

_SUMS_TO_ONE = 1e-3  # but for rounding in half precision


def probabilities(scores: Tensor) -> Tensor:
    """The probabilities (N, classes) of ``scores``, whose rows may be probabilities already.

    A network that ends with a softmax would else have its shares flattened by a second one. A
    device need not be waited for.

    >>> probabilities(torch.tensor([[0.9, 0.1]])).tolist() == torch.tensor([[0.9, 0.1]]).tolist()
    True
    """
    given = ((scores.sum(1) - 1).abs() < _SUMS_TO_ONE) & (scores >= 0).all(1)
    return torch.where(given[:, None], scores, scores.softmax(1))
