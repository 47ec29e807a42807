"""Sentence to units: the classes whose names are most like the words of a sentence.

This finds units by word vectors (WordLlama, the extra ``words``), and hands them to any method as a
weighted target that the user sees and can change. It is no captioning network: what the network
makes of two concepts in one image, nobody has asked it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.targets import Maximise, Term

Embed = Callable[[Sequence[str]], np.ndarray]  # texts to (N, D) of unit length

_SAME = 0.9  # a name so like the whole sentence is what was meant
_LIKE = 0.5  # one that is less like a part of it says nothing of it
_BETWEEN = re.compile(
    r"a|an|and|are|as|at|be|behind|beside|between|by|for|from|has|have|her|his|in|inside|"
    r"into|is|it|its|near|next|of|off|on|onto|or|over|some|that|the|their|there|this|to|"
    r"two|under|up|was|were|which|while|with",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """What a part of a sentence was taken for: a class, and how like its name is (-1 to 1)."""

    part: str
    unit: UnitAddress
    label: str
    likeness: float


def find_units(
    network: NetworkInfo, sentence: str, embed: Embed | None = None
) -> tuple[Found, ...]:
    """The classes of ``network`` that ``sentence`` names, in its order, each once.

    ``embed`` are the word vectors. Raises `DgnError` if no name is like any part, if the network
    has no class names, or without the extra.
    """
    parts = parts_of(sentence)
    if not parts:
        raise DgnError(f"{sentence[:80]!r} has no words.", "Write what the image shall show.")
    names = [label for label in network.labels if label]
    if not names:
        raise DgnError(f"{network.name} has no class names.", "Name units by their addresses.")
    embed = embed or word_vectors()
    texts = [" ".join(sentence.split()), *parts]
    likeness = embed(texts) @ embed(names).T
    if likeness[0].max() >= _SAME:
        likeness, parts = likeness[:1], texts[:1]
    else:
        likeness = likeness[1:]
    found: dict[str, Found] = {}
    for part, row in zip(parts, likeness, strict=True):
        best = int(row.argmax())
        if row[best] >= _LIKE:
            name = names[best]
            found.setdefault(name, Found(part, network.resolve(name), name, float(row[best])))
    if not found:
        raise DgnError(
            f"No class of {network.name} is like anything in {sentence[:80]!r}.",
            "Use other words, or name the units.",
        )
    return tuple(found.values())


def not_found(sentence: str, found: Sequence[Found]) -> list[str]:
    """The parts of ``sentence`` that no class was found for."""
    taken = {one.part for one in found}
    whole = " ".join(sentence.split()) in taken
    return [] if whole else [part for part in parts_of(sentence) if part not in taken]


def target_of(found: Sequence[Found]) -> Maximise:
    """The units of ``found`` with their likeness as weights, the highest of them 1."""
    most = max(one.likeness for one in found)
    return Maximise(tuple(Term(one.unit, round(one.likeness / most, 2)) for one in found))


def parts_of(sentence: str) -> list[str]:
    """The runs of words between prepositions, articles and the like.

    >>> parts_of("A dog with a tennis ball, by the lake")
    ['dog', 'tennis ball', 'lake']
    """
    parts: list[list[str]] = [[]]
    for word in re.findall(r"[^\W_]+(?:[-'][^\W_]+)*|[^\w\s]", sentence):
        if _BETWEEN.fullmatch(word) or not word[0].isalnum():
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(words) for words in parts if words]


def word_vectors() -> Embed:
    """WordLlama's vectors, which come with its wheel; nothing is downloaded."""
    try:
        import wordllama
    except ImportError:
        raise DgnError(
            "Sentences need the package wordllama, which is not installed.",
            'Install it with: pip install "dgn-explorer[words]"',
        ) from None
    # Its own default is a folder of the user's, into which it would download the same file.
    model = wordllama.WordLlama.load(
        cache_dir=Path(wordllama.__file__).parent, disable_download=True
    )

    def embed(texts: Sequence[str]) -> np.ndarray:
        vectors: np.ndarray = model.embed(list(texts), norm=True)
        return vectors

    return embed
