"""A whole ONNX graph as a torch.fx graph of named modules.

The graph is run once on an example while it is written: so conditions and loops that no pixel
decides are resolved on the way, and every node knows the rank of its input. Modules are called
after their nodes: these names are the addresses that people use.
"""

import operator as operators
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.onnx.modules import Constant, build
from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.reading import (
    Types,
    dense,
    last_uses,
    read_by,
    read_node,
    tensor_of_constant,
)
from dgn_explorer.networks.programs.onnx.values import number, to_torch

INITIALIZERS = "initializers"
_MOST_STEPS = 100_000
_FILE, _SHAPE, _PIXELS = range(3)  # what a value depends on, the image last
# Whose weights become the module's own only if no node made them: so fingerprints have counted them
_FROM_INITIALIZERS = frozenset(
    {"BatchNormalization", "Gemm", "InstanceNormalization", "LayerNormalization"}
)
_SHAPE_READERS = frozenset({"Shape", "Size"})


@dataclass(frozen=True)
class Entry:
    """A value of the graph: what stands for it in fx, an example of it, and what decides it.

    ``made`` is None for a weight of the file, which gets a name of its own at every use.
    """

    made: fx.Node | None
    value: Any
    level: int
    part: int | None = None  # of the several outputs of ``made``


Scope = dict[str, Entry]


def write(model: Any, types: Types, examples: Sequence[Tensor]) -> fx.GraphModule:
    """The module that computes ``model`` (a ModelProto) for inputs like ``examples``.

    Raises `DgnError` for a node that cannot be computed.
    """
    return _Writer(model, types).write(examples)


class _Writer:
    def __init__(self, model: Any, types: Types) -> None:
        self._model = model
        self._types = types
        self._opsets = {entry.domain: entry.version for entry in model.opset_import}
        self._root = nn.Module()
        self._root.add_module(INITIALIZERS, nn.Module())
        self._graph = fx.Graph()
        self._names: Counter[str] = Counter()
        self._weights = 0
        self._steps = 0

    def write(self, examples: Sequence[Tensor]) -> fx.GraphModule:
        graph = self._model.graph
        scope = _weights(graph)
        inputs = [value.name for value in graph.input if value.name not in scope]
        for i, (name, example) in enumerate(zip(inputs, examples, strict=True), 1):
            scope[name] = Entry(self._graph.placeholder(f"input_{i}"), example, _PIXELS)
        with torch.no_grad():
            self._nodes(graph.node, scope, last_uses(graph))
        outputs = [self._use(scope, value.name) for value in graph.output]
        self._graph.output(outputs[0] if len(outputs) == 1 else outputs)
        module = fx.GraphModule(self._root, self._graph)
        return module.eval()

    def _nodes(self, nodes: Iterable[Any], scope: Scope, last: Mapping[str, int]) -> None:
        for i, proto in enumerate(nodes):
            self._count_step()
            self._node(read_node(proto, self._opsets, self._types), proto, scope)
            for name in read_by(proto):
                old = scope.get(name)
                if last.get(name) == i and old is not None and old.level == _PIXELS:
                    # the example is read no more: give its memory back
                    scope[name] = Entry(old.made, None, old.level, old.part)

    def _count_step(self) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise DgnError("The ONNX network has too many steps.", "Its loops run too long.")

    def _node(self, node: Node, proto: Any, scope: Scope) -> None:
        unknown = [name for name in node.inputs if name and name not in scope]
        if unknown:
            raise DgnError(
                f"Node {node.name or node.op!r} reads the unknown value {unknown[0]!r}.",
                "Check the file with onnx.checker.",
            )
        bodies = {a.name: a.g for a in proto.attribute if a.HasField("g")}
        if node.op == "If":
            self._if(node, bodies, scope)
        elif node.op == "Loop":
            self._loop(node, bodies["body"], scope)
        elif node.op == "Scan":
            self._scan(node, bodies["body"], scope)
        elif node.op == "Constant":
            value = tensor_of_constant(node, proto)
            path = self._add(node, Constant(value))
            scope[node.outputs[0]] = Entry(self._graph.call_module(path, ()), value, _FILE)
        else:
            self._operation(node, scope)

    def _operation(self, node: Node, scope: Scope) -> None:
        entries = [scope[name] if name else None for name in node.inputs]
        known = {
            i: entry.value
            for i, entry in enumerate(entries)
            if entry is not None
            and entry.level == _FILE
            and isinstance(entry.value, Tensor)
            and (entry.made is None or node.op not in _FROM_INITIALIZERS)
        }
        first = entries[0].value if entries and entries[0] is not None else None
        rank = first.ndim if isinstance(first, Tensor) else 0
        module, taken = build(node, known, rank)
        values = [None if entries[i] is None else entries[i].value for i in taken]  # type: ignore[union-attr]
        try:
            value = module(*values)
        except DgnError:
            raise
        except Exception as error:  # torch raises anything for what does not fit
            lines = str(error).strip().splitlines() or [type(error).__name__]
            where = f"Node {node.name!r}" if node.name else "A node"
            raise DgnError(
                f"{where} ({node.op} of opset {node.opset}) cannot be computed ({lines[0][:200]}).",
                "Check the file with onnx.checker, and its input size with --size.",
            ) from None
        path = self._add(node, module)
        arguments = tuple(self._use(scope, node.inputs[i]) for i in taken)
        while arguments and arguments[-1] is None:
            arguments = arguments[:-1]
        made = self._graph.call_module(path, arguments)
        level = max((entry.level for entry in entries if entry is not None), default=_FILE)
        if node.op in _SHAPE_READERS:
            level = min(level, _SHAPE)
        several = isinstance(value, tuple)
        for i, name in enumerate(node.outputs):
            if name:
                part = value[i] if several else value
                scope[name] = Entry(made, part, level, i if several else None)

    def _use(self, scope: Scope, name: str) -> fx.Node | None:
        """What stands for a value where it is read."""
        return self._stood(scope[name]) if name else None

    def _stood(self, entry: Entry) -> fx.Node:
        if entry.made is None:
            own = f"onnx_initializer_{self._weights}"
            self._weights += 1
            self._root.get_submodule(INITIALIZERS).register_buffer(own, entry.value)
            return self._graph.get_attr(f"{INITIALIZERS}.{own}")
        if entry.part is not None:
            return self._graph.call_function(operators.getitem, (entry.made, entry.part))
        return entry.made

    def _add(self, node: Node, module: nn.Module) -> str:
        path = self._path(node)
        self._root.add_module(path, module)
        return path

    def _path(self, node: Node) -> str:
        """A module's name: torch allows no dots, and no name twice or of its own."""
        wanted = node.name.replace(".", "/") or node.op.rpartition(".")[2]
        # torch.fx writes names into the code that it runs
        wanted = "".join(c if c.isprintable() and c not in "\"'\\" else "_" for c in wanted)
        domain = node.op.rpartition(".")[0]
        wanted = f"{domain}/{wanted}".lstrip("/") if domain else wanted.lstrip("/") or node.op
        while True:
            count = self._names[wanted]
            self._names[wanted] += 1
            path = f"{wanted}_{count}" if count else wanted
            taken = (*self._root._modules, *self._root.__dict__)
            if path not in taken and not hasattr(fx.GraphModule, path):
                return path

    # Control flow

    def _decided(self, node: Node, scope: Scope, name: str, default: Any) -> Any:
        """The value of a condition or a count; raises `DgnError` if the image decides it."""
        if not name:
            return default
        entry = scope[name]
        if entry.level == _PIXELS:
            raise node.refused("has a condition that depends on the image")
        return number(entry.value, default)

    def _if(self, node: Node, bodies: Mapping[str, Any], scope: Scope) -> None:
        chosen = self._decided(node, scope, node.inputs[0], False)
        body = bodies["then_branch" if chosen else "else_branch"]
        made = self._body(body, scope, [])
        for name, entry in zip(node.outputs, made, strict=True):
            scope[name] = entry

    def _body(self, body: Any, scope: Scope, arguments: Sequence[Entry]) -> list[Entry]:
        self._count_step()
        inner = {**scope, **_weights(body)}
        names = [value.name for value in body.input]
        inner.update(zip(names, arguments, strict=True))
        self._nodes(body.node, inner, {})
        return [inner[value.name] for value in body.output]

    def _fixed(self, value: Tensor) -> Entry:
        return Entry(None, value, _SHAPE)

    def _loop(self, node: Node, body: Any, scope: Scope) -> None:
        count = self._decided(node, scope, node.inputs[0], None)
        going = self._decided(node, scope, (*node.inputs, "", "")[1], True)
        carried = [scope[name] for name in node.inputs[2:]]
        collected: list[list[Entry]] = [[] for _ in body.output[1 + len(carried) :]]
        turn = 0
        while going and (count is None or turn < count):
            arguments = [self._fixed(torch.tensor(turn)), self._fixed(torch.tensor(True)), *carried]
            made = self._body(body, scope, arguments)
            if made[0].level == _PIXELS:
                raise node.refused("has a condition that depends on the image")
            going = number(made[0].value)
            carried = made[1 : 1 + len(carried)]
            for kept, entry in zip(collected, made[1 + len(carried) :], strict=True):
                kept.append(entry)
            turn += 1
        self._give(node, scope, carried, [(kept, 0, False) for kept in collected])

    def _scan(self, node: Node, body: Any, scope: Scope) -> None:
        if node.version < 9:
            raise node.refused("is not supported")
        count = int(node["num_scan_inputs"])
        states = [scope[name] for name in node.inputs[: len(node.inputs) - count]]
        sources = [scope[name] for name in node.inputs[len(node.inputs) - count :]]
        outputs = len(body.output) - len(states)
        axes = node["scan_input_axes"] or (0,) * count
        backwards = node["scan_input_directions"] or (0,) * count
        collected: list[list[Entry]] = [[] for _ in range(outputs)]
        length = sources[0].value.shape[axes[0]]
        for turn in range(length):
            parts = [
                self._select(x, axis, length - 1 - turn if back else turn)
                for x, axis, back in zip(sources, axes, backwards, strict=True)
            ]
            made = self._body(body, scope, [*states, *parts])
            states = made[: len(states)]
            for kept, entry in zip(collected, made[len(states) :], strict=True):
                kept.append(entry)
        places = node["scan_output_axes"] or (0,) * outputs
        turned = node["scan_output_directions"] or (0,) * outputs
        self._give(
            node, scope, states, list(zip(collected, places, map(bool, turned), strict=True))
        )

    def _give(
        self,
        node: Node,
        scope: Scope,
        carried: Sequence[Entry],
        collected: Sequence[tuple[list[Entry], int, bool]],
    ) -> None:
        made = list(carried)
        for kept, axis, backwards in collected:
            if not kept:
                raise node.refused("makes nothing: it does not run once")
            ordered = kept[::-1] if backwards else kept
            made.append(self._stack(ordered, axis))
        for name, entry in zip(node.outputs, made, strict=False):
            if name:
                scope[name] = entry

    def _select(self, entry: Entry, axis: int, at: int) -> Entry:
        made = self._graph.call_function(torch.select, (self._stood(entry), axis, at))
        return Entry(made, torch.select(entry.value, axis, at), entry.level)

    def _stack(self, entries: Sequence[Entry], axis: int) -> Entry:
        made = self._graph.call_function(torch.stack, ([self._stood(e) for e in entries], axis))
        level = max(entry.level for entry in entries)
        return Entry(made, torch.stack([entry.value for entry in entries], axis), level)


def _weights(graph: Any) -> Scope:
    scope = {t.name: Entry(None, to_torch(t), _FILE) for t in graph.initializer}
    for sparse in graph.sparse_initializer:
        scope[sparse.values.name] = Entry(None, dense(sparse), _FILE)
    return scope
