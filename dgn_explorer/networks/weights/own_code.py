"""Python code of the user's own: read once, and run as it was read.

A person is asked before such code runs, about all of it: the file, and what it imports out of its
own folder. Python itself would read those files again, or an old ``.pyc`` in their place, or one
that lies there only since. So the code is read here, once; the answer is about these bytes, and
what runs is compiled from them.
"""

import ast
import builtins
import hashlib
import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from dgn_explorer.disk import read_file
from dgn_explorer.errors import DgnError

_MOST_FILES = 2000
_MOST_BYTES = 64 << 20
_LOCK = threading.RLock()


@dataclass(frozen=True)
class Source:
    """One module: where it lies, what it says, and whether others lie in it."""

    path: Path
    text: bytes
    is_package: bool


@dataclass(frozen=True)
class OwnCode:
    """The module called ``main`` below ``root``, and all modules below it that it may import."""

    root: Path
    main: str
    sources: Mapping[str, Source]

    @property
    def path(self) -> Path:
        """The file of the module itself."""
        return self.sources[self.main].path

    @property
    def others(self) -> tuple[str, ...]:
        """The other files, relative to the folder."""
        files = (s.path for n, s in self.sources.items() if n != self.main and s.text)
        return tuple(sorted(path.relative_to(self.root).as_posix() for path in files))

    @property
    def digest(self) -> str:
        """SHA-256 over names and bytes; that of the file where there is only one."""
        if not self.others:
            return hashlib.sha256(self.sources[self.main].text).hexdigest()
        parts = sorted((n, hashlib.sha256(s.text).hexdigest()) for n, s in self.sources.items())
        return hashlib.sha256(b"\0" + repr((self.main, parts)).encode()).hexdigest()

    def load(self) -> ModuleType:
        """Run the module, from the bytes that were read; raises whatever it raises."""
        prefix = f"dgn_explorer_own_{self.digest[:16]}"
        for name in [n for n in sys.modules if n == prefix or n.startswith(prefix + ".")]:
            del sys.modules[name]
        sys.meta_path[:] = [
            f for f in sys.meta_path if not (isinstance(f, _Finder) and f.prefix == prefix)
        ]
        sys.meta_path.insert(0, _Finder(prefix, self))
        return importlib.import_module(f"{prefix}.{self.main}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While it runs, no other file of the folder can be imported, by whatever way."""
        with _LOCK:
            guard = _Guard(self.root)
            sys.meta_path.insert(0, guard)
            try:
                yield
            finally:
                sys.meta_path.remove(guard)


def read_code(root: Path, main: str, path: Path | None = None) -> OwnCode:
    """Read the module ``main`` below the folder ``root``, and what it imports out of ``root``.

    ``path`` is its file where that cannot be told from its name. Raises `DgnError` for what cannot
    be read, or is too much.
    """
    sources: dict[str, Source] = {}
    waiting = [main]
    while waiting:
        name = waiting.pop()
        if name in sources:
            continue
        source = _read(path, False) if name == main and path else _find(root, name)
        if source is None:
            continue
        sources[name] = source
        if len(sources) > _MOST_FILES or sum(len(s.text) for s in sources.values()) > _MOST_BYTES:
            raise DgnError(
                f"{main} imports more than {_MOST_FILES} files or {_MOST_BYTES >> 20} MiB.",
                "Install what it needs as a package, and leave its own code in its folder.",
            )
        waiting += _parents(name)
        waiting += _imports(name, source)
    if main not in sources:
        raise DgnError(f"There is no Python module {main!r} in {root}.", "Check its name.")
    return OwnCode(root, main, sources)


def _find(root: Path, name: str) -> Source | None:
    if name.split(".")[0] in sys.stdlib_module_names:
        return None
    place = root.joinpath(*name.split("."))
    for path, package in (
        (place / "__init__.py", True),
        (place.with_name(f"{place.name}.py"), False),
    ):
        if path.is_file():
            return _read(path, package)
    top = name.split(".")[0]
    if place.is_dir() and any(place.glob("*.py")) and _elsewhere(root, top) is None:
        return Source(place, b"", True)  # a folder that is a package without saying so
    return None


def _elsewhere(root: Path, top: str) -> ModuleSpec | None:
    spec = PathFinder.find_spec(top, [p for p in sys.path if p and Path(p).resolve() != root])
    return spec if spec is not None and spec.origin is not None else None


def _read(path: Path, package: bool) -> Source:
    try:
        return Source(path, read_file(path), package)
    except OSError as error:
        raise DgnError(
            f"{path} cannot be read ({error.strerror}).", "Check the file and its folder."
        ) from None


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def _imports(name: str, source: Source) -> Iterator[str]:
    """Names that a module may import, wherever in it; of itself, functions included."""
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # running it will tell
    package = name.split(".") if source.is_package else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            if base:
                yield base
            yield from (".".join(filter(None, (base, a.name))) for a in node.names if a.name != "*")


class _Finder(MetaPathFinder, Loader):
    """Makes modules of what was read, under names that no other code has."""

    def __init__(self, prefix: str, code: OwnCode) -> None:
        self.prefix, self._sources = prefix, code.sources
        self._tops = {name.split(".")[0] for name in code.sources}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == self.prefix:
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        source = self._sources.get(fullname.removeprefix(f"{self.prefix}."))
        if not fullname.startswith(f"{self.prefix}.") or source is None:
            return None
        return importlib.util.spec_from_loader(
            fullname, self, origin=str(source.path), is_package=source.is_package
        )

    def exec_module(self, module: ModuleType) -> None:
        source = self._sources.get(module.__name__.removeprefix(f"{self.prefix}."))
        if source is None:
            return  # what stands above all of them is empty
        module.__file__ = str(source.path)
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
        exec(compile(source.text, str(source.path), "exec", dont_inherit=True), module.__dict__)

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """``import`` in the user's code: its own modules come first, as Python has it."""
        if level or name.split(".")[0] not in self._tops:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        full = f"{self.prefix}.{name}"
        importlib.import_module(full)
        if fromlist:
            return builtins.__import__(full, globals, locals, fromlist, 0)
        return sys.modules[f"{self.prefix}.{name.split('.')[0]}"]


class _Guard(MetaPathFinder):
    """Refuses what Python would find in a folder of which not all was read."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None and fullname not in sys.builtin_module_names:
            found = PathFinder.find_spec(fullname)
            for place in _places(found):
                if place.parent == self._root:
                    raise ImportError(f"{place.name} is not among the files that were asked about")
        return None


def _places(spec: ModuleSpec | None) -> Iterable[Path]:
    """The file or folder of a top-level module."""
    if spec is None:
        return ()
    if spec.submodule_search_locations:
        return [Path(folder).resolve() for folder in spec.submodule_search_locations]
    return [Path(spec.origin).resolve()] if spec.has_location and spec.origin else ()
