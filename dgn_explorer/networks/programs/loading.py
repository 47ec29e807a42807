"""From a checked archive of a program to a module; the same here and in the confined process."""

import io
import logging
import time
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.guard import difference, noise_of, reference
from dgn_explorer.networks.pass_memory import checked_opening, checked_work, watch
from dgn_explorer.networks.programs.exported_graphs import for_cpu, made_ready
from dgn_explorer.networks.programs.graphs import takes_batches, without_softmax
from dgn_explorer.networks.programs.limits import Deadline
from dgn_explorer.networks.programs.torchscript import to_graph

EXPORTED, SCRIPTED = "exported", "scripted"
_DEFAULT_SIZE = 224
COMPILING_S = 3.0  # of work; meanwhile no other thread of Python goes on
WORKING_S = 7.0  # of work, besides the comparison, which is done in the confined process alone


@dataclass(frozen=True)
class Program:
    """A module that takes images (N, ``channels``, ``size``, ``size``), several if ``batches``.

    ``trained`` says that it was exported in training mode, which is switched off.
    """

    module: nn.Module
    channels: int
    size: int
    batches: bool
    trained: bool


def open_program(
    kind: str,
    archive: bytes,
    channels: int,
    size: int,
    tried: bool = False,
    deadline: Deadline | None = None,
) -> Program:
    """Open the checked ``archive``; a scripted program is told how large its images are.

    What a damaged program raises is anything. Random numbers are the same each time, so that a
    program that ran in the confined process runs the same way here. One that was ``tried`` there is
    not run as a whole again, which nobody could end: only taken apart, in `WORKING_S`, and before
    the ``deadline``.
    """
    started = time.thread_time()
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, about its own formats
        torch.manual_seed(0)
        module: nn.Module
        if kind == EXPORTED:
            module, channels, size, trained = _exported(archive, tried)
            _require_time(started, WORKING_S, deadline)
        else:
            script = torch.jit.load(io.BytesIO(archive), map_location="cpu").eval()  # type: ignore[no-untyped-call]
            _ = script.inlined_graph  # made now, and kept
            _require_time(started, COMPILING_S, deadline)
            with checked_work(deadline):
                graph, trained = to_graph(script, _image(channels, size), started + WORKING_S)
                if not trained and not tried:
                    _require_same(graph, script, _image(channels, size))
            without_softmax(graph)
            module = graph
        watch(module, deadline)
        with checked_opening(module):
            batches = takes_batches(module, _image(channels, size))
        return Program(module, channels, size, batches, trained)


def _require_time(started: float, most_s: float, deadline: Deadline | None) -> None:
    """Raise `DgnError` if this thread has worked longer; in the confined process first of all."""
    if deadline is not None:
        deadline.require()
    if time.thread_time() - started > most_s:
        raise DgnError(
            f"Opening the program takes more than {most_s:g} seconds of work.",
            "Save the network's state dict and open it with --arch.",
        )


def _image(channels: int, size: int) -> Tensor:
    return torch.rand(1, channels, size, size, generator=torch.Generator().manual_seed(0))


def _require_same(module: nn.Module, original: Any, image: Tensor) -> None:
    """Raise `DgnError` if the ``module`` that was made of a program computes something else."""
    images = torch.cat([image, image.flip(3) * 0.5])
    try:
        wanted = reference(original, images)
    except Exception:
        return  # as it is, it runs only on another device or in other numbers
    found = reference(module, images)
    gaps = [difference(*x) for x in zip(found.outputs, wanted.outputs, strict=True)]
    if max(gaps) > wanted.close and max(gaps) > 2 * noise_of(original, image):
        raise DgnError(
            f"The program cannot be shown layer by layer: taken apart, its scores differ by"
            f" {max(gaps):.1%}.",
            "Save its state dict and open it with --arch.",
        )


def _exported(archive: bytes, tried: bool) -> tuple[nn.Module, int, int, bool]:
    """The module, channels, size, and whether it was in training mode.

    The size is the one that it was exported with.
    """
    logger = logging.getLogger("torch.export")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it prints tracebacks of damaged files
    try:
        program = torch.export.load(io.BytesIO(for_cpu(archive)))
        channels, size = _shape(program)
        module, trained = _unflattened(program, None if tried else _image(channels, size))
    finally:
        logger.setLevel(level)
    kinds = _kinds(program)
    for name, child in module.named_modules():
        if name in kinds:
            child.original_name = kinds[name]
    return module, channels, size, trained


def _unflattened(program: Any, image: Tensor | None) -> tuple[nn.Module, bool]:
    tensors = (*program.state_dict.values(), *program.constants.values())
    floats = {x.dtype for x in tensors if isinstance(x, Tensor) and x.is_floating_point()}
    other = bool(floats - {torch.float32})
    trained = made_ready(program, other)
    module: nn.Module = torch.export.unflatten(program).cpu()
    if other:
        module.float()
    elif not trained and image is not None:
        with checked_work():
            _require_same(module, program.module(), image)
    return module, trained


def _kinds(program: Any) -> dict[str, str]:
    """Path -> class name of the modules that a program was exported from."""
    kinds: dict[str, str] = {}
    for node in program.graph.nodes:
        for path, kind in (node.meta.get("nn_module_stack") or {}).values():
            kinds[path] = str(kind).rsplit(".", 1)[-1]
    return kinds


def _shape(program: Any) -> tuple[int, int]:
    names = program.graph_signature.user_inputs
    shapes = [
        tuple(node.meta["val"].shape)
        for node in program.graph.nodes
        if node.op == "placeholder" and node.name in names and "val" in node.meta
    ]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][2] != shapes[0][3]:
        raise DgnError(
            f"The exported network takes {[tuple(map(str, shape)) for shape in shapes]}.",
            "Only networks that take one batch of square images are supported.",
        )
    size = shapes[0][2]
    return int(shapes[0][1]), size if isinstance(size, int) else _DEFAULT_SIZE
