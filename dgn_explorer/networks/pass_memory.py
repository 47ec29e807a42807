"""Asking for no more memory than there is, in a network that came as a program.

A file of a few kilobytes can ask for a tensor of a hundred gigabytes, as it is opened or in the
first pass over another number of images, and a system that runs out of memory ends whom it likes.
So the first pass over images of each shape is watched: how large the result of an operation will be
is computed before it runs, and what does not fit is refused. Later passes over such images take the
same memory and cost nothing more, unless what a pass does depends on what is in its images: then
all of them are watched.
"""

import contextlib
import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only
from torch.utils.flop_counter import flop_registry

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.memory import free_bytes
from dgn_explorer.networks.programs.limits import Deadline, too_long

LARGE_BYTES = 64 << 20  # asked for since the last look at what is free
_LAZY = frozenset(  # the system finds room for them when they are written to
    f"{new}{kind}{how}"
    for new in ("", "new_")
    for kind in ("empty", "zeros")
    for how in ("", "_like", "_strided")
)
_MOST_FLOP = 2e12  # of one operation while a file is opened: some 20 s of two fast cores
_KEY = "watched_passes"


@dataclass
class _Watched:
    """What is known of a module's passes; a copy of the module begins anew."""

    always: bool
    deadline: Deadline | None = None
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
    with _Room(watched.deadline) if watched is not None else contextlib.nullcontext():
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
    if watched is None or (shape in watched.known and not watched.always):
        yield
        return
    with _Room() as room:
        yield
    watched.always = watched.always or room.depends
    watched.known.add(shape)


class _Room(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Looks at each operation before it runs."""

    def __init__(self, deadline: Deadline | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._deadline = deadline
        self.depends = False  # on what is in the images
        self._asked = 0  # bytes, since the last look
        self._untouched = 0  # bytes that are promised, but not yet taken from what is free

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
        given = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        if any(x.device.type != "cpu" for x in given):
            return  # another device says by itself that it is full, and harms nobody
        need = self._need(func, args, kwargs, given)
        # a view that shows one number many times may be written out
        need += sum(_bytes(x) for x in given if 0 in x.stride() and x.numel() > 1)
        if func.name().removeprefix("aten::").partition(".")[0] in _LAZY:
            self._untouched += need
        self._asked += need
        if self._asked < LARGE_BYTES:
            return
        self._asked = 0
        free = free_bytes()
        if need + self._untouched > free:
            raise DgnError(
                f"The network's operation {func.name()} asks for {_size(need)}, and there are"
                f" {_size(free)} of memory left.",
                "Take fewer or smaller images at once; if that does not help, the file is damaged,"
                " or a trap.",
            )

    def _need(
        self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: list[Tensor]
    ) -> int:
        """The bytes of what the operation will give; raises what it would raise."""
        if _reads_numbers(func, given):
            self.depends = True
            if func is torch.ops.aten.repeat_interleave.Tensor:
                return int(args[0].sum()) * 8
            return 8 * sum(x.numel() * max(1, x.ndim) for x in given)
        if any(x.device.type == "meta" for x in given):
            return 0
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
            return 0
        count = flop_registry.get(func.overloadpacket) if self._deadline is not None else None
        if count is not None and count(*alike[0], **alike[1], out_val=made) > _MOST_FLOP:
            raise too_long()
        old = {id(x) for x in tree_leaves(alike)}
        return sum(
            _bytes(x) for x in tree_leaves(made) if isinstance(x, Tensor) and id(x) not in old
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


def _without_numbers(tensor: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _bytes(tensor: Tensor) -> int:
    return math.prod(tensor.shape) * tensor.element_size()


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count >> 20} MiB"
