"""Asking for no more memory than there is, in a network that came as a program.

A file of a few kilobytes can ask for a tensor of a hundred gigabytes, as it is opened or in the
first pass over another number of images, and a system that runs out of memory ends whom it likes.
So the first pass over images of each shape is watched: how large the result of an operation will be
is computed before it runs, and what does not fit is refused. Later passes over such images take the
same memory and cost nothing more, unless what a pass does depends on what is in its images: then
all of them are watched.
"""

import contextlib
import itertools
import math
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode_stack
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.flop_counter import flop_registry

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.memory import free_bytes
from dgn_explorer.networks.programs.limits import Deadline, too_long

LARGE_BYTES = 64 << 20  # asked for since the last look at what is free
_ALIKE = frozenset(  # give what is like their largest input, or statistics of it
    f"native_{kind}_norm{way}" for kind in ("batch", "group", "layer") for way in ("", "_backward")
) | {"_softmax", "_log_softmax", "mean", "sum", "amax", "amin", "all", "any"}
_JOINED = ("cat", "stack")  # give all their inputs together
_MOST_FLOP = 2e12  # of one operation while a file is opened: some 20 s of two fast cores
_KEY = "watched_passes"


_Needs = dict[Hashable, int]  # bytes, by the operation and what decides them


@dataclass
class _Watched:
    """What is known of a module's passes; a copy of the module begins anew."""

    always: bool
    deadline: Deadline | None = None
    needs: _Needs = field(default_factory=dict)
    known: set[Hashable] = field(default_factory=set)

    def __deepcopy__(self, memo: object) -> "_Watched":
        return _Watched(self.always)


def watch(
    module: nn.Module, deadline: Deadline | None = None, *, always: bool = False
) -> nn.Module:
    """Let `checked_pass` look after the passes of ``module``: all of them, or new shapes only.

    ``deadline`` is that of its opening, which `checked_opening` looks after.
    """
    module.__dict__[_KEY] = _Watched(always, deadline)
    return module


def watch_like(copied: nn.Module, original: nn.Module) -> nn.Module:
    """Watch a copy, of which torch.fx keeps the graph alone, where the original is watched."""
    found: _Watched | None = original.__dict__.get(_KEY)
    return watch(copied, always=found.always) if found is not None else copied


@contextlib.contextmanager
def checked_opening(module: nn.Module) -> Iterator[None]:
    """As `checked_work`, if the passes of ``module`` are watched, within its deadline."""
    watched: _Watched | None = module.__dict__.get(_KEY)
    if watched is None:
        yield
        return
    with _Room(watched.deadline, watched.needs):
        yield


@contextlib.contextmanager
def checked_work(deadline: Deadline | None = None) -> Iterator[None]:
    """Every operation of this thread in the block is watched, and begins before ``deadline``.

    Raises `DgnError` before an operation that asks for too much memory, or that comes too late or
    would take too long by itself.
    """
    with _Room(deadline):
        yield


@contextlib.contextmanager
def checked_pass(module: nn.Module, images: Tensor, to: Hashable = None) -> Iterator[None]:
    """One pass of ``module`` over ``images``, watched if it has to be; ``to`` says how far it goes.

    Raises `DgnError` before an operation that asks for more memory than is free on the machine.
    """
    watched: _Watched | None = module.__dict__.get(_KEY)
    grad = torch.is_grad_enabled() and images.requires_grad
    shape = (images.shape, images.dtype, images.device, grad, to)
    if watched is None or (shape in watched.known and not watched.always) or _is_watched():
        yield
        return
    with _Room(needs=watched.needs) as room:
        yield
    watched.always = watched.always or room.depends
    watched.known.add(shape)


def _is_watched() -> bool:
    """Whether this thread is within a block whose operations are watched anyway."""
    return any(isinstance(mode, _Room) for mode in _get_current_dispatch_mode_stack())


class _Room(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Looks at each operation before it runs; ``needs`` is what was found out about others."""

    def __init__(self, deadline: Deadline | None = None, needs: _Needs | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._deadline = deadline
        self._needs: _Needs = {} if needs is None else needs
        self.depends = False  # on what is in the images
        self._asked = 0  # bytes, since the last look at what is free

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and to import what would takes seconds

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if self._deadline is not None:
            self._deadline.require()
        if func.namespace == "aten" and not func.is_view:
            self._look(func, args, kwargs)
        return func(*args, **kwargs)

    def _look(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = _tensors((*args, *kwargs.values()))
        if any(x.device.type != "cpu" for x in given):
            return  # another device says by itself that it is full, and harms nobody
        if _reads_numbers(func, given):
            self.depends = True
            need = _read_bytes(func, given)
        else:
            key = func, _described(args), _described(tuple(kwargs.items()))
            found = self._needs.get(key)
            if found is None:
                found = self._needs[key] = self._bytes_of(func, args, kwargs, given)
            need = found
        self._asked += need
        if self._asked < LARGE_BYTES:
            return
        self._asked = 0
        free = free_bytes()
        if need > free:
            raise DgnError(
                f"The network's operation {func.name()} asks for {_size(need)}, and there are"
                f" {_size(free)} of memory left.",
                "Take fewer or smaller images at once; if that does not help, the file is damaged,"
                " or a trap.",
            )

    def _bytes_of(
        self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: list[Tensor]
    ) -> int:
        """What the operation will take; raises what it would raise."""
        # a view that shows one number many times may be written out
        need = sum(_bytes(x) for x in given if 0 in x.stride() and x.numel() > 1)
        if func._schema.is_mutable:
            # what is written to may have been promised only, until now
            return need + max((_bytes(x) for x in given), default=0)
        name = func.overloadpacket.__name__
        if name in _JOINED:
            return need + sum(_bytes(x) for x in given)
        if name in _ALIKE:
            return need + 2 * max((_bytes(x) for x in given), default=0)
        if given and torch.Tag.pointwise in func.tags:
            return need + 8 * _together(given)
        alike = tree_map_only(Tensor, _without_numbers, (args, kwargs))
        if any(argument.name == "device" for argument in func._schema.arguments):
            if torch.device(kwargs.get("device") or "cpu").type != "cpu":
                return 0
            alike[1]["device"] = "meta"
        try:
            made = func(*alike[0], **alike[1])
        except Exception:
            # the operation itself says what is wrong in words that people know
            if _written(args, kwargs) > LARGE_BYTES:
                raise
            return need
        count = flop_registry.get(func.overloadpacket) if self._deadline is not None else None
        if count is not None and count(*alike[0], **alike[1], out_val=made) > _MOST_FLOP:
            raise too_long()
        return need + sum(_bytes(x) for x in _tensors((made,)))


def _tensors(values: Iterable[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, tuple | list):
            found += _tensors(value)
    return found


def _together(given: list[Tensor]) -> int:
    """How many numbers tensors have that are brought to one shape."""
    turned = (tuple(reversed(x.shape)) for x in given)
    return math.prod(max(sizes) for sizes in itertools.zip_longest(*turned, fillvalue=1))


def _described(values: Iterable[Any]) -> tuple[Any, ...]:
    """What decides how much an operation takes, of its arguments."""
    return tuple(
        (x.shape, x.stride(), x.dtype)
        if isinstance(x, Tensor)
        else _described(x)
        if isinstance(x, tuple | list)
        else (type(x), x)
        for x in values
    )


def _reads_numbers(func: Any, given: list[Tensor]) -> bool:
    """Whether how much the operation gives depends on the numbers that it gets."""
    if torch.Tag.data_dependent_output in func.tags:
        return True
    if torch.Tag.dynamic_output_shape not in func.tags:
        return False
    indexes = func.name().startswith(("aten::index.", "aten::_unsafe_index"))
    return not indexes or any(x.dtype in (torch.bool, torch.uint8) for x in given[1:])


def _written(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """What the numbers that the program wrote down come to, if all of them were sizes."""
    numbers = [x for x in tree_leaves((args, kwargs)) if isinstance(x, int)]
    return math.prod(max(1, abs(x)) for x in numbers) * 8


def _read_bytes(func: Any, given: list[Tensor]) -> int:
    if func is torch.ops.aten.repeat_interleave.Tensor:
        return int(given[0].sum()) * 8
    return 8 * sum(x.numel() * max(1, x.ndim) for x in given)


def _without_numbers(tensor: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _bytes(tensor: Tensor) -> int:
    return math.prod(tensor.shape) * tensor.element_size()


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count >> 20} MiB"
