"""Sentences become weighted units, by whatever word vectors there are."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.sentence import (
    find_units,
    not_found,
    parts_of,
    target_of,
    word_vectors,
)
from tests.tiny import tiny_network

NEAR = {"bee": (1, 0), "bees": (0.8, 0.6), "eel": (0, 1), "an eel": (0, 1), "wasp": (0.6, -0.8)}


@pytest.fixture(scope="module")
def info() -> NetworkInfo:
    return tiny_network().info


def embed(texts: Sequence[str]) -> np.ndarray:
    """Two concepts, and nothing else in the world."""
    return np.array([NEAR.get(text, (0, 0)) for text in texts], np.float32)


def test_each_part_gives_its_class_with_its_likeness(info: NetworkInfo) -> None:
    found = find_units(info, "bees  beside the eel and a rock", embed)
    assert [(one.part, one.label) for one in found] == [("bees", "bee"), ("eel", "eel")]
    assert target_of(found).text([one.label for one in found]) == "0.8*bee + eel"
    assert not_found("bees  beside the eel and a rock", found) == ["rock"]


def test_a_sentence_that_is_a_name_is_that_class_alone(info: NetworkInfo) -> None:
    found = find_units(info, "an  eel", embed)
    assert [(one.part, one.label, one.likeness) for one in found] == [("an eel", "eel", 1.0)]
    assert not_found("an  eel", found) == []


def test_a_class_that_two_parts_name_comes_once(info: NetworkInfo) -> None:
    assert len(find_units(info, "bees with wasp", embed)) == 1


@pytest.mark.parametrize(
    ("sentence", "why"),
    [("", "has no words"), ("of the ...", "has no words"), ("a rock", "No class of tiny is like")],
)
def test_what_names_nothing_is_refused(info: NetworkInfo, sentence: str, why: str) -> None:
    with pytest.raises(DgnError, match=why):
        find_units(info, sentence, embed)


def test_a_network_without_names_says_so(info: NetworkInfo) -> None:
    with pytest.raises(DgnError, match="has no class names"):
        find_units(replace(info, labels=()), "bee", embed)


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("A dog with a tennis ball, by the lake", ["dog", "tennis ball", "lake"]),
        ("black-and-tan coonhound", ["black-and-tan coonhound"]),
        ("It is in the...", []),
        ("Löwe und Schaf", ["Löwe und Schaf"]),
    ],
)
def test_parts_are_what_stands_between_small_words(sentence: str, parts: list[str]) -> None:
    assert parts_of(sentence) == parts


def test_real_vectors_find_a_castle_and_a_lake(info: NetworkInfo) -> None:
    pytest.importorskip("wordllama")
    named = replace(info, labels=("lakeside", "castle", "wasp", "volcano", "soup bowl"))
    found = find_units(named, "a castle by a lake", word_vectors())
    assert [one.label for one in found] == ["castle", "lakeside"]
