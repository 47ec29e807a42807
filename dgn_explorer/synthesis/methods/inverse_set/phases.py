"""The phases of a search: into the ranges, apart inside them, and settled on the rounded image.

After Hada & Carreira-Perpinan, "Sampling the inverse set of a neuron" (ICIP 2021), with steps of
our own: their penalties and multipliers are replaced by Newton steps on the ranges, and all other
wishes move along the surface on which the activations stay the same.
"""

from collections.abc import Generator

import torch
from torch import Tensor

from dgn_explorer.synthesis.methods.inverse_set.moves import along, capped, evened, newton
from dgn_explorer.synthesis.methods.inverse_set.room import Room, Seen

_SETTLE_CAP = 0.1  # sigma
_CALM = 0.4  # of the prior's weight: while images move apart
_LEAST_STRIDE = 0.3  # of the first one, in the last step
_WALK = 1.5  # of the stride: a further image has fewer steps

Steps = Generator[Seen, None, Tensor]


def ascend(room: Room, z: Tensor) -> Steps:
    """Lead codes ``z`` (N, K) into the ranges; ends early once all are, or have been."""
    p = room.parameters
    been = torch.zeros(len(z), dtype=torch.bool, device=z.device)
    for index in range(p.ascend):
        seen = room.look(z, index, zoom=p.zoom)
        yield seen
        been |= room.well_inside(seen.activations)
        if bool(been.all()):
            break
        moved = _moved(room, z, seen, p.step, p.step, p.prior)
        z = torch.where(been[:, None], z, moved)
    return z


def spread(room: Room, z: Tensor, others: Tensor, far: bool) -> Steps:
    """Move codes ``z`` (N, K) apart, and away from the features ``others`` (M, D) of unit length.

    ``far`` is for those that have just been kicked: they take fewer and longer steps.
    """
    p = room.parameters
    steps, stride = (p.walk, _WALK * p.stride) if far else (p.spread, p.stride)
    cap = max(p.step * (0.75 if far else 0.4), 1e-6)
    weight = p.prior if far else _CALM * p.prior
    mates: Tensor | None = None
    for index in range(steps):
        seen = room.look(z, index, crowd=_crowd(z, others, mates), zoom=p.zoom / 2)
        yield seen
        mates = seen.features
        size = stride * (1 - (1 - _LEAST_STRIDE) * index / steps)
        z = _moved(room, z, seen, cap, size, weight)
    return z


def settle(room: Room, z: Tensor) -> Generator[Seen, None, "Settled"]:
    """Lead the 8-bit images of ``z`` (N, K) well into the ranges, and draw those."""
    found = Settled(z.clone(), room)
    left = torch.arange(len(z), device=z.device)
    for index in range(room.parameters.settle + 1):
        seen = room.look_as_stored(found.z, left)
        yield seen
        good = room.well_inside(seen.activations)
        found.take(left, seen, good)
        if bool(good.all()) or index == room.parameters.settle:
            break
        left = left[~good]
        need = room.missing(seen.activations[~good])
        step = capped(newton(seen.gradients[~good, : room.bands], need), _SETTLE_CAP)
        found.z[left] = room.bounded(found.z[left] + step)
    return found


class Settled:
    """What has come of N codes ``z`` (N, K) when they were looked at last.

    ``good`` (N,) says which are well inside, ``activations`` (N, units) and ``images``
    (N, 3, S, S), not clamped, what was seen.
    """

    def __init__(self, z: Tensor, room: Room) -> None:
        self.z = z
        self.good = torch.zeros(len(z), dtype=torch.bool, device=z.device)
        self.activations = torch.zeros(len(z), len(room.target.units), device=z.device)
        side = room.prior.info.image_size
        self.images = torch.zeros(len(z), 3, side, side, device=z.device)

    def take(self, rows: Tensor, seen: Seen, good: Tensor) -> None:
        """Note the look at the codes ``rows``."""
        self.good[rows] = good
        self.activations[rows] = seen.activations
        self.images[rows] = seen.image


def _moved(
    room: Room, z: Tensor, seen: Seen, cap: float, size: float, prior_weight: float
) -> Tensor:
    p, bands = room.parameters, seen.gradients[:, : room.bands]
    wish = torch.zeros_like(z)
    if room.target.terms:
        wish = wish + p.pull * evened(room.pull(seen.gradients))
    if seen.away is not None:
        wish = wish + p.diversity * evened(seen.away)
    back = room.drawn_again(z, seen.image)
    if back is not None:
        wish = wish + prior_weight * evened(back)
    step = capped(newton(bands, room.missing(seen.activations)), cap)
    return room.bounded((z + step + size * along(bands, wish)) * (1 - p.decay))


def _crowd(z: Tensor, others: Tensor, mates: Tensor | None) -> Tensor:
    """The mean features (N, D) of everyone else: those kept, and the group one step ago."""
    total, count = others.sum(0, keepdim=True), len(others)
    if mates is None or len(z) + count < 2:
        return (total / max(count, 1)).expand(len(z), -1)  # (N, 1) of zeros if nobody is there
    everyone = total + mates.sum(0, keepdim=True) - mates
    return everyone / (count + len(z) - 1)
