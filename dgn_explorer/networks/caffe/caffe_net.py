"""A Caffe network as one torch module whose children are its layers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.caffe.caffe_fields import left_out
from dgn_explorer.networks.caffe.caffe_layers import build_layer, layer_type
from dgn_explorer.networks.caffe.caffe_modules import InnerProduct
from dgn_explorer.networks.caffe.prototxt import Message

MOST_NUMBERS = 1 << 30  # of all weights or of all activations of one image: 4 GiB
_DATA_LAYERS = frozenset({"Data", "DummyData", "HDF5Data", "ImageData", "Input", "MemoryData"})
_TRAINING_LAYERS = frozenset(
    [
        "Accuracy",
        "ArgMax",
        "ContrastiveLoss",
        "EuclideanLoss",
        "HingeLoss",
        "InfogainLoss",
        "MultinomialLogisticLoss",
        "SigmoidCrossEntropyLoss",
        "Silence",
        "SoftmaxWithLoss",
    ]
)
_STAGE = "deploy"  # as NVIDIA's DIGITS calls it in files that hold all of a network's states
_PASSING = (nn.ReLU, nn.LeakyReLU, nn.Identity, nn.Flatten)


@dataclass(frozen=True)
class CaffeStep:
    """One layer: its module's path, and the blobs it reads and writes."""

    path: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]


class CaffeNet(nn.Module):
    """Images (N, C, size, size) to what the last layer before the softmax gives, flattened.

    Layers that work in place in Caffe get an output of their own here, so that the activation
    before them can be read.
    """

    def __init__(self, net: Message, shape: Sequence[int]) -> None:
        """Build the layers without weights for an input of ``shape`` (1, C, H, W)."""
        super().__init__()
        layers = test_layers(net)
        self.input_blob = _input_blob(net, layers)
        self.steps: list[CaffeStep] = []
        self.renamed: dict[str, str] = {}  # path -> Caffe's name, where they differ
        self.left_out: list[str] = []  # parameters that are not known
        with torch.device("meta"):
            self._build(layers, torch.empty(*shape))
        self._result = _before_softmax(self)

    def forward(self, x: Tensor) -> Tensor:
        """Scores (N, classes) for prepared images (N, C, size, size)."""
        blobs = {self.input_blob: x}
        result = x
        for step in self.steps:
            made = self.get_submodule(step.path)(*(blobs[name] for name in step.bottoms))
            outputs = made if isinstance(made, tuple) else (made,)
            blobs.update(zip(step.tops, outputs, strict=True))
            if step is self._result:
                result = outputs[0]
        return result.flatten(1) if result.shape[2:].numel() == 1 else result

    def _build(self, layers: Sequence[Message], x: Tensor) -> None:
        blobs = {self.input_blob: x}
        numbers = x.numel()
        for layer in layers:
            kind, name = layer_type(layer), layer.text("name")
            if kind in _DATA_LAYERS or kind in _TRAINING_LAYERS:
                continue
            step = CaffeStep(
                self._path(name), tuple(layer.texts("bottom")), tuple(layer.texts("top"))
            )
            unknown = [blob for blob in step.bottoms if blob not in blobs]
            if unknown or not step.bottoms or not step.tops:
                what = (
                    f"the unknown blob {unknown[0]!r}" if unknown else "nothing or writes nothing"
                )
                raise DgnError(f"Layer {name!r} reads {what}.", "Correct the prototxt file.")
            twice = [blob for blob in step.tops if blob in blobs and blob not in step.bottoms]
            if twice:
                raise DgnError(
                    f"Layer {name!r} writes the blob {twice[0]!r}, which another layer has made.",
                    "Correct the prototxt file: only layers that also read a blob may change it.",
                )
            self.left_out += [f"{name}: {field}" for field in left_out(layer, kind)]
            bottoms = [blobs[blob] for blob in step.bottoms]
            try:
                module = build_layer(layer, bottoms, len(step.tops)).eval()
                made = module(*bottoms)
            except (ValueError, RuntimeError, TypeError, IndexError, ZeroDivisionError) as error:
                raise DgnError(
                    f"Layer {name!r} ({kind}) cannot be built: {str(error).splitlines()[0]}.",
                    "Correct its parameters, or the input size, in the prototxt file.",
                ) from None
            outputs = made if isinstance(made, tuple) else (made,)
            numbers += sum(tensor.numel() for tensor in outputs)
            numbers += sum(tensor.numel() for tensor in module.state_dict().values())
            if numbers > MOST_NUMBERS or any(t.ndim < 2 or 0 in t.shape for t in outputs):
                raise DgnError(
                    f"Layer {name!r} gives {[tuple(t.shape) for t in outputs]}; it cannot be run.",
                    "Check its num_output, pad and stride, and the input size.",
                )
            if len(outputs) != len(step.tops):
                raise DgnError(
                    f"Layer {name!r} gives {len(outputs)} blobs, but names {len(step.tops)}.",
                    "Correct the prototxt file.",
                )
            blobs.update(zip(step.tops, outputs, strict=True))
            self.add_module(step.path, module)
            self.steps.append(step)
        if not self.steps:
            raise DgnError("The prototxt has no layers.", "Give a deploy.prototxt.")

    def _path(self, name: str) -> str:
        """A module name: torch allows no dots, and no names that modules already have."""
        path = "".join("_" if c == "." or c.isspace() else c for c in name) or "layer"
        while hasattr(self, path):
            path += "_"
        if path != name:
            self.renamed[path] = name
        return path

    def load_blobs(self, blobs: Mapping[str, Sequence[Tensor]]) -> None:
        """Take the weights from ``blobs`` by layer name; shapes may differ in axes of size 1."""
        for step in self.steps:
            module = self.get_submodule(step.path)
            name = self.renamed.get(step.path, step.path)
            given = list(blobs.get(name, ()))
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                given = _batch_norm_blobs(given) if module.track_running_stats else []
                module.num_batches_tracked = None
            wanted = _parameters(module)
            if len(given) != len(wanted):
                raise DgnError(
                    f"The weights have {len(given)} blobs for layer {name!r}, which takes"
                    f" {len(wanted)}.",
                    "Give the .caffemodel that belongs to the prototxt, and check the layer's"
                    " bias_term and the like.",
                )
            for (key, own), blob in zip(wanted.items(), given, strict=True):
                _assign(module, key, _fitted(module, blob, own, name))

    def fill_randomly(self) -> None:
        """Weights of an untrained network, from a fixed seed."""
        self.to_empty(device="cpu")
        generator = torch.Generator().manual_seed(0)
        for key, tensor in self.state_dict().items():
            leaf = key.rsplit(".", 1)[-1]
            if tensor.ndim >= 2:
                deviation = math.sqrt(2 / max(1, tensor[0].numel()))
                tensor.normal_(0, deviation, generator=generator)
            else:
                tensor.fill_(1 if leaf in ("weight", "running_var") else 0)


def test_layers(net: Message) -> list[Message]:
    """The layers that run after training."""
    found = net.messages("layer") or net.messages("layers")
    if any("layer" in layer.fields for layer in found):
        raise DgnError(
            "The prototxt is of Caffe's oldest form (a layer inside layers).",
            "Convert it with Caffe's upgrade_net_proto_text, or use a newer copy.",
        )
    return [layer for layer in found if _runs_in_test(layer)]


def _runs_in_test(layer: Message) -> bool:
    """Whether Caffe's state (phase TEST, level 0, stage "deploy") meets the layer's rules."""
    include, exclude = layer.messages("include"), layer.messages("exclude")
    return (not include or any(map(_met, include))) and not any(map(_met, exclude))


def _met(rule: Message) -> bool:
    phase = str(rule.fields.get("phase", ["TEST"])[-1])
    stages, others = rule.texts("stage"), rule.texts("not_stage")
    return (
        phase in ("TEST", "1")
        and rule.integer("min_level", 0) <= 0 <= rule.integer("max_level", 0)
        and all(stage == _STAGE for stage in stages)
        and _STAGE not in others
    )


def _input_blob(net: Message, layers: Sequence[Message]) -> str:
    names = net.texts("input")
    for layer in layers:
        if layer_type(layer) in _DATA_LAYERS:
            names += layer.texts("top")[:1]
    if not names:
        raise DgnError("The prototxt names no input.", "Give a deploy.prototxt with an input.")
    return names[0]


def _before_softmax(net: CaffeNet) -> CaffeStep:
    last = net.steps[-1]
    if isinstance(net.get_submodule(last.path), nn.Softmax):
        before = [s for s in net.steps[:-1] if last.bottoms[0] in s.tops]
        return before[-1] if before else last
    return last


def classifier_path(net: CaffeNet) -> str:
    """The layer whose units are the classes: behind it only ReLU, pooling to 1x1 and the like."""
    place = net.steps.index(_before_softmax(net))
    wanted = net.steps[place].tops[0]
    for step in reversed(net.steps[: place + 1]):
        if wanted not in step.tops:
            continue
        module = net.get_submodule(step.path)
        pools = isinstance(module, nn.AvgPool2d | nn.AdaptiveAvgPool2d)
        if not (isinstance(module, _PASSING) or pools):
            return step.path
        wanted = step.bottoms[0]
    return net.steps[place].path


def _parameters(module: nn.Module) -> dict[str, Tensor]:
    """The tensors that Caffe stores, in Caffe's order."""
    return {
        key: value
        for key, value in module.state_dict(keep_vars=True).items()
        if key != "num_batches_tracked"
    }


def _batch_norm_blobs(blobs: list[Tensor]) -> list[Tensor]:
    """Caffe stores sums of means and variances, and the factor to divide by."""
    if len(blobs) != 3 or blobs[2].numel() != 1:
        return blobs
    factor = blobs[2].item()
    return [blob / factor if factor else blob * 0 for blob in blobs[:2]]


def _fitted(module: nn.Module, blob: Tensor, own: Tensor, name: str) -> Tensor:
    turned = isinstance(module, InnerProduct) and own.ndim == 2 and module.transposed
    wanted = own.t() if turned else own
    # Legacy blobs carry leading axes of size 1; fully connected weights may fill a convolution
    shapes = {wanted.squeeze().shape, wanted.flatten(1).squeeze().shape if own.ndim > 1 else None}
    if blob.squeeze().shape not in shapes:
        raise DgnError(
            f"The weights of layer {name!r} have the shape {tuple(blob.shape)} instead of"
            f" {tuple(own.shape)}.",
            "Give the .caffemodel that belongs to the prototxt.",
        )
    return blob.reshape(wanted.shape).t().contiguous() if turned else blob.reshape(own.shape)


def _assign(module: nn.Module, key: str, value: Tensor) -> None:
    if key in dict(module.named_parameters(recurse=False)):
        setattr(module, key, nn.Parameter(value, requires_grad=False))
    else:
        module.register_buffer(key, value)
