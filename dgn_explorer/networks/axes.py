"""Which axis of a tensor holds images, units and positions, followed through a forward pass.

A shape alone does not say it: (1, 5, 256) is 5 units at 256 positions after a one-dimensional
convolution, and 256 units at 5 positions in a transformer. So every tensor that comes from the
image carries one letter an axis, and each function hands the letters on:

``N`` images, ``C`` units, ``P`` positions, ``D`` a part of the units (one of several axes, such as
heads), ``F`` images and positions folded into one axis, ``G`` images and units, ``?`` unknown.
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from dgn_explorer.networks.axis_products import (
    Known,
    Roles,
    matmul,
    product,
    recurrent,
    summed,
    tensordot,
)

IMAGE: Roles = ("N", "C", "P", "P")

_RESHAPES = frozenset(
    {
        *("flatten", "reshape", "unflatten", "view", "_unsafe_view", "reshape_as", "view_as"),
        *("_reshape_alias", "ravel"),
    }
)
_REDUCTIONS = frozenset(
    {
        *("mean", "sum", "amax", "amin", "max", "min", "prod", "std", "var", "norm", "nansum"),
        *("logsumexp", "median", "nanmean", "all", "any", "argmax", "argmin"),
    }
)
_CONVOLUTIONS = frozenset(
    {
        *("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d"),
        *("conv_transpose3d", "convolution", "_convolution", "_convolution_mode"),
    }
)
_PATCHES = {"unfold": 4, "im2col": 4, "fold": 3, "col2im": 3}  # axes of several images
_UNITS_SECOND = frozenset(  # they say themselves that axis 1 holds the units
    {
        *_CONVOLUTIONS,
        *_PATCHES,
        *("batch_norm", "instance_norm", "group_norm", "local_response_norm"),
        *("native_group_norm", "native_batch_norm", "cudnn_batch_norm"),
        *("_native_batch_norm_legit_no_training", "_native_batch_norm_legit_functional"),
        "_native_batch_norm_legit",
    }
)
_SWAPS = frozenset({"transpose", "swapaxes", "swapdims"})
_MOVES = frozenset({"movedim", "moveaxis"})
_REVERSED = frozenset({"T", "mT", "t", "H", "mH", "adjoint", "numpy_T", "matrix_H"})
_PRODUCTS = frozenset({"matmul", "mm", "bmm", "__matmul__", "__rmatmul__"})
_RECURRENT = frozenset({"gru", "lstm", "rnn_tanh", "rnn_relu"})
_NO_RULE = frozenset({"outer", "kron", "cdist", "diag", "diagonal"})


class Axes(TorchFunctionMode):
    """While it is entered, every function of torch hands the letters of its inputs on."""

    def __init__(self, image: Tensor) -> None:
        super().__init__()
        self._roles: Any = WeakTensorKeyDictionary()
        self._roles[image] = IMAGE[: image.ndim]

    def __getitem__(self, tensor: Tensor) -> Roles | None:
        """The letters of ``tensor``, or None if it was made in a way that nothing is known of."""
        roles: Roles | None = self._roles.get(tensor)
        return roles if roles is not None and len(roles) == tensor.ndim else None

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = function_name(func)
        # before the call: it may change shapes in place
        inputs = [(self[x], tuple(x.shape), x.ndim) for x in _tensors((args, kwargs))]
        output = func(*args, **kwargs)
        outputs = output if isinstance(output, tuple | list) else (output,)
        for place, one in enumerate(outputs):
            if isinstance(one, Tensor):
                known = (
                    recurrent(inputs[0][0], one.ndim, place)
                    if name in _RECURRENT and inputs
                    else _hand_on(name, args, kwargs, inputs, tuple(one.shape))
                )
                if known is not None:
                    self._roles[one] = _tidy(known)
        return output


def function_name(func: Any) -> str:
    """The name of a torch function, method, property or operator, without in-place's ``_``."""
    name = str(getattr(func, "__name__", ""))
    if name == "__get__":
        name = str(getattr(func.__self__, "__name__", ""))
    name = name.split(".")[0]
    return name if name.startswith("__") else name.removesuffix("_")


def _hand_on(
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    inputs: list[Known],
    out: tuple[int, ...],
) -> Roles | None:
    if not inputs or name in _NO_RULE:
        return None
    roles, shape, ndim = inputs[0]
    if name in _UNITS_SECOND:
        weights = inputs[1][2] if name in _CONVOLUTIONS and len(inputs) > 1 else 0
        return _units_second(roles, shape, out, ndim < _PATCHES.get(name, weights))
    if name == "linear":
        return product(roles or ("?",) * ndim, None)
    if name == "einsum":
        return summed(args, [x[0] for x in inputs])
    if name == "tensordot":
        return tensordot(args, kwargs, inputs)
    if name in _PRODUCTS and len(inputs) > 1:
        left, right = (inputs[1], inputs[0]) if name == "__rmatmul__" else inputs[:2]
        return matmul(left, right, len(out))
    if name in ("addmm", "baddbmm"):
        return product(inputs[1][0], inputs[2][0])
    if name == "stack" or roles is None:
        return _stacked(name, args, kwargs, inputs, out)
    if name in _RESHAPES:
        return reshaped(roles, shape, out)
    dims = _dims(name, args, kwargs, ndim)
    if name == "permute":
        return tuple(roles[d] for d in dims)
    if name in _SWAPS or (name in _REVERSED and ndim >= 2):
        first, second = dims if name in _SWAPS else (ndim - 2, ndim - 1)
        order = list(range(ndim))
        order[first], order[second] = second, first
        return tuple(roles[d] for d in order)
    if name in _MOVES:
        return _moved(roles, args, kwargs)
    if name == "unsqueeze":
        at = _argument(args, kwargs, "dim") % (ndim + 1)
        return (*roles[:at], "P", *roles[at:])
    if name == "squeeze":
        gone = {d for d in (dims or range(ndim)) if shape[d] == 1}
        return tuple(r for d, r in enumerate(roles) if d not in gone)
    if name in ("select", "unbind"):
        gone = {dims[0] if dims else 0}
        return tuple(r for d, r in enumerate(roles) if d not in gone)
    if name == "__getitem__":
        return _indexed(roles, args[1])
    if name in _REDUCTIONS and len(out) < ndim:
        return tuple(r for d, r in enumerate(roles) if dims and d not in dims)
    return _stacked(name, args, kwargs, inputs, out)


def _stacked(
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    inputs: list[Known],
    out: tuple[int, ...],
) -> Roles | None:
    """Of functions that work element by element: the letters of the input that knows most."""
    known = [(r, s) for r, s, _ in inputs if r is not None]
    if name == "stack" and known:
        at = int(_argument(args, kwargs, "dim", 0)) % len(out)
        roles = known[0][0]
        return (*roles[:at], "P", *roles[at:])
    same = [(r, s) for r, s in known if len(r) == len(out)]
    if same:
        return min(same, key=lambda x: (sum(r in "?FG" for r in x[0]), x[1] != out))[0]
    if known and name in ("expand", "repeat", "tile", "broadcast_to", "expand_as"):
        roles = known[0][0]
        return ("P",) * (len(out) - len(roles)) + roles
    return None


def _units_second(
    roles: Roles | None, shape: tuple[int, ...], out: tuple[int, ...], single: bool
) -> Roles | None:
    """Of a function whose units lie along axis 1; along axis 0 of a ``single`` image."""
    if single or len(out) < 2:
        return ("C", *("P" for _ in out[1:]))
    first = roles[0] if roles else ("N" if shape[0] == 1 else "?")
    return (first, "C", *("P" for _ in out[2:]))


def reshaped(roles: Roles, shape: Sequence[int], out: Sequence[int]) -> Roles | None:
    """The letters after a reshape: axes are matched from the left in groups of equal size.

    >>> reshaped(("N", "C", "P", "P"), (1, 8, 4, 4), (1, 8, 16))
    ('N', 'C', 'P')
    >>> reshaped(("N", "P", "C"), (1, 16, 8), (1, 16, 2, 4))
    ('N', 'P', 'D', 'D')
    >>> reshaped(("G", "D", "P"), (2, 4, 16), (1, 2, 4, 16))
    ('N', 'D', 'D', 'P')

    The one image of the pass that is followed belongs to no axis by its size. Behind positions it
    goes with them where the rest becomes one axis of units, and comes from them again:

    >>> reshaped(("P", "N", "D", "D"), (17, 1, 2, 8), (17, 16))
    ('F', 'C')
    >>> reshaped(("F", "C"), (17, 16), (17, 1, 16))
    ('P', 'N', 'C')
    """
    if 0 in shape or prod(shape) != prod(out):
        return None
    found: list[str] = []
    i = j = 0
    while i < len(shape) and j < len(out):
        before, after = [i], [j]
        left, right = shape[i], out[j]
        while left != right:
            if left < right:
                i += 1
                before.append(i)
                left *= shape[i]
            else:
                j += 1
                after.append(j)
                right *= out[j]
        i, j = i + 1, j + 1
        images = roles[before[0]] == "N" and shape[before[0]] == 1 and len(before) > 1
        if images and len(after) == 1 and found[-1:] == ["P"]:
            found[-1] = "F"
            del before[0]
        if found[-1:] == ["F"] and "N" not in found and len(after) > 1 == out[after[0]]:
            found[-1] = "P"
            found.append("N")
            del after[0]
        found += _group([(roles[d], shape[d]) for d in before], [out[d] for d in after])
    found += ["P"] * (len(out) - len(found))
    return tuple(found)


def _group(before: list[tuple[str, int]], after: list[int]) -> list[str]:
    """One group of axes (letter, size) that became axes of the sizes ``after``."""
    if len(before) == len(after) == 1:
        return [before[0][0]]
    letters = [r for r, size in before if size > 1 or r in "NFG"]
    one = _merged(letters)
    if sum(size > 1 for size in after) <= 1 and one not in "FG":
        place = next((i for i, size in enumerate(after) if size > 1), 0)
        return [one if i == place else "P" for i in range(len(after))]
    if one in "FG":
        # images come first, and the pass that is followed has one
        rest = "P" if one == "F" else "D"
        return ["N" if after[0] == 1 else one, *(rest if n > 1 else "P" for n in after[1:])]
    split = {"C": "D", "N": "?"}.get(one, one)
    return [split if size > 1 else "P" for size in after]


def _merged(letters: list[str]) -> str:
    kinds = set(letters)
    if not kinds:
        return "P"
    if len(kinds) == 1 and letters[0] in "NFGP?":
        return letters[0]
    if letters[0] in "NFG" and "?" not in kinds:
        if kinds <= {"N", "F", "P"}:
            return "F"
        return "G" if kinds <= {"N", "G", "C", "D"} else "?"
    if kinds & {"N", "F", "G", "?"}:
        return "?"
    return "C"


def _tidy(roles: Roles) -> Roles:
    """Units over several axes are parts."""
    parts = sum(r in "CD" for r in roles)
    if parts > 1:
        return tuple("D" if r == "C" else r for r in roles)
    return roles


def _indexed(roles: Roles, index: Any) -> Roles | None:
    items = list(index) if isinstance(index, tuple) else [index]
    taken = sum(1 for item in items if item is not None and item is not Ellipsis)
    if Ellipsis not in [item for item in items if not isinstance(item, Tensor)]:
        items.append(Ellipsis)
    found: list[str] = []
    at = 0
    for item in items:
        if item is None:
            found.append("P")
        elif item is Ellipsis:
            rest = len(roles) - taken
            found += roles[at : at + rest]
            at += rest
        elif isinstance(item, slice):
            found.append(roles[at])
            at += 1
        elif isinstance(item, int) and not isinstance(item, bool):
            at += 1
        elif _row_of_places(item) and not any(
            isinstance(one, Tensor | list | int) for one in items if one is not item
        ):
            found.append(roles[at])
            at += 1
        else:
            return None  # places along several axes
    return tuple(found)


def _row_of_places(item: Any) -> bool:
    """A list or a row of indices, which picks places along one axis."""
    if isinstance(item, Tensor):
        return item.ndim == 1
    return isinstance(item, list) and all(isinstance(one, int) for one in item)


def _moved(roles: Roles, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Roles:
    ends = (*args[1:], *(kwargs[k] for k in ("source", "destination") if k in kwargs))
    source, target = (
        [d % len(roles) for d in ([end] if isinstance(end, int) else end)] for end in ends[:2]
    )
    order: list[int | None] = [None] * len(roles)
    for s, t in zip(source, target, strict=True):
        order[t] = s
    rest = iter(d for d in range(len(roles)) if d not in source)
    return tuple(roles[next(rest) if d is None else d] for d in order)


def _dims(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], ndim: int) -> tuple[int, ...]:
    """The axes that a function is told of, counted from 0."""
    keys = [k for k in ("dim", "dims", "axis") if k in kwargs]
    given: Any = (kwargs[keys[0]],) if keys else args[1:]
    if name in _SWAPS and len(args) < 3:
        names = (("dim0", "dim1"), ("axis0", "axis1"))
        given = next(
            ((*args[1:], *(kwargs[k] for k in pair if k in kwargs)) for pair in names), given
        )
    flat: list[int] = []
    for item in given:
        flat += item if isinstance(item, tuple | list) else [item]
        if name not in ("permute", *_SWAPS):
            break  # behind it come keepdim, indices and the like
    return tuple(d % ndim for d in flat if isinstance(d, int) and not isinstance(d, bool) and ndim)


def _argument(args: tuple[Any, ...], kwargs: dict[str, Any], key: str, default: Any = None) -> Any:
    return kwargs[key] if key in kwargs else (args[1] if len(args) > 1 else default)


def _tensors(item: Any) -> Iterator[Tensor]:
    if isinstance(item, Tensor):
        yield item
    elif isinstance(item, tuple | list):
        for one in item:
            yield from _tensors(one)
    elif isinstance(item, dict):
        for one in item.values():
            yield from _tensors(one)
