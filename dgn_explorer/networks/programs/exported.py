"""Looking through a ``.pt2`` archive before torch opens it.

``torch.export.load`` trusts its file: it unpickles constants, looks up functions and classes by
dotted names, evaluates shape expressions, and writes names into Python code that it then executes.
So torch gets an archive that is made here from the few parts a network consists of: its graph, in
which every name, function and expression was checked, and its tensors.
"""

import io
import json
import keyword
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.operations import is_known_overload
from dgn_explorer.networks.weights.archive import read_archive, rebuilt
from dgn_explorer.networks.weights.pickles import check_pickle

_MOST_JSON_BYTES = 256 << 20
_MOST_DEPTH = 200
_PART = re.compile(
    r"archive_format|archive_version|byteorder|version|\.data/(serialization_id|version)"
    r"|data/weights/weight_\d{1,6}|data/constants/tensor_\d{1,6}"
    r"|(models/(?P<model>\w{1,100})|data/(weights/\w{1,100}_weights|constants/\w{1,100}_constants)"
    r"_config)\.json|data/(weights|constants)/\w{1,100}\.pt"
)
_IGNORED = re.compile(r"data/sample_inputs/\w{1,100}\.pt|extra/.*")
_OPERATION = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)")
_TARGET = re.compile(
    r"_operator\.(getitem|add|sub|mul|floordiv|truediv|mod|neg|eq|ne|lt|le|gt|ge)"
    r"|torch\.sym_(max|min|int|float|ite|not|sqrt)"
    r"|math\.(ceil|floor|trunc)"
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9.]*")
_EXPRESSION_WORD = re.compile(
    r"[su]\d+|zuf\d+|Max|Min|Mod|PythonMod|FloorDiv|CleanDiv|CeilDiv|ModularIndexing|Eq|Ne|Lt|Le|Gt"
    r"|Ge|And|Or|Not|True|False|oo|int_oo|IntTrueDiv|TruncToInt|ToFloat|Add|Mul|Integer|Rational"
)
# How torch writes a size that is left open (since 2.6, with what is known of it)
_SYMBOL = re.compile(r"Symbol\('([su]\d{1,6})'(?:, (?:positive|nonnegative|integer)=True){0,3}\)")
_EXPRESSION = re.compile(r"[\w\s+\-*/%(),.<>=&|~]{0,2000}")
_POWER = re.compile(r"\b[su]\d+\*\*\d\b")  # of a symbol: of a number it can be endlessly large
_LARGE = re.compile(r"\d{20}")
_PLAIN = re.compile(r"[\w.$:/<>=+\-]{0,500}", re.ASCII)  # no quote, bracket or space: no code
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z_0-9]{0,300}")
_PATH = re.compile(r"[\w.$\-]{0,500}", re.ASCII)
_VALUE_NAMES = ("name", "as_name", "forward_arg_names")  # become names in Python code
_FREE_TEXT = ("as_string", "as_strings")  # arguments, which torch writes down quoted
_NESTS = ("builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict")
_METADATA = "nn_module_stack"
_KEPT = re.compile(r"[\w.,;()\[\]$@<>:\- ]*", re.ASCII)


def harmless(data: bytes, source: str) -> io.BytesIO:
    """The archive ``data``, made anew from its checked parts, for ``torch.export.load``.

    Raises `DgnError` if opening the archive could run code, or if it is damaged.
    """
    contents = read_archive(io.BytesIO(data), source)
    if "archive_format" not in contents:
        raise DgnError(
            f"{source} is no torch.export archive of torch 2.8 or later.",
            "Export it again with torch.export.save.",
        )
    kept: dict[str, bytes] = {}
    models = []
    for name, content in contents.items():
        part = _PART.fullmatch(name)
        if part is None:
            if not _IGNORED.fullmatch(name):
                raise _refused(source, name[:100])
            continue
        if part["model"]:
            models.append(part["model"])
        if name.endswith(".json"):
            content = _checked_json(content, contents, name, source)
        elif name.endswith(".pt"):
            content = _checked_tensors(content, source)
        kept[name] = content
    if len(models) != 1:
        raise DgnError(f"{source} holds {len(models)} networks.", "Export one network a file.")
    # Examples of inputs are a pickle that nobody needs: torch takes an empty one for none
    kept[f"data/sample_inputs/{models[0]}.pt"] = b""
    return rebuilt(kept)


def _checked_tensors(data: bytes, source: str) -> bytes:
    """A pickle of tensors by name, as torch 2.8 writes one, written anew."""
    if not data:
        return data
    try:
        contents = read_archive(io.BytesIO(data), source)
        sizes = {n.removeprefix("data/"): len(d) for n, d in contents.items() if n != "data.pkl"}
        check_pickle(contents["data.pkl"], sizes)
        found = torch.load(rebuilt(contents), weights_only=True, map_location="cpu")
    except Exception:
        raise _refused(source, "a pickle") from None
    if not isinstance(found, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in found.items()
    ):
        raise _refused(source, "a pickle of something else than tensors")
    buffer = io.BytesIO()
    torch.save(dict(found), buffer)
    return buffer.getvalue()


def _checked_json(data: bytes, contents: Mapping[str, bytes], name: str, source: str) -> bytes:
    try:
        tree = json.loads(data) if len(data) <= _MOST_JSON_BYTES else None
        if not isinstance(tree, dict):
            raise ValueError
        if name.startswith("models/"):
            tree["guards_code"] = []  # Python code, which `ExportedProgram.module` would execute
            _drop_metadata(tree)
        else:
            _check_payloads(tree, contents, name.rpartition("/")[0], source)
        for key, value in _entries(tree):
            _check_entry(key, value, source)
        return json.dumps(tree).encode()
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise DgnError(f"{source} holds a damaged description.", "Export it again.") from None


def _drop_metadata(tree: dict[str, Any]) -> None:
    """Leave of each node's notes only the modules that it was exported from."""
    for node in tree["graph_module"]["graph"]["nodes"]:
        stack = node["metadata"].get(_METADATA, "")
        node["metadata"] = {_METADATA: stack} if stack and _KEPT.fullmatch(stack) else {}


def _check_payloads(
    tree: dict[str, Any], contents: Mapping[str, bytes], folder: str, source: str
) -> None:
    """Each tensor is a record that is there, and shows no more than it holds."""
    kind = "weight" if folder.endswith("weights") else "tensor"
    for payload in tree["config"].values():
        if payload["use_pickle"] is not False:
            raise _refused(source, "pickled weights")
        if not re.fullmatch(rf"{kind}_\d{{1,6}}", payload["path_name"]):
            raise _refused(source, f"the object {payload['path_name'][:80]!r}")
        sizes = [size["as_int"] for size in payload["tensor_meta"]["sizes"]]
        record = len(contents[f"{folder}/{payload['path_name']}"])
        if math.prod(sizes) > record or any(size < 0 for size in sizes):
            raise ValueError(f"a tensor of {sizes} in {record} bytes")


def _check_entry(key: str, value: Any, source: str) -> None:
    if not _PLAIN.fullmatch(key):
        raise _refused(source, f"the name {key[:80]!r}")
    if key in ("as_custom_obj", "as_operator", "as_graph"):
        raise _refused(source, f"{key[3:]} arguments")
    if key == _METADATA or key in _FREE_TEXT:
        return
    for text in value if isinstance(value, list) else [value]:
        if not isinstance(text, str):
            continue
        if key in ("in_spec", "out_spec"):
            good = _plain_nest(json.loads(text))
        elif key == "target":
            good = _known_target(text)
        elif key in ("expr_str", "as_expr"):
            good = _plain_expression(text)
        elif key in _VALUE_NAMES:
            good = bool(_IDENTIFIER.fullmatch(text)) and not keyword.iskeyword(text)
        elif key == "fqn" or key.endswith("_name"):
            good = _path_of_module(text)
        else:
            good = bool(_PLAIN.fullmatch(text))
        if not good:
            raise _refused(source, f"{key} {text[:80]!r}")


def _known_target(target: str) -> bool:
    operation = _OPERATION.fullmatch(target)
    if operation:
        return is_known_overload(operation[1], operation[2])
    return bool(_TARGET.fullmatch(target))


def _path_of_module(name: str) -> bool:
    return bool(_PATH.fullmatch(name)) and not any(x.startswith("__") for x in name.split("."))


def _plain_nest(nest: Any) -> bool:
    """Whether a tree of arguments consists of tuples, lists and dictionaries alone.

    Those of other classes say which modules to import.
    """
    if isinstance(nest, list):
        return len(nest) == 2 and type(nest[0]) is int and _plain_nest(nest[1])
    kind = nest["type"]
    context = json.loads(nest["context"]) if isinstance(nest["context"], str) else nest["context"]
    names = context if isinstance(context, list) else []
    return (
        (kind is None or kind in _NESTS)
        and (context is None or isinstance(context, list))
        and all(isinstance(name, str | int) for name in names)
        and all(isinstance(child, dict) and _plain_nest(child) for child in nest["children_spec"])
    )


def _plain_expression(expression: str) -> bool:
    expression = _SYMBOL.sub(r"\1", expression)
    words = _WORD.findall(re.sub(r"\d+\.\d*(e[+-]?\d{1,2})?\b", "0", expression))
    return (
        bool(_EXPRESSION.fullmatch(expression))
        and "**" not in _POWER.sub("", expression)
        and not _LARGE.search(expression)
        and all(_EXPRESSION_WORD.fullmatch(word) for word in words)
    )


def _entries(tree: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > _MOST_DEPTH:
        raise RecursionError("nested too deeply")
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
