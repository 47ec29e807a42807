"""Architectures for state dicts: torchvision's, timm's, or a function of the user's own.

A user's function is code. Its file is run only after a person has said yes to it; the answer is
remembered for as long as the file stays the same.
"""

import hashlib
import importlib
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaded import Confirm
from dgn_explorer.networks.loaders import arch_examples, architecture, call
from dgn_explorer.paths import config_folder, user_path
from dgn_explorer.sharing import change_file

_WAY_OUT = f"Write --arch {arch_examples()}."


def build(arch: str, state: dict[str, Tensor], confirm: Confirm) -> nn.Module:
    """Build the architecture ``arch`` with as many classes as ``state`` has, where it can tell."""
    loader = architecture(arch)
    if loader is not None:
        built: nn.Module = call(loader.build, arch.removeprefix(loader.prefix), state)
        return built
    source, _, name = arch.rpartition(":")
    if not source or not name.isidentifier():
        raise DgnError(f"{arch!r} is not an architecture.", _WAY_OUT)
    return _call(arch, _factory(source, name, confirm))


def _call(arch: str, factory: Callable[[], Any]) -> nn.Module:
    try:
        module = factory()
    except Exception as error:  # whatever the user's code raises
        raise DgnError(
            f"{arch} failed ({type(error).__name__}: {error}).",
            "It is called without arguments and must return a torch.nn.Module.",
        ) from error
    if not isinstance(module, nn.Module):
        raise DgnError(
            f"{arch} returned a {type(module).__name__}.", "It must return a torch.nn.Module."
        )
    return module.eval()


def _factory(source: str, name: str, confirm: Confirm) -> Callable[[], Any]:
    files = _files(source)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    if not _trusted(files[-1], digest):
        if not confirm(f"Run the Python code in {files[-1]} to build the network?"):
            raise DgnError(
                f"{files[-1]} was not run: its code needs your permission.",
                "Open the network where the program can ask, and say yes if you trust the file.",
            )
        _remember(files[-1], digest)
    try:
        module = _import(source, files[-1])
    except Exception as error:  # whatever the user's code raises
        raise DgnError(
            f"{source} cannot be imported ({type(error).__name__}: {error}).",
            "Run it in Python first, with the packages it needs installed.",
        ) from error
    factory = getattr(module, name, None)
    if not callable(factory):
        raise DgnError(f"{source} has no function or class called {name!r}.", _WAY_OUT)
    found: Callable[[], Any] = factory
    return found


def _files(source: str) -> list[Path]:
    """The files that importing ``source`` runs: packages above it, and itself; imports nothing."""
    if source.endswith(".py"):
        path = user_path(source)
        if not path.is_file():
            raise DgnError(f"{path} does not exist.", _WAY_OUT)
        return [path.resolve()]
    files: list[Path] = []
    search: list[str] | None = [os.getcwd(), *sys.path]  # noqa: PTH109 - as Python writes it
    for i in range(source.count(".") + 1):
        name = ".".join(source.split(".")[: i + 1])
        spec = importlib.machinery.PathFinder.find_spec(name, search)
        if spec is None:
            raise DgnError(f"There is no Python module {name!r}.", _WAY_OUT)
        if spec.origin is not None and spec.has_location:
            files.append(Path(spec.origin).resolve())
        search = list(spec.submodule_search_locations or ())
    if not files:
        raise DgnError(f"{source!r} has no file.", _WAY_OUT)
    return files


def _import(source: str, path: Path) -> Any:
    if not source.endswith(".py"):
        if os.getcwd() not in sys.path:  # noqa: PTH109
            sys.path.append(os.getcwd())  # noqa: PTH109 - a module beside the user, found above
        return importlib.import_module(source)
    spec = importlib.util.spec_from_file_location(f"dgn_explorer_factory_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _record() -> Path:
    return config_folder() / "trusted-code.json"


def _known() -> dict[str, str]:
    try:
        return _decoded(_record().read_bytes())
    except OSError:
        return {}  # ask again


def _decoded(data: bytes | None) -> dict[str, str]:
    try:
        known = json.loads(data or b"")
    except (ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _trusted(path: Path, digest: str) -> bool:
    return _known().get(str(path)) == digest


def _remember(path: Path, digest: str) -> None:
    def with_path(before: bytes | None) -> bytes:
        return json.dumps({**_decoded(before), str(path): digest}, indent=1).encode()

    # A record that cannot be written, or is kept busy, means that it is asked again the next time.
    with suppress(OSError, DgnError):
        change_file(_record(), with_path)
