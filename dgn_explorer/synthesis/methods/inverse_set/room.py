"""The room in which a set is sought: codes, what the network sees of them, and the ranges."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.precision import ARITHMETICS
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.methods.inverse_set.about import InverseSetParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import InRange
from dgn_explorer.synthesis.unit_reader import UnitReader

_AIM, _GOOD = 0.25, 0.1  # of a band's width inside its edges: where to go, and when to stay
_LEAST_SCALE = 1e-6


@dataclass(frozen=True)
class Seen:
    """One look at N codes: everything is detached.

    ``image`` (N, 3, S, S), ``activations`` (N, units), ``gradients`` (N, units, K) for the code;
    ``features`` (N, D) of unit length and ``away`` (N, K), the gradient that makes them unlike the
    others', where that was asked for.
    """

    image: Tensor
    activations: Tensor
    gradients: Tensor
    features: Tensor | None = None
    away: Tensor | None = None


class Room:
    """Codes are standard deviations from the mean here, so that steps mean the same everywhere."""

    def __init__(self, bench: Bench, recipe: Recipe) -> None:
        """Raises `DgnError` if there is no such unit, or no encoder for the prior's weight."""
        p, target, prior = recipe.parameters, recipe.target, bench.prior
        assert isinstance(p, InverseSetParameters) and isinstance(target, InRange)
        assert prior is not None
        self.parameters, self.target = p, target
        self.network, self.prior = bench.network, prior
        self.device = prior.device
        self.encoder = _encoder(bench) if p.prior else None
        arithmetic = ARITHMETICS[recipe.numeric]
        self._half, self._tf32 = arithmetic.half_generator, arithmetic.tf32
        self._rough = UnitReader(bench.network, target.units, arithmetic.half_network)
        self._exact = UnitReader(bench.network, target.units)
        space = prior.space
        self._mean, self._scale = space.mean, space.scale.clamp_min(_LEAST_SCALE)
        self._lower = self._standard(space.lower * p.bounds)
        self._upper = self._standard(space.upper * p.bounds)
        edges = torch.tensor([[b.low, b.high] for b in target.bands], device=self.device)
        self._low, self._high = edges[:, 0], edges[:, 1]
        self._weights = torch.tensor([t.weight for t in target.terms], device=self.device)

    @property
    def bands(self) -> int:
        """How many units have a band; they are the first."""
        return len(self.target.bands)

    @property
    def size(self) -> int:
        """Length of a code."""
        return self.prior.space.size

    def code(self, z: Tensor) -> Tensor:
        """The codes (N, K), as the prior takes them, of standard deviations ``z``."""
        return self._mean + self._scale * z

    def standard(self, code: np.ndarray) -> Tensor:
        """The standard deviations (N, K) of codes."""
        given = torch.from_numpy(np.ascontiguousarray(code, np.float32)).to(self.device)
        return self._standard(given)

    def _standard(self, code: Tensor) -> Tensor:
        return (code - self._mean) / self._scale

    def bounded(self, z: Tensor) -> Tensor:
        """``z`` (N, K) within the prior's bounds."""
        return torch.minimum(torch.maximum(z, self._lower), self._upper)

    def missing(self, activations: Tensor) -> Tensor:
        """What activations (N, units) lack (N, bands) to lie well inside; 0 where they do."""
        values, aside = activations[:, : self.bands], _AIM * (self._high - self._low)
        low, high = self._low + aside, self._high - aside
        return (low - values).clamp_min(0) - (values - high).clamp_min(0)

    def well_inside(self, activations: Tensor) -> Tensor:
        """Which rows (N,) of activations (N, units) are inside by some margin."""
        values, aside = activations[:, : self.bands], _GOOD * (self._high - self._low)
        return ((values >= self._low + aside) & (values <= self._high - aside)).all(1)

    def pull(self, gradients: Tensor) -> Tensor:
        """The direction (N, K) of the units that are raised or lowered; 0 without any."""
        rows = gradients[:, self.bands :]
        even = rows / rows.abs().mean(2, keepdim=True).clamp_min(1e-12)
        return (even * self._weights[:, None]).sum(1)

    @torch.no_grad()
    def drawn_again(self, z: Tensor, image: Tensor) -> Tensor | None:
        """From ``z`` (N, K) to what the prior's encoder sees in its image; None without one."""
        if self.encoder is None:
            return None
        most = self.encoder.info.batch_limit or len(image)
        with convolutions(self.device):
            codes = [encode(self.prior, self.encoder, part) for part in torch.split(image, most)]
        return self._standard(torch.cat(codes)) - z

    def look(self, z: Tensor, index: int, crowd: Tensor | None = None, zoom: float = 0.0) -> Seen:
        """What the network makes of ``z`` (N, K), in the recipe's arithmetic.

        ``crowd`` (N, D) is the mean of the others' features; it asks for ``away``. The same step
        ``index`` sees the same random cut.
        """
        return self._looked(z, crowd, self._half, self._tf32, self._cut(index, zoom))

    def look_as_stored(self, z: Tensor) -> Seen:
        """The same for the images as files will hold them: clamped and rounded, in float32."""
        return self._looked(z, None, False, False, None)

    def _cut(self, index: int, zoom: float) -> tuple[int, int, int]:
        side = self.prior.info.image_size
        empty = torch.empty(1, 3, side, side, device="meta")
        whole = self.prior.seen(empty, self.network.info.working_size).shape[-1]
        rng = np.random.default_rng(index)
        side = round(whole * (1 - rng.uniform(0, zoom))) if zoom else whole
        top, left = rng.integers(whole - side + 1, size=2)
        return int(top), int(left), side

    def _looked(
        self,
        z: Tensor,
        crowd: Tensor | None,
        half: bool,
        tf32: bool,
        cut: tuple[int, int, int] | None,
    ) -> Seen:
        most = self.network.info.batch_limit or len(z)
        parts = []
        with missing_operators(self.device), convolutions(self.device, tf32):
            for at in range(0, len(z), most):
                beside = None if crowd is None else crowd[at : at + most]
                parts.append(self._pass(z[at : at + most], beside, half, cut))
        seen = _joined(parts)
        self._check(seen.activations)
        return seen

    def _pass(
        self, z: Tensor, crowd: Tensor | None, half: bool, cut: tuple[int, int, int] | None
    ) -> Seen:
        size = self.network.info.working_size
        z = z.detach().requires_grad_(True)
        with torch.enable_grad():
            code = self.code(z)
            image = self.prior.rough_image(code) if half else self.prior.image(code)
            shown = self.prior.seen(image if cut is not None else rounded(image), size)
            if cut is not None:
                top, left, side = cut
                shown = shown[..., top : top + side, left : left + side]
            shown = resize(shown, size)
            reader = self._exact if cut is None else self._rough
            features = away = None
            if crowd is None:
                values = reader(shown)
            else:
                values, features = reader.with_features(shown)
                features = F.normalize(features, dim=1)
            rows = [
                torch.autograd.grad(column.sum(), z, retain_graph=True)[0]
                for column in values.unbind(1)
            ]
            if features is not None and crowd is not None:
                (away,) = torch.autograd.grad(-(features * crowd).sum(), z)
                features = features.detach()
        return Seen(image.detach(), values.detach(), torch.stack(rows, 1), features, away)

    def _check(self, activations: Tensor) -> None:
        broken = (~activations.isfinite()).any(0)
        if bool(broken.any()):
            unit = self.target.units[int(broken.int().argmax())]
            raise DgnError(
                f"The activation of {unit} is not a number any more.",
                "Try a smaller step, or check the network's weights.",
            )


def rounded(image: Tensor) -> Tensor:
    """``image`` as 8 bits hold it, with the gradient of the image itself where not clamped."""
    inside = image.clamp(0, 1)
    return inside + ((inside * 255).round() / 255 - inside).detach()


def _joined(parts: list[Seen]) -> Seen:
    if len(parts) == 1:
        return parts[0]
    features = [part.features for part in parts if part.features is not None]
    away = [part.away for part in parts if part.away is not None]
    return Seen(
        torch.cat([part.image for part in parts]),
        torch.cat([part.activations for part in parts]),
        torch.cat([part.gradients for part in parts]),
        torch.cat(features) if features else None,
        torch.cat(away) if away else None,
    )


def _encoder(bench: Bench) -> Network:
    encoder = bench.open_encoder()
    if encoder is None:
        assert bench.prior is not None
        raise DgnError(
            f"The network {bench.prior.info.encoder.network} that the prior"
            f" {bench.prior.info.name!r} inverts cannot be opened.",
            "Do without what the prior can draw again: set the parameter prior to 0.",
        )
    return encoder
