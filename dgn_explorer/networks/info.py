"""What can be known of a network without holding its weights."""

import difflib
from dataclasses import dataclass

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress

CLASS_ALIAS = "class"


@dataclass(frozen=True)
class LayerInfo:
    """One layer: a module path and the shape of what it puts out for one image.

    ``spatial`` is (height, width) at the network's working size, or None for a flat output.
    """

    path: str
    kind: str
    channels: int
    spatial: tuple[int, int] | None


@dataclass(frozen=True)
class NetworkInfo:
    """A network's name, layers and labels; small, immutable and free of torch."""

    name: str
    title: str
    fingerprint: str
    layers: tuple[LayerInfo, ...]
    labels: tuple[str, ...]
    output_layer: str
    input_size: int
    working_size: int

    def layer(self, path: str) -> LayerInfo:
        """Return the layer at ``path``; ``class`` is the output layer."""
        wanted = self.output_layer if path == CLASS_ALIAS else path
        for layer in self.layers:
            if layer.path == wanted:
                return layer
        near = difflib.get_close_matches(path, [layer.path for layer in self.layers], n=3)
        instead = f"Did you mean {' or '.join(near)}? " if near else ""
        raise DgnError(
            f"{self.name} has no layer {path!r}.",
            f"{instead}List its layers with: dgn-explorer layers {self.name}",
        )

    def resolve(self, text: str) -> UnitAddress:
        """Turn ``layer:index[@row,col]``, ``class:index`` or a class name into a checked address."""
        text = text.strip()
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

    def label(self, address: UnitAddress) -> str:
        """The class name of an output unit, else an empty string."""
        if address.layer == self.output_layer and address.index < len(self.labels):
            return self.labels[address.index]
        return ""

    def _resolve_class(self, name: str) -> UnitAddress:
        found = [i for i, label in enumerate(self.labels) if label == name]
        if not found:
            found = [i for i, label in enumerate(self.labels) if label.lower() == name.lower()]
        if len(found) == 1:
            return UnitAddress(self.output_layer, found[0])
        if found:
            choices = " or ".join(f"{CLASS_ALIAS}:{i}" for i in found)
            raise DgnError(f"{len(found)} classes are called {name!r}.", f"Say which: {choices}.")
        lower = {label.lower(): label for label in self.labels}
        near = difflib.get_close_matches(name.lower(), lower, n=3)
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
