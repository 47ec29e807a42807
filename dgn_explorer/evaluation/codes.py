"""Whether a prior realises its code: does the image of a code have that code?"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.evaluation.making import Maker
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.recipe import Recipe


@torch.no_grad()
def code_cosines(prior: Prior, network: Network, codes: Iterable[Tensor]) -> Tensor:
    """Cosine (N,) of each code with the code of its own image, on the CPU.

    ``codes`` are batches (n, K); ``network`` is the prior's encoder.
    """
    mean = prior.space.mean
    found = []
    for code in codes:
        again = encode(prior, network, prior.image(code).clamp(0, 1))
        cosine = torch.nn.functional.cosine_similarity(again - mean, code - mean, dim=1)
        found.append(cosine.cpu())
    return torch.cat(found)


def ascended_codes(maker: Maker, recipes: Sequence[Recipe]) -> list[Tensor]:
    """The codes, in batches (n, K), at which ascents of ``recipes`` end."""
    codes = np.stack([record.code for record in maker.records("Ascended codes", recipes)])
    return list(torch.split(torch.from_numpy(codes).to(maker.network.device), maker.batch))
