"""Tidying networks that come as torch.fx graphs: devices, the final softmax, batches."""

from typing import Any

import torch
from torch import Tensor, fx, nn

_SOFTMAX = ("Softmax", "LogSoftmax", "softmax", "log_softmax")


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
