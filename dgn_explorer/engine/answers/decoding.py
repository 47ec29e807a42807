"""Pictures of codes."""

from collections.abc import Generator
from functools import partial
from typing import Any

import numpy as np
import torch

from dgn_explorer.engine.messages import Decode
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.progress import Progress
from dgn_explorer.synthesis.step import to_uint8

_BATCH = 4  # codes at a time: few enough for a cancel to act at once


def decode(prior: Prior, ask: Decode) -> Generator[Progress[Any], None, np.ndarray]:
    """The generator's pictures (N, S, S, 3) uint8 of the codes."""
    pictures: list[np.ndarray] = []
    for at in range(0, len(ask.codes), _BATCH):
        codes = torch.from_numpy(ask.codes[at : at + _BATCH]).to(prior.device)
        with torch.no_grad():
            pictures.extend(to_uint8(prior.image(codes)))
        yield Progress(len(pictures), len(ask.codes), picture=partial(_same, pictures[-1]))
    return np.stack(pictures)


def _same(picture: np.ndarray, _place: int) -> np.ndarray:
    return picture
