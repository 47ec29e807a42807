"""Whole programs: TorchScript and ``torch.export`` files."""

import io
import logging
import pickletools
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.labels import labels_beside
from dgn_explorer.networks.loaded import IMAGENET_PREPROCESSING, Loaded, Request
from dgn_explorer.networks.preprocessing import channel_rows
from dgn_explorer.networks.programs.exported import require_harmless
from dgn_explorer.networks.programs.graphs import takes_batches, without_softmax
from dgn_explorer.networks.programs.torchscript import to_graph
from dgn_explorer.networks.weights.checkpoints import (
    file_digest,
    require_file,
    require_plain_archive,
)

EXPORT_SUFFIX = ".pt2"
_DEFAULT_SIZE = 224
_ADVICE = "It may be cut off, or made by another version of torch: export it again."


def load_exported(path: Path, request: Request) -> Loaded:
    """Load a ``.pt2`` file of ``torch.export.save``; its size is the one it was exported with."""
    require_file(path)
    try:
        data = path.read_bytes()
        require_harmless(data, str(path))
        logger = logging.getLogger("torch.export")
        level = logger.level
        logger.setLevel(logging.CRITICAL)  # it prints tracebacks of damaged files
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch's own, about its own formats
                program = torch.export.load(io.BytesIO(data))
                module = torch.export.unflatten(program)
        finally:
            logger.setLevel(level)
    except DgnError:
        raise
    except Exception as error:  # its reader raises anything on a damaged file
        raise _unreadable(path, error) from None
    kinds = _kinds(program)
    for name, child in module.named_modules():
        if name in kinds:
            child.original_name = kinds[name]
    shape = _shape(program)
    return _loaded(path, request, module, f"{path.stem} (torch.export)", shape)


def load_scripted(path: Path, request: Request) -> Loaded:
    """Load a TorchScript file; it does not say its size: 224 pixels unless given."""
    require_file(path)
    size = request.options.size or _DEFAULT_SIZE
    channels = len(channel_rows(request.options.channels or "rgb"))
    image = torch.rand(1, channels, size, size, generator=torch.Generator().manual_seed(0))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TorchScript is deprecated
            _require_whole_pickles(path)
            module = to_graph(torch.jit.load(path, map_location="cpu").eval(), image)  # type: ignore[no-untyped-call]
        without_softmax(module)
    except DgnError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from None
    return _loaded(path, request, module, f"{path.stem} (TorchScript)", (channels, size))


def _require_whole_pickles(path: Path) -> None:
    """Raise if a pickle claims more than it holds: torch takes the memory before it finds out.

    That is so for a text that is cut off and for the place of a value in the list of all. Raises
    `DgnError` for an archive that unpacks to far more than its size.
    """
    require_plain_archive(path)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith("pkl"):  # .pkl, and .debug_pkl beside every source
                data = archive.read(name)
                for code, argument, _ in pickletools.genops(data):
                    if code.name == "LONG_BINPUT" and (argument or 0) > len(data):
                        raise ValueError(f"{name} claims to hold {argument} values")


def _loaded(
    path: Path, request: Request, module: nn.Module, title: str, shape: tuple[int, int]
) -> Loaded:
    channels, size = shape
    image = torch.rand(1, channels, size, size, generator=torch.Generator().manual_seed(0))
    try:
        batches = takes_batches(module, image)
    except Exception as error:  # the program of a damaged file may do anything wrong
        raise _unreadable(path, error) from None
    return Loaded(
        module=module,
        name=str(path),
        title=title,
        preprocessing=IMAGENET_PREPROCESSING,
        input_size=size,
        labels=labels_beside(path),
        structure=file_digest(path),
        batch_limit=None if batches else 1,
    )


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


def _unreadable(path: Path, error: Exception) -> DgnError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return DgnError(f"{path} cannot be opened ({lines[0][:200]}).", _ADVICE)
