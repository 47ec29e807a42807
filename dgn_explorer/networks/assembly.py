"""From what a loader found and what the user said to a `Network`."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.machine.arithmetic import convolutions
from dgn_explorer.networks.guard import check, frozen_like
from dgn_explorer.networks.info import LayerInfo, NetworkInfo
from dgn_explorer.networks.kept_state import KeptState
from dgn_explorer.networks.labels import labels_beside, read_labels
from dgn_explorer.networks.layers import ReadPoint, Traced
from dgn_explorer.networks.loaded import Loaded
from dgn_explorer.networks.network import Network, fingerprint
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.pass_memory import checked_opening
from dgn_explorer.networks.preparing import prepared
from dgn_explorer.networks.preprocessing import Preprocessing
from dgn_explorer.networks.programs.graphs import on_device

_SOFTMAX = ("Softmax", "LogSoftmax", "softmax", "log_softmax")


def assemble(
    loaded: Loaded,
    options: NetworkOptions,
    device: str | torch.device = "cpu",
) -> Network:
    """Freeze, trace and describe a loaded module; raises `DgnError` if it cannot run."""
    working_size = options.size or loaded.working_size or loaded.input_size
    module = loaded.module.eval().to(device)
    on_device(module, device)
    weights = loaded.fingerprint or fingerprint(module)  # before a pass can change a buffer
    # a GPU's own rounding would look like a difference
    with checked_opening(module), convolutions(torch.device(device)):
        kept = KeptState(module)
        preprocessing, wanted = prepared(loaded, options, module, working_size)
        kept.restore()
        frozen = frozen_like(module, wanted)
        _some(loaded.name, frozen.traced)
        checked = check(frozen, wanted, loaded.batch_limit)
    _some(loaded.name, checked.traced)
    input_size = options.size or loaded.input_size
    digest = _identity(loaded, weights, preprocessing, input_size)
    layers, points = checked.traced.layers, checked.traced.points
    output = _output_layer(loaded, options, checked.traced)
    labels = _labels(loaded, options, output)
    classifier = _before_pooling(output, layers)
    averaged = loaded.averaged | {output.path, classifier.path}
    info = NetworkInfo(
        name=loaded.name,
        title=loaded.title,
        fingerprint=digest,
        layers=tuple(replace(x, pooled=True) if _averages(x, averaged) else x for x in layers),
        labels=labels,
        output_layer=output.path,
        classifier=classifier.path,
        input_size=input_size,
        working_size=working_size,
        aliases=_existing_aliases(loaded.aliases, points),
        positions=loaded.positions,
        position=loaded.position,
        batch_limit=checked.batch_limit,
        unreadable=checked.traced.unreadable,
        notices=(
            *loaded.notices,
            *_assumed(loaded, options),
            *checked.notices,
            *_lost(frozen.traced, checked.traced),
        ),
    )
    return Network(info, module, preprocessing, points)


def _identity(loaded: Loaded, weights: str, preprocessing: Preprocessing, input_size: int) -> str:
    """The fingerprint: of the weights, and of all else that departs from the published network."""
    extra = [loaded.structure] if loaded.structure else []
    if preprocessing != loaded.preprocessing or input_size != loaded.input_size:
        extra.append(f"{preprocessing} {input_size}")
    if not extra:
        return weights
    return hashlib.sha256("\n".join([weights, *extra]).encode()).hexdigest()


def _some(name: str, traced: Traced) -> None:
    if traced.layers:
        return
    why = [f"{x.path}: {x.unreadable}" for x in traced.unreadable[-1:]]
    raise DgnError(
        " ".join([f"{name} has no layer whose units could be shown.", *why]),
        "Layers are modules that return (N, C), (N, C, H, W) or (N, tokens, C).",
    )


def _assumed(loaded: Loaded, options: NetworkOptions) -> tuple[str, ...]:
    """What is said where neither the file nor the user tells how images are prepared."""
    told = (options.mean, options.std, options.value_range)
    if not loaded.assumed or any(x is not None for x in told):
        return ()
    return (
        "The file does not say how images are prepared, so colours from 0 to 1 minus ImageNet's"
        " mean, over its standard deviation, are assumed. Give --mean, --std and --range if it was"
        " trained otherwise; networks check tells with photographs which fits.",
    )


def _lost(traced: Traced, left: Traced) -> tuple[str, ...]:
    """What is said where the layer that makes the network's scores cannot be shown."""
    for layer in left.unreadable:
        if layer.path == traced.result:
            return (
                f"Units of {layer.path}, which makes the network's scores, cannot be shown."
                f" {layer.unreadable}",
            )
    return ()


def _output_layer(loaded: Loaded, options: NetworkOptions, traced: Traced) -> LayerInfo:
    layers = traced.layers
    by_path = {layer.path: layer for layer in layers}
    wanted = options.output_layer or loaded.output_layer
    if wanted is not None:
        path = loaded.aliases.get(wanted, wanted)
        if path not in by_path:
            raise DgnError(
                f"{loaded.name} has no layer {wanted!r} to use as its output.",
                f"Its last layers are {', '.join(list(by_path)[-3:])}.",
            )
        found = by_path[path]
        return found if options.output_layer else _after_pooling(found, layers)
    scores = [x for x in layers if x.kind not in _SOFTMAX]
    # Containers return what their last layer made: the layer itself finished first
    alike = [x for x in scores if x.path in traced.alike]
    last = by_path.get(traced.result) or (alike or scores or list(layers))[-1]
    return last if last in scores or not scores else (alike or scores)[-1]


def _after_pooling(classifier: LayerInfo, layers: tuple[LayerInfo, ...]) -> LayerInfo:
    """Where a convolution is the classifier (SqueezeNet), what its maps are pooled to.

    Class names belong there: a maximum of one position is no maximum of the score.
    """
    if classifier.spatial is None or max(classifier.spatial) == 1:
        return classifier
    for layer in layers[layers.index(classifier) + 1 :]:
        if layer.channels != classifier.channels or layer.kind in _SOFTMAX:
            break
        if layer.spatial == (1, 1):
            return layer
    return classifier


def _before_pooling(output: LayerInfo, layers: tuple[LayerInfo, ...]) -> LayerInfo:
    """The convolution whose pooled maps are the scores, else the output layer itself."""
    if output.spatial != (1, 1):
        return output
    for layer in reversed(layers[: layers.index(output)]):
        if layer.channels != output.channels:
            break
        if "Conv" in layer.kind:
            return layer
    return output


def _labels(loaded: Loaded, options: NetworkOptions, output: LayerInfo) -> tuple[str, ...]:
    if options.labels is None:
        beside = labels_beside(loaded.beside, output.channels) if loaded.beside else ()
        return beside or (loaded.labels if len(loaded.labels) == output.channels else ())
    path = Path(options.labels).expanduser()
    labels = read_labels(path)
    if len(labels) != output.channels:
        raise DgnError(
            f"{path} names {len(labels)} classes, but {output.path} has {output.channels} units.",
            "Give the list that belongs to this network, or another --output-layer.",
        )
    return labels


def _averages(layer: LayerInfo, averaged: frozenset[str]) -> bool:
    return layer.path in averaged and layer.spatial is not None


def _existing_aliases(
    aliases: Mapping[str, str], points: Mapping[str, ReadPoint]
) -> tuple[tuple[str, str], ...]:
    return tuple((alias, path) for alias, path in aliases.items() if path in points)
