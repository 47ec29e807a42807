"""Does a network see what it should? Top-1 on labelled photographs, and other preprocessings."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.preprocessing import (
    CAFFE_MEAN,
    IMAGENET_MEAN,
    IMAGENET_STD,
    Preprocessing,
    channel_rows,
)
from dgn_explorer.photos.loading import load_photo
from dgn_explorer.photos.sets import (
    Photo,
    batches,
    class_indices,
    open_photos,
    spread,
)

BATCH = 16
ALTERNATIVE_PHOTOS = 100
_CAFFE_PX = 256  # caffe/python/classify.py, --images_dim
_LEAST_GAIN = 0.05  # a better alternative counts from this gain in top-1 on


@dataclass(frozen=True)
class Alternative:
    """Another preprocessing and its top-1 on the smaller sample."""

    name: str
    preprocessing: Preprocessing
    top1: float


@dataclass(frozen=True)
class CheckReport:
    """What `check` found; ``top1`` is the share named right, 0 to 1.

    ``sample_top1`` is the network's own top-1 on the ``sample`` photographs on which the
    alternatives, best first, were tried. ``warning`` is empty if the preprocessing looks right;
    else ``flags`` are the options that ask for a better one.
    """

    network: str
    photos: int
    right: int
    top1: float
    sample: int = 0
    sample_top1: float = 0.0
    alternatives: tuple[Alternative, ...] = ()
    warning: str = ""
    flags: str = ""


def check(
    network: Network,
    path: Path,
    limit: int | None = None,
    alternatives: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """As `checking`; ``progress`` gets what that yields."""
    work = checking(network, path, limit, alternatives)
    while True:
        try:
            done, total = next(work)
        except StopIteration as end:
            report: CheckReport = end.value
            return report
        if progress is not None:
            progress(done, total)


def preprocessing_name(p: Preprocessing) -> str:
    """What people call a preprocessing; its numbers where it has no name."""
    if channel_rows(p.channels) in (channel_rows("rgb"), channel_rows("bgr")):
        for name, other in _colour_alternatives(p).items():
            if _same(p, other):
                return name
    mean, std = (", ".join(f"{x:g}" for x in values) for values in (p.mean, p.std))
    return f"{p.channels.upper()} 0 to {p.value_range:g}, less {mean}, over {std}"


def checking(
    network: Network, path: Path, limit: int | None = None, alternatives: bool = True
) -> Generator[tuple[int, int], None, CheckReport]:
    """Run ``network`` over the photographs at ``path``, a folder or zip with one folder a class.

    ``limit`` takes fewer photographs, evenly spread. Yields (done, total), with every alternative
    counted. Raises `DgnError` if the folders cannot be matched to the classes.
    """
    if limit is not None and limit < 1:
        raise DgnError(f"{limit} photographs are too few.", "Give a limit of at least 1.")
    photo_set = open_photos(path)
    try:
        classes = network.info.layer(network.info.output_layer).channels
        wanted = class_indices(photo_set.folders, network.info.labels, classes)
        photos = spread(photo_set.photos, limit)
        sample = spread(photos, ALTERNATIVE_PHOTOS) if alternatives else ()
        others = (
            _alternatives(network.preprocessing, network.info.input_size) if alternatives else {}
        )
        total = len(photos) + len(sample) * len(others)
        done = 0

        def count(
            network: Network, photos: tuple[Photo, ...]
        ) -> Generator[tuple[int, int], None, frozenset[str]]:
            nonlocal done
            named: set[str] = set()
            for batch in batches(photos, network.info.batch_limit or BATCH):
                named |= _named_right(network, batch, wanted)
                done += len(batch)
                yield done, total
            return frozenset(named)

        right = yield from count(network, photos)
        tried = []
        for name, other in others.items():
            found = yield from count(replace(network, preprocessing=other), sample)
            tried.append(Alternative(name, other, len(found)))
    finally:
        photo_set.close()
    own = sum(photo.name in right for photo in sample) / len(sample) if sample else 0.0
    ranked = sorted((replace(x, top1=x.top1 / len(sample)) for x in tried), key=lambda x: -x.top1)
    return CheckReport(
        network=network.info.name,
        photos=len(photos),
        right=len(right),
        top1=len(right) / len(photos),
        sample=len(sample),
        sample_top1=own,
        alternatives=tuple(ranked),
        warning=_warning(own, ranked),
        flags=_flags(ranked[0].preprocessing) if _warning(own, ranked) else "",
    )


def _named_right(
    network: Network, photos: tuple[Photo, ...], wanted: Mapping[str, int]
) -> set[str]:
    p, size = network.preprocessing, network.info.input_size
    images = torch.stack([load_photo(x, size, p.crop, p.interpolation, p.resize) for x in photos])
    with torch.no_grad():
        found = network.logits(images.to(network.device)).argmax(1).tolist()
    return {x.name for x, index in zip(photos, found, strict=True) if wanted[x.folder] == index}


def _alternatives(own: Preprocessing, size: int) -> dict[str, Preprocessing]:
    """The usual preprocessings for the network's number of channels, without its own.

    The last is the other way to cut a photograph: what Caffe's classification tools do.
    """
    if channel_rows(own.channels) not in (channel_rows("rgb"), channel_rows("bgr")):
        scales = {"0 to 1": (0.0, 1.0, 1.0), "-1 to 1": (127.5, 127.5, 255.0)}
        scales |= {"0 to 255": (0.0, 1.0, 255.0)}
        count = len(own.mean)
        found = {
            name: replace(own, mean=(mean,) * count, std=(std,) * count, value_range=white)
            for name, (mean, std, white) in scales.items()
        }
    else:
        found = _colour_alternatives(own)
    if 0.8 * _CAFFE_PX < size < _CAFFE_PX:
        found["warped to 256 and cut, as by Caffe's tools"] = replace(
            own, crop=size / _CAFFE_PX, interpolation="bilinear", resize="warp"
        )
    return {name: other for name, other in found.items() if not _same(own, other)}


def _colour_alternatives(own: Preprocessing) -> dict[str, Preprocessing]:
    imagenet_bgr = (IMAGENET_MEAN[::-1], IMAGENET_STD[::-1])
    settings = {
        "ImageNet mean and std, RGB": (IMAGENET_MEAN, IMAGENET_STD, 1.0, "rgb"),
        "ImageNet mean and std, BGR": (*imagenet_bgr, 1.0, "bgr"),
        "Caffe, BGR": (CAFFE_MEAN, (1.0,) * 3, 255.0, "bgr"),
        "Caffe, RGB": (CAFFE_MEAN[::-1], (1.0,) * 3, 255.0, "rgb"),
        "-1 to 1, RGB": ((127.5,) * 3, (127.5,) * 3, 255.0, "rgb"),
        "-1 to 1, BGR": ((127.5,) * 3, (127.5,) * 3, 255.0, "bgr"),
        "0 to 1, RGB": ((0.0,) * 3, (1.0,) * 3, 1.0, "rgb"),
        "0 to 255, RGB": ((0.0,) * 3, (1.0,) * 3, 255.0, "rgb"),
    }
    return {
        name: replace(own, mean=mean, std=std, value_range=white, channels=order)
        for name, (mean, std, white, order) in settings.items()
    }


def _same(own: Preprocessing, other: Preprocessing) -> bool:
    """Nearly the same pixels: within 2 % of the range, and cut in the same way."""
    cuts = [(p.channels, p.resize, round(p.crop, 2)) for p in (own, other)]
    if cuts[0] != cuts[1]:
        return False

    def ends(p: Preprocessing) -> list[float]:
        pairs = list(zip(p.mean, p.std, strict=True))
        return [-m / s for m, s in pairs] + [(p.value_range - m) / s for m, s in pairs]

    mine, theirs = ends(own), ends(other)
    span = max(mine) - min(mine)
    return all(abs(a - b) <= 0.02 * span for a, b in zip(mine, theirs, strict=True))


def _warning(own: float, ranked: list[Alternative]) -> str:
    if not ranked or ranked[0].top1 < own + _LEAST_GAIN:
        return ""
    best = ranked[0]
    return (
        f"The preprocessing looks wrong: with {best.name} it names {best.top1:.0%} right instead of"
        f" {own:.0%}. Try {_flags(best.preprocessing)}."
    )


def _flags(p: Preprocessing) -> str:
    """How to ask for it."""
    mean, std = (",".join(f"{x:g}" for x in values) for values in (p.mean, p.std))
    flags = f"--mean {mean} --std {std} --range {p.value_range:g} --channels {p.channels}"
    if p.resize != "shorter":
        flags = f"--resize {p.resize} --crop {p.crop:.4g} --interpolation {p.interpolation}"
    return flags
