"""The room in which a set is sought: codes, what the network sees of them, and the ranges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.machine.graphs import static
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.precision import ARITHMETICS
from dgn_explorer.synthesis.ascent import missing_operators
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.methods.dgn_am.view import Window, cut, projected, random_window
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
        self._size = bench.network.info.working_size
        empty = torch.empty(1, 3, prior.info.image_size, prior.info.image_size, device="meta")
        self._whole = prior.seen(empty, self._size).shape[-1]
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
        most, key = self.encoder.info.batch_limit or len(image), ("code", id(self.prior))
        with convolutions(self.device):
            codes = [
                self.encoder.graphs.run(key, self._encoded, (part,))[0]
                for part in torch.split(image, most)
            ]
        return self._standard(torch.cat(codes)) - z

    def _encoded(self, image: Tensor) -> tuple[Tensor, ...]:
        assert self.encoder is not None
        return (encode(self.prior, self.encoder, image),)

    def look(self, z: Tensor, index: int, crowd: Tensor | None = None, zoom: float = 0.0) -> Seen:
        """What the network makes of ``z`` (N, K), in the recipe's arithmetic.

        ``crowd`` (N, D) is the mean of the others' features; it asks for ``away``. The same step
        ``index`` sees the same random cut.
        """
        if not static(self.device):
            view = partial(cut, place=self._place(index, zoom), size=self._size)
            return self._looked(partial(self._pass, view, rough=True), z, crowd, self._tf32)
        place = torch.tensor(self._place(index, zoom), dtype=torch.float32).to(self.device)

        def passed(*given: Tensor) -> tuple[Tensor, ...]:
            return self._recorded(self._pass_at, (place, *given))

        return self._looked(passed, z, crowd, self._tf32)

    def look_as_stored(self, z: Tensor, rows: Tensor) -> Seen:
        """The same for the images as files will hold them: clamped and rounded, in float32.

        Of the codes ``z`` (N, K) those of ``rows``.
        """
        if not static(self.device):
            return self._looked(self._pass_as_stored, z[rows], None, tf32=False)
        # all of them: fewer in every step would be new shapes, and a recording each
        seen = self._looked(
            lambda *given: self._recorded(self._pass_as_stored, given), z, None, tf32=False
        )
        return Seen(seen.image[rows], seen.activations[rows], seen.gradients[rows])

    def _place(self, index: int, zoom: float) -> Window:
        if not zoom:
            return 0, 0, self._whole
        return random_window(index, zoom, self._whole)

    def _recorded(
        self, function: Callable[..., tuple[Tensor, ...]], inputs: Sequence[Tensor]
    ) -> tuple[Tensor, ...]:
        # the recording keeps the prior, so that no other can have its id
        key = "inverse-set", function.__name__, id(self.prior), self.target.units, self._half
        return self.network.graphs.run(key, function, inputs)

    def _looked(
        self, passed: Callable[..., tuple[Tensor, ...]], z: Tensor, crowd: Tensor | None, tf32: bool
    ) -> Seen:
        """``passed`` gives the tensors of `Seen` for codes, and the crowd if there is one."""
        most = self.network.info.batch_limit or len(z)
        given = (z.detach(),) if crowd is None else (z.detach(), crowd)
        with missing_operators(self.device), convolutions(self.device, tf32):
            parts = [
                passed(*(x[at : at + most].contiguous() for x in given))
                for at in range(0, len(z), most)
            ]
        seen = Seen(*(torch.cat(same) for same in zip(*parts, strict=True)))
        self._check(seen.activations)
        return seen

    def _pass_at(self, place: Tensor, z: Tensor, crowd: Tensor | None = None) -> tuple[Tensor, ...]:
        view = partial(projected, place=place, size=self._size)
        return self._pass(view, z, crowd, rough=True)

    def _pass_as_stored(self, z: Tensor) -> tuple[Tensor, ...]:
        def view(image: Tensor) -> Tensor:
            return resize(rounded(image), self._size)

        return self._pass(view, z, rough=False)

    def _pass(
        self,
        view: Callable[[Tensor], Tensor],
        z: Tensor,
        crowd: Tensor | None = None,
        *,
        rough: bool,
    ) -> tuple[Tensor, ...]:
        z = z.detach().requires_grad_(True)
        more: tuple[Tensor, ...] = ()
        with torch.enable_grad():
            code = self.code(z)
            half = rough and self._half
            image = self.prior.rough_image(code) if half else self.prior.image(code)
            shown = view(self.prior.seen(image, self._size))
            reader = self._rough if rough else self._exact
            if crowd is None:
                values = reader(shown)
            else:
                values, features = reader.with_features(shown)
                features = F.normalize(features, dim=1)
            rows = [
                torch.autograd.grad(column.sum(), z, retain_graph=True)[0]
                for column in values.unbind(1)
            ]
            if crowd is not None:
                (away,) = torch.autograd.grad(-(features * crowd).sum(), z)
                more = features.detach(), away
        return (image.detach(), values.detach(), torch.stack(rows, 1), *more)

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
