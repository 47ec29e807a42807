"""Whether images are remembered photographs: nearest neighbours in features, with a control.

As the study "nearest" asks it of one image (`studies.nearest`), of many at once and in the features
of the judge.
"""

import torch
from torch import Tensor

_ROWS = 256  # at once: more only take memory
SUSPICIOUS = 0.01  # of photographs have a nearer one of their own


def nearest_distances(
    queries: Tensor, photos: Tensor, own: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The cosine distance (n,) of each of ``queries`` (n, D) to its nearest photograph, and which.

    ``own`` (n,) is the place among ``photos`` (m, D) that a query is of, which does not count.

    >>> photos = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> distances, which = nearest_distances(photos, photos, torch.arange(2))
    >>> distances.tolist(), which.tolist()
    ([1.0, 1.0], [1, 0])
    """
    unit = torch.nn.functional.normalize(photos, dim=1)
    found = []
    for at in range(0, len(queries), _ROWS):
        rows = torch.nn.functional.normalize(queries[at : at + _ROWS], dim=1)
        distances = 1 - rows @ unit.T
        if own is not None:
            places = own[at : at + _ROWS]
            distances[torch.arange(len(rows)), places] = torch.inf
        found.append(distances.min(1))
    return torch.cat([one.values for one in found]), torch.cat([one.indices for one in found])


def memory(made: Tensor, photos: Tensor, rebuilt: Tensor, places: Tensor) -> dict[str, float]:
    """What the distances come to; all are features, one row each.

    ``image`` and ``photograph`` are the median distances of images, and of photographs, to the
    nearest (other) photograph; ``near`` is the share of images that are nearer than 99 % of
    photographs are; ``control`` the share of the ``rebuilt`` photographs that find themselves at
    their ``places``, left out if there are none.
    """
    images, _ = nearest_distances(made, photos)
    others, _ = nearest_distances(photos, photos, torch.arange(len(photos)))
    found = {
        "image": images.median().item(),
        "photograph": others.median().item(),
        "near": (images < others.quantile(SUSPICIOUS)).float().mean().item(),
    }
    if len(rebuilt):
        _, which = nearest_distances(rebuilt, photos)
        found["control"] = (which == places).float().mean().item()
    return found
