"""Architectures for state dicts: torchvision's, timm's, or a function of the user's own.

A user's function is code. It is run only after a person has said yes to it; the answer is
remembered for as long as its file, and the files that it imports beside it, stay the same.
"""

import hashlib
import importlib
import importlib.machinery
import json
import os
import site
import sys
import sysconfig
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from dgn_explorer.disk import read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaded import Confirm
from dgn_explorer.networks.loaders import arch_examples, architecture, call
from dgn_explorer.networks.weights.own_code import OwnCode, read_code
from dgn_explorer.paths import config_folder, user_path
from dgn_explorer.sharing import change_file

_MOST_TOLD = 8  # files by name in the question
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
    # what torch.compile returns shows no layers
    compiled = type(module).__name__ == "OptimizedModule"
    built: nn.Module = module.get_submodule("_orig_mod") if compiled else module
    for name, tensor in chain(built.named_parameters(), built.named_buffers()):
        if is_lazy(tensor):
            raise DgnError(
                f"{arch} returned a network whose {name} has no size yet.",
                "Let it run once on an image there before it is returned.",
            )
    return built.eval()


def _factory(source: str, name: str, confirm: Confirm) -> Callable[[], Any]:
    code = _own_code(source)
    if code is None:
        installed = _installed(source)
        _require_consent(installed[-1], "", _digest(installed), confirm)
        return _named(source, name, lambda: importlib.import_module(source))
    _require_consent(code.path, _told(code.others), code.digest, confirm)
    if _own_code(source) != code:
        raise DgnError(
            f"{code.path} was not run: its code was changed while you were asked.",
            "Open the network again, and look at the code before you say yes.",
        )
    with code.alone():
        factory = _named(source, name, code.load)

    def build_alone() -> Any:
        with code.alone():
            return factory()

    return build_alone


def _named(source: str, name: str, load: Callable[[], Any]) -> Callable[[], Any]:
    try:
        module = load()
    except Exception as error:  # whatever the user's code raises
        raise DgnError(
            f"{source} cannot be imported ({type(error).__name__}: {error}).",
            "Run it in Python first, with the packages it needs installed.",
        ) from error
    factory = getattr(module, name, None)
    if not callable(factory):
        raise DgnError(f"{source} has no function or class called {name!r}.", _WAY_OUT)
    if isinstance(factory, nn.Module):  # a network that was made when the file was run
        return lambda: factory
    found: Callable[[], Any] = factory
    return found


def _own_code(source: str) -> OwnCode | None:
    """The user's own code, as it is now; None for a module that is installed."""
    if source.endswith(".py"):
        path = user_path(source)
        if not path.is_file():
            raise DgnError(f"{path} does not exist.", _WAY_OUT)
        path = path.resolve()
        return read_code(path.parent, path.stem if path.stem.isidentifier() else "main_", path)
    spec = _top(source)
    places = list(spec.submodule_search_locations or ()) or [spec.origin or ""]
    root = Path(places[0]).resolve().parent
    return None if root in _installation() else read_code(root, source)


def _top(source: str) -> importlib.machinery.ModuleSpec:
    """Where Python finds the package above ``source``; imports nothing."""
    top = source.split(".")[0]
    search = [os.getcwd(), *sys.path]  # noqa: PTH109 - as Python writes it
    spec = importlib.machinery.PathFinder.find_spec(top, search)
    if spec is None:
        raise DgnError(f"There is no Python module {top!r}.", _WAY_OUT)
    return spec


def _installation() -> frozenset[Path]:
    """The folders into which packages are installed: who writes there has written Python too."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [*(sysconfig.get_path(kind) for kind in kinds), *site.getsitepackages()]
    folders += [site.getusersitepackages()]
    # An interpreter can have its packages elsewhere: those of torch are such a folder too
    folders += [str(Path(torch.__file__).parents[1])]
    return frozenset(Path(folder).resolve() for folder in folders)


def _installed(source: str) -> list[Path]:
    """The files that importing an installed ``source`` runs: packages above it, and itself."""
    files: list[Path] = []
    search: list[str] | None = None
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


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(map(read_file, files))).hexdigest()


def _told(others: Sequence[str]) -> str:
    """The files beside the first, for the question."""
    if not others:
        return ""
    more = f" and {len(others) - _MOST_TOLD} more" if len(others) > _MOST_TOLD else ""
    return f", which imports {', '.join(others[:_MOST_TOLD])}{more} beside it,"


def _require_consent(path: Path, others: str, digest: str, confirm: Confirm) -> None:
    if _trusted(path, digest):
        return
    if not confirm(f"Run the Python code in {path}{others} to build the network?"):
        raise DgnError(
            f"{path} was not run: its code needs your permission.",
            "Open the network where the program can ask, and say yes if you trust the file.",
        )
    _remember(path, digest)


def _record() -> Path:
    return config_folder() / "trusted-code.json"


def _known() -> dict[str, str]:
    try:
        return _decoded(read_file(_record()))
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
