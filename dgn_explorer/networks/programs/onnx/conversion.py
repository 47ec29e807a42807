"""From a ModelProto to a frozen graph of modules that takes images (N, C, size, size)."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import fingerprint
from dgn_explorer.networks.programs.graphs import finish, takes_batches, without_softmax
from dgn_explorer.networks.programs.onnx.folding import (
    fold_constants,
    settle_sizes,
    sizes_from_pixels,
)
from dgn_explorer.networks.programs.onnx.graph import write
from dgn_explorer.networks.programs.onnx.reading import value_types


@dataclass(frozen=True)
class Converted:
    """A network without its final softmax, which is kept beside it.

    ``fingerprint`` is that of the weights and constants under the names that they have had since
    the first version, some of which the module needs no more. ``asks_pixels`` says that how large
    its tensors are depends on what is in an image.
    """

    module: fx.GraphModule
    softmax: nn.Module | None
    fingerprint: str
    takes_batches: bool
    asks_pixels: bool


def convert(model: Any, image: Tensor, channels_last: bool) -> Converted:
    """Convert for images like ``image`` (1, C, H, W); raises `DgnError` for what is not known.

    Many exporters write the batch of 1 into every Reshape: it is taken out where several images
    then give what each gives alone.
    """
    module, softmax = _convert(model, image, channels_last)
    batched = takes_batches(module, image)
    for keep in (0, -1):  # 0 is "as in the input", -1 is "what is left"
        if batched:
            break
        freed = free_batch(model, keep)
        try:
            found = _convert(freed, image, channels_last) if freed is not None else None
        except (DgnError, RuntimeError, ValueError, IndexError):
            continue  # that 1 was something else
        if found is not None and takes_batches(found[0], image):
            (module, softmax), batched = found, True
    digest = fingerprint(module)
    settle_sizes(module)
    return Converted(module, softmax, digest, batched, sizes_from_pixels(module))


def _convert(
    model: Any, image: Tensor, channels_last: bool
) -> tuple[fx.GraphModule, nn.Module | None]:
    example = image.permute(0, 2, 3, 1) if channels_last else image
    module = write(model, value_types(model), [example])
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
    last = _last(module)
    without_softmax(module)
    return module, None if _last(module) is last else last


def _last(module: fx.GraphModule) -> nn.Module | None:
    """The module that makes the output, if a single one does."""
    output = next(node for node in reversed(module.graph.nodes) if node.op == "output")
    made = output.args[0]
    if not isinstance(made, fx.Node) or made.op != "call_module":
        return None
    return module.get_submodule(str(made.target))


def free_batch(model: Any, keep: int) -> Any:
    """A copy in which every Reshape to (1, ...) reshapes to (keep, ...), or (0, ..., -1)."""
    from onnx import numpy_helper

    changed = type(model)()
    changed.CopyFrom(model)
    graph = changed.graph
    constants = {node.output[0]: node for node in graph.node if node.op_type == "Constant"}
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    freed = False
    for node in graph.node:
        if node.op_type != "Reshape" or len(node.input) < 2:
            continue
        name = node.input[1]
        tensor = tensors.get(name)
        if tensor is None and name in constants:
            tensor = next((a.t for a in constants[name].attribute if a.name == "value"), None)
        if tensor is None:
            continue
        shape = numpy_helper.to_array(tensor).copy()
        if shape.ndim == 1 and shape.size > 1 and shape[0] == 1:
            shape[0] = 0 if -1 in shape[1:] else keep
            tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
            freed = True
    return changed if freed else None
