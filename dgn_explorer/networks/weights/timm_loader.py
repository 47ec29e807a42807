"""``timm:NAME``: every model of the timm library (extra ``timm``)."""

import difflib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.labels import labels_for
from dgn_explorer.networks.loaded import Loaded, Request
from dgn_explorer.networks.options import RANDOM
from dgn_explorer.networks.preprocessing import Preprocessing, for_channels
from dgn_explorer.networks.spec_text import split_key
from dgn_explorer.networks.weights.aliases import published_names
from dgn_explorer.networks.weights.checkpoints import read_weights
from dgn_explorer.networks.weights.state_dicts import class_count, fit
from dgn_explorer.networks.weights.torchvision_import import torchvision_models
from dgn_explorer.paths import user_path

PREFIX = "timm:"


def load(name: str, request: Request) -> Loaded:
    """Load a model with its published weights, a file's, or random ones.

    Size, mean, standard deviation and crop come from the model's data configuration.
    """
    wanted = request.options.weights
    notices: tuple[str, ...] = ()
    if wanted is None:
        module = _pretrained(name)
    elif wanted == RANDOM:
        module = untrained(name)
    else:
        file, key = split_key(wanted)
        state = read_weights(user_path(file))
        module = build(name, state, key)
        notices = fit(module, state, file, key).notices
    config = _timm().data.resolve_model_data_config(module)
    channels, size = int(config["input_size"][0]), int(config["input_size"][1])
    return Loaded(
        module=module,
        name=PREFIX + name if wanted is None else f"{PREFIX}{name}/{Path(wanted).name}",
        title=f"{name} (timm)",
        preprocessing=_preprocessing(config, channels),
        input_size=size,
        labels=labels_for(getattr(module, "num_classes", None)),
        aliases=published_names(name.split(".")[0], module),
        notices=notices,
    )


def untrained(name: str, classes: int | None = None) -> nn.Module:
    """Build ``name`` with random weights from a fixed seed."""
    _check_name(name)
    sizes = {} if classes is None else {"num_classes": classes}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module: nn.Module = _timm().create_model(name, pretrained=False, **sizes)
    return module.eval()


def build(name: str, state: dict[str, Tensor], key: str = "") -> nn.Module:
    """Build ``name`` with as many classes as ``state`` has (at ``key``, see `choose`)."""
    module = untrained(name)
    classes = class_count(state, module, key)
    return module if classes is None else untrained(name, classes)


def model_names() -> tuple[str, ...]:
    """The models with trained weights; raises `DgnError` without timm."""
    return tuple(_timm().list_models(pretrained=True))


def _pretrained(name: str) -> nn.Module:
    _check_name(name)
    try:
        module: nn.Module = _timm().create_model(name, pretrained=True)
    except Exception as error:  # the hub's client has many errors of its own
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise DgnError(
            f"The weights of {PREFIX}{name} cannot be downloaded ({lines[0][:200]}).",
            "Download them where you are online and give them with --weights FILE, or use"
            " --weights random for the untrained network.",
        ) from None
    return module.eval()


def _timm() -> Any:
    torchvision_models()  # timm imports torchvision, which needs our care
    try:
        import timm
        import timm.data
    except ImportError:
        raise DgnError(
            "Opening timm models needs one more package.",
            'Install it with: pip install "dgn-explorer[timm]"',
        ) from None
    return timm


def _check_name(name: str) -> None:
    timm = _timm()
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=3)
        instead = f"Did you mean {' or '.join(near)}? " if near else ""
        raise DgnError(
            f"timm has no model called {name!r}.",
            f"{instead}Names are as in timm.list_models(), such as timm:resnet18.",
        )


def _preprocessing(config: dict[str, Any], channels: int) -> Preprocessing:
    colour = Preprocessing(
        mean=tuple(map(float, config["mean"][:3])),
        std=tuple(map(float, config["std"][:3])),
        value_range=1.0,
        crop=min(1.0, float(config["crop_pct"])),
        interpolation="bilinear" if config["interpolation"] == "bilinear" else "bicubic",
    )
    return for_channels(colour, "grey") if channels == 1 else colour
