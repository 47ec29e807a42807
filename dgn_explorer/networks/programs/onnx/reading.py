"""Nodes and their attributes out of protobuf messages."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import to_torch

Types = Mapping[str, int]  # name of a value -> ONNX's number of its type

OLDEST_OPSET = 7


def read_node(proto: Any, opsets: Mapping[str, int], types: Types) -> Node:
    """A NodeProto as a `Node`; raises `DgnError` for an operator that onnx itself does not know."""
    domain = "" if proto.domain == "ai.onnx" else proto.domain
    opset = opsets.get(domain, opsets.get("ai.onnx", 0) if domain == "" else 0)
    given = {a.name: _attribute(a) for a in proto.attribute if not a.HasField("g")}
    op = f"{domain}.{proto.op_type}" if domain else proto.op_type
    version, defaults = (0, {}) if domain else _schema(proto.op_type, opset)
    return Node(
        op=op,
        opset=opset,
        version=version,
        name=proto.name,
        inputs=tuple(proto.input),
        outputs=tuple(proto.output),
        attributes={**defaults, **given},
        types=tuple(types.get(name, 0) for name in proto.input),
    )


@lru_cache(maxsize=1024)
def _schema(op: str, opset: int) -> tuple[int, dict[str, Any]]:
    """The version of an operator in an opset, 0 if unknown, and its defaults."""
    from onnx import defs

    try:
        schema = defs.get_schema(op, opset, "")
    except defs.SchemaError:
        return 0, {}
    defaults = {
        name: _attribute(attribute.default_value)
        for name, attribute in schema.attributes.items()
        if attribute.default_value.type
    }
    return schema.since_version, defaults


def _attribute(proto: Any) -> Any:
    from onnx import AttributeProto as Kind

    if proto.type == Kind.FLOAT:
        return proto.f
    if proto.type == Kind.INT:
        return proto.i
    if proto.type == Kind.STRING:
        return proto.s.decode("utf-8", "replace")
    if proto.type == Kind.TENSOR:
        return to_torch(proto.t)
    if proto.type == Kind.SPARSE_TENSOR:
        return dense(proto.sparse_tensor)
    if proto.type == Kind.FLOATS:
        return tuple(proto.floats)
    if proto.type == Kind.INTS:
        return tuple(proto.ints)
    if proto.type == Kind.STRINGS:
        return tuple(s.decode("utf-8", "replace") for s in proto.strings)
    return None


def tensor_of_constant(node: Node, proto: Any) -> Tensor:
    """What a Constant node gives."""
    name = proto.attribute[0].name if proto.attribute else ""
    value = node[name]
    if isinstance(value, Tensor):
        return value
    if name in ("value_float", "value_floats"):
        return torch.tensor(value, dtype=torch.float32)
    if name in ("value_int", "value_ints"):
        return torch.tensor(value, dtype=torch.int64)
    raise node.refused(f"holds {name or 'nothing'}")


def dense(sparse: Any) -> Tensor:
    """A SparseTensorProto with its zeros."""
    values, indices = to_torch(sparse.values), to_torch(sparse.indices).to(torch.int64)
    shape = tuple(sparse.dims)
    made = torch.zeros(shape, dtype=values.dtype)
    if indices.ndim == 1:
        return made.reshape(-1).index_put((indices,), values).reshape(shape)
    return made.index_put(tuple(indices.t()), values)


def require_opset(model: Any) -> None:
    """Raise `DgnError` for an opset before the first or after the last that is known."""
    from onnx import defs

    for entry in model.opset_import:
        if entry.domain not in ("", "ai.onnx"):
            continue
        newest = defs.onnx_opset_version()
        if not OLDEST_OPSET <= entry.version <= newest:
            raise DgnError(
                f"The ONNX network is written in opset {entry.version}.",
                f"Opsets {OLDEST_OPSET} to {newest} are read: export it again, or update onnx.",
            )


def value_types(model: Any) -> Types:
    """The type of every value of a ModelProto whose shapes have been inferred."""
    graph = model.graph
    found = {t.name: t.data_type for t in graph.initializer}
    for value in (*graph.value_info, *graph.input, *graph.output):
        if value.type.HasField("tensor_type"):
            found[value.name] = value.type.tensor_type.elem_type
    return found


def read_by(proto: Any) -> set[str]:
    """All names that a node reads, also inside its bodies."""
    names = {name for name in proto.input if name}
    for attribute in proto.attribute:
        if attribute.HasField("g"):
            names |= {v.name for v in attribute.g.output}
            for inner in attribute.g.node:
                names |= read_by(inner)
    return names


def last_uses(graph: Any) -> dict[str, int]:
    """The number of the last node that reads a value; outputs are read for ever."""
    last: dict[str, int] = {}
    for i, proto in enumerate(graph.node):
        last.update(dict.fromkeys(read_by(proto), i))
    for value in graph.output:
        last.pop(value.name, None)
    return last
