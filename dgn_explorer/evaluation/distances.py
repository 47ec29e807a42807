"""Distances between sets of feature vectors."""

import torch
from torch import Tensor


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance between normal distributions fitted to ``a`` (N, D), ``b`` (M, D).

    ``|mean_a - mean_b|^2 + tr(A + B - 2 (A B)^(1/2))`` with covariances A and B (Heusel et al.,
    2017). The trace of the root is the sum of the singular values of the N x M matrix of inner
    products of the centred samples, so no D x D root is taken. Small samples make it larger:
    compare only distances between sets of the same sizes.

    >>> x = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> frechet_distance(x, x), frechet_distance(x, x + 3)
    (0.0, 18.0)
    """
    a, b = a.double(), b.double()
    mean_a, mean_b = a.mean(0), b.mean(0)
    a = (a - mean_a) / (len(a) - 1) ** 0.5
    b = (b - mean_b) / (len(b) - 1) ** 0.5
    root = torch.linalg.svdvals(a @ b.T).sum()
    distance = (mean_a - mean_b).square().sum() + a.square().sum() + b.square().sum() - 2 * root
    return max(0.0, round(float(distance), 9))


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """Squared kernel distance between ``a`` (N, D) and ``b`` (M, D), without bias.

    The kernel is ``(x y / D + 1)^3`` (Binkowski et al., 2018, "KID"). Its expected value does not
    depend on the sizes of the sets, and it may come out slightly below 0 for sets that are alike.

    >>> x = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> kernel_distance(x, x + 3) > kernel_distance(x, x + 1) > 0
    True
    """
    a, b = a.double(), b.double()

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(x: Tensor) -> Tensor:
        found = kernel(x, x)
        return (found.sum() - found.diagonal().sum()) / (len(x) * (len(x) - 1))

    return float(within(a) + within(b) - 2 * kernel(a, b).mean())


def cosine_distance(a: Tensor, b: Tensor) -> Tensor:
    """1 minus the cosine between the rows of ``a`` and ``b`` (N, D): (N,), 0 to 2."""
    return 1 - torch.nn.functional.cosine_similarity(a, b, dim=1)


def mean_pairwise(features: Tensor) -> float:
    """Mean cosine distance over all pairs of different rows of ``features`` (N, D)."""
    unit = torch.nn.functional.normalize(features, dim=1)
    n = len(unit)
    return ((n * n - (unit @ unit.T).sum()) / (n * (n - 1))).item()
