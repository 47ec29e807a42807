"""Networks described once in a small TOML file; those in the user's folder have names.

```toml
source = "weights.pt"              # a spec, or a list of checkpoints; from the file's own folder
title = "My flowers"
arch = "torchvision:resnet18"      # and any other option of `NetworkOptions`
size = 128
mean = [0.5, 0.5, 0.5]
labels = "flowers.txt"

[aliases]
fc6 = "classifier.1"
```
"""

import json
import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dgn_explorer.disk import disk_error, keep_file, read_text
from dgn_explorer.errors import DgnError
from dgn_explorer.networks import loaders
from dgn_explorer.networks.loaders import DESCRIPTION_SUFFIX
from dgn_explorer.networks.options import RANDOM, NetworkOptions
from dgn_explorer.networks.spec_text import anywhere
from dgn_explorer.networks.weights.series import split_list
from dgn_explorer.paths import config_folder, user_path

_MOST_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NUMBERS = ("size", "value_range", "crop")
_LISTS = ("mean", "std")
_PATHS = ("weights", "labels", "mean")
_KEYS = {"range": "value_range"}


@dataclass(frozen=True)
class Description:
    """What a TOML file says: the spec of the network, its title, options and aliases."""

    source: str
    title: str = ""
    options: NetworkOptions = field(default_factory=NetworkOptions)
    aliases: dict[str, str] = field(default_factory=dict)


def networks_folder() -> Path:
    """Where the user's own descriptions lie."""
    return config_folder() / "networks"


def user_networks() -> dict[str, Path]:
    """Name -> description of the user's own networks, sorted by name."""
    folder = networks_folder()
    found = sorted(folder.glob(f"*{DESCRIPTION_SUFFIX}")) if folder.is_dir() else []
    return {path.stem: path for path in found}


def read_description(path: Path) -> Description:
    """Read a description; raises `DgnError` naming the key that is wrong."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DgnError(f"{path} is too large for a description.", "Check the file.")
        data = tomllib.loads(read_text(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise DgnError(f"{path} cannot be read ({error}).", "Correct the TOML file.") from None
    source, title, aliases = data.pop("source", ""), data.pop("title", ""), data.pop("aliases", {})
    if isinstance(source, list) and all(isinstance(item, str) for item in source):
        source = ",".join(_relative(path, item) for item in source)  # a series of checkpoints
    if not isinstance(source, str) or not source:
        raise DgnError(
            f"{path} names no source.", 'Add a line such as source = "torchvision:resnet50".'
        )
    pairs = aliases.items() if isinstance(aliases, dict) else [("aliases", None)]
    if not isinstance(title, str) or not all(isinstance(value, str) for _, value in pairs):
        raise DgnError(
            f"The title or the aliases in {path} are not text.", 'Write fc6 = "classifier.1".'
        )
    values = {_KEYS.get(key, key): value for key, value in data.items()}
    options = NetworkOptions(**{key: _option(path, key, v) for key, v in values.items()})
    return Description(_relative(path, source), title, options, dict(aliases))


def merge(over: NetworkOptions, under: NetworkOptions) -> NetworkOptions:
    """What ``over`` says, and what ``under`` says where ``over`` says nothing."""
    values = {}
    for item in fields(NetworkOptions):
        given = getattr(over, item.name)
        values[item.name] = getattr(under, item.name) if given is None else given
    return NetworkOptions(**values)


def save_description(name: str, description: Description) -> Path:
    """Write a description into the user's folder, under ``name``; returns its path.

    Relative paths are written as absolute ones. Raises `DgnError` if the name is taken,
    built in, looks like a file, or is no name, or the file cannot be written.
    """
    path = networks_folder() / f"{name}{DESCRIPTION_SUFFIX}"
    if not _NAME.fullmatch(name):
        raise DgnError(f"{name!r} is not a name.", "Use letters, digits, dots, - and _.")
    if name.lower() in loaders.names():
        raise DgnError(f"{name} is a network that is built in.", "Choose another name.")
    if name.lower().endswith(loaders.suffixes()):
        raise DgnError(f"{name} looks like a file.", "Choose a name without that ending.")
    if path.exists():
        raise DgnError(
            f"There already is a network called {name}.", f"Choose another, or delete {path}."
        )
    lines = [f"source = {_toml(_source(description.source))}"]
    if description.title:
        lines.append(f"title = {_toml(description.title)}")
    for item in fields(NetworkOptions):
        value = getattr(description.options, item.name)
        if value is not None:
            value = anywhere(value) if item.name in _PATHS and isinstance(value, str) else value
            lines.append(f"{item.name} = {_toml(value)}")
    if description.aliases:
        lines += ["", "[aliases]"]
        lines += [f"{_toml(key)} = {_toml(value)}" for key, value in description.aliases.items()]
    try:
        keep_file(path, ("\n".join(lines) + "\n").encode())
    except UnicodeEncodeError:  # a file name whose bytes are no text
        raise DgnError(
            f"The source {description.source!r} cannot be written as text.", "Rename the file."
        ) from None
    except OSError as error:
        otherwise = "choose another folder with DGN_EXPLORER_HOME"
        raise disk_error(error, f"write {path}", otherwise) from error
    return path


def _source(spec: str) -> str | tuple[str, ...]:
    """The spec with absolute paths; a list of checkpoints as such."""
    parts = split_list(spec)
    return anywhere(spec) if len(parts) == 1 else tuple(anywhere(part) for part in parts)


def _option(path: Path, key: str, value: Any) -> Any:
    names = {item.name for item in fields(NetworkOptions)}
    wrong = DgnError(
        f"{key} = {value!r} in {path} is not understood.",
        f"The keys are source, title, aliases, {', '.join(sorted(names))}.",
    )
    if key not in names:
        raise wrong
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in _LISTS and (number or isinstance(value, list)):
        numbers = [value] if number else value
        if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
            raise wrong
        return tuple(float(n) for n in numbers)
    if key in _NUMBERS:
        if not number or (key == "size" and not isinstance(value, int)):
            raise wrong
        return value
    if not isinstance(value, str) or key == "std":
        raise wrong
    return _relative(path, value) if key in _PATHS else value


def _relative(path: Path, text: str) -> str:
    """A path as seen from the description's folder; anything else as it is."""
    name, key = text, ""
    if not (path.parent / user_path(text)).exists():
        name, _, key = text.rpartition(":")  # FILE:KEY
    beside = path.parent / user_path(name)
    whole = f"{beside}:{key}" if key else str(beside)
    return whole if text != RANDOM and name and beside.exists() else text


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # A JSON string is a TOML string, but for one character that only TOML wants escaped
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")
