"""How many of the onnx package's tests of single operators the importer passes.

``python -m tests.networks.onnx_table`` prints the table; ``--all`` names what is refused or wrong.
"""

import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.onnx.graph import write
from dgn_explorer.networks.programs.onnx.reading import value_types
from dgn_explorer.networks.programs.onnx.values import to_torch

# Text, sound, sequences, training, trees: not what image networks are made of
_OTHERS = (
    "Adagrad Adam Momentum StringConcat StringNormalizer StringSplit RegexFullMatch",
    "TfIdfVectorizer LabelEncoder Binarizer ArrayFeatureExtractor TreeEnsemble ImageDecoder STFT",
    "DFT MelWeightMatrix BlackmanWindow HammingWindow HannWindow SequenceInsert SequenceMap",
    "SplitToSequence OptionalGetElement OptionalHasElement LSTM GRU RNN Bernoulli FlexAttention",
    "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
)
OTHERS = frozenset(name for line in _OTHERS for name in line.split())


@dataclass(frozen=True)
class Outcome:
    """What became of one test."""

    name: str
    op: str
    verdict: str  # right, refused or wrong
    reason: str = ""


@cache
def cases() -> tuple[Any, ...]:
    """The tests of one operator each, without those of its expansion into others."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    single = [t for t in found if len(t.model.graph.node) == 1 and "_expanded" not in t.name]
    return tuple(single)


def for_images(case: Any) -> bool:
    return case.model.graph.node[0].op_type not in OTHERS


def run(model: Any, inputs: list[Any], weights: bool = False) -> list[Any]:
    """The outputs; with ``weights`` all inputs but the first are part of the file."""
    from onnx import ModelProto

    names = [value.name for value in model.graph.input]
    tensors = [_tensor(value, model.graph.input[i]) for i, value in enumerate(inputs)]
    if weights:
        changed = ModelProto()
        changed.CopyFrom(model)
        for name, tensor in list(zip(names, inputs, strict=False))[1:]:
            changed.graph.initializer.append(_proto(tensor, name))
        model, tensors = changed, tensors[:1]
    types = value_types(model)
    module = write(model, types, tensors)
    with torch.no_grad():
        found = module(*tensors)
    return list(found) if len(model.graph.output) > 1 else [found]


def _proto(value: Any, name: str) -> Any:
    from onnx import TensorProto, numpy_helper

    if isinstance(value, TensorProto):
        copy = TensorProto()
        copy.CopyFrom(value)
        copy.name = name
        return copy
    return numpy_helper.from_array(np.asarray(value), name)


def _tensor(value: Any, described: Any) -> Any:
    if isinstance(value, list):
        return [_tensor(v, described) for v in value]
    return to_torch(_proto(value, described.name))


def outcome(case: Any, weights: bool = False) -> Outcome:
    """Run one test."""
    op = case.model.graph.node[0].op_type
    for inputs, expected in case.data_sets:
        try:
            found = run(case.model, list(inputs), weights)
        except DgnError as error:
            return Outcome(case.name, op, "refused", error.message)
        for i, (own, right) in enumerate(zip(found, expected, strict=True)):
            difference = differs(own, right, case.rtol, case.atol)
            if difference:
                return Outcome(case.name, op, "wrong", f"output {i}: {difference}")
    return Outcome(case.name, op, "right")


def differs(own: Any, right: Any, rtol: float, atol: float) -> str:
    """What differs between a tensor and the array it should be; "" if nothing does."""
    if isinstance(right, list):
        pairs = zip(own, right, strict=True)
        return next((d for a, b in pairs if (d := differs(a, b, rtol, atol))), "")
    wanted = to_torch(_proto(right, ""))
    if tuple(own.shape) != tuple(wanted.shape):
        return f"shape {tuple(own.shape)} for {tuple(wanted.shape)}"
    if own.dtype != wanted.dtype:
        return f"type {own.dtype} for {wanted.dtype}"
    if own.is_complex():
        own, wanted = torch.view_as_real(own), torch.view_as_real(wanted)
    if wanted.dtype in (torch.float16, torch.bfloat16):
        # every step of an attention rounds, and the order of a sum is nobody's promise
        rtol = max(rtol, 2 * torch.finfo(wanted.dtype).eps)
    a, b = own.double(), wanted.double()
    if not torch.allclose(a, b, rtol, atol, equal_nan=True):
        return f"values differ by {(a - b).abs().nan_to_num(9e9).max():.3g}"
    return ""


def main() -> None:
    """Print the table."""
    import onnx

    verdicts: dict[str, Counter[str]] = {}
    for kind, weights in (("all inputs given", False), ("weights in the file", True)):
        outcomes = [outcome(case, weights) for case in cases() if for_images(case)]
        verdicts[kind] = Counter(o.verdict for o in outcomes)
        if "--all" in sys.argv:
            for o in outcomes:
                if o.verdict != "right":
                    print(f"{o.verdict:8} {o.op:20} {o.name}: {o.reason[:150]}")
    print(f"onnx {onnx.__version__}, opset {onnx.defs.onnx_opset_version()}")
    print("| | right | refused | wrong | of |\n|---|---|---|---|---|")
    for kind, counts in verdicts.items():
        shown = " | ".join(str(counts[v]) for v in ("right", "refused", "wrong"))
        print(f"| {kind} | {shown} | {sum(counts.values())} |")


if __name__ == "__main__":
    main()
