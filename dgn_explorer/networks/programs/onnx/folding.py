"""Tidying a written graph: what no pixel changes is computed once."""

from typing import Any

import torch
from torch import Tensor, fx, nn

from dgn_explorer.networks.programs.graphs import finish
from dgn_explorer.networks.programs.onnx.graph import INITIALIZERS
from dgn_explorer.networks.programs.onnx.modules import Operation
from dgn_explorer.networks.programs.onnx.table import operator
from dgn_explorer.networks.programs.onnx.values import ints

_SHAPE_READERS = frozenset({"Shape", "Size"})


class _Recorder(fx.Interpreter):
    """Runs a graph and keeps what the wanted nodes gave."""

    def __init__(self, module: fx.GraphModule, wanted: set[fx.Node]) -> None:
        super().__init__(module)
        self._wanted = wanted
        self.values: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if n in self._wanted:
            self.values[n] = value
        return value


def fold_constants(module: fx.GraphModule, examples: tuple[Tensor, ...]) -> None:
    """Replace what depends only on the input's shape, not on its pixels, by constants.

    Exporters spell out "same" padding as dozens of operations on shapes. What is the same for all
    ``examples`` (images of one size in batches of several) is computed once instead of in every
    step. Changes ``module``.
    """
    pixels = _depend_on_pixels(module)
    frontier = {
        node
        for node in module.graph.nodes
        if node not in pixels
        and node.op not in ("placeholder", "get_attr", "output")
        and any(user in pixels for user in node.users)
    }
    runs = []
    for example in examples:
        recorder = _Recorder(module, frontier)
        with torch.no_grad():
            recorder.run(example)
        runs.append(recorder.values)
    for i, node in enumerate(sorted(frontier)):
        values = [run[node] for run in runs]
        if not all(isinstance(v, Tensor) and v.equal(values[0]) for v in values):
            continue
        name = f"constant_{i}"
        module.register_buffer(name, values[0].clone())
        with module.graph.inserting_before(node):
            node.replace_all_uses_with(module.graph.get_attr(name))
    _static_padding(module)
    finish(module)


def _depend_on_pixels(module: fx.GraphModule) -> set[fx.Node]:
    found: set[fx.Node] = set()
    for node in module.graph.nodes:
        operation = _operation(module, node)
        reads_shape = operation is not None and operation.node.op in _SHAPE_READERS
        inputs = any(n in found for n in node.all_input_nodes)
        if node.op == "placeholder" or (inputs and not reads_shape):
            found.add(node)
    return found


def _operation(module: fx.GraphModule, node: fx.Node) -> Operation | None:
    child = module.get_submodule(str(node.target)) if node.op == "call_module" else None
    return child if isinstance(child, Operation) else None


def _static_padding(module: fx.GraphModule) -> None:
    """Padding by a constant number of zero pixels becomes ``nn.ZeroPad2d``, or nothing."""
    for node in list(module.graph.nodes):
        child = _operation(module, node)
        if child is None or child.node.op != "Pad" or child.node["mode"] != "constant":
            continue
        if len(node.args) not in (2, 3):
            continue
        pads, fill = _constant(module, node.args[1]), _constant(module, (*node.args, None)[2])
        unknown = len(node.args) == 3 and node.args[2] is not None and fill is None
        if pads is None or pads.numel() != 8 or unknown or (fill is not None and fill.any()):
            continue
        _, _, top, left, _, _, bottom, right = pads.tolist()
        if pads.count_nonzero() != sum(side != 0 for side in (top, left, bottom, right)):
            continue  # it pads batch or channels
        if pads.any():
            module.set_submodule(str(node.target), nn.ZeroPad2d((left, right, top, bottom)))
            node.args = (node.args[0],)
        else:
            node.replace_all_uses_with(node.args[0])


def _constant(module: fx.GraphModule, argument: Any) -> Tensor | None:
    if not isinstance(argument, fx.Node) or argument.op != "get_attr":
        return None
    value: Any = module
    for part in str(argument.target).split("."):
        value = getattr(value, part)
    return value if isinstance(value, Tensor) else None


def sizes_from_pixels(module: fx.GraphModule) -> bool:
    """Whether a size, an axis or the like is computed from the pixels of an image."""
    pixels = _depend_on_pixels(module)
    for node in module.graph.nodes:
        child = _operation(module, node)
        places = operator(child.node).sizes if child is not None else ()
        if any(i < len(node.args) and node.args[i] in pixels for i in places):
            return True
    return False


def settle_sizes(module: fx.GraphModule) -> None:
    """Read constant sizes, axes and the like once, as numbers, and drop what nothing uses.

    On a GPU every look at such a tensor would stop the pass until the card has caught up.
    """
    for node in module.graph.nodes:
        child = _operation(module, node)
        if child is None:
            continue
        arguments = list(node.args)
        for i in operator(child.node).sizes:
            value = _constant(module, arguments[i]) if i < len(arguments) else None
            if value is not None:
                whole = not value.is_floating_point()
                arguments[i] = ints(value) if whole else tuple(value.reshape(-1).tolist())
        node.args = tuple(arguments)
    finish(module)
    used = {str(node.target) for node in module.graph.nodes if node.op == "get_attr"}
    for name in [name for name in module._buffers if name not in used]:
        del module._buffers[name]
    if INITIALIZERS in module._modules:
        weights = module.get_submodule(INITIALIZERS)
        for name in [n for n in weights._buffers if f"{INITIALIZERS}.{n}" not in used]:
            del weights._buffers[name]
