"""Published generator files in every form, written from the random weights of a small one."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from dgn_explorer.priors.architectures.upconv import MAP, UpconvConfig, UpconvGenerator
from tests.networks.caffe_texts import caffemodel

WIDTH = 8
XDREAM = {
    **{f"defc{i}": f"fc{i}" for i in (5, 6, 7)},
    **{f"deconv{i}": f"tconv{i}_0" for i in (3, 4, 5)},
    **{f"conv{i}_1": f"tconv{i}_1" for i in (3, 4, 5)},
    **{f"deconv{i}": f"tconv{i}" for i in (0, 1, 2)},
}
STACK = ("deconv5", "conv5_1", "deconv4", "conv4_1", "deconv3", "conv3_1", "deconv2", "deconv1")


def small_generator(code_size: int = 20, head: str = "flat") -> UpconvGenerator:
    """With non-zero biases of the first layers, as published."""
    torch.manual_seed(3)
    code_size = WIDTH * 36 if head == MAP else code_size
    generator = UpconvGenerator(UpconvConfig(code_size, WIDTH, head))
    generator.initialise()
    with torch.no_grad():
        for name in ("defc7", "defc6", "defc5", "Rconv6", "Rconv7", "Rconv8"):
            if hasattr(generator, name):
                getattr(generator, name).bias.normal_()
        generator.deconv0.weight.mul_(20)  # images with some contrast
    return generator.eval()


def state(generator: UpconvGenerator) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in generator.state_dict().items()}


def form_a(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return weights


def form_a_wrapped(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A', and inside a saved module's prefix."""
    found = {}
    for key, value in weights.items():
        layer, _, kind = key.partition(".")
        found[f"G.{layer}.1.{kind}" if layer.startswith("defc") else f"G.{key}"] = value
    return found


def form_b(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    found = {}
    for key, value in weights.items():
        layer, _, kind = key.partition(".")
        if kind == "weight" or layer.startswith("defc"):
            found[f"{XDREAM[layer]}.{kind}"] = value
    return found


def form_c(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    found = dict(weights)
    for i, layer in enumerate(("defc7", "defc6", "defc5")):
        for kind in ("weight", "bias"):
            found[f"defc.{2 * i}.{kind}"] = weights[f"{layer}.{kind}"]
    for i, layer in enumerate((*STACK, "deconv0")):
        for kind in ("weight", "bias"):
            found[f"deconv.{2 * i}.{kind}"] = weights[f"{layer}.{kind}"]
    return found


def form_e(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        "fc.0.weight": weights["defc7.weight"],
        "fc.2.weight": weights["defc6.weight"],
        "deconv.0.weight": weights["deconv5.weight"],
    }


def caffe_bytes(weights: dict[str, Tensor], v1: bool) -> bytes:
    layers: dict[str, list[Tensor]] = {}
    for key, value in weights.items():
        layers.setdefault(key.partition(".")[0], []).append(value)
    # A training file holds more layers than the generator's
    layers["E_conv1"] = [torch.ones(2, 3, 3, 3), torch.ones(2)]
    return caffemodel(layers, v1)


FORMS: dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]] = {
    "A": form_a,
    "A'": form_a_wrapped,
    "B": form_b,
    "C": form_c,
}


def write_form(folder: Path, form: str, generator: UpconvGenerator, stem: str = "fc6") -> Path:
    """Write ``generator`` in ``form``: A, A', B, C, D (new layers) or D1 (old ones)."""
    if form.startswith("D"):
        path = folder / f"{stem}.caffemodel"
        path.write_bytes(caffe_bytes(state(generator), v1=form == "D1"))
        return path
    path = folder / f"{stem}.pt"
    torch.save(FORMS[form](state(generator)), path)
    return path
