"""Looking through a TorchScript archive before torch opens it.

``torch.jit.load`` compiles the texts of an archive and runs some of them while it reads the
weights. So it gets an archive that is made here, from texts, pickles and tensors that were checked.
"""

import io
import pickletools
import re
from collections.abc import Mapping

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.operations import words
from dgn_explorer.networks.programs.sources import MOST_BYTES, checked_source
from dgn_explorer.networks.weights.archive import read_archive, rebuilt
from dgn_explorer.networks.weights.pickles import check_pickle

_KEPT = re.compile(
    r"data\.pkl|constants\.pkl|version|byteorder|\.data/(serialization_id|version)"
    r"|(data|constants)/\d{1,9}|code/__torch__(/\w{1,200}){0,50}\.py"
)
_IGNORED = re.compile(  # what only debuggers and phones read
    r"code/.*\.py\.debug_pkl|traced_inputs(\.pkl|/\d+)|extra/.*|bytecode(\.pkl|/\d+)"
    r"|mobile_debug_handles\.pkl|\.debug_pkl|debug_pkl"
)
_GLOBAL = re.compile(
    r"torch\._utils\._rebuild_tensor_v2|torch\.\w+Storage|torch\.device|collections\.OrderedDict"
    r"|torch\.jit\._pickle\.(build_(int|bool|double|tensor)list|restore_type_tag)"
    r"|__torch__(\.\w+)+",
    re.ASCII,
)
_CLASSES = re.compile(rb"__torch__[.\s]+torch[.\s]+classes")  # those of C++ run their own code
_CODES = words(  # those that torch's reader in C++ knows and reads as Python does
    "PROTO MARK EMPTY_TUPLE EMPTY_LIST EMPTY_DICT BININT BININT1 BININT2 LONG1 BINFLOAT NONE"
    " NEWTRUE NEWFALSE BINUNICODE TUPLE TUPLE1 TUPLE2 TUPLE3 APPEND APPENDS SETITEM SETITEMS"
    " BINPUT LONG_BINPUT BINGET LONG_BINGET GLOBAL REDUCE BUILD BINPERSID NEWOBJ STOP"
)


def harmless(data: bytes, source: str) -> io.BytesIO:
    """The archive ``data``, made anew from its checked parts, for ``torch.jit.load``.

    Raises `DgnError` if opening the archive could run code, or if it is damaged.
    """
    contents = read_archive(io.BytesIO(data), source)
    kept: dict[str, bytes] = {}
    texts = 0
    for name, content in contents.items():
        if _KEPT.fullmatch(name):
            if name.endswith(".py"):
                texts += len(content)
                content = _text(content, name, source)
            elif name.endswith(".pkl"):
                _check(content, contents, name, source)
            kept[name] = content
        elif not _IGNORED.fullmatch(name):
            raise _refused(source, name, "an entry of another kind")
    if texts > MOST_BYTES or "data.pkl" not in kept:
        raise DgnError(f"{source} is no TorchScript archive.", "Save it with torch.jit.save.")
    return rebuilt(kept)


def _text(content: bytes, name: str, source: str) -> bytes:
    try:
        return checked_source(content)
    except ValueError as error:
        raise _refused(source, name, str(error)) from None


def _check(data: bytes, contents: Mapping[str, bytes], name: str, source: str) -> None:
    start = name.removesuffix("pkl")[:-1] + "/"
    sizes = {n.removeprefix(start): len(d) for n, d in contents.items() if n.startswith(start)}
    try:
        if _CLASSES.search(data):
            raise ValueError("it holds a class of C++")
        for code, _, _ in pickletools.genops(data):
            if code.name not in _CODES:
                raise ValueError(f"it holds the code {code.name}")
        check_pickle(data, sizes, lambda name: bool(_GLOBAL.fullmatch(name)))
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise DgnError(
            f"{source} cannot be opened ({name}: {str(error)[:200]}).",
            "It may be cut off, or made by another version of torch: export it again.",
        ) from None


def _refused(source: str, name: str, what: str) -> DgnError:
    return DgnError(
        f"{source} is not opened: {name[:100]} holds {what[:200]}, which no image network needs"
        " and through which it could reach other files.",
        "Save the network's state dict and open it with --arch, or export it with torch.export.",
    )
