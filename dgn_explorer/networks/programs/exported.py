"""Looking through a ``.pt2`` archive before torch opens it.

``torch.export.load`` trusts its file: it falls back to full unpickling, looks up functions by
dotted names, and evaluates shape expressions. So every pickle, name and expression is checked
first, and an archive with anything unusual is refused.
"""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import torch

from dgn_explorer.errors import DgnError

_MOST_JSON_BYTES = 256 << 20
_MOST_DEPTH = 200
_TARGET = re.compile(
    r"torch\.ops\.(aten|prims)\.\w+(\.\w+)?"
    r"|_operator\.(getitem|add|sub|mul|floordiv|truediv|mod|neg|eq|ne|lt|le|gt|ge|pow)"
    r"|torch\.sym_(max|min|int|float|ite|not|sqrt)"
    r"|math\.(ceil|floor|trunc)"
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9.]*")
_EXPRESSION_WORD = re.compile(
    r"[su]\d+|zuf\d+|Max|Min|Mod|PythonMod|FloorDiv|CleanDiv|CeilDiv|ModularIndexing|Eq|Ne|Lt|Le|Gt"
    r"|Ge|And|Or|Not|True|False|oo|int_oo|IntTrueDiv|TruncToInt|ToFloat|FloatPow|PowByNatural"
)
_EXPRESSION = re.compile(r"[\w\s+\-*/%(),.<>=&|~]*")


def require_harmless(data: bytes, source: str) -> None:
    """Raise `DgnError` if opening the archive ``data`` could run code, or if it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if not any(info.filename.endswith("/archive_format") for info in infos):
                raise DgnError(
                    f"{source} is no torch.export archive of torch 2.8 or later.",
                    "Export it again with torch.export.save.",
                )
            total = sum(info.file_size for info in infos)
            if total > 4 * len(data) + _MOST_JSON_BYTES:
                raise DgnError(f"{source} unpacks to {total} bytes.", "The archive is damaged.")
            for info in infos:
                if info.filename.endswith(".json"):
                    _check_json(archive.read(info), source)
                elif info.filename.endswith(".pt"):
                    _check_pickle(archive.read(info), source)
                elif info.filename.endswith((".so", ".py", ".cpp", ".o")):
                    raise _refused(source, info.filename)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError, zlib.error) as error:
        raise DgnError(
            f"{source} is no readable torch.export archive ({error}).",
            "It may be cut off: compare its size with the original.",
        ) from None


def _check_pickle(data: bytes, source: str) -> None:
    if not data:
        return
    try:
        torch.load(io.BytesIO(data), weights_only=True)
    except Exception:
        raise _refused(source, "a pickle") from None


def _check_json(data: bytes, source: str) -> None:
    try:
        tree = json.loads(data) if len(data) <= _MOST_JSON_BYTES else None
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        raise DgnError(f"{source} holds a damaged description.", "Export it again.")
    for key, value in _entries(tree):
        if key == "use_pickle" and value:
            raise _refused(source, "pickled weights")
        if key == "target" and isinstance(value, str) and not _TARGET.fullmatch(value):
            raise _refused(source, f"the function {value[:80]}")
        if key in ("expr_str", "as_expr") and isinstance(value, str) and not _plain(value):
            raise _refused(source, f"the expression {value[:80]}")
        if key in ("as_custom_obj", "as_operator"):
            raise _refused(source, f"{key[3:]} arguments")


def _plain(expression: str) -> bool:
    words = _WORD.findall(re.sub(r"\d+\.\d*(e[+-]?\d+)?", "0", expression))
    return bool(_EXPRESSION.fullmatch(expression)) and all(
        _EXPRESSION_WORD.fullmatch(word) for word in words
    )


def _entries(tree: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > _MOST_DEPTH:
        raise RuntimeError("nested too deeply")
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield key, value
            yield from _entries(value, depth + 1)
    elif isinstance(tree, list):
        for value in tree:
            yield from _entries(value, depth + 1)


def _refused(source: str, what: str) -> DgnError:
    return DgnError(
        f"{source} is not opened: it holds {what}, through which it could run code.",
        "Save the network's state dict and open it with --arch.",
    )
