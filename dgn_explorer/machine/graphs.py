"""Recorded passes: on a GPU that knows CUDA, hundreds of small kernels are started as one.

At batch 1 a GPU waits for the processor, which has to start every kernel by itself. A CUDA graph
holds them all. It is tied to the memory in which it was recorded: inputs are copied there, and
results out of it, so that nobody sees them change.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

import torch
from torch import Tensor

MOST = 6  # recordings that are kept: an ascent has up to three, and may make room for another
_WARM = 3  # runs before a recording, in which libraries choose and load their kernels
_TOLERANCE = 0.01  # of the norm; a replay computes what was recorded, kernel by kernel

Function = Callable[..., tuple[Tensor, ...]]


def static(device: torch.device) -> bool:
    """Whether passes on ``device`` shall take all that changes as tensors of the same shapes.

    On a CPU nothing is gained by it.
    """
    return device.type != "cpu"


def records(device: torch.device) -> bool:
    """Whether passes on ``device`` can be recorded."""
    return device.type == "cuda"


class Graphs:
    """Runs functions of tensors, recorded where that is possible.

    A function may be recorded if it computes the same for the same tensors, and takes everything
    that changes from one call to the next as a tensor. One that cannot be, because it asks what is
    in a tensor, is run as it is; so are all on other devices.
    """

    def __init__(self, device: torch.device) -> None:
        self._records = records(device)
        self._kept: OrderedDict[Hashable, _Recording | None] = OrderedDict()

    def run(
        self, key: Hashable, function: Function, inputs: Sequence[Tensor]
    ) -> tuple[Tensor, ...]:
        """``function(*inputs)``, or what the function first given with ``key`` makes of them.

        ``key`` names everything but the inputs that decides the result. The results are the
        caller's own.
        """
        if not self._records:
            return function(*inputs)
        full = key, tuple((x.shape, x.dtype) for x in inputs)
        if full not in self._kept:
            self._kept[full] = self._recorded(function, inputs)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        self._kept.move_to_end(full)
        recording = self._kept[full]
        return function(*inputs) if recording is None else recording(inputs)

    def clear(self) -> None:
        """Forget all recordings and give their memory back."""
        self._kept.clear()

    def _recorded(self, function: Function, inputs: Sequence[Tensor]) -> "_Recording | None":
        try:
            return _record(function, inputs)
        except torch.OutOfMemoryError:
            if not self._kept:
                raise
        self.clear()  # the older ones hold memory of their own
        torch.cuda.empty_cache()
        return _record(function, inputs)


class _Recording:
    """One recorded run, and the tensors that it reads and writes."""

    def __init__(self, function: Function, inputs: Sequence[Tensor]) -> None:
        self._function = function  # holds the weights that the recording reads
        self._inputs = [x.clone() for x in inputs]
        self._outputs, self._replay = capture(function, self._inputs)

    def __call__(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        for kept, given in zip(self._inputs, inputs, strict=True):
            kept.copy_(given)
        self._replay()
        return tuple(x.clone() for x in self._outputs)


def capture(
    function: Function, inputs: Sequence[Tensor]
) -> tuple[tuple[Tensor, ...], Callable[[], None]]:
    """Record ``function(*inputs)``: the tensors that a replay fills, and what replays it."""
    graph = torch.cuda.CUDAGraph()
    # other threads may use the GPU meanwhile
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        outputs = function(*inputs)
    return outputs, graph.replay


def _record(function: Function, inputs: Sequence[Tensor]) -> _Recording | None:
    expected = _warm(function, inputs)
    try:
        recording = _Recording(function, inputs)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError:  # it waits for the GPU, or copies from the host
        return None
    return recording if _agree(recording(inputs), expected) else None


def _warm(function: Function, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Run it as is, on a stream of its own as torch's documentation of CUDA graphs asks for."""
    if inputs[0].device.type != "cuda":
        return function(*inputs)
    now, aside = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(now)
    with torch.cuda.stream(aside):
        for _ in range(_WARM):
            outputs = function(*inputs)
    now.wait_stream(aside)
    return outputs


def _agree(found: Sequence[Tensor], expected: Sequence[Tensor]) -> bool:
    for a, b in zip(found, expected, strict=True):
        a, b = a.double().nan_to_num(), b.double().nan_to_num()
        if not bool((a - b).norm() <= _TOLERANCE * b.norm()):
            return False
    return True
