"""What the operations of TorchScript mean: numbers, training mode, and torch's own functions."""

import math
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError


def _sum(a: Any, b: Any, alpha: Any = 1) -> Any:
    """Of two numbers, or two lists: those have no ``alpha``."""
    return a + b if alpha == 1 else a + alpha * b


def _difference(a: Any, b: Any, alpha: Any = 1) -> Any:
    return a - alpha * b


def _reversed_difference(a: Any, b: Any, alpha: Any = 1) -> Any:
    return b - alpha * a


def _quotient(a: Any, b: Any, rounding_mode: str | None = None) -> Any:
    if rounding_mode == "floor":
        return a // b
    return math.trunc(a / b) if rounding_mode == "trunc" else a / b


def _part(items: Any, start: int | None, end: int | None, step: int = 1) -> Any:
    return items[start:end:step]


Value = tuple[Any, Any]  # what stands in the fx graph (a node or a constant), and its value
NUMBERS: dict[str, Callable[..., Any]] = {
    "__contains__": operator.contains,
    "__getitem__": operator.getitem,
    "__is__": operator.is_,
    "__isnot__": operator.is_not,
    "__not__": operator.not_,
    "add": _sum,
    "all": all,
    "and": operator.and_,
    "any": any,
    "Bool": bool,
    "ceil": math.ceil,
    "div": _quotient,
    "eq": operator.eq,
    "Float": float,
    "floor": math.floor,
    "floor_divide": operator.floordiv,
    "floordiv": operator.floordiv,
    "ge": operator.ge,
    "gt": operator.gt,
    "Int": int,
    "le": operator.le,
    "len": len,
    "lt": operator.lt,
    "mul": operator.mul,
    "ne": operator.ne,
    "neg": operator.neg,
    "or": operator.or_,
    "pow": operator.pow,
    "remainder": operator.mod,
    "round": round,
    "rsub": _reversed_difference,
    "slice": _part,
    "sqrt": math.sqrt,
    "sub": _difference,
    "true_divide": operator.truediv,
}
# What does not depend on the network; texts are made for the messages of errors alone
SETTLED = {"format": "", "is_autocast_enabled": False, "is_grad_enabled": True}
FACTS = frozenset({"is_mkldnn", "is_nested", "is_quantized", "is_sparse", "type"})
DROPOUTS = frozenset({"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"})
NOTHING = frozenset({"detach", "detach_", "cpu", "cuda"})
HALVES = frozenset({"half", "double", "bfloat16"})
_FORMS = frozenset(
    {
        *(
            "size",
            "dim",
            "numel",
            "len",
            "stride",
            "is_contiguous",
            "is_floating_point",
            "ndimension",
        ),
        *("is_complex", "is_same_size", "storage_offset", "ndimension", "getattr"),
        *("is_", "is_not"),  # whether it is None
    }
)
# Their arguments that say whether the network is in training, with those of running statistics
_TRAINING = {"batch_norm": "training", "instance_norm": "use_input_stats", "rrelu": "training"}
_FLOAT, _OTHER_FLOATS = 6, (5, 7, 15)  # TorchScript's numbers: float; half, double, bfloat16


def tells_sizes(function: Any) -> bool:
    """Whether it tells of a tensor's form or presence, which is the same for all images."""
    schema = getattr(function, "_schema", None)
    name = schema.name.partition("::")[2] if schema else getattr(function, "__name__", "")
    return name in _FORMS


def overload(name: str, node: Any) -> tuple[Any, list[str | None]]:
    """The torch function of a node, and for each input its keyword."""
    declared = node.schema().split("(")[0]
    overload = declared.partition(".")[2] or "default"
    packet = getattr(torch.ops.aten, name, None)
    function = getattr(packet, overload, None)
    if not isinstance(function, torch._ops.OpOverload):
        raise unknown(declared)
    arguments = function._schema.arguments
    return function, [argument.name if argument.kwarg_only else None for argument in arguments]


def as_evaluated(
    name: str, function: Any, inputs: list[Value], other: bool
) -> tuple[list[Value], bool]:
    """The arguments of an operation with training switched off, and whether it was on.

    ``other`` says that the network's numbers were not float32: then it asks for no other ones.
    """
    found, trained = list(inputs), False
    for i, argument in enumerate(function._schema.arguments[: len(found)]):
        if argument.name == _TRAINING.get(name) and found[i][1] is True:
            # without running statistics, those of the batch are part of the network
            if name == "rrelu" or isinstance(found[3][1], Tensor):
                trained = True
                found[i] = (False, False)
        elif other and argument.name == "dtype" and found[i][0] in _OTHER_FLOATS:
            found[i] = (_FLOAT, _FLOAT)
    return found, trained


def of_dictionary(name: str, inputs: list[Value]) -> Value:
    """What an operation gives that reads or changes a dictionary; its keys are settled."""
    rest = [value for _, value in inputs[1:]]
    fallback = inputs[2] if name in ("get", "pop") and len(inputs) > 2 else (None, None)
    found = []
    for stood, items in enumerate(inputs[0]):
        if name in ("__getitem__", "get", "pop"):
            take = items.pop if name == "pop" else items.get
            found.append(take(rest[0], fallback[stood]))
        elif name in ("keys", "values", "items"):
            found.append(list(getattr(items, name)()))
        elif name in ("__contains__", "len"):
            found.append(rest[0] in items if name == "__contains__" else len(items))
        elif name == "copy":
            found.append(dict(items))
        else:
            raise unknown(f"aten::{name} of a dictionary")
    return found[0], found[1]


def made_tensor(numbers: list[Any], kind: int | None, other: bool) -> Tensor:
    """``torch.tensor(numbers, dtype=kind)``, whose operation takes no list from Python."""
    made = torch.tensor(numbers)
    if kind is not None:
        made = torch.ops.aten.to.dtype(made, kind)
    return made.float() if other and made.is_floating_point() else made


def unknown(kind: str) -> DgnError:
    """What is said of an operation that is not torch's own."""
    return DgnError(
        f"The scripted network uses {kind}, which cannot be shown layer by layer.",
        "Save its state dict and open it with --arch, or export it with torch.export.",
    )
