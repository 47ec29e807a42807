"""Other names of ImageNet's classes: the lemmas of WordNet, so that *lighthouse* finds *beacon*."""

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources


@lru_cache
def imagenet_lemmas() -> tuple[tuple[str, ...], ...]:
    """All names of each of the 1,000 classes, in index order."""
    text = resources.files("dgn_explorer.resources").joinpath("imagenet-lemmas.txt").read_text()
    return tuple(tuple(line.split(", ")) for line in text.splitlines())


@lru_cache
def _by_name() -> dict[str, tuple[str, ...]]:
    """The lemmas of each class by the name that it goes by; two classes of one name have none."""
    found: dict[str, tuple[str, ...]] = {}
    twice = set()
    for names in imagenet_lemmas():
        first = names[0].lower()
        if first in found:
            twice.add(first)
        found[first] = names
    return {name: names for name, names in found.items() if name not in twice}


@lru_cache(maxsize=8)
def synonyms_of(labels: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """For each of the class names (a tuple) what else the class is called; mostly nothing.

    The classes of any network that goes by ImageNet's names have them.

    >>> synonyms_of(("tench", "beacon", "volcano", "my own class"))
    (('Tinca tinca',), ('lighthouse', 'beacon light', 'pharos'), (), ())
    """
    lemmas = imagenet_lemmas()
    whole = len(labels) == len(lemmas) and all(
        label.lower().startswith(names[0].lower())
        for label, names in zip(labels, lemmas, strict=True)
    )
    found = lemmas if whole else tuple(_by_name().get(label.lower(), ()) for label in labels)
    return tuple(
        tuple(name for name in names if name.lower() not in label.lower())
        for label, names in zip(labels, found, strict=True)
    )
