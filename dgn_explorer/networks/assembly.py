"""From what a loader found and what the user said to a `Network`."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.info import LayerInfo, NetworkInfo
from dgn_explorer.networks.labels import read_labels
from dgn_explorer.networks.layers import ReadPoint, trace_with_result
from dgn_explorer.networks.loaded import Loaded
from dgn_explorer.networks.network import Network, fingerprint, freeze
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.preprocessing import Preprocessing, channel_rows, for_channels

_SIZES_TO_TRY = (224, 227, 256, 299, 384, 128, 96, 64, 32, 28)
_SOFTMAX = ("Softmax", "LogSoftmax", "OnnxSoftmaxV1V11", "softmax", "log_softmax")


def assemble(
    loaded: Loaded,
    options: NetworkOptions,
    device: str | torch.device = "cpu",
) -> Network:
    """Freeze, trace and describe a loaded module; raises `DgnError` if it cannot run."""
    preprocessing = with_options(_for_module(loaded, options), options)
    input_size = options.size or loaded.input_size
    working_size = options.size or loaded.working_size or input_size
    digest = _identity(loaded, preprocessing, input_size)
    module = freeze(loaded.module.to(device))
    layers, points, result = _trace(loaded.name, module, preprocessing, working_size)
    output = _output_layer(loaded, options, layers, result)
    labels = _labels(loaded, options, output)
    averaged = loaded.averaged | {output.path}
    info = NetworkInfo(
        name=loaded.name,
        title=loaded.title,
        fingerprint=digest,
        layers=tuple(replace(x, pooled=True) if _averages(x, averaged) else x for x in layers),
        labels=labels,
        output_layer=output.path,
        input_size=input_size,
        working_size=working_size,
        aliases=_existing_aliases(loaded.aliases, points),
        positions=loaded.positions,
        position=loaded.position,
        batch_limit=loaded.batch_limit,
    )
    return Network(info, module, preprocessing, points)


def with_options(preprocessing: Preprocessing, options: NetworkOptions) -> Preprocessing:
    """The loader's preprocessing with what the user said in its place."""
    if options.channels is not None:
        preprocessing = for_channels(preprocessing, options.channels)
    mean: tuple[float, ...] | None
    if isinstance(options.mean, str):
        from dgn_explorer.networks.caffe.caffe_files import read_mean

        mean = read_mean(Path(options.mean).expanduser())
    else:
        mean = options.mean
    count = len(channel_rows(preprocessing.channels))
    return Preprocessing(
        mean=_each(mean, count) or preprocessing.mean,
        std=_each(options.std, count) or preprocessing.std,
        value_range=_given(options.value_range, preprocessing.value_range),
        channels=preprocessing.channels,
        crop=_given(options.crop, preprocessing.crop),
        interpolation=options.interpolation or preprocessing.interpolation,
    )


def _given(value: float | None, default: float) -> float:
    return default if value is None else value


def _each(values: tuple[float, ...] | None, count: int) -> tuple[float, ...] | None:
    return values * count if values is not None and len(values) == 1 else values


def _for_module(loaded: Loaded, options: NetworkOptions) -> Preprocessing:
    """A network of one channel takes grey; other numbers need the user's word."""
    taken = _first_channels(loaded.module)
    given = options.channels or loaded.preprocessing.channels
    if taken in (None, len(channel_rows(given))):
        return loaded.preprocessing
    if taken == 1 and options.channels is None:
        return for_channels(loaded.preprocessing, "grey")
    example = ",".join(["r", "g", "b", *["0"] * 9][:taken])
    raise DgnError(
        f"{loaded.name} takes {taken} channels, not the {len(channel_rows(given))} of {given!r}.",
        f"Say what each of them is with --channels, for example --channels {example}.",
    )


def _first_channels(module: nn.Module) -> int | None:
    """How many channels the first convolution takes; None if a network starts otherwise."""
    for child in module.modules():
        if isinstance(child, nn.Conv2d):
            return child.in_channels
    return None


def _identity(loaded: Loaded, preprocessing: Preprocessing, input_size: int) -> str:
    """The fingerprint: of the weights, and of all else that departs from the published network."""
    digest = loaded.fingerprint or fingerprint(loaded.module)
    extra = [loaded.structure] if loaded.structure else []
    if preprocessing != loaded.preprocessing or input_size != loaded.input_size:
        extra.append(f"{preprocessing} {input_size}")
    if not extra:
        return digest
    return hashlib.sha256("\n".join([digest, *extra]).encode()).hexdigest()


def _trace(
    name: str, module: nn.Module, preprocessing: Preprocessing, size: int
) -> tuple[tuple[LayerInfo, ...], dict[str, ReadPoint], str]:
    try:
        traced = trace_with_result(module, preprocessing(_blank(module, size)))
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        works = [s for s in _SIZES_TO_TRY if s != size and _runs(module, preprocessing, s)][:1]
        hint = (
            f"It does run at {works[0]} pixels: give --size {works[0]}."
            if works
            else "Check --size and --channels, and that the weights belong to the architecture."
        )
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DgnError(f"{name} does not run at {size} pixels ({reason}).", hint) from error
    if not traced[0]:
        raise DgnError(
            f"{name} has no layer whose units could be shown.",
            "Layers are modules that return (N, C), (N, C, H, W) or (N, tokens, C).",
        )
    return traced


def _blank(module: nn.Module, size: int) -> Tensor:
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    return torch.full((1, 3, size, size), 0.5, device=device)


def _runs(module: nn.Module, preprocessing: Preprocessing, size: int) -> bool:
    try:
        with torch.no_grad():
            module(preprocessing(_blank(module, size)))
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError):
        return False
    return True


def _output_layer(
    loaded: Loaded, options: NetworkOptions, layers: tuple[LayerInfo, ...], result: str
) -> LayerInfo:
    by_path = {layer.path: layer for layer in layers}
    wanted = options.output_layer or loaded.output_layer
    if wanted is not None:
        path = loaded.aliases.get(wanted, wanted)
        if path not in by_path:
            raise DgnError(
                f"{loaded.name} has no layer {wanted!r} to use as its output.",
                f"Its last layers are {', '.join(list(by_path)[-3:])}.",
            )
        return by_path[path]
    scores = [x for x in layers if x.kind not in _SOFTMAX]
    # Containers return what their last layer made: the layer itself finished first
    last = by_path[result] if result in by_path else (scores or list(layers))[-1]
    if last in scores and last.spatial == (1, 1):
        return _before_pooling(last, layers)
    return last if last in scores or not scores else scores[-1]


def _before_pooling(last: LayerInfo, layers: tuple[LayerInfo, ...]) -> LayerInfo:
    """Where a convolution is the classifier (SqueezeNet), its maps rather than their mean."""
    for layer in reversed(layers[: layers.index(last)]):
        if layer.channels != last.channels:
            break
        if "Conv" in layer.kind:
            return layer
    return last


def _labels(loaded: Loaded, options: NetworkOptions, output: LayerInfo) -> tuple[str, ...]:
    if options.labels is None:
        return loaded.labels if len(loaded.labels) == output.channels else ()
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
