"""TorchScript as a torch.fx graph.

Hooks do not fire inside a TorchScript program, so no layer of it could be read. Its graph is run
once, operation by operation; what runs is written down as a graph of small modules, named after the
modules that own the weights. Conditions and loops that sizes and weights decide are resolved on the
way, those that the image decides are refused; sizes stay computed.
What writes into a tensor, a slice or another view of one still does so, in the same order.
"""

import math
import operator
import time
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, fx, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.fused_attention import whole_layer, written_out
from dgn_explorer.networks.programs.script_operations import (
    DROPOUTS,
    FACTS,
    HALVES,
    NOTHING,
    NUMBERS,
    SETTLED,
    Value,
    as_evaluated,
    made_tensor,
    of_dictionary,
    overload,
    tells_sizes,
    unknown,
)

_MOST_STEPS = 100_000


class Operation(nn.Module):
    """One operation of a scripted network; holds the weights of its scripted module."""

    def __init__(self) -> None:
        super().__init__()
        self.function: Callable[..., Any] | None = None
        self.original_name = "Operation"

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the operation gives."""
        assert self.function is not None, "a scope that holds modules is never called"
        return self.function(*args, **kwargs)


def to_graph(
    script: torch.jit.ScriptModule, image: Tensor, until: float = math.inf
) -> tuple[fx.GraphModule, bool]:
    """Rewrite a scripted network, in eval mode, as it runs on ``image`` (1, C, H, W).

    The second value says whether the program was in training mode, which is switched off. Weights
    in half or double precision become float32, and devices the CPU. Raises `DgnError` for
    operations that are not of torch's own, and when `time.thread_time` is past ``until``.
    """
    tensors = (*script.parameters(), *script.buffers())
    floats = {x.dtype for x in tensors if x.is_floating_point()}
    other = bool(floats - {torch.float32})
    if other:
        script.float()
    writer = _Writer(script, other, until)
    return writer.write(image), writer.trained


class _Writer:
    def __init__(self, script: torch.jit.ScriptModule, other: bool, until: float) -> None:
        self._script = script
        self._until = until
        self._other = other  # its numbers were not float32
        self.trained = False  # it was exported in training mode
        self._root = Operation()
        self._graph = fx.Graph()
        self._env: dict[str, Value] = {}
        self._owners: dict[str, str] = {}  # value name -> path of the scripted module it is
        self._used: set[str] = set()
        self._places: dict[int, str] = {}  # where a tensor's numbers lie -> its path
        self._steps = 0
        for path, child in script.named_modules():
            self._scope(path).original_name = str(child.original_name)
        for path, tensor in (*script.named_parameters(), *script.named_buffers()):
            self._register(path, tensor)

    def write(self, image: Tensor) -> fx.GraphModule:
        graph = self._script.inlined_graph
        inputs = list(graph.inputs())
        self._owners[inputs[0].debugName()] = ""
        if len(inputs) != 2:
            raise DgnError(
                f"The scripted network takes {len(inputs) - 1} inputs.",
                "Only networks that take one batch of images are supported.",
            )
        self._env[inputs[1].debugName()] = (self._graph.placeholder("image"), image)
        with torch.no_grad():
            self._block(graph)
        outputs = [self._value(value)[0] for value in graph.outputs()]
        self._graph.output(outputs[0])
        module = fx.GraphModule(self._root, self._graph)
        module.graph.eliminate_dead_code()
        module.recompile()
        return module

    def _block(self, block: Any) -> list[Value]:
        for node in block.nodes():
            self._steps += 1
            if self._steps > _MOST_STEPS or time.thread_time() > self._until:
                raise DgnError(
                    "The scripted network runs too long.", "Export it with torch.export."
                )
            self._node(node)
        return [self._value(value) for value in block.outputs()]

    def _node(self, node: Any) -> None:
        space, _, name = node.kind().partition("::")
        if space == "prim":
            self._primitive(name, node)
        elif space == "aten":
            self._operation(name, node)
        else:
            raise unknown(node.kind())

    def _primitive(self, name: str, node: Any) -> None:
        outputs = list(node.outputs())
        if name == "GetAttr":
            self._attribute(node)
        elif name == "Constant":
            value = outputs[0].toIValue()
            if isinstance(value, torch.device):
                value = torch.device("cpu")  # it is run here first; see `graphs.on_device`
            elif isinstance(value, Tensor):
                value = value.cpu().float() if self._is_other(value) else value.cpu()
            self._bind(outputs[0], (self._constant(value), value))
        elif name == "If":
            condition = self._inputs(node)[0]
            chosen, other = list(node.blocks())[:: 1 if condition[1] else -1]
            if not _raises(other):
                _require_settled(condition[0])
            for output, value in zip(outputs, self._block(chosen), strict=True):
                self._bind(output, value)
        elif name == "Loop":
            self._loop(node)
        elif name in ("ListConstruct", "TupleConstruct"):
            kind = list if name == "ListConstruct" else tuple
            items = self._inputs(node)
            self._bind(outputs[0], (kind(x[0] for x in items), kind(x[1] for x in items)))
        elif name in ("ListUnpack", "TupleUnpack"):
            node_of, value = self._inputs(node)[0]
            for i, output in enumerate(outputs):
                self._bind(output, (self._item(node_of, i), value[i]))
        elif name == "TupleIndex":
            (node_of, value), (_, i) = self._inputs(node)
            self._bind(outputs[0], (self._item(node_of, i), value[i]))
        elif name == "DictConstruct":
            items = self._inputs(node)
            keys = [value for _, value in items[::2]]
            stood = [dict(zip(keys, (x[i] for x in items[1::2]), strict=True)) for i in (0, 1)]
            self._bind(outputs[0], (stood[0], stood[1]))
        elif name == "Uninitialized":  # of a branch that ends with an error
            self._bind(outputs[0], (None, None))
        elif name in ("NumToTensor", "unchecked_cast", "data"):
            self._bind(outputs[0], self._inputs(node)[0])
        elif name == "requires_grad":  # attention has a faster way, which has no gradient
            self._bind(outputs[0], (True, True))
        elif name in FACTS:
            value = getattr(self._inputs(node)[0][1], name)
            self._bind(outputs[0], (value, value))
        elif name in ("dtype", "device", "layout"):
            self._bind(outputs[0], self._call(getattr, [self._inputs(node)[0], (name, name)]))
        elif name in ("min", "max"):
            self._bind(outputs[0], self._call({"min": min, "max": max}[name], self._inputs(node)))
        else:
            raise unknown(node.kind())

    def _loop(self, node: Any) -> None:
        (_, most), (_, go_on), *carried = self._inputs(node)
        (body,) = node.blocks()
        names = [value.debugName() for value in body.inputs()]
        count = 0
        _require_settled(self._inputs(node)[:2])
        while go_on and count < most:
            self._env[names[0]] = (count, count)
            self._env.update(zip(names[1:], carried, strict=True))
            (condition, go_on), *carried = self._block(body)
            _require_settled(condition)
            count += 1
        for output, value in zip(node.outputs(), carried, strict=True):
            self._bind(output, value)

    def _attribute(self, node: Any) -> None:
        output, owner = node.output(), self._owners[node.input().debugName()]
        path = f"{owner}.{node.s('name')}".lstrip(".")
        value: Any = self._script
        for part in path.split("."):
            value = getattr(value, part)
        if isinstance(value, torch.jit.ScriptModule):
            self._owners[output.debugName()] = path
        elif isinstance(value, Tensor):
            self._bind(output, (self._graph.get_attr(path), value))
        elif isinstance(value, list) and any(isinstance(x, Tensor) for x in value):
            # a recurrent network keeps its weights in a list, too
            stood = [self._graph.get_attr(self._places[x.data_ptr()]) for x in value]
            self._bind(output, (stood, list(value)))
        else:
            self._bind(output, (value, value))

    def _operation(self, name: str, node: Any) -> None:
        inputs, outputs = self._inputs(node), list(node.outputs())
        output = outputs[0] if outputs else None
        values = [value for _, value in inputs]
        if name in ("append", "extend", "insert", "_set_item", "clear") or (
            name == "reverse" and isinstance(values[0], list)
        ):
            self._change_list(name, inputs)
            if output is not None:
                self._bind(output, inputs[0])
            return
        if name == "warn":
            return
        if values and isinstance(values[0], dict):
            self._bind(output, of_dictionary(name, inputs))
            return
        if name in ("copy", "list") and isinstance(values[0], list):
            self._bind(output, (list(inputs[0][0]), list(values[0])))
            return
        if name in SETTLED:
            self._bind(output, (SETTLED[name], SETTLED[name]))
            return
        if name.removesuffix("_") in DROPOUTS:
            self.trained = self.trained or bool(values[2])
            self._bind(output, inputs[0])
            return
        if name in NOTHING or (name in HALVES and self._other):
            self._bind(output, inputs[0])
            return
        has_tensor = any(isinstance(x, Tensor) for x in values)
        plain = name.removesuffix("_") if not name.startswith("__") else name
        if plain in NUMBERS and (not has_tensor or plain in ("__is__", "__isnot__", "__not__")):
            self._bind(output, self._call(NUMBERS[plain], inputs))
            return
        if plain == "add" and _is_counter(inputs[0][0]):  # of batches seen: only in training
            self.trained = True
            self._bind(output, inputs[0])
            return
        if name in ("tensor", "as_tensor") and isinstance(values[0], list):
            stood = self._call(made_tensor, [*inputs[:2], (self._other, self._other)])
            self._bind(output, (self._constant(stood[0]), stood[1]))
            return
        function, keywords = overload(name, node)
        inputs, trained = as_evaluated(plain, function, inputs, self._other)
        self.trained = self.trained or trained
        arguments = [x for x, key in zip(inputs, keywords, strict=True) if key is None]
        named = {key: x for x, key in zip(inputs, keywords, strict=True) if key is not None}
        stood, value = self._apply(plain, function, arguments, named)
        if len(outputs) == 1:
            self._bind(output, (stood, value))
            return
        for i, one in enumerate(outputs):
            self._bind(one, (self._item(stood, i), value[i]))

    def _change_list(self, name: str, inputs: list[Value]) -> None:
        """Lists are changed themselves, so that every name that they have sees it."""
        for stood in (0, 1):
            items, *rest = (x[stood] for x in inputs)
            if name == "append":
                items.append(rest[0])
            elif name == "extend":
                items.extend(rest[0])
            elif name in ("clear", "reverse"):
                getattr(items, name)()
            elif name == "insert":
                items.insert(inputs[1][1], rest[1])
            else:
                items[inputs[1][1]] = rest[1]

    def _apply(
        self, name: str, function: Any, arguments: list[Value], named: dict[str, Value]
    ) -> Value:
        mutates = function._schema.is_mutable
        function = written_out(name, function)
        value = function(*(x[1] for x in arguments), **{k: x[1] for k, x in named.items()})
        args = tuple(x[0] for x in arguments)
        kwargs = {key: x[0] for key, x in named.items()}
        several = isinstance(value, tuple) and all(isinstance(x, Tensor | None) for x in value)
        if not isinstance(value, Tensor) and not several:
            return self._graph.call_function(function, args, kwargs), value
        path = self._path(name, _flat(args) if several else args)
        module = self._scope(path)
        module.function = function
        # torch.fx drops what nobody uses, unless it is said to do something else
        module._is_impure = mutates
        if module.original_name == "Operation":
            module.original_name = name
        return self._graph.call_module(path, args, kwargs), value

    def _path(self, name: str, args: Iterable[Any]) -> str:
        """The module that owns the weights among ``args``, or the operation's name, numbered."""
        owner = name
        for arg in args:
            if isinstance(arg, fx.Node) and arg.op == "get_attr" and "." in str(arg.target):
                owner = str(arg.target).rsplit(".", 2 if whole_layer(name) else 1)[0]
                break
        path, i = owner, 1
        while path in self._used or (path == name and hasattr(self._root, name)):
            i += 1
            path = f"{owner}_{i}"
        self._used.add(path)
        return path

    def _call(self, function: Callable[..., Any], inputs: list[Value]) -> Value:
        value = function(*(x[1] for x in inputs))
        if not any(isinstance(n, fx.Node) for n in _flat(x[0] for x in inputs)):
            return value, value
        return self._graph.call_function(function, tuple(x[0] for x in inputs)), value

    def _item(self, stood: Any, i: int) -> Any:
        if isinstance(stood, fx.Node):
            return self._graph.call_function(operator.getitem, (stood, i))
        return stood[i]

    def _inputs(self, node: Any) -> list[Value]:
        return [self._value(value) for value in node.inputs()]

    def _value(self, value: Any) -> Value:
        return self._env.get(value.debugName(), (None, None))

    def _bind(self, value: Any, to: Value) -> None:
        self._env[value.debugName()] = to

    def _constant(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        number = len(self._root._buffers)  # not of `buffers`, which counts the same tensor once
        while hasattr(self._root, name := f"constant_{number}"):
            number += 1
        self._root.register_buffer(name, value)
        return self._graph.get_attr(name)

    def _is_other(self, tensor: Tensor) -> bool:
        return self._other and tensor.is_floating_point()

    def _scope(self, path: str) -> Operation:
        scope = self._root
        for part in path.split(".") if path else ():
            if part not in scope._modules:
                scope.add_module(part, Operation())
            child = scope._modules[part]
            assert isinstance(child, Operation)
            scope = child
        return scope

    def _register(self, path: str, tensor: Tensor) -> None:
        owner, _, name = path.rpartition(".")
        self._places[tensor.data_ptr()] = path
        detached = tensor.detach().clone()
        self._scope(owner).register_buffer(name, detached)


def _require_settled(stood: Any) -> None:
    """Raise `DgnError` if what the image shows decides the number, condition or list ``stood``."""
    todo, seen = list(_flat([stood])), set[fx.Node]()
    while todo:
        node = todo.pop()
        if not isinstance(node, fx.Node) or node in seen:
            continue
        seen.add(node)
        if node.op == "placeholder":
            raise DgnError(
                "The scripted network decides by what an image shows which of its operations run.",
                "Save its state dict and open it with --arch: there the decision is made anew for"
                " every image.",
            )
        if not tells_sizes(node.target):
            todo += node.all_input_nodes


def _raises(block: Any) -> bool:
    """Whether a block of a condition only complains."""
    return any(node.kind() == "prim::RaiseException" for node in block.nodes())


def _is_counter(stood: Any) -> bool:
    return isinstance(stood, fx.Node) and str(stood.target).endswith("num_batches_tracked")


def _flat(items: Iterable[Any]) -> Iterable[Any]:
    for item in items:
        if isinstance(item, list | tuple):
            yield from _flat(item)
        else:
            yield item
