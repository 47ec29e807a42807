"""``torchvision:NAME[/WEIGHTS]``: every classification model of torchvision."""

import difflib
import urllib.error
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.labels import labels_for
from dgn_explorer.networks.loaded import IMAGENET_PREPROCESSING, Loaded, Request
from dgn_explorer.networks.options import RANDOM
from dgn_explorer.networks.preprocessing import Preprocessing
from dgn_explorer.networks.spec_text import split_key
from dgn_explorer.networks.weights.aliases import published_names
from dgn_explorer.networks.weights.checkpoints import read_weights
from dgn_explorer.networks.weights.state_dicts import class_count, fit
from dgn_explorer.networks.weights.torchvision_import import torchvision_models
from dgn_explorer.paths import user_path

PREFIX = "torchvision:"
_DEFAULT_SIZE = 224


def load(name: str, request: Request) -> Loaded:
    """Load ``resnet50`` or ``resnet50/IMAGENET1K_V1``.

    ``request.options.weights`` may be the name of an entry, a file, or ``random``.
    """
    model, _, entry_name = name.partition("/")
    _check_name(model)
    wanted = entry_name or request.options.weights
    entry = _entry(model, wanted)
    notices: tuple[str, ...] = ()
    if wanted == RANDOM:
        module = untrained(model)
    elif entry is not None:
        module = untrained(model, len(entry.meta["categories"]))
        fit(module, _download(model, entry), f"{PREFIX}{model}/{entry.name}")
    else:
        file, key = split_key(str(wanted))
        state = read_weights(user_path(file))
        module = build(model, state, key)
        notices = fit(module, state, file, key).notices
    described = entry or _entry(model, None)
    return Loaded(
        module=module,
        name=PREFIX + model if wanted is None else f"{PREFIX}{model}/{_short(str(wanted))}",
        title=f"{model} (torchvision)",
        preprocessing=_preprocessing(described),
        input_size=_size(described),
        labels=_labels(described, module),
        aliases=published_names(model, module),
        notices=notices,
    )


def untrained(model: str, classes: int | None = None) -> nn.Module:
    """Build ``model`` with random weights from a fixed seed."""
    _check_name(model)
    # What torchvision itself sets for these two when it builds them for pretrained weights
    special: dict[str, Any] = {}
    if model in ("googlenet", "inception_v3"):
        special = {"transform_input": True, "aux_logits": True, "init_weights": False}
    if classes is not None:
        special["num_classes"] = classes
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module: nn.Module = torchvision_models().get_model(model, weights=None, **special)
    return module.eval()


def build(model: str, state: dict[str, Tensor], key: str = "") -> nn.Module:
    """Build ``model`` with as many classes as ``state`` has (at ``key``, see `choose`)."""
    module = untrained(model)
    classes = class_count(state, module, key)
    return module if classes is None else untrained(model, classes)


def model_names() -> list[str]:
    """The classification models."""
    models = torchvision_models()
    return list(models.list_models(module=models))


def _check_name(model: str) -> None:
    names = model_names()
    if model not in names:
        near = difflib.get_close_matches(model, names, n=3)
        instead = f"Did you mean {' or '.join(near)}? " if near else ""
        raise DgnError(
            f"torchvision has no model called {model!r}.",
            f"{instead}Names are as in torchvision.models, such as torchvision:resnet50.",
        )


def _entry(model: str, wanted: str | None) -> Any:
    """The weights entry called ``wanted``, the default one for None, else None for a file."""
    entries = list(torchvision_models().get_model_weights(model))
    if wanted is None:
        return torchvision_models().get_model_weights(model).DEFAULT
    found = [entry for entry in entries if entry.name.lower() == wanted.lower()]
    if found:
        return found[0]
    if wanted == RANDOM or user_path(split_key(wanted)[0]).exists():
        return None
    names = ", ".join(entry.name for entry in entries)
    raise DgnError(
        f"{model} has no weights entry {wanted!r}, and there is no such file.",
        f"Its entries are {names}.",
    )


def _download(model: str, entry: Any) -> dict[str, Tensor]:
    try:
        state: dict[str, Tensor] = entry.get_state_dict(progress=True, check_hash=True)
    except (urllib.error.URLError, OSError, RuntimeError) as error:
        raise DgnError(
            f"The weights {entry.name} of {model} cannot be downloaded ({error}).",
            f"Get {entry.url} on a machine that is online, and open it here with --weights FILE;"
            " or use --weights random for the untrained network.",
        ) from None
    return state


def _preprocessing(entry: Any) -> Preprocessing:
    transform = entry.transforms()
    if not hasattr(transform, "mean"):
        return IMAGENET_PREPROCESSING
    crop, resized = transform.crop_size[0], transform.resize_size[0]
    return Preprocessing(
        mean=tuple(transform.mean),
        std=tuple(transform.std),
        value_range=1.0,
        crop=min(1.0, crop / resized),
        interpolation="bicubic" if transform.interpolation.value == "bicubic" else "bilinear",
    )


def _size(entry: Any) -> int:
    sizes = getattr(entry.transforms(), "crop_size", [_DEFAULT_SIZE])
    return int(sizes[0])


def _labels(entry: Any, module: nn.Module) -> tuple[str, ...]:
    classes = _classes(module)
    categories = tuple(entry.meta["categories"])
    return categories if classes == len(categories) else labels_for(classes)


def _classes(module: nn.Module) -> int | None:
    outputs = [x.out_features for x in module.modules() if isinstance(x, nn.Linear)]
    convolutions = [x.out_channels for x in module.modules() if isinstance(x, nn.Conv2d)]
    # SqueezeNet is the one model whose classifier is a convolution
    return outputs[-1] if outputs else (convolutions[-1] if convolutions else None)


def _short(wanted: str) -> str:
    return Path(wanted).name
