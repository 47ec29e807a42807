"""Which stored results to show, and in which order; free of Qt."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dgn_explorer.results.summary import Summary

ORDERS = ("date", "activation", "index", "favourite")
Favourite = Callable[[Summary], bool]
Words = Callable[[Summary], str]


@dataclass(frozen=True)
class ResultFilter:
    """An empty field lets everything through.

    ``text``: words that all occur in label, address, tags or note. ``network`` is a fingerprint,
    ``layer`` a path, ``state`` is ``done`` or ``stopped``, ``method`` a method's name.
    """

    text: str = ""
    network: str = ""
    layer: str = ""
    state: str = ""
    favourites: bool = False
    order: str = "date"
    method: str = ""

    def apply(
        self, items: Iterable[Summary], is_favourite: Favourite, words: Words
    ) -> list[Summary]:
        """What is left of ``items`` (newest first), in order; ``words`` adds tags and notes."""
        wanted = self.text.lower().split()
        kept = [
            item
            for item in items
            if (not self.network or item.network_fingerprint == self.network)
            and (not self.layer or self.layer in layers_of(item))
            and (not self.state or item.state == self.state)
            and (not self.method or item.method == self.method)
            and (not self.favourites or is_favourite(item))
            and _holds(f"{item.label} {item.address} {words(item)}".lower(), wanted)
        ]
        if self.order == "activation":
            kept.sort(key=lambda item: -item.activation)
        elif self.order == "index":
            kept.sort(key=_place)
        elif self.order == "favourite":
            kept.sort(key=lambda item: not is_favourite(item))
        return kept


def layers_of(item: Summary) -> tuple[str, ...]:
    """The layers of a result's units."""
    return tuple(unit.layer for unit in item.units)


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _place(item: Summary) -> tuple[str, int, str]:
    first = item.units[0] if item.units else None
    return (first.layer, first.index, item.address) if first else ("", 0, item.address)
