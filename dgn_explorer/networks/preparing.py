"""Which preprocessing fits a loaded module: found out by running it."""

from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.guard import Reference, probes, reference
from dgn_explorer.networks.loaded import Loaded
from dgn_explorer.networks.network import number_type
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.preprocessing import Preprocessing, channel_rows, for_channels
from dgn_explorer.networks.reading import first_tensor

_SIZES_TO_TRY = (224, 227, 256, 299, 384, 128, 96, 64, 32, 28)
_HALF = (torch.float16, torch.bfloat16)


def prepared(
    loaded: Loaded, options: NetworkOptions, module: nn.Module, size: int
) -> tuple[Preprocessing, Reference]:
    """The preprocessing with which ``module`` runs at ``size`` pixels, and what it then gives.

    The user's channels, or else the loader's, are tried first, and then grey. What the first
    convolution takes only explains a failure: it need not be the first that runs, nor see the
    image. Raises `DgnError` if the network does not run.
    """
    given = with_options(loaded.preprocessing, options)
    try:
        found = _reference(module, given, size)
        rows = len(channel_rows(given.channels))
        if options.channels is None and len(found.outputs[0]) == rows > 1:
            # x.view(-1, 784), say, takes the three channels for three images
            with suppress(Exception):
                grey = with_options(for_channels(loaded.preprocessing, "grey"), options)
                alone = _reference(module, grey, size)
                if len(alone.outputs[0]) == 1:
                    return grey, alone
        return given, found
    except Exception as error:  # the network's own code may raise anything
        failure = error
    taken = _channels_taken(module, given, size)
    if taken == 1 and options.channels is None:
        grey = with_options(for_channels(loaded.preprocessing, "grey"), options)
        try:
            return grey, _reference(module, grey, size)
        except Exception as error:
            failure, given, taken = error, grey, None
    raise _does_not_run(loaded.name, module, given, size, taken, failure) from failure


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
        resize=options.resize or preprocessing.resize,
    )


def _given(value: float | None, default: float) -> float:
    return default if value is None else value


def _each(values: tuple[float, ...] | None, count: int) -> tuple[float, ...] | None:
    return values * count if values is not None and len(values) == 1 else values


def _reference(module: nn.Module, preprocessing: Preprocessing, size: int) -> Reference:
    own = number_type(module)
    images = probes(preprocessing, size, _device(module))
    try:
        return reference(lambda x: module(x.to(own)), images, exact=own not in _HALF)
    except Exception:
        if own == torch.float32:
            raise
        # Not every processor computes everything in half precision
        module.float()
        return reference(module, images, exact=own not in _HALF)


def _device(module: nn.Module) -> torch.device:
    return next((parameter.device for parameter in module.parameters()), torch.device("cpu"))


def _channels_taken(module: nn.Module, preprocessing: Preprocessing, size: int) -> int | None:
    """How many channels the first convolution that runs takes, if the image has other ones."""
    seen: list[tuple[int, int]] = []

    def look(conv: nn.Conv2d, inputs: tuple[Tensor, ...]) -> None:
        seen.append((inputs[0].shape[1], conv.in_channels))

    handles = [
        child.register_forward_pre_hook(look)
        for child in module.modules()
        if isinstance(child, nn.Conv2d)
    ]
    try:
        _runs(module, preprocessing, size)
    finally:
        for handle in handles:
            handle.remove()
    count = len(channel_rows(preprocessing.channels))
    if seen and seen[0][0] == count != seen[0][1]:
        return seen[0][1]
    return None


def _runs(module: nn.Module, preprocessing: Preprocessing, size: int) -> bool:
    images = probes(preprocessing, size, _device(module))[:1]
    try:
        with torch.no_grad():
            return first_tensor(module(images.to(number_type(module)))) is not None
    except Exception:
        return False


def wrong_channels(name: str, taken: int, given: str) -> DgnError:
    """What is said where a network takes ``taken`` channels and ``given`` has other ones."""
    example = ",".join(["r", "g", "b", *["0"] * 9][:taken])
    return DgnError(
        f"{name} takes {taken} channels, not the {len(channel_rows(given))} of {given!r}.",
        f"Say what each of them is with --channels, for example --channels {example}.",
    )


def _does_not_run(
    name: str,
    module: nn.Module,
    preprocessing: Preprocessing,
    size: int,
    taken: int | None,
    error: Exception,
) -> DgnError:
    if taken is not None:
        return wrong_channels(name, taken, preprocessing.channels)
    works = [s for s in _SIZES_TO_TRY if s != size and _runs(module, preprocessing, s)][:1]
    hint = (
        f"It does run at {works[0]} pixels: give --size {works[0]}."
        if works
        else "Check --size and --channels, and that the weights belong to the architecture."
    )
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return DgnError(f"{name} does not run at {size} pixels ({lines[0]}).", hint)
