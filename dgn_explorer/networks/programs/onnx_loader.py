"""ONNX files, as differentiable torch modules through onnx2torch."""

import math
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import fx

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.labels import labels_beside
from dgn_explorer.networks.loaded import IMAGENET_PREPROCESSING, Loaded, Request
from dgn_explorer.networks.options import LARGEST_SIZE
from dgn_explorer.networks.programs.graphs import (
    finish,
    fold_constants,
    takes_batches,
    without_softmax,
)
from dgn_explorer.networks.weights.checkpoints import file_digest, require_file
from dgn_explorer.networks.weights.torchvision_import import torchvision_models

_DEFAULT_SIZE = 224
_MOST_NUMBERS = 1 << 30
_COLOURS = range(1, 5)


def load(path: Path, request: Request) -> Loaded:
    """Load an ONNX image network.

    An ONNX file does not say how images are prepared: ImageNet's mean and standard deviation are
    assumed. Labels come from ``NAME.labels.txt`` or ``NAME.txt`` beside ``NAME.onnx``.
    """
    require_file(path)
    model = _read(path)
    channels, size, last = _input(model)
    size = request.options.size or size or _DEFAULT_SIZE
    if size > LARGEST_SIZE:
        raise DgnError(f"{path} takes images of {size} pixels.", f"The most is {LARGEST_SIZE}.")
    _check_sizes(model, path)
    image = torch.rand(1, channels, size, size, generator=torch.Generator().manual_seed(0))
    module, batched = _converted(model, path, image, last)
    return Loaded(
        module=module,
        name=str(path),
        title=f"{path.stem} (ONNX)",
        preprocessing=IMAGENET_PREPROCESSING,
        input_size=size,
        labels=labels_beside(path),
        structure=f"{file_digest(path)} {size}",
        batch_limit=None if batched else 1,
    )


def _converted(
    model: Any, path: Path, image: torch.Tensor, channels_last: bool
) -> tuple[fx.GraphModule, bool]:
    """The module, and whether it takes several images at once."""
    try:
        with warnings.catch_warnings():
            # onnx2torch slices with lists, which torch is about to read differently
            warnings.filterwarnings("ignore", message="Using a non-tuple sequence")
            return _convert_for_batches(model, image, channels_last)
    except NotImplementedError as error:
        raise DgnError(
            f"{path} uses an operation that cannot be converted ({error}).",
            "Export it with opset 11 to 17, or save its weights and open them with --arch.",
        ) from None
    except Exception as error:  # the converter runs whatever a damaged graph says
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise DgnError(
            f"{path} cannot be turned into a torch module ({lines[0][:200]}).",
            "Check it with onnx.checker, and its input size with --size.",
        ) from None


def _convert_for_batches(
    model: Any, image: torch.Tensor, channels_last: bool
) -> tuple[fx.GraphModule, bool]:
    module = _convert(model, image, channels_last)
    if takes_batches(module, image):
        return module, True
    # Many exporters write the batch of 1 into every Reshape
    if _free_batch(model):
        freed = _convert(model, image, channels_last)
        if takes_batches(freed, image):
            return freed, True
    return module, False


def _convert(model: Any, image: torch.Tensor, channels_last: bool) -> fx.GraphModule:
    onnx2torch = _modules()[1]
    module: fx.GraphModule = onnx2torch.convert(model).eval()
    if channels_last:
        source = next(node for node in module.graph.nodes if node.op == "placeholder")
        with module.graph.inserting_after(source):
            turned = module.graph.call_method("permute", (source, 0, 2, 3, 1))
            source.replace_all_uses_with(turned)
            turned.args = (source, 0, 2, 3, 1)
        finish(module)
    try:
        fold_constants(module, (image, torch.cat([image, image.flip(3)])))
    except (RuntimeError, ValueError, IndexError):
        fold_constants(module, (image,))  # it takes one image at a time
    without_softmax(module)
    return module


def _modules() -> tuple[Any, Any]:
    torchvision_models()  # onnx2torch imports torchvision, which needs our care
    try:
        import onnx
        import onnx2torch  # type: ignore[import-untyped]
    except ImportError:
        raise DgnError(
            "Opening ONNX files needs two more packages.",
            'Install them with: pip install "dgn-explorer[onnx]"',
        ) from None
    return onnx, onnx2torch


def _read(path: Path) -> Any:
    onnx = _modules()[0]
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf, onnx and the file system each have their own
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise DgnError(
            f"{path} is no valid ONNX file ({lines[0][:200]}).",
            "It may be cut off: compare its size with the original.",
        ) from None
    return model


def _input(model: Any) -> tuple[int, int | None, bool]:
    """Channels, size (None if free) and whether channels come last, of the one image input."""
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    shapes = [
        [dim.dim_value if dim.HasField("dim_value") else 0 for dim in v.type.tensor_type.shape.dim]
        for v in inputs
    ]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise DgnError(
            f"The ONNX network has the inputs {shapes}.",
            "Only networks with one input (images, channels, height, width) are supported.",
        )
    kind = inputs[0].type.tensor_type.elem_type
    if kind != 1:
        raise DgnError(
            f"The ONNX network takes numbers of ONNX type {kind}, not float32.",
            "Export it in float32: an ascent needs gradients with respect to pixels.",
        )
    _, first, second, third = shapes[0]
    last = third in _COLOURS and first not in _COLOURS
    height, width, channels = (first, second, third) if last else (second, third, first)
    if height != width:
        raise DgnError(
            f"The ONNX network takes images of {width} by {height} pixels.",
            "Only square inputs are supported.",
        )
    if not 1 <= (channels or 3) <= LARGEST_SIZE:
        raise DgnError(f"The ONNX network takes {channels} channels.", "Check the file.")
    return channels or 3, height or None, last


def _check_sizes(model: Any, path: Path) -> None:
    """Refuse tensors that no image network has, before anything that large is made."""
    onnx = _modules()[0]
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:
        raise DgnError(
            f"The shapes in {path} contradict each other ({str(error)[:200]}).", "Export it again."
        ) from None
    for value in inferred.graph.value_info:
        dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        if math.prod(max(1, n) for n in dims) > _MOST_NUMBERS:
            raise DgnError(f"{path} has a tensor of the shape {dims}.", "The file is damaged.")


def _free_batch(model: Any) -> bool:
    """Let every Reshape to (1, ...) keep the batch it gets; whether there was any."""
    numpy_helper = _modules()[0].numpy_helper
    constants = {node.output[0]: node for node in model.graph.node if node.op_type == "Constant"}
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    changed = False
    for node in model.graph.node:
        if node.op_type != "Reshape" or len(node.input) < 2:
            continue
        name = node.input[1]
        tensor = initializers.get(name)
        if tensor is None and name in constants:
            tensor = next((a.t for a in constants[name].attribute if a.name == "value"), None)
        if tensor is None:
            continue
        shape = numpy_helper.to_array(tensor).copy()
        if shape.ndim == 1 and shape.size > 1 and shape[0] == 1:
            shape[0] = 0  # "as in the input"
            tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
            changed = True
    return changed
