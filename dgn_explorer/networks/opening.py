"""`open_network`: from a spec to a `Network`."""

import difflib
from dataclasses import replace
from pathlib import Path

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks import loaders
from dgn_explorer.networks.assembly import assemble
from dgn_explorer.networks.descriptions import merge, read_description, user_networks
from dgn_explorer.networks.labels import imagenet_labels
from dgn_explorer.networks.loaded import Confirm, Loaded, Request, refuse
from dgn_explorer.networks.loaders import DESCRIPTION_SUFFIX
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.spec_text import anywhere, parse_spec, spec_text, split_key
from dgn_explorer.networks.weights.series import split_list
from dgn_explorer.networks.weights.weights_loader import load_series
from dgn_explorer.paths import user_path

__all__ = ["DEFAULT_NETWORK", "imagenet_labels", "network_names", "open_network"]

DEFAULT_NETWORK = "lite0"
_MOST_DESCRIPTIONS = 8  # a description may name another one


def network_names() -> tuple[str, ...]:
    """The names that `open_network` takes: the embedded networks and the user's own."""
    return tuple(dict.fromkeys((*loaders.names(), *user_networks())))


def open_network(
    spec: str,
    device: str | torch.device = "cpu",
    *,
    options: NetworkOptions | None = None,
    confirm: Confirm = refuse,
) -> Network:
    """Open the network called ``spec``, frozen and ready for ascent, on ``device``.

    ``spec`` is a name (`network_names`), a name behind a prefix such as ``timm:NAME``, the path of
    a file (`loaders.suffixes`), or a folder or a comma-separated list of checkpoints, at one of
    them with ``@POSITION``; options may stand behind it (`spec_text`), and ``options`` go before
    those. ``confirm`` is asked before a Python file of
    the user's is run for the first time. The network's name opens it again. Raises `DgnError` for
    anything that cannot be opened.
    """
    spec, inline = parse_spec(spec)
    given = merge(options or NetworkOptions(), inline)
    loaded, merged = _load(spec, Request(given, confirm), 0)
    name = spec_text(_name(spec, loaded), given)
    return assemble(replace(loaded, name=name), merged, device)


def _name(spec: str, loaded: Loaded) -> str:
    """The spec as it can be used in any folder, at the checkpoint that was opened."""
    base = spec.rpartition("@")[0] if loaded.positions and "@" in spec else spec
    if base not in network_names():
        base = ",".join(anywhere(part) for part in split_list(base))
    return f"{base}@{loaded.position}" if loaded.positions else base


def _load(spec: str, request: Request, depth: int) -> tuple[Loaded, NetworkOptions]:
    """Find the loader; what it loads, and the options with those of descriptions."""
    if depth > _MOST_DESCRIPTIONS:
        raise DgnError(f"{spec} describes itself.", "Name a file or model as its source.")
    library = loaders.by_prefix(spec)
    if library is not None:
        return _loaded(library, spec.removeprefix(library.prefix), request), request.options
    built_in = loaders.by_name(spec)
    if built_in is not None:
        return _loaded(built_in, spec, request), request.options
    own = user_networks().get(spec)
    path = own or user_path(spec)
    if path.suffix.lower() == DESCRIPTION_SUFFIX:
        return _described(spec, path, request, depth)
    if path.is_dir() or len(split_list(spec)) > 1:
        return load_series(spec, request), request.options
    series, at, position = spec.rpartition("@")
    if at and not path.exists() and _may_be_series(series):
        options = replace(request.options, position=position)
        loaded, merged = _load(series, replace(request, options=options), depth + 1)
        if loaded.positions:  # what is no series has ignored the position
            return loaded, merged
    loader = loaders.by_file(path) or loaders.by_file(user_path(split_key(spec)[0]))
    if loader is not None:
        return _loaded(loader, path, request), request.options
    raise _unknown(spec, path)


def _may_be_series(spec: str) -> bool:
    path = user_path(spec)
    described = path.suffix.lower() == DESCRIPTION_SUFFIX and path.is_file()
    if loaders.by_name(spec) is not None:
        return True
    return path.is_dir() or described or spec in user_networks() or len(split_list(spec)) > 1


def _described(
    spec: str, path: Path, request: Request, depth: int
) -> tuple[Loaded, NetworkOptions]:
    description = read_description(path)
    options = merge(request.options, description.options)
    inner = replace(request, options=options)
    loaded, options = _load(description.source, inner, depth + 1)
    title = description.title or loaded.title
    aliases = {**loaded.aliases, **description.aliases}
    return replace(loaded, name=spec, title=title, aliases=aliases), options


def _loaded(loader: loaders.Loader, source: str | Path, request: Request) -> Loaded:
    found: Loaded = loaders.call(loader.load, source, request)
    return found


def _unknown(spec: str, path: Path) -> DgnError:
    if path.is_file():
        known = ", ".join(loaders.suffixes())
        return DgnError(f"{spec} is of no kind that is known.", f"Network files end in {known}.")
    near = difflib.get_close_matches(spec, network_names(), n=1)
    instead = f"Did you mean {near[0]}? " if near else ""
    return DgnError(
        f"There is no network called {spec!r}.",
        f"{instead}The networks are: {', '.join(network_names())}; or give"
        f" {', '.join(loaders.library_examples())} or the path of a file.",
    )
