"""Whether a prior realises its code: does the image of a code have that code?"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from dgn_explorer.evaluation.making import Maker
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.methods.runners import RUNNERS
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
    found = []
    for i in range(0, len(recipes), maker.batch):
        part, last = recipes[i : i + maker.batch], None
        for step in RUNNERS[part[0].method](maker.network, maker.prior, part, None):
            last = step
        assert last is not None
        found.append(torch.from_numpy(last.codes()).to(maker.network.device))
        maker.progress("Ascended codes", i + len(part), len(recipes))
    return found
