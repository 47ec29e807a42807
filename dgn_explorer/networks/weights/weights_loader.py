"""Weight files (state dicts) with a named architecture, and series of such checkpoints."""

from dataclasses import replace
from pathlib import Path

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaded import IMAGENET_PREPROCESSING, Loaded, Request
from dgn_explorer.networks.loaders import arch_examples, architecture, by_file, call
from dgn_explorer.networks.options import RANDOM
from dgn_explorer.networks.programs import program_loader
from dgn_explorer.networks.spec_text import split_key
from dgn_explorer.networks.weights import factories
from dgn_explorer.networks.weights.aliases import published_names
from dgn_explorer.networks.weights.checkpoints import read_weights, require_file, zip_names
from dgn_explorer.networks.weights.series import checkpoints, split_list
from dgn_explorer.networks.weights.state_dicts import fit
from dgn_explorer.paths import user_path

_DEFAULT_SIZE = 224


def load(path: Path, request: Request) -> Loaded:
    """Load a file of weights or a whole program, told apart by content.

    ``FILE:KEY`` takes one of several networks in a file of weights; ``request.options.weights``
    may say it too.
    """
    path, key = _with_key(path, request.options.weights)
    require_file(path)
    names = zip_names(path)
    if "archive_format" in names or path.suffix == program_loader.EXPORT_SUFFIX:
        return program_loader.load_exported(path, request)
    if "constants.pkl" in names:
        return program_loader.load_scripted(path, request)
    return _load_weights(path, key, request)


def load_series(spec: str, request: Request) -> Loaded:
    """Load one checkpoint of a folder or list: ``request.options.position``, by default the last.

    The layers, and so the addresses of units, are the same in all of them. Where the architecture
    is named, the first position is `RANDOM`: that architecture with random weights.
    """
    files = checkpoints(spec, _suffixes())
    last = list(files)[-1]
    wanted = request.options.position or last
    positions = tuple(files)
    if request.options.arch is not None and RANDOM not in files:
        positions = (RANDOM, *positions)
    if wanted not in positions:
        raise DgnError(
            f"{spec} has no checkpoint {wanted!r}.",
            f"Its positions are {', '.join(positions[:20])}.",
        )
    loaded = load(files.get(wanted, files[last]), request)
    if wanted not in files:
        loaded = _untrained(loaded, files[last], request)
    return replace(
        loaded,
        name=f"{spec}@{wanted}",
        title=f"{Path(spec).name if len(split_list(spec)) == 1 else 'Checkpoints'}, {wanted}",
        positions=positions,
        position=wanted,
    )


def _untrained(trained: Loaded, path: Path, request: Request) -> Loaded:
    """``trained``, which was read from ``path``, with random weights from a fixed seed."""
    assert request.options.arch is not None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = factories.build(request.options.arch, read_weights(path), request.confirm)
    return replace(
        trained,
        module=module,
        fingerprint=None,
        notices=(
            f"The weights at {RANDOM!r} are random, from a fixed seed: not those that the training"
            " of these checkpoints began with.",
        ),
    )


def _suffixes() -> tuple[str, ...]:
    """What checkpoints end with: as all files of this kind."""
    loader = by_file(Path("weights.pt"))
    return loader.suffixes if loader is not None else ()


def _with_key(path: Path, weights: str | None) -> tuple[Path, str]:
    """The file, and the key that stands behind its name or the name's in ``--weights``."""
    file, key = split_key(str(path))
    if weights in (None, RANDOM):
        return Path(file), key
    again, other = split_key(str(weights))
    if user_path(again).absolute() != Path(file).absolute() or (key and other != key):
        raise DgnError(
            f"{path} already holds the weights, so --weights {weights} is one too many.",
            "Leave one of the two out.",
        )
    return Path(file), other


def _load_weights(path: Path, key: str, request: Request) -> Loaded:
    options = request.options
    if options.arch is None:
        raise DgnError(
            f"{path} holds weights, but not the network they belong to.",
            f"Name it with --arch {arch_examples()}.",
        )
    library = _of_library(path, key, options.arch, request)
    if library is not None:
        return library
    state = read_weights(path)
    module = factories.build(options.arch, state, request.confirm)
    notices = fit(module, state, str(path), key).notices
    arch = Path(options.arch).name  # a network is the same wherever its factory's file lies
    return Loaded(
        module=module,
        name=str(path),
        title=f"{path.stem} ({arch})",
        preprocessing=IMAGENET_PREPROCESSING,
        input_size=options.size or _DEFAULT_SIZE,
        beside=path,
        notices=notices,
        aliases=published_names(options.arch.rpartition(":")[2], module),
        structure=arch,
        assumed=True,
    )


def _of_library(path: Path, key: str, arch: str, request: Request) -> Loaded | None:
    """A library's own architecture: size, preprocessing and labels are known there."""
    loader = architecture(arch)
    if loader is None:
        return None
    weights = f"{path}:{key}" if key else str(path)
    inner = replace(request, options=replace(request.options, weights=weights))
    loaded: Loaded = call(loader.load, arch.removeprefix(loader.prefix), inner)
    return replace(loaded, name=str(path), title=f"{path.stem} ({arch})", beside=path)
