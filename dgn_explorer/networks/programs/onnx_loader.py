"""ONNX files, as differentiable torch modules."""

from pathlib import Path
from typing import Any

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaded import IMAGENET_PREPROCESSING, Loaded, Request
from dgn_explorer.networks.options import LARGEST_SIZE
from dgn_explorer.networks.pass_memory import checked_work, watch
from dgn_explorer.networks.programs.limits import Deadline
from dgn_explorer.networks.programs.onnx.comparison import require_same_scores
from dgn_explorer.networks.programs.onnx.conversion import Converted, convert
from dgn_explorer.networks.programs.onnx.files import image_input, read_model
from dgn_explorer.networks.programs.onnx.precision import in_single
from dgn_explorer.networks.weights.checkpoints import file_digest, require_file

_DEFAULT_SIZE = 224
_BYTES_PER_S = 50 << 20  # of weights that somebody has gone to the trouble of sending


def load(path: Path, request: Request) -> Loaded:
    """Load an ONNX image network.

    An ONNX file does not say how images are prepared: ImageNet's mean and standard deviation are
    assumed. Labels come from ``NAME.labels.txt`` or ``NAME.txt`` beside ``NAME.onnx``. Where
    onnxruntime is installed, or the network is small, its scores are compared with others'.
    """
    require_file(path)
    model = read_model(path)
    weights = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    deadline = Deadline.begin(more_s=weights / _BYTES_PER_S)
    channels, size, last = image_input(model)
    size = request.options.size or size or _DEFAULT_SIZE
    if size > LARGEST_SIZE:
        raise DgnError(f"{path} takes images of {size} pixels.", f"The most is {LARGEST_SIZE}.")
    image = torch.rand(1, channels, size, size, generator=torch.Generator().manual_seed(0))
    converted = _converted(model, path, image, last, deadline)
    require_same_scores(model, converted, image, last, path)
    watch(converted.module, deadline, always=converted.asks_pixels)
    return Loaded(
        module=converted.module,
        name=str(path),
        title=f"{path.stem} (ONNX)",
        preprocessing=IMAGENET_PREPROCESSING,
        input_size=size,
        beside=path,
        structure=f"{file_digest(path)} {size}",
        fingerprint=converted.fingerprint,
        batch_limit=None if converted.takes_batches else 1,
        assumed=True,
    )


def _converted(
    model: Any, path: Path, image: torch.Tensor, channels_last: bool, deadline: Deadline
) -> Converted:
    """The network; ``model`` stays as it is."""
    changed = type(model)()
    changed.CopyFrom(model)
    in_single(changed)
    try:
        with checked_work(deadline):
            return convert(changed, image, channels_last)
    except DgnError as error:
        raise DgnError(f"{path}: {error.message}", error.hint) from None
    except Exception as error:  # a damaged graph may make torch do anything
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise DgnError(
            f"{path} cannot be turned into a torch module ({lines[0][:200]}).",
            "Check it with onnx.checker, and its input size with --size.",
        ) from None
