"""Which units have changed most between two checkpoints: by how they answer the same images.

Weights say little of it (a layer before can turn round what a unit gets); answers do. A unit's
change is 1 less the correlation of its two rows of answers: 0 for one that orders the images as it
did, whatever their scale, 1 for one that has nothing to do with what it was, 2 for its opposite.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.priors.prior import Prior

_TOGETHER = 16
_LEAST = 3  # images, for a correlation to say anything


@dataclass(frozen=True)
class UnitChange:
    """How one unit has changed; means and spreads (standard deviations) of its answers.

    ``change`` is None if the unit gave every image the same answer before or after.
    """

    unit: str
    label: str
    change: float | None
    mean_before: float
    mean_after: float
    spread_before: float
    spread_after: float

    def row(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def probes(prior: Prior, count: int, seed: int = 0) -> Tensor:
    """Images (count, 3, S, S) in [0, 1] of random codes: the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(count, prior.space.mean.numel(), generator=generator).to(prior.device)
    codes = prior.space.clamp(prior.space.mean + prior.space.scale * noise)
    with torch.no_grad(), convolutions(prior.device):
        parts = [prior.image(part).clamp(0, 1) for part in torch.split(codes, _TOGETHER)]
    return torch.cat(parts)


def unit_changes(
    before: Network, after: Network, prior: Prior, layers: Sequence[str], images: Tensor
) -> list[UnitChange]:
    """The units of ``layers`` (names), those first that changed most; raises `DgnError`.

    A unit's answer is the mean of its map. ``images`` (N, 3, S, S) in [0, 1] are shown as ``prior``
    shows its own. Units without a change come last.
    """
    if len(images) < _LEAST:
        raise DgnError(
            f"{len(images)} images cannot show a change.", f"Take {_LEAST} at least, better 64."
        )
    paths = [before.info.layer(name).path for name in layers]
    for path in paths:
        mine, its = before.info.layer(path), after.info.layer(path)
        if mine.channels != its.channels:
            raise DgnError(
                f"{path} has {mine.channels} units at one checkpoint and {its.channels} at the"
                " other.",
                "Compare checkpoints of one architecture.",
            )
    answers = [_answers(network, prior, paths, images) for network in (before, after)]
    found = [
        UnitChange(
            str(unit := UnitAddress(path, index)),
            after.info.label(unit),
            _change(old[:, index], new[:, index]),
            float(old[:, index].mean()),
            float(new[:, index].mean()),
            float(old[:, index].std(correction=0)),
            float(new[:, index].std(correction=0)),
        )
        for path, old, new in zip(paths, *answers, strict=True)
        for index in range(old.shape[1])
    ]
    return sorted(found, key=lambda one: -1.0 if one.change is None else one.change, reverse=True)


def _answers(network: Network, prior: Prior, paths: Sequence[str], images: Tensor) -> list[Tensor]:
    """The answers (N, units) of each layer, float64 on the CPU."""
    size = network.info.working_size
    reader = ActivationReader(network.module, [network.read_points[path] for path in paths])
    found: list[list[Tensor]] = [[] for _ in paths]
    most = min(_TOGETHER, network.info.batch_limit or _TOGETHER)
    with torch.no_grad(), convolutions(network.device):
        for part in torch.split(images, most):
            shown = resize(prior.seen(part, size), size)
            for rows, maps in zip(found, reader(network.preprocessing(shown)), strict=True):
                values = maps.flatten(2).mean(2) if maps.ndim > 2 else maps
                rows.append(values.double().cpu())
    return [torch.cat(rows) for rows in found]


def _change(old: Tensor, new: Tensor) -> float | None:
    """1 - Pearson's correlation of two rows of answers.

    >>> one = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    >>> _change(one, 3 * one + 1), _change(one, -one), _change(one, 0 * one)
    (0.0, 2.0, None)
    """
    old, new = old - old.mean(), new - new.mean()
    scale = float(old.norm() * new.norm())
    if scale <= 1e-12 * (float(old.abs().max() + new.abs().max()) + 1e-30):
        return None
    return round(1 - float(old @ new) / scale, 6) + 0.0
