"""Addresses, and resolving what users write."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import LayerInfo, NetworkInfo
from dgn_explorer.networks.labels import imagenet_labels
from dgn_explorer.networks.synonyms import imagenet_lemmas

INFO = NetworkInfo(
    name="net",
    title="Net",
    fingerprint="0",
    layers=(LayerInfo("conv", "Conv2d", 8, (4, 4)), LayerInfo("fc", "Linear", 4, None)),
    labels=("tench, Tinca tinca", "crane", "crane", "Cardinalis (Northern Cardinal)"),
    output_layer="fc",
    input_size=16,
    working_size=16,
    aliases=(("fc8", "fc"),),
)
names = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1)
numbers = st.integers(0, 10**9 - 1)


def test_classes_of_imagenet_go_by_all_their_names() -> None:
    lemmas = imagenet_lemmas()
    assert len(lemmas) == len(imagenet_labels()) == 1000
    unlike = [
        (label, names[0])
        for label, names in zip(imagenet_labels(), lemmas, strict=True)
        if label != names[0]
    ]
    assert unlike == [("crane bird", "crane"), ("maillot tank suit", "maillot")]
    whole = dataclasses.replace(
        INFO, labels=imagenet_labels(), layers=(LayerInfo("fc", "Linear", 1000, None),)
    )
    for name, index in (("lighthouse", 437), ("Pharos", 437), ("Tinca tinca", 0), ("crane", 517)):
        assert whole.resolve(name) == UnitAddress("fc", index)
    with pytest.raises(DgnError, match="2 classes are called 'panther'"):
        whole.resolve("panther")
    with pytest.raises(DgnError, match="Did you mean 'beacon'"):
        whole.resolve("lighthuose")
    few = dataclasses.replace(INFO, labels=("beacon", "mine"))
    assert few.resolve("lighthouse").index == 0


@given(names, numbers, st.none() | st.tuples(numbers, numbers))
def test_an_address_survives_being_written(layer, index, position):
    address = UnitAddress(layer, index, position)
    assert UnitAddress.parse(str(address)) == address


@given(st.text())
def test_any_text_is_an_address_or_an_error(text):
    try:
        INFO.resolve(text)
    except DgnError as error:
        assert error.hint


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("conv:7@3,0", UnitAddress("conv", 7, (3, 0))),
        ("class:2", UnitAddress("fc", 2)),
        ("fc8:1", UnitAddress("fc", 1)),
        ("TINCA TINCA", UnitAddress("fc", 0)),
        ("northern cardinal", UnitAddress("fc", 3)),
    ],
)
def test_resolve(text, address):
    assert INFO.resolve(text) == address


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("conb:1", "Did you mean conv"),
        ("o:1", "Did you mean conv"),
        ("conv:8", "0 to 7"),
        ("conv:1@4,0", "4 by 4"),
        ("fc:1@0,0", "no position"),
        ("crane", "class:1 or class:2"),
        ("tensh", "has no class called 'tensh'"),
    ],
)
def test_resolve_says_what_is_wrong(text, said):
    with pytest.raises(DgnError, match=said):
        INFO.resolve(text)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("fc:*", ["fc:0", "fc:1", "fc:2", "fc:3"]),
        ("class:2-3", ["fc:2", "fc:3"]),
        ("fc8:1-1", ["fc:1"]),
        ("conv:7@0,3", ["conv:7@0,3"]),
        ("tench", ["fc:0"]),
    ],
)
def test_resolve_all(text, units):
    assert [str(unit) for unit in INFO.resolve_all(text)] == units


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("conv:3-8", "conv has no units 3 to 8. Its units are 0 to 7."),
        ("conv:3-2", "conv has no units 3 to 2."),
        ("kernel:*", "net has no layer 'kernel'."),
    ],
)
def test_resolve_all_says_what_is_wrong(text, said):
    with pytest.raises(DgnError) as error:
        INFO.resolve_all(text)
    assert str(error.value).startswith(said)


def test_main_layers_are_whole_blocks_from_input_to_output() -> None:
    inner = [f"blocks.{n}{part}" for n in range(9) for part in ("", ".conv", ".act")]
    paths = ["stem", *inner, "blocks", "head"]
    layers = tuple(LayerInfo(path, "Conv2d", 4, (2, 2)) for path in paths)
    found = dataclasses.replace(INFO, layers=layers).main_layers
    assert [one.path for one in found] == ["stem", *(f"blocks.{n}" for n in range(9)), "head"]
    flat = dataclasses.replace(INFO, layers=layers[:1]).main_layers
    assert [one.path for one in flat] == ["stem"]
