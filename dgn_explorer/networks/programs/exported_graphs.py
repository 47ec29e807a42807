"""What a ``torch.export`` program says about where and how it was exported, undone.

It holds training mode, devices and number types as constants of its graph. Before the program
becomes a module they are set to what this program needs: evaluation, the CPU, float32.
"""

import io
import json
from typing import Any

import torch
from torch import fx

from dgn_explorer.networks.weights.archive import read_archive, rebuilt

TRAINED_NOTICE = (
    "The program was exported in training mode: its dropout is switched off and its batch norm uses"
    " its running statistics here; call eval() before the export to have that in the file."
)
_SWITCHES = frozenset({"train", "training", "use_input_stats"})
_OTHER_FLOATS = (torch.float16, torch.bfloat16, torch.float64)
_ASSERTION = "_assert_tensor_metadata"


def for_cpu(data: bytes) -> bytes:
    """The archive ``data``, its devices set to the CPU where it names one that is not here.

    torch makes a program's example tensors on the devices that it was exported on.
    """
    if torch.cuda.is_available() or b'"cuda"' not in data.replace(b" ", b""):
        return data
    contents = read_archive(io.BytesIO(data), "The program")
    for name, content in contents.items():
        if name.endswith(".json"):
            contents[name] = json.dumps(_moved(json.loads(content))).encode()
    return rebuilt(contents).getvalue()


def _moved(tree: Any) -> Any:
    if isinstance(tree, dict):
        if tree.get("type") == "cuda" and tree.keys() <= {"type", "index"}:
            return {"type": "cpu", "index": None}
        return {key: _moved(value) for key, value in tree.items()}
    return [_moved(value) for value in tree] if isinstance(tree, list) else tree


def made_ready(program: Any, other: bool) -> bool:
    """Change the graph of the exported ``program``; says whether it was in training mode.

    ``other`` says that its weights are not float32, so that it needs no other numbers either.
    """
    graph: fx.Graph = program.graph
    trained = False
    for node in list(graph.nodes):
        schema = getattr(node.target, "_schema", None)
        if node.op != "call_function" or schema is None:
            continue
        if schema.name.endswith(_ASSERTION):
            graph.erase_node(node)
            continue
        trained = _evaluates(node, schema.arguments) or trained
        node.args, node.kwargs = (
            fx.node.map_aggregate(x, lambda item: _plain(item, other))
            for x in (node.args, node.kwargs)
        )
    if trained:
        _without_updates(program)
    program.graph_module.recompile()
    return trained


def _without_updates(program: Any) -> None:
    """Drop the new running statistics, which a program in training mode returns first."""
    kept = program.graph_signature.user_outputs
    specs = program.graph_signature.output_specs
    gone = len(specs) - len(kept)
    (node,) = (node for node in program.graph.nodes if node.op == "output")
    node.args = (tuple(node.args[0][gone:]),)
    del specs[:gone]


def _evaluates(node: fx.Node, arguments: Any) -> bool:
    """Switch an operation to evaluation; False if it was, or has no such switch."""
    places = {argument.name: i for i, argument in enumerate(arguments)}
    switch = next(iter(_SWITCHES & places.keys()), None)
    if switch is None:
        return False
    at = places[switch]
    given = node.args[at] if at < len(node.args) else node.kwargs.get(switch)
    if given is None and switch == "train":
        given = True  # native_dropout's "train" may be left open
    statistics = places.get("running_mean")
    if given is not True or (statistics is not None and node.args[statistics] is None):
        return False  # without running statistics, those of the batch are part of the network
    if at < len(node.args):
        node.args = (*node.args[:at], False, *node.args[at + 1 :])
    else:
        node.kwargs = {**node.kwargs, switch: False}
    return True


def _plain(item: Any, other: bool) -> Any:
    if isinstance(item, torch.device):
        return torch.device("cpu")
    if other and isinstance(item, torch.dtype) and item in _OTHER_FLOATS:
        return torch.float32
    return item
