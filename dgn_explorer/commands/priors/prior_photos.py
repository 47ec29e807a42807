"""``dgn-explorer prior bounds`` and ``prior check``: priors and photographs."""

import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dgn_explorer.commands.opening import opened_network
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    loader_options,
)
from dgn_explorer.commands.terminal import StatusLine, print_json, say
from dgn_explorer.errors import DgnError
from dgn_explorer.paths import user_path
from dgn_explorer.priors.info import CROP, EncoderInfo

if TYPE_CHECKING:
    from torch import Tensor

    from dgn_explorer.networks.network import Network
    from dgn_explorer.photos.sets import Photo
    from dgn_explorer.priors.prior import Prior

_File = click.Path(dir_okay=False, path_type=Path)
BATCH = 8


@click.command("bounds")
@click.argument("name")
@click.option(
    "--images", required=True, type=click.Path(path_type=Path), help="Folder or zip of photographs."
)
@click.option(
    "--network", default=None, help="The encoder.  [default: the one that the prior names]"
)
@loader_options
@click.option("--sigmas", type=click.FloatRange(0.5, 10), default=3.0, show_default=True)
@click.option("--limit", type=click.IntRange(2), default=None, help="Take fewer photographs.")
@device_option
def bounds_command(
    name: str,
    images: Path,
    network: str | None,
    sigmas: float,
    limit: int | None,
    device: str | None,
) -> None:
    """Compute the bounds of your own prior NAME from photographs and store them in it.

    The upper bound of each number of the code is its mean plus SIGMAS standard deviations.
    """
    from dgn_explorer.machine.device import choose_device
    from dgn_explorer.machine.threads import use_threads
    from dgn_explorer.photos.sets import open_photos, spread
    from dgn_explorer.priors.code_space import CodeSpace
    from dgn_explorer.priors.files import replace_space
    from dgn_explorer.priors.opening import open_prior, own_path
    from dgn_explorer.training.learning.encoder import fit_activations

    path = own_path(name)
    chosen = choose_device(device)
    use_threads(chosen)
    prior = open_prior(name, chosen)
    if prior.info.encoder.kind == "components":
        raise DgnError(
            f"The codes of {name} are whitened components, whose bounds are -3 and 3.",
            "Only priors of a layer's own values have bounds to be computed.",
        )
    opened = _open_encoder(prior, network, chosen)
    prior = _encoded_by(prior, opened)
    photo_set = open_photos(images)
    try:
        photos = spread(photo_set.photos, limit)
        rectified = prior.info.encoder.kind == "activations"
        found = fit_activations(_codes(prior, opened, photos), rectified)
    finally:
        photo_set.close()
    make = CodeSpace.activations if rectified else CodeSpace.outputs
    space = make(found.mean.cpu(), found.scale.cpu(), sigmas)
    card: dict[str, object] = {
        "bounds_from": f"mean + {sigmas:g} sigma over {len(photos)} photographs"
    }
    replace_space(path, space, card)
    say(f"{name}: {card['bounds_from']}, upper bounds {float(space.upper.mean()):.2f} on average")


@click.command("check")
@click.option(
    "--caffenet",
    nargs=2,
    required=True,
    type=_File,
    metavar="DEPLOY WEIGHTS",
    help="CaffeNet's deploy.prototxt and bvlc_reference_caffenet.caffemodel.",
)
@click.option("--prior", required=True, help="The fc6 generator: an imported one, or its file.")
@click.option("--bounds", type=_File, help="act_range/3x/fc6.txt, if the prior is a file.")
@click.option("--image", required=True, type=_File, help="images/red_pepper.jpg of that code.")
@click.option(
    "--mean-image",
    type=_File,
    help="ImageNet's mean image (blue, green, red), .npy or .binaryproto.",
)
@device_option
@json_option
def check_command(
    caffenet: tuple[Path, Path],
    prior: str,
    bounds: Path | None,
    image: Path,
    mean_image: Path | None,
    device: str | None,
    as_json: bool,
) -> None:
    """Follow the published run from a photograph and compare its 30 activations.

    Script 3 of the released code, for the bell pepper of CaffeNet. Ends with exit code 1 if a step
    is more than 5 % away from the published value.
    """
    import torch

    from dgn_explorer.evaluation.published_check import TOLERANCE, follow_published
    from dgn_explorer.machine.device import choose_device
    from dgn_explorer.machine.threads import use_threads
    from dgn_explorer.networks.opening import open_network
    from dgn_explorer.networks.options import NetworkOptions
    from dgn_explorer.photos.crops import middle_square
    from dgn_explorer.photos.reading import read_photo
    from dgn_explorer.priors.encoding import encode
    from dgn_explorer.priors.published import less_mean_image
    from dgn_explorer.synthesis.step import from_uint8

    chosen = choose_device(device)
    use_threads(chosen)
    options = NetworkOptions(weights=str(caffenet[1]))
    network = open_network(str(caffenet[0]), chosen, options=options)
    opened = _encoded_by(_published_or_own(prior, bounds, chosen), network)
    square = middle_square(read_photo(image), opened.info.encoder.input_size)
    rgb = from_uint8(square[None], torch.device("cpu"))
    if mean_image is not None:
        rgb = less_mean_image(rgb, mean_image)
    report = follow_published(network, opened, encode(opened, network, rgb.to(chosen)))
    if as_json:
        print_json({**asdict(report), "agrees": report.agrees})
    else:
        say("step  published     here")
        for i, (wanted, found) in enumerate(zip(report.published, report.trace, strict=True)):
            say(f"{i:4}  {wanted:9.2f}  {found:7.2f}")
        verdict = "agrees" if report.agrees else "does not agree"
        say(f"It {verdict}: up to {report.deviation:.1%} away, {TOLERANCE:.0%} are allowed.")
    sys.exit(0 if report.agrees else 1)


def _published_or_own(prior: str, bounds: Path | None, device: Any) -> "Prior":
    """An imported prior, or a published file as it is."""
    from dgn_explorer.priors.bounds import default_space, read_bounds
    from dgn_explorer.priors.info import PriorInfo
    from dgn_explorer.priors.opening import open_prior, prior_names
    from dgn_explorer.priors.prior import Prior
    from dgn_explorer.priors.published import published_layer, read_published

    if prior in prior_names():
        return open_prior(prior, device)
    path = user_path(prior)
    found = read_published(path)
    config = found.generator.config
    size = config.code_size
    info = PriorInfo(
        name=path.stem,
        fingerprint="",
        architecture=found.generator.architecture,
        code_size=size,
        image_size=config.image_size,
        encoder=published_encoder(published_layer(path, config), None),
        fit=CROP,
    )
    space = default_space(size) if bounds is None else read_bounds(bounds, size)
    return Prior(info, found.generator, space).to(device)


def _open_encoder(prior: "Prior", network: str | None, device: Any) -> "Network":

    if network is None and not prior.info.encoder.fingerprint:
        raise DgnError(
            f"The prior {prior.info.name} does not say where its encoder is.",
            "Give it with --network, such as --network deploy.prototxt.",
        )
    return opened_network(network or prior.info.encoder.network, device)


def _encoded_by(prior: "Prior", network: "Network") -> "Prior":
    """``prior`` with ``network`` for its encoder, whatever its file says."""
    encoder = replace(
        prior.info.encoder,
        network=network.info.name,
        fingerprint=network.info.fingerprint,
        layer=network.info.layer(prior.info.encoder.layer).path,
    )
    return replace(prior, info=replace(prior.info, encoder=encoder))


def _codes(prior: "Prior", network: "Network", photos: tuple["Photo", ...]) -> Iterator["Tensor"]:
    """Codes (N, K) of the photographs, some at a time, with a line on the terminal."""
    import torch

    from dgn_explorer.photos.loading import load_photo
    from dgn_explorer.photos.sets import batches
    from dgn_explorer.priors.encoding import encode

    size, p, line, done = prior.info.encoder.input_size, network.preprocessing, StatusLine(), 0
    for batch in batches(photos, network.info.batch_limit or BATCH):
        rgb = torch.stack([load_photo(x, size, p.crop, p.interpolation, p.resize) for x in batch])
        yield encode(prior, network, rgb.to(prior.device))
        done += len(batch)
        line.say(f"{done} of {len(photos)} photographs", last=done == len(photos))
    line.end()


def published_encoder(layer: str, network: str | None) -> EncoderInfo:
    """Which network and layer a published generator inverts; CaffeNet if ``network`` is None."""
    from dgn_explorer.priors.published import ENCODER_SIZE

    kind = "outputs" if layer == "fc8" else "activations"
    if network is None:
        return EncoderInfo("CaffeNet", "", layer, kind, ENCODER_SIZE)

    info = opened_network(network).info
    path = info.layer(layer).path
    return EncoderInfo(info.name, info.fingerprint, path, kind, info.input_size)
