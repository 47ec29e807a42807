"""Which stored results to show, and in which order; free of Qt."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dgn_explorer.results.result_file import StoredResult

ORDERS = ("date", "activation", "index", "favourite")
Favourite = Callable[[StoredResult], bool]
Words = Callable[[StoredResult], str]


@dataclass(frozen=True)
class ResultFilter:
    """An empty field lets everything through.

    ``text``: words that all occur in label, address, tags or note. ``network`` is a fingerprint,
    ``layer`` a path, ``state`` is ``done`` or ``stopped``.
    """

    text: str = ""
    network: str = ""
    layer: str = ""
    state: str = ""
    favourites: bool = False
    order: str = "date"

    def apply(
        self, items: Iterable[StoredResult], is_favourite: Favourite, words: Words
    ) -> list[StoredResult]:
        """What is left of ``items`` (newest first), in order; ``words`` adds tags and notes."""
        wanted = self.text.lower().split()
        kept = [
            item
            for item in items
            if (not self.network or item.network_fingerprint == self.network)
            and (not self.layer or self.layer in layers_of(item))
            and (not self.state or item.state == self.state)
            and (not self.favourites or is_favourite(item))
            and _holds(f"{item.label} {item.address} {words(item)}".lower(), wanted)
        ]
        if self.order == "activation":
            kept.sort(key=lambda item: -item.activation)
        elif self.order == "index":
            kept.sort(key=lambda item: _place(item.address))
        elif self.order == "favourite":
            kept.sort(key=lambda item: not is_favourite(item))
        return kept


def layers_of(item: StoredResult) -> tuple[str, ...]:
    """The layers of a result's units.

    >>> from types import SimpleNamespace
    >>> layers_of(SimpleNamespace(address="fc:980 + -0.5*blocks.2:3@1,2"))
    ('fc', 'blocks.2')
    """
    parts = (part.rpartition("*")[2] for part in item.address.split(" + "))
    return tuple(part.rpartition(":")[0] for part in parts)


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _place(address: str) -> tuple[str, int, str]:
    layer, _, rest = address.partition(" + ")[0].rpartition("*")[2].rpartition(":")
    digits = rest.partition("@")[0]
    return layer, int(digits) if digits.isdigit() else 0, address
