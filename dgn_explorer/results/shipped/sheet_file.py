"""The file of a `Sheet`: one safetensors file, in which nothing can be executed.

Header entry ``dgn-explorer-sheet``: JSON with ``format``, ``recipe`` (of the first class; the
others differ in their target alone), ``layer``, ``edge_px``, ``quality``, ``made`` (from which unit
on, and where) and ``sha256``, over everything else. Tensors: `PARTS`.

**The rule for later versions:** a reader reads its own format and older ones, and refuses newer
ones with a sentence.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.results.record import Provenance
from dgn_explorer.results.shipped.sheet import AGAIN, MOST_BYTES, PARTS, Sheet
from dgn_explorer.synthesis.recipe import Recipe, canonical_json

FORMAT = 1
NAME = "first-sheet.safetensors"  # among the program's resources
_MOST_EDGE_PX = 512
_HEADER = "dgn-explorer-sheet"
_WRONG = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)


def to_bytes(sheet: Sheet) -> bytes:
    """The file of a sheet."""
    from safetensors.numpy import save

    head = {
        "format": FORMAT,
        "recipe": sheet.recipe.to_dict(),
        "layer": sheet.layer,
        "edge_px": sheet.edge_px,
        "quality": sheet.quality,
        "made": [{"first": first, **asdict(where)} for first, where in sheet.made],
    }
    arrays = {part.name: sheet.arrays[part.name] for part in PARTS}
    head["sha256"] = _digest(head, arrays)
    return save(arrays, metadata={_HEADER: canonical_json(head)})


def shipped_sheet(network_fingerprint: str, prior_fingerprint: str) -> Sheet | None:
    """The program's own sheet if it is of this pair of network and prior; else, or without, None.

    Raises `DgnError` if it is damaged.
    """
    built_in = resources.files("dgn_explorer.resources").joinpath(NAME)
    if not built_in.is_file():
        return None
    with resources.as_file(built_in) as path:
        return read_sheet(path, (network_fingerprint, prior_fingerprint))


def read_sheet(path: Path, only_of: tuple[str, str] | None = None) -> Sheet | None:
    """Read and check a sheet; raises `DgnError` if it is none, damaged, or of a newer program.

    Of another pair of fingerprints (network, prior) than ``only_of`` it is None, and only its
    header is read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has {path.stat().st_size:,} bytes")
        with safe_open(path, framework="numpy") as file:
            head = json.loads((file.metadata() or {})[_HEADER])
            if head["format"] > FORMAT:
                raise DgnError(
                    f"{path.name} has sheet format {head['format']}; this program reads {FORMAT}.",
                    "Update dgn-explorer to see it.",
                )
            recipe = Recipe.from_dict(head["recipe"])
            if only_of not in (None, (recipe.network_fingerprint, recipe.prior_fingerprint)):
                return None
            return _checked(head, recipe, {part.name: file.get_tensor(part.name) for part in PARTS})
    except (SafetensorError, OSError, *_WRONG) as error:
        raise DgnError(f"{path.name} is not a whole sheet of pictures ({error}).", AGAIN) from None


def _checked(head: dict[str, Any], recipe: Recipe, arrays: dict[str, np.ndarray]) -> Sheet:
    """The sheet, if all of it fits together; raises one of `_WRONG`."""
    if head.pop("sha256") != _digest(head, arrays):
        raise ValueError("its content has changed")
    count = len(arrays["classes"])
    for part in PARTS:
        array = arrays[part.name]
        right = array.dtype == np.dtype(part.dtype) and array.ndim == part.ndim
        if not right or array.size > part.most or (part.each and len(array) != count):
            raise ValueError(f"its {part.name} are not as they should be")
    ends, classes = arrays["ends"], arrays["classes"]
    lengths = np.diff(ends, prepend=0)
    if not count or (lengths <= 0).any() or ends[-1] != len(arrays["tiles"]):
        raise ValueError("its pictures do not lie one behind another")
    if classes[0] < 0 or (np.diff(classes) <= 0).any():
        raise ValueError("its classes are not in order")
    if arrays["top_classes"].shape != arrays["top_probabilities"].shape:
        raise ValueError("its best classes have not a probability each")
    edge, quality, layer = head["edge_px"], head["quality"], head["layer"]
    if not isinstance(edge, int) or not 0 < edge <= _MOST_EDGE_PX or not isinstance(layer, str):
        raise ValueError(f"its pictures cannot have {edge!r} pixels")
    made = tuple((int(one["first"]), _provenance(one)) for one in head["made"])
    starts = [first for first, _ in made]
    if not made or starts[0] != classes[0] or sorted(set(starts) & set(classes.tolist())) != starts:
        raise ValueError("where it was made is not told of every picture")
    return Sheet(recipe, layer, edge, int(quality), made, arrays)


def _provenance(entry: Mapping[str, Any]) -> Provenance:
    versions = {str(name): str(value) for name, value in entry["versions"].items()}
    return Provenance(
        float(entry["seconds"]), str(entry["device"]), str(entry["created"]), versions
    )


def _digest(head: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over the header without its own entry and all arrays, in the order of `PARTS`."""
    found = hashlib.sha256(canonical_json(head).encode())
    for part in PARTS:
        found.update(np.ascontiguousarray(arrays[part.name]).data)
    return found.hexdigest()
