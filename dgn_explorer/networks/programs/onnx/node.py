"""One node of an ONNX graph, free of protobuf: what the functions of the table are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dgn_explorer.errors import DgnError


@dataclass(frozen=True)
class Node:
    """A node with its attributes, defaults of its version filled in.

    ``version`` is the opset in which the operator got the meaning that counts here. ``types`` are
    ONNX's numbers of the inputs' types, 0 where they are not known. Missing inputs and outputs
    have the name "".
    """

    op: str
    opset: int
    version: int
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    types: tuple[int, ...] = ()

    def __getitem__(self, attribute: str) -> Any:
        """An attribute: int, float, str, `torch.Tensor` or a tuple of them; None if not given."""
        return self.attributes.get(attribute)

    def wants(self, output: int) -> bool:
        """Whether anything may read the output of this number."""
        return len(self.outputs) > output and bool(self.outputs[output])

    def type(self, index: int) -> int:
        """ONNX's number for the type of an input, 0 if unknown."""
        return self.types[index] if index < len(self.types) else 0

    def refused(self, why: str) -> DgnError:
        """The error for a use of the operator that would not be computed rightly."""
        where = f" (node {self.name!r})" if self.name else ""
        return DgnError(
            f"The ONNX operator {self.op} of opset {self.opset} {why}{where}.",
            "Export the network without it, or save its weights and open them with --arch.",
        )
