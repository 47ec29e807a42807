"""ONNX files: reading, checking, and what they take."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.options import LARGEST_SIZE
from dgn_explorer.networks.programs.external_data import Entry, read_external_data
from dgn_explorer.networks.programs.onnx.reading import require_opset

_MOST_NUMBERS = 1 << 30
_MOST_NODES = 200_000
_MOST_SHARED = 8  # times that the bytes beside a model may be taken, by networks tied to themselves
_COLOURS = range(1, 5)
_FLOATS = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16"}


def import_onnx() -> Any:
    """The onnx package; raises `DgnError` where it is not installed."""
    try:
        import onnx
        import onnx.checker
        import onnx.inliner
        import onnx.shape_inference
    except ImportError:
        raise DgnError(
            "Opening ONNX files needs one more package.",
            'Install it with: pip install "dgn-explorer[onnx]"',
        ) from None
    return onnx


def read_model(path: Path) -> Any:
    """A whole ModelProto, its functions written out and the types of its values inferred.

    Raises `DgnError` for a damaged file, one of an unknown opset, weights outside its folder, and
    tensors that no image network has.
    """
    onnx = import_onnx()
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:  # protobuf, onnx and the file system each have their own
        raise _invalid(path, error) from None
    require_opset(model)
    _load_external(path, model)
    _require_few_nodes(path, model)
    try:
        onnx.checker.check_model(_with_all_shapes(model))
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise DgnError(
            f"{path} is no valid ONNX file ({lines[0][:200]}).",
            "Ask onnx.checker what is wrong with it, and export it again.",
        ) from None
    return _with_shapes(onnx, model, path)


def _require_few_nodes(path: Path, model: Any) -> None:
    """Refuse functions that call each other until they are endless once they are written out."""
    bodies = {(one.domain, one.name): one.node for one in model.functions}
    known: dict[tuple[str, str], float] = {}

    def written_out(nodes: Any) -> float:
        count = 0.0
        for node in nodes:
            count += 1
            for attribute in node.attribute:
                for graph in (attribute.g, *attribute.graphs):
                    count += written_out(graph.node)
            name = node.domain, node.op_type
            if name in bodies:
                if name not in known:
                    known[name] = math.inf  # if it calls itself
                    known[name] = written_out(bodies[name])
                count += known[name]
        return count

    try:
        few = written_out(model.graph.node) <= _MOST_NODES
    except RecursionError:
        few = False
    if not few:
        raise DgnError(
            f"{path} has functions that call each other without end, or nearly so.",
            "No network needs that: the file is a trap, or damaged.",
        )


def _invalid(path: Path, error: Exception) -> DgnError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return DgnError(
        f"{path} is no valid ONNX file ({lines[0][:200]}).",
        "It may be cut off: compare its size with the original.",
    )


def _with_all_shapes(model: Any) -> Any:
    """The model, or a copy in which every value has a shape: to say none is to say too little.

    The checker asks for one, and runtimes do not.
    """
    graph = model.graph

    def without(graph: Any) -> list[Any]:
        tensors = [
            value.type.tensor_type
            for value in (*graph.input, *graph.output, *graph.value_info)
            if value.type.HasField("tensor_type")
        ]
        return [tensor for tensor in tensors if not tensor.HasField("shape")]

    if not without(graph):
        return model
    changed = type(model)()
    changed.CopyFrom(model)
    for tensor in without(changed.graph):
        tensor.shape.SetInParent()
    return changed


def _load_external(path: Path, model: Any) -> None:
    """Bring weights that lie beside the file into memory.

    Whatever else of the file could name another one is refused: `onnx` would read it unasked.
    """
    taken: Counter[str] = Counter()
    for tensor in all_tensors(model.graph):
        if tensor.data_location == tensor.EXTERNAL:
            entry = _entry(path, tensor)
            tensor.raw_data = read_external_data(path, entry)
            taken[entry[0]] += len(tensor.raw_data)
            if taken[entry[0]] > _MOST_SHARED * (path.parent / entry[0]).stat().st_size:
                raise DgnError(
                    f"{path} takes {taken[entry[0]]} bytes out of {entry[0][:100]!r}, which has"
                    " fewer.",
                    "No network shares its weights so often: the file is a trap, or damaged.",
                )
            tensor.data_location = tensor.DEFAULT
            del tensor.external_data[:]
    for tensor in all_tensors(model):
        if tensor.data_location == tensor.EXTERNAL:
            raise DgnError(
                f"{path} keeps weights of a function or a training beside it.",
                "Export the network alone, in one file.",
            )


def all_tensors(message: Any) -> Any:
    """All tensors in a part of a model, wherever they stand: attributes, bodies, sparse ones."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for inner in [value] if hasattr(value, "ListFields") else value:
            if field.message_type.name == "TensorProto":
                yield inner
            else:
                yield from all_tensors(inner)


def _entry(path: Path, tensor: Any) -> Entry:
    given = {entry.key: entry.value for entry in tensor.external_data}
    try:
        offset = int(given["offset"]) if "offset" in given else None
        length = int(given["length"]) if "length" in given else None
        return given["location"], offset, length
    except (KeyError, ValueError):
        raise DgnError(
            f"{path} does not say where the weight {tensor.name[:100]!r} lies.",
            "The file is damaged: export it again.",
        ) from None


def _with_shapes(onnx: Any, model: Any, path: Path) -> Any:
    """Refuse tensors that no image network has, before anything that large is made."""
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:
        raise DgnError(
            f"The shapes in {path} contradict each other ({str(error)[:200]}).", "Export it again."
        ) from None
    for value in inferred.graph.value_info:
        dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        if math.prod(max(1, n) for n in dims) > _MOST_NUMBERS:
            raise DgnError(f"{path} has a tensor of the shape {dims}.", "The file is damaged.")
    return inferred


def image_input(model: Any) -> tuple[int, int | None, bool]:
    """Channels, size (None if free) and whether channels come last, of the one image input."""
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    shapes = [
        [dim.dim_value if dim.HasField("dim_value") else 0 for dim in v.type.tensor_type.shape.dim]
        for v in inputs
    ]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise DgnError(
            f"The ONNX network has the inputs {shapes}.",
            "Only networks with one input (images, channels, height, width) are supported.",
        )
    kind = inputs[0].type.tensor_type.elem_type
    if kind not in _FLOATS:
        from onnx import TensorProto

        known = kind in TensorProto.DataType.values()
        name = TensorProto.DataType.Name(kind).lower() if known else f"type {kind}"
        raise DgnError(
            f"The ONNX network takes numbers of {name}, not float32.",
            "Export it in float32: an ascent needs gradients with respect to pixels.",
        )
    _, first, second, third = shapes[0]
    last = third in _COLOURS and first not in _COLOURS
    height, width, channels = (first, second, third) if last else (second, third, first)
    if height != width:
        raise DgnError(
            f"The ONNX network takes images of {width} by {height} pixels.",
            "Only square inputs are supported.",
        )
    if not 1 <= (channels or 3) <= LARGEST_SIZE:
        raise DgnError(f"The ONNX network takes {channels} channels.", "Check the file.")
    return channels or 3, height or None, last
