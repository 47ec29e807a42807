"""What can be known of a network without holding its weights."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.synonyms import synonyms_of
from dgn_explorer.plain_text import shell_command

CLASS_ALIAS = "class"
_MAIN = 8  # enough to see how a photograph fades

_UNITS = re.compile(r"(?P<layer>\S(?:.*\S)?):(?:\*|(?P<first>[0-9]{1,9})-(?P<last>[0-9]{1,9}))")


@dataclass(frozen=True)
class LayerInfo:
    """One layer: a module path and the shape of what it puts out for one image.

    ``spatial`` is (height, width) at the network's working size, or None for a flat output; a
    layer of tokens has (tokens, 1). ``pooled`` says what an address without a position means: the
    mean over all positions (tokens, and classifiers that are averaged over the image), else the
    centre position. A module that cannot be read says why in ``unreadable``, one sentence.
    """

    path: str
    kind: str
    channels: int
    spatial: tuple[int, int] | None
    pooled: bool = False
    unreadable: str = ""


@dataclass(frozen=True)
class NetworkInfo:
    """A network's name, layers and labels; small, immutable and free of torch.

    The units of ``output_layer`` are the class scores: ``labels`` name them, and no others. The
    ``classifier`` is the layer that makes scores of features. It is the output layer itself, or a
    convolution whose maps are pooled afterwards, as in SqueezeNet.
    ``aliases`` maps published layer names (fc6) to paths. ``positions`` names the checkpoints of a
    series, ``position`` the one that is open. ``batch_limit`` is the most images that one forward
    pass takes, where the file fixes it or an image's scores depend on the others. ``unreadable``
    are the modules whose units cannot be shown. ``notices`` are sentences that people who use the
    network must read: where it does not do what its file says.
    """

    name: str
    title: str
    fingerprint: str
    layers: tuple[LayerInfo, ...]
    labels: tuple[str, ...]
    output_layer: str
    input_size: int
    working_size: int
    aliases: tuple[tuple[str, str], ...] = ()
    positions: tuple[str, ...] = ()
    position: str = ""
    batch_limit: int | None = None
    unreadable: tuple[LayerInfo, ...] = ()
    notices: tuple[str, ...] = ()
    classifier: str = ""

    @property
    def feature_reader(self) -> str:
        """The layer whose input are the features: what the classifier makes its scores of."""
        return self.classifier or self.output_layer

    def layer(self, path: str) -> LayerInfo:
        """Return the layer at ``path``, a path or an alias; ``class`` is the output layer."""
        by_path = {layer.path: layer for layer in self.layers}
        aliases = {**dict(self.aliases), CLASS_ALIAS: self.output_layer}
        own = None if path == CLASS_ALIAS else by_path.get(path)
        found = own or by_path.get(aliases.get(path, ""))
        if found is not None:
            return found
        self._refuse_unreadable(path)
        names = [*by_path, *aliases]
        near = difflib.get_close_matches(path, names, n=3)
        near = near or [name for name in names if path and path in name][-3:]
        instead = f"Did you mean {' or '.join(near)}? " if near else ""
        raise DgnError(
            f"{self.name} has no layer {path!r}.",
            f"{instead}List its layers with: "
            + shell_command(["dgn-explorer", "layers", "--", self.name]),
        )

    @property
    def main_layers(self) -> tuple[LayerInfo, ...]:
        """Some ten to twenty layers from input to output: whole blocks, and not what is in them.

        Of the layers down to the first depth at which there are at least `_MAIN`, those that hold
        none of the others.
        """
        found: tuple[LayerInfo, ...] = ()
        for depth in range(max((layer.path.count(".") for layer in self.layers), default=0) + 1):
            shallow = [layer for layer in self.layers if layer.path.count(".") <= depth]
            paths = [layer.path for layer in shallow]
            holders = {path for path in paths if any(one.startswith(f"{path}.") for one in paths)}
            found = tuple(layer for layer in shallow if layer.path not in holders)
            if len(found) >= _MAIN:
                break
        return found

    @property
    def short_name(self) -> str:
        """The name without folders and options, as it stands in an address."""
        return re.split(r"[/\\]", self.name.split(" --")[0])[-1]

    def address_of(self, unit: UnitAddress) -> str:
        """The address that names the network, too, such as ``lite0/fc:980``; `resolve` reads it."""
        return f"{self.short_name}/{unit}"

    def resolve(self, text: str) -> UnitAddress:
        """Turn ``layer:index[@row,col]``, ``class:index`` or a class name into an address.

        The network's name and a slash may stand before it (see `address_of`).

        A class of ImageNet may be called by any of its names in WordNet.
        """
        text = text.strip().removeprefix(f"{self.short_name}/")
        if text in self.labels or ":" not in text:
            return self._resolve_class(text)
        address = UnitAddress.parse(text)
        layer = self.layer(address.layer)
        if address.index >= layer.channels:
            raise DgnError(
                f"{layer.path} has no unit {address.index}.",
                f"Its units are 0 to {layer.channels - 1}.",
            )
        if address.position is not None:
            self._check_position(layer, address.position)
        return UnitAddress(layer.path, address.index, address.position)

    def resolve_all(self, text: str) -> list[UnitAddress]:
        """As `resolve`, and several units of a layer: ``layer:0-63`` or ``layer:*`` for all."""
        match = _UNITS.fullmatch(text.strip())
        if match is None or text.strip() in self.labels:
            return [self.resolve(text)]
        layer = self.layer(match["layer"])
        first = int(match["first"] or 0)
        last = int(match["last"] or layer.channels - 1)
        if not first <= last < layer.channels:
            raise DgnError(
                f"{layer.path} has no units {first} to {last}.",
                f"Its units are 0 to {layer.channels - 1}.",
            )
        return [UnitAddress(layer.path, index) for index in range(first, last + 1)]

    def _refuse_unreadable(self, path: str) -> None:
        for closed in self.unreadable:
            if path == closed.path or path.startswith(f"{closed.path}."):
                raise DgnError(
                    f"The units of {path} cannot be shown. {closed.unreadable}",
                    "Choose a layer before or after it: "
                    + shell_command(["dgn-explorer", "layers", "--", self.name]),
                )

    def label(self, address: UnitAddress) -> str:
        """The class name of an output unit, else an empty string."""
        if address.layer == self.output_layer and address.index < len(self.labels):
            return self.labels[address.index]
        return ""

    def _synonyms(self) -> Iterator[tuple[int, set[str]]]:
        """Other names of the classes, in lower case, of those that have any."""
        for index, names in enumerate(synonyms_of(self.labels)):
            if names:
                yield index, {name.lower() for name in names}

    def _resolve_class(self, name: str) -> UnitAddress:
        found = [i for i, label in enumerate(self.labels) if label == name]
        if not found:
            found = [i for i, label in enumerate(self.labels) if label.lower() == name.lower()]
        if not found:
            found = [i for i, label in enumerate(self.labels) if name.lower() in _names(label)]
        if not found:
            found = [i for i, names in self._synonyms() if name.lower() in names]
        if len(found) == 1:
            return UnitAddress(self.output_layer, found[0])
        if found:
            choices = " or ".join(f"{CLASS_ALIAS}:{i}" for i in found)
            raise DgnError(f"{len(found)} classes are called {name!r}.", f"Say which: {choices}.")
        lower = {label.lower(): label for label in self.labels}
        if not lower:
            raise DgnError(
                f"{self.name} has no class names, so {name!r} cannot be looked up.",
                f"Write {CLASS_ALIAS}:index, or give its class names with --labels FILE.",
            )
        called = {one: self.labels[i].lower() for i, names in self._synonyms() for one in names}
        called |= {one: one for one in lower}
        close = difflib.get_close_matches(name.lower(), called, n=3)
        near = list(dict.fromkeys(called[one] for one in close))
        near += [key for key in lower if name and name.lower() in key and key not in near][:3]
        instead = f"Did you mean {' or '.join(repr(lower[key]) for key in near)}? " if near else ""
        raise DgnError(
            f"{self.name} has no class called {name!r}.",
            f"{instead}Units of other layers are written layer:index.",
        )

    @staticmethod
    def _check_position(layer: LayerInfo, position: tuple[int, int]) -> None:
        if layer.spatial is None:
            raise DgnError(
                f"Units of {layer.path} have no position @{position[0]},{position[1]}.",
                f"Leave it out: {layer.path}:index.",
            )
        if position[0] >= layer.spatial[0] or position[1] >= layer.spatial[1]:
            raise DgnError(
                f"{layer.path} has no position @{position[0]},{position[1]}.",
                f"Its maps are {layer.spatial[0]} by {layer.spatial[1]}, counted from 0.",
            )


def _names(label: str) -> set[str]:
    """The lower-case names inside a label that lists several.

    >>> sorted(_names("Cardinalis cardinalis (Northern Cardinal)"))
    ['cardinalis cardinalis', 'northern cardinal']
    >>> sorted(_names("tench, Tinca tinca"))
    ['tench', 'tinca tinca']
    """
    parts = re.split(r"[,;()]", label.lower())
    return {part.strip() for part in parts if part.strip()}
