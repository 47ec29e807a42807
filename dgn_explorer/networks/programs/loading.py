"""From a checked archive of a program to a module; the same here and in the confined process."""

import io
import logging
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.graphs import takes_batches, without_softmax
from dgn_explorer.networks.programs.torchscript import to_graph

EXPORTED, SCRIPTED = "exported", "scripted"
_DEFAULT_SIZE = 224


@dataclass(frozen=True)
class Program:
    """A module that takes images (N, ``channels``, ``size``, ``size``), several if ``batches``."""

    module: nn.Module
    channels: int
    size: int
    batches: bool


def open_program(kind: str, archive: bytes, channels: int, size: int) -> Program:
    """Open the checked ``archive``; a scripted program is told how large its images are.

    What a damaged program raises is anything. Random numbers are the same each time, so that a
    program that ran in the confined process runs the same way here.
    """
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, about its own formats
        torch.manual_seed(0)
        module: nn.Module
        if kind == EXPORTED:
            module, channels, size = _exported(archive)
        else:
            script = torch.jit.load(io.BytesIO(archive), map_location="cpu").eval()  # type: ignore[no-untyped-call]
            graph = to_graph(script, _image(channels, size))
            without_softmax(graph)
            module = graph
        return Program(module, channels, size, takes_batches(module, _image(channels, size)))


def _image(channels: int, size: int) -> torch.Tensor:
    return torch.rand(1, channels, size, size, generator=torch.Generator().manual_seed(0))


def _exported(archive: bytes) -> tuple[nn.Module, int, int]:
    """The module, channels and size; the size is the one that it was exported with."""
    logger = logging.getLogger("torch.export")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it prints tracebacks of damaged files
    try:
        program = torch.export.load(io.BytesIO(archive))
        module = torch.export.unflatten(program)
    finally:
        logger.setLevel(level)
    kinds = _kinds(program)
    for name, child in module.named_modules():
        if name in kinds:
            child.original_name = kinds[name]
    return module, *_shape(program)


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
