"""Tidying networks that come as torch.fx graphs: constants, devices, the final softmax, batches."""

from typing import Any

import torch
from torch import Tensor, fx, nn

_SHAPE_READERS = ("OnnxShape", "OnnxSize")
_SOFTMAX = ("Softmax", "LogSoftmax", "OnnxSoftmaxV1V11", "softmax", "log_softmax")


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
        reads_shape = (
            node.op == "call_module"
            and type(module.get_submodule(str(node.target))).__name__ in _SHAPE_READERS
        )
        inputs = any(n in found for n in node.all_input_nodes)
        if node.op == "placeholder" or (inputs and not reads_shape):
            found.add(node)
    return found


def _static_padding(module: fx.GraphModule) -> None:
    """Padding by a constant number of zero pixels becomes ``nn.ZeroPad2d``, or nothing."""
    for node in list(module.graph.nodes):
        if node.op != "call_module" or len(node.args) < 2:
            continue
        child = module.get_submodule(str(node.target))
        if type(child).__name__ != "OnnxPadDynamic" or child.mode != "constant":
            continue
        pads, fill = _constant(module, node.args[1]), _constant(module, (*node.args, None)[2])
        if pads is None or pads.numel() != 8 or (fill is not None and fill.any()):
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


def without_softmax(module: fx.GraphModule) -> None:
    """Return the scores before a final softmax: an ascent on probabilities stalls."""
    output = next(node for node in reversed(module.graph.nodes) if node.op == "output")
    last = output.args[0]
    if not isinstance(last, fx.Node) or last.op != "call_module":
        return
    child = module.get_submodule(str(last.target))
    if getattr(child, "original_name", type(child).__name__) in _SOFTMAX:
        output.args = (last.args[0],)
        finish(module)


def on_device(module: nn.Module, device: torch.device | str) -> None:
    """Let every graph in ``module`` make its tensors on ``device``, whatever it was written on."""

    def moved(item: Any) -> Any:
        return torch.device(device) if isinstance(item, torch.device) else item

    for child in list(module.modules()):
        graph: Any = getattr(child, "graph", None)
        if not isinstance(graph, fx.Graph):
            continue
        changed = False
        for node in graph.nodes:
            args, kwargs = (fx.node.map_aggregate(x, moved) for x in (node.args, node.kwargs))
            if (args, kwargs) != (node.args, node.kwargs):
                node.args, node.kwargs = args, kwargs
                changed = True
        if changed and isinstance(child, fx.GraphModule):
            child.recompile()
        elif changed:
            finalize: Any = getattr(child, "finalize", None)  # torch.export's own kind
            if finalize is not None:
                finalize()


def finish(module: fx.GraphModule) -> None:
    """Drop what nothing uses any more."""
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()


def takes_batches(module: nn.Module, image: Tensor) -> bool:
    """Whether two images (1, C, H, W) in one pass give what each gives alone."""
    other = image.flip(3) * 0.5
    try:
        with torch.no_grad():
            alone = [_flat(module(x)) for x in (image, other)]
            together = _flat(module(torch.cat([image, other])))
    except (RuntimeError, ValueError, IndexError, TypeError, AssertionError):
        return False
    expected = torch.cat(alone)
    return together.shape == expected.shape and torch.allclose(together, expected, 1e-3, 1e-4)


def _flat(output: Any) -> Tensor:
    while not isinstance(output, Tensor):
        output = next(iter(output.values() if isinstance(output, dict) else output))
    return output.flatten(1)
