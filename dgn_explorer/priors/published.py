"""Importing the published generators, in all the forms in which they are about.

The forms (methods reference, section 2.4) are told apart by what is in the file, not by its name:

A   PyTorch, Caffe's layer names: ``defc7.weight`` ... ``deconv0.bias``
A'  the same with the layers of a wrapper: ``defc7.1.weight``
B   PyTorch, names of XDream: ``fc7.weight``, ``tconv5_0.weight``, no biases of convolutions
C   bdpy's AlexNetGenerator: A, and every tensor once more under ``defc.0``, ``deconv.0``
D   a ``.caffemodel``
E   a third-party re-implementation of another architecture, which is refused
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.caffe.caffe_files import read_caffemodel, read_mean_image
from dgn_explorer.networks.weights.checkpoints import read_weights, require_file, unpacked_bytes
from dgn_explorer.priors.architectures.upconv import (
    BASE,
    FLAT,
    MAP,
    PIXEL_MEAN,
    UpconvConfig,
    UpconvGenerator,
)

MOST_BYTES = 1 << 30
ENCODER_SIZE = 227  # pixels that CaffeNet takes
_ADVICE = "Give a published generator: .pt, .safetensors or .caffemodel, as it was downloaded."
_PREFIXES = (
    "state_dict.",
    "model_state_dict.",
    "model.",
    "net.",
    "module.",
    "_orig_mod.",
    "G.",
    "generator.",
    "netG.",
)
_FLAT_LAYERS = ("defc7", "defc6", "defc5")
_MAP_LAYERS = ("Rconv6", "Rconv7", "Rconv8")
_STACK = (
    *("deconv5", "conv5_1", "deconv4", "conv4_1", "deconv3", "conv3_1"),
    *("deconv2", "deconv1", "deconv0"),
)
_LAYERS = frozenset((*_FLAT_LAYERS, *_MAP_LAYERS, *_STACK))
_XDREAM = {f"fc{i}": f"defc{i}" for i in (7, 6, 5)}
_XDREAM |= {f"tconv{i}_0": f"deconv{i}" for i in (5, 4, 3)}
_XDREAM |= {f"tconv{i}_1": f"conv{i}_1" for i in (5, 4, 3)}
_XDREAM |= {f"tconv{i}": f"deconv{i}" for i in (2, 1, 0)}
_XDREAM |= {f"conv{i}": f"Rconv{i}" for i in (6, 7, 8)}
_TWICE = re.compile(r"(defc|deconv)\.\d+\.(weight|bias)")


@dataclass(frozen=True)
class Published:
    """A published generator; ``form`` is A, A', B, C or D (see above)."""

    form: str
    generator: UpconvGenerator


def read_published(path: Path) -> Published:
    """Read a published generator; the weights are taken over as they are, in float32.

    Raises `DgnError` if the file is missing, too large, damaged or of another kind. Nothing in it
    is executed, and no memory is taken for sizes that it only claims to have.
    """
    require_file(path)
    _check_size(path, path.stat().st_size)
    form, tensors = _recognise(path, _read(path))
    config = _config(path, tensors)
    with torch.device("meta"):
        generator = UpconvGenerator(config)
    _fill(path, generator, tensors)
    return Published(form, generator.eval().requires_grad_(False))


def published_layer(path: Path, config: UpconvConfig) -> str:
    """The CaffeNet layer whose codes the generator takes.

    fc6 and fc7 have the same shapes, so the file's name has to tell them apart; fc6 if it is
    silent.
    """
    if config.head == MAP:
        return "pool5"
    if config.code_size == 1000:
        return "fc8"
    found = re.findall(r"fc[678]", path.stem.lower())
    return found[-1] if found else "fc6"


def less_mean_image(rgb: Tensor, path: Path) -> Tensor:
    """Photographs (N, 3, S, S) in [0, 1] from which CaffeNet will subtract a mean image.

    The released code subtracts ImageNet's mean image (3, 256, 256; blue, green, red) from a
    photograph that it encodes, position by position, cropped to the photograph's size; the network
    subtracts its channel means, so the difference of the two is taken off before.
    """
    mean, size = read_mean_image(path), rgb.shape[-1]
    if mean.ndim != 3 or mean.shape[0] != 3 or min(mean.shape[1:]) < size:
        raise DgnError(
            f"The mean image {path} has the shape {tuple(mean.shape)}.",
            f"It must be (3, H, W) and at least {size} pixels wide and high.",
        )
    top, left = ((n - size) // 2 for n in mean.shape[1:])
    mean = mean[:, top : top + size, left : left + size]
    difference = mean - torch.tensor(PIXEL_MEAN).view(3, 1, 1)
    return rgb - difference.flip(0).to(rgb.device) / 255


def _read(path: Path) -> dict[str, Tensor]:
    """Name -> tensor as in the file; ``caffe:`` stands before the names of a caffemodel."""
    require_file(path)
    with path.open("rb") as file:
        start = file.read(16)
    if start[:2] == b"PK":
        _check_size(path, unpacked_bytes(path))
    if start[:2] == b"PK" or start[:1] == b"\x80" or start[8:9] == b"{":
        return read_weights(path)
    blobs = read_caffemodel(path)
    found = {}
    for layer, tensors in blobs.items():
        for kind, tensor in zip(("weight", "bias"), tensors, strict=False):
            found[f"caffe:{layer}.{kind}"] = tensor
    return found


def _check_size(path: Path, size: int) -> None:
    if size > MOST_BYTES:
        raise DgnError(f"{path} has {size / 1e9:.1f} GB; a published generator has 0.2.", _ADVICE)


def _recognise(path: Path, tensors: Mapping[str, Tensor]) -> tuple[str, dict[str, Tensor]]:
    """The form, and the tensors under Caffe's layer names."""
    if any(key.startswith("caffe:") for key in tensors):
        plain = {key.removeprefix("caffe:"): value for key, value in tensors.items()}
        own = {key: value for key, value in plain.items() if key.rpartition(".")[0] in _LAYERS}
        if "deconv0.weight" not in own:
            raise DgnError(f"{path} is a Caffe file, but no published generator.", _ADVICE)
        return "D", own
    plain = {_without_prefixes(key): value for key, value in tensors.items()}
    if "fc.0.weight" in plain and any(key.startswith("deconv.") for key in plain):
        raise DgnError(
            f"{path} is a re-implementation of another architecture: plain convolutions and ReLUs"
            " where the published generator has transposed ones and leaky ReLUs.",
            "Its weights fit no published generator; take the original one.",
        )
    form = "A"
    if "defc7.1.weight" in plain:
        form = "A'"
        plain = {key.replace(".1.", "."): value for key, value in plain.items()}
    elif "tconv0.weight" in plain:
        form = "B"
        plain = {_from_xdream(key): value for key, value in plain.items()}
    elif any(_TWICE.fullmatch(key) for key in plain) and "deconv0.weight" in plain:
        form = "C"
        plain = {key: value for key, value in plain.items() if not _TWICE.fullmatch(key)}
    if "deconv0.weight" not in plain:
        first = ", ".join(list(plain)[:4])
        raise DgnError(f"{path} is no published generator: it has {first}.", _ADVICE)
    return form, plain


def _without_prefixes(key: str) -> str:
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    return key


def _from_xdream(key: str) -> str:
    layer, dot, kind = key.rpartition(".")
    return f"{_XDREAM.get(layer, layer)}{dot}{kind}"


def _config(path: Path, tensors: Mapping[str, Tensor]) -> UpconvConfig:
    first = tensors.get("defc7.weight")
    head = MAP if first is None else FLAT
    weight = tensors.get("Rconv6.weight") if first is None else first
    shape = () if weight is None else tuple(weight.shape)  # (1, 1, out, in) in Caffe's old files
    try:
        if head == MAP:
            width = int(shape[1])
            return UpconvConfig(width * 36, width, MAP)
        return UpconvConfig(int(shape[-1]), int(shape[-2]) // BASE**2, FLAT)
    except (ValueError, IndexError) as error:
        raise DgnError(
            f"The first layer in {path} has the shape {shape} ({error}).", _ADVICE
        ) from None


def _fill(path: Path, generator: UpconvGenerator, tensors: Mapping[str, Tensor]) -> None:
    """Put the file's weights into a generator that has no memory of its own yet."""
    own = generator.state_dict()
    problems = [f"unknown {key}" for key in tensors if key not in own]
    weights: dict[str, Tensor] = {}
    if sum(4 * value.numel() for value in own.values()) > MOST_BYTES:
        raise DgnError(f"The layers in {path} are too large for a generator.", _ADVICE)
    for key, wanted in own.items():
        found = tensors.get(key)
        if found is None and key.endswith("bias") and "def" not in key and "R" not in key:
            weights[key] = torch.zeros(wanted.shape)  # some forms leave out these, which are 0
        elif found is None:
            problems.append(f"no {key}")
        elif _shape(found) != _shape(wanted) or not found.is_floating_point():
            problems.append(f"{key} is {tuple(found.shape)}, not {tuple(wanted.shape)}")
        elif found.untyped_storage().nbytes() < found.numel() * found.element_size():
            problems.append(f"{key} repeats its numbers")  # a few bytes that claim to be many
        else:
            # clone: the file's bytes may be mapped, and a view may be larger than it shows
            weights[key] = found.reshape(wanted.shape).to(torch.float32, copy=True).contiguous()
    if problems:
        more = f" and {len(problems) - 4} more" if len(problems) > 4 else ""
        raise DgnError(
            f"{path} does not fit the published generator: {'; '.join(problems[:4])}{more}.",
            _ADVICE,
        )
    if not all(bool(weight.isfinite().all()) for weight in weights.values()):
        raise DgnError(f"The weights in {path} are not all finite.", _ADVICE)
    generator.load_state_dict(weights, assign=True)


def _shape(tensor: Tensor) -> tuple[int, ...]:
    """The shape without the ones in front that Caffe's old files have."""
    shape = tuple(tensor.shape)
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape
