"""The guard: a network that was made ready for ascent still computes what its file says.

Layout, arithmetic and packed weights make an ascent faster and must not change the function. So the
network is run as it came, on two images; then the ready one is compared with that, without and with
a gradient, alone and in a batch, in the other order of the images. A difference is repaired by
leaving out what causes it; what cannot be repaired is said in a sentence.

Every pass answers as many questions as it can, because a large network's takes half a second: two
show what it gave, one follows its axes, one reads every layer, two are those of an ascent, and one
has both images in a batch.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import freeze, own_types
from dgn_explorer.networks.preprocessing import Preprocessing
from dgn_explorer.networks.reading import ActivationReader, ReadPoint, first_tensor
from dgn_explorer.networks.tracing import Traced, traced_pass

_SEED = 20
_CLOSE = 1e-3  # of the largest value: other kernels round otherwise
_CLOSE_HALF = 3e-2  # where the network came in half precision
# What is tried, the fastest first; the last leaves weights in half or double precision
_WAYS: tuple[dict[str, bool], ...] = (
    {},
    {"channels_last": False},
    {"channels_last": False, "packed": False},
    {"channels_last": False, "packed": False, "in_place": False},
    {"channels_last": False, "packed": False, "types": False},
)
_DEPENDENT = (
    "The scores of an image depend on the other images in its batch (a batch norm without running"
    " statistics does that), so images are computed one at a time."
)
Run = Callable[[Tensor], Any]


@dataclass(frozen=True)
class Reference:
    """What a network gave as it came: its outputs for two images, each (1, ...) and in float32.

    ``close`` is the difference, in parts of the largest output, that is only rounding.
    """

    images: Tensor
    outputs: tuple[Tensor, Tensor]
    close: float


@dataclass(frozen=True)
class Frozen:
    """A network made ready, and what its passes over the first image showed.

    ``noise`` is how far two passes over one image differ, in parts of the largest output. ``alone``
    is what each layer reads, ``ascended`` the same with a gradient (None if there is none) once the
    other image was looked at. ``gap`` is how far its scores are from those of the network as it
    came, and ``error`` why no gradient can be had of them.
    """

    module: nn.Module
    traced: Traced
    alone: list[Tensor]
    ascended: list[Tensor | None]
    noise: float
    gap: float
    error: str = ""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A frozen network that was compared with its original."""

    module: nn.Module
    traced: Traced
    batch_limit: int | None
    notices: tuple[str, ...]


def probes(preprocessing: Preprocessing, size: int, device: torch.device) -> Tensor:
    """Two preprocessed images (2, channels, size, size) of coloured noise, always the same."""
    generator = torch.Generator().manual_seed(_SEED)
    fine = torch.rand(2, 3, size, size, generator=generator)
    coarse = torch.rand(2, 3, 1, 1, generator=generator)
    with torch.no_grad():
        return preprocessing((fine * 0.6 + coarse * 0.4).to(device))


def reference(run: Run, images: Tensor, *, exact: bool = True) -> Reference:
    """Run a network as it came on ``images`` (2, C, H, W), one at a time.

    ``exact`` is False where it computes in half precision. Raises what the network raises.
    """
    one, two = images.chunk(2)
    with torch.no_grad():
        # the second first: a network that keeps something of an image then gives itself away
        second, first = _values(run, two, 0), _values(run, one, 0)
    return Reference(images, (first, second), _CLOSE if exact else _CLOSE_HALF)


def noise_of(run: Run, image: Tensor) -> float:
    """How far two passes over one ``image`` differ; 0 for a network that draws no numbers."""
    with torch.no_grad():
        return difference(_values(run, image, 1), _values(run, image, 0))


def difference(found: Tensor, wanted: Tensor) -> float:
    """The largest difference, in parts of the largest finite value of ``wanted``."""
    if found.shape != wanted.shape:
        return float("inf")
    if found.device == wanted.device and found.dtype == wanted.dtype == torch.float32:
        furthest, largest = float((found - wanted).abs().amax()), float(wanted.abs().amax())
        if math.isfinite(furthest) and math.isfinite(largest):
            return furthest / (largest or 1.0)
    found, wanted = found.double().cpu(), wanted.double().cpu()
    same = (found == wanted) | (found.isnan() & wanted.isnan())
    if bool(same.all()):
        return 0.0
    finite = wanted[wanted.isfinite()].abs()
    scale = float(finite.max()) if finite.numel() else 1.0
    gap = (found - wanted).abs().masked_fill(same, 0)
    return float(gap.nan_to_num(nan=float("inf")).max()) / (scale or 1.0)


def frozen_like(module: nn.Module, wanted: Reference) -> Frozen:
    """``module`` frozen as fast as it may be while it gives what it gave, and what is to be said.

    Left out, one after the other: the layout, the packed weights, modules that work in place, and
    float32. Raises `DgnError` if it only runs as it came.
    """
    own = own_types(module)
    tried: Frozen | None = None
    failure: Exception | None = None
    for way in _WAYS:
        if not way.get("types", True):
            if not own.changed:
                continue
            own.restore()
        freeze(module, **way)
        try:
            tried = _tried(module, wanted)
        except Exception as error:  # the network's own code may raise anything
            tried, failure = None, error
            continue
        if tried.gap <= wanted.close and not tried.error:
            return tried
    if tried is None:
        assert failure is not None
        raise DgnError(
            f"The network runs, but its layers cannot be read with a gradient: {_line(failure)}.",
            "Check that nothing in it is only for training, or export it anew.",
        ) from failure
    if tried.gap <= wanted.close:
        said = (
            f"No image can be made for the network's classes, only for layers before the fault:"
            f" {tried.error}."
        )
    else:
        said = (
            "Made ready for ascent, the network's scores differ from the original's by"
            f" {_share(tried.gap)}: it changes itself while it runs, keeps something of the"
            " images before, or draws random numbers, so take its scores with care or export it"
            " anew."
        )
    return replace(tried, notices=(said,))


def _tried(module: nn.Module, wanted: Reference) -> Frozen:
    """Run the frozen module as an ascent and a look at an image do."""
    first, second = wanted.images.chunk(2)
    with _seeded(1):
        traced, output = traced_pass(module, first)
    gap, noise = difference(_flat(output), wanted.outputs[0]), 0.0
    if gap > wanted.close:  # by chance?
        with torch.no_grad():
            once, again = _values(module, first, 0), _values(module, first, 0)
        noise = max(difference(_flat(output), once), difference(again, once))
        gap = difference(once, wanted.outputs[0])
    alone, output = _read(module, _copied(traced.points), first)
    gap = max(gap, difference(_flat(output), wanted.outputs[0]))
    found, output = _read(module, traced.points, first.clone().requires_grad_())
    gap = max(gap, difference(_flat(output).detach(), wanted.outputs[0]))
    ascended = [x.detach() if x.requires_grad else None for x in found]
    del found, output
    error = ""
    try:
        with torch.enable_grad():
            image = second.clone().requires_grad_()
            output = _values(module, image, 0)
            gap = max(gap, difference(output.detach(), wanted.outputs[1]))
            if output.requires_grad:
                torch.autograd.grad(output.nan_to_num().sum(), image, allow_unused=True)
    except Exception as problem:
        error = _line(problem)
    return Frozen(module, traced, alone, ascended, noise, gap, error)


def _share(part: float) -> str:
    return f"{min(part, 9.99):.{0 if part >= 0.1 else 1}%}"


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].split(": [")[0].split(". ")[0].rstrip(".:")


def check(frozen: Frozen, wanted: Reference, limit: int | None) -> Checked:
    """Compare what is read with a gradient, in a batch and later with what is read alone.

    A layer that reads otherwise keeps a copy, and is listed as not readable if that does not help.
    ``limit`` is the most images a pass takes as far as is known.
    """
    module, traced, alone = frozen.module, frozen.traced, frozen.alone
    notices = list(frozen.notices)
    if frozen.noise > wanted.close >= frozen.gap:
        notices.append(
            f"Two passes over one image differ by {_share(frozen.noise)} of its largest"
            " score: the network draws random numbers although it was set to evaluate, so call"
            " F.dropout with training=self.training and export it in eval mode."
        )
    if not all(bool(x.isfinite().all()) for x in wanted.outputs):
        notices.append(
            "The network's scores are not finite numbers: its weights are damaged, or --mean, --std"
            " and --value-range do not belong to it."
        )
    points = traced.points
    reasons = _differing(points, alone, frozen.ascended, wanted)
    if reasons:
        copied = _copied(points)
        points = {path: copied[path] if path in reasons else p for path, p in points.items()}
        reasons = _differing(points, alone, _ascended(module, points, wanted), wanted)
    if limit != 1:
        limit, said, apart = _batches(frozen, wanted)
        notices += said
        reasons = {**apart, **reasons}
    return Checked(module, replace(traced, points=points).without(reasons), limit, tuple(notices))


def _ascended(
    module: nn.Module, points: dict[str, ReadPoint], wanted: Reference
) -> list[Tensor | None]:
    """What layers read with a gradient, once another image was looked at."""
    image, other = wanted.images.chunk(2)
    found, _ = _read(module, points, image.clone().requires_grad_())
    with torch.no_grad():
        _values(module, other, 0)
    return [x.detach() if x.requires_grad else None for x in found]


def _differing(
    points: dict[str, ReadPoint],
    alone: list[Tensor],
    ascended: list[Tensor | None],
    wanted: Reference,
) -> dict[str, str]:
    """Layers that read otherwise with a gradient or once another image was looked at, and why."""
    reasons = {}
    for path, value, before in zip(points, ascended, alone, strict=True):
        if value is None:
            reasons[path] = "No gradient leads from it to the image."
        elif difference(value, before) > wanted.close:
            reasons[path] = "It reads otherwise during an ascent than when an image is looked at."
    return reasons


def _batches(frozen: Frozen, wanted: Reference) -> tuple[int | None, list[str], dict[str, str]]:
    """The most images in a pass, what is to be said of it, and layers that it does not divide."""
    if max(frozen.noise, frozen.gap) > wanted.close:
        return 1, [], {}  # what a batch does cannot be told from chance, or from what was before
    try:
        found, output = _read(frozen.module, _copied(frozen.traced.points), wanted.images)
    except Exception:  # a program that was exported for one image refuses more in many ways
        return 1, [], {}
    together = _flat(output)
    apart = torch.cat(wanted.outputs)
    if together.shape != apart.shape:
        return 1, [], {}
    if difference(together, apart) > wanted.close:
        return 1, [_DEPENDENT], {}
    reason = "What it returns for an image depends on the other images in its batch."
    mixed = {
        path: reason
        for path, x, before in zip(frozen.traced.points, found, frozen.alone, strict=True)
        if len(x) != 2 or difference(x[:1], before) > wanted.close
    }
    return None, [], mixed


def _copied(points: dict[str, ReadPoint]) -> dict[str, ReadPoint]:
    return {path: replace(point, copied=True) for path, point in points.items()}


def _read(
    module: nn.Module, points: dict[str, ReadPoint], images: Tensor
) -> tuple[list[Tensor], Any]:
    with _seeded(0), torch.set_grad_enabled(images.requires_grad):
        return ActivationReader(module, points.values()).to_the_end(_own(images))


def _values(run: Run, image: Tensor, seed: int) -> Tensor:
    with _seeded(seed):
        return _flat(run(_own(image)))


def _own(images: Tensor) -> Tensor:
    """A copy, and no leaf: a network may subtract its mean in place, from images used again."""
    return images * 1


def _flat(output: Any) -> Tensor:
    """The scores in float32, (N, ...); a single image's that were squeezed get their axis back."""
    found = first_tensor(output)
    if found is None:
        raise TypeError("the network returns no tensor")
    return (found if found.ndim > 1 else found[None]).float()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Random numbers that come again, and leave those of everyone else as they were."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(_SEED + seed)
        yield
