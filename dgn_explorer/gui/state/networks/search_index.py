"""Finding layers and units by class name, address or layer name; free of Qt."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.synonyms import synonyms_of
from dgn_explorer.results.notebook import UnitNote
from dgn_explorer.studies.dissection.labels import UnitLabel

LIMIT = 60
_NEAR = 3  # what may have been meant


@dataclass(frozen=True)
class Hit:
    """One line of the answer: a unit, or a layer if ``unit`` is None."""

    title: str
    subtitle: str
    layer: str
    unit: UnitAddress | None


class SearchIndex:
    """Answers a query in a few milliseconds for 100,000 units."""

    def __init__(self, network: NetworkInfo) -> None:
        self._network = network
        self._labels = [label.lower() for label in network.labels]
        self._paths = [layer.path.lower() for layer in network.layers]
        also = synonyms_of(network.labels)
        self._also = [(name, index) for index, names in enumerate(also) for name in names]
        self._also_lower = [name.lower() for name, _ in self._also]

    def find(
        self,
        text: str,
        notes: Mapping[str, UnitNote] | None = None,
        labels: Sequence[UnitLabel] = (),
    ) -> list[Hit]:
        """The best hits first: the unit that is meant exactly, tags, classes, layers, and labels.

        ``notes`` by address; units with a tag or note that contains ``text`` are found too.
        ``labels`` are what dissections found for ``text``.
        """
        wanted = text.strip().lower()
        if not wanted:
            return []
        exact = self._exact(text)
        layers = _ranked(self._paths, wanted)
        classes = _ranked(self._labels, wanted, loosely=False)
        others = self._by_other_names(wanted, set(classes))
        if not classes and not others and not labels:
            classes = _ranked(self._labels, wanted)
        hits = ([exact] if exact else []) + self._noted(wanted, notes or {})
        hits += [self._class(i) for i in classes[:LIMIT]] + others
        layer_hits = [self._layer(i) for i in layers[:LIMIT]]
        # Someone who types "blocks.4" means layers, not the classes that contain those letters.
        hits = layer_hits + hits if layers and not classes and not others else hits + layer_hits
        most = max(LIMIT // 2, LIMIT - len(labels))  # many classes must not hide all labels
        hits = hits[:most] + [self._labelled(label) for label in labels]
        return list(dict.fromkeys(hits))[:LIMIT]

    def near(self, text: str) -> list[Hit]:
        """Classes and layers that are written much like ``text``, the likeliest first.

        Of an address the part before the colon counts; its index is kept where the layer has it.
        """
        name, colon, index = text.strip().lower().partition(":")
        if not name:
            return []
        found = [] if colon else [self._class(self._labels.index(near))
                 for near in difflib.get_close_matches(name, self._labels, n=_NEAR)]  # fmt: skip
        for near in difflib.get_close_matches(name, self._paths, n=_NEAR):
            layer = self._network.layers[self._paths.index(near)]
            exact = self._exact(f"{layer.path}:{index}") if colon else None
            found.append(exact or self._layer(self._paths.index(near)))
        return found

    def _exact(self, text: str) -> Hit | None:
        if (
            ":" not in text
        ):  # a name is found by ranking; looking it up would suggest others, slowly
            return None
        try:
            unit = self._network.resolve(text)
        except DgnError:
            return None
        label = self._network.label(unit)
        return Hit(label or str(unit), str(unit) if label else "unit", unit.layer, unit)

    def _noted(self, wanted: str, notes: Mapping[str, UnitNote]) -> list[Hit]:
        found = []
        for address, note in notes.items():
            if wanted in note.words.lower():
                unit = UnitAddress.parse(address)
                title = self._network.label(unit) or address
                found.append(Hit(title, ", ".join(note.tags) or "note", unit.layer, unit))
        return found

    def _by_other_names(self, wanted: str, known: set[int]) -> list[Hit]:
        """Classes that are called so in WordNet, the name that was meant beside each."""
        found: dict[int, str] = {}
        for place in _ranked(self._also_lower, wanted, loosely=False):
            name, index = self._also[place]
            if index not in known:
                found.setdefault(index, name)
        hits = [(self._class(index), name) for index, name in list(found.items())[:LIMIT]]
        return [replace(hit, subtitle=f"{name}, {hit.subtitle}") for hit, name in hits]

    def _labelled(self, label: UnitLabel) -> Hit:
        unit, mark = label.address, "" if label.stable else ", not in both halves"
        title = self._network.label(unit) or str(unit)
        return Hit(title, f"{label.concept} {label.iou:.2f}{mark}", unit.layer, unit)

    def _class(self, index: int) -> Hit:
        unit = UnitAddress(self._network.output_layer, index)
        return Hit(self._network.labels[index], str(unit), unit.layer, unit)

    def _layer(self, index: int) -> Hit:
        layer = self._network.layers[index]
        return Hit(layer.path, f"layer of {layer.channels:,} units", layer.path, None)


def _ranked(names: list[str], wanted: str, loosely: bool = True) -> list[int]:
    """Indices of matching names: equal, prefix, start of a word, anywhere, letters in order.

    Letters that are only in order count if nothing else does, and only ``loosely``.
    """
    groups: tuple[list[int], ...] = ([], [], [], [], [])
    for index, name in enumerate(names):
        if wanted in name:
            if name == wanted:
                groups[0].append(index)
            elif name.startswith(wanted):
                groups[1].append(index)
            elif f" {wanted}" in name or f".{wanted}" in name:
                groups[2].append(index)
            else:
                groups[3].append(index)
    if loosely and not any(groups) and len(wanted) > 2:
        groups[4].extend(i for i, name in enumerate(names) if _in_order(wanted, name))
    return [index for group in groups for index in group]


def _in_order(wanted: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in wanted)
