"""A glance at where units look: the same maps as the study's, and one forward pass for a layer."""

from collections.abc import Iterator

import numpy as np
import pytest
from torch import nn

from dgn_explorer.engine.answers.glancing import Glances
from dgn_explorer.engine.messages import Answered, Failed, Glance, Glimpse
from dgn_explorer.export.png import encode_png
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.studies.saliency.about import HOWS, SaliencyParameters
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import Input
from tests.engine.setup import Setup
from tests.engine.test_engine import setup

__all__ = ["setup"]

PHOTO = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)


@pytest.fixture
def photo(setup: Setup) -> Input:
    return Input("photo", setup.store.inputs.put(encode_png(PHOTO)), "a.png")


@pytest.fixture
def passes(setup: Setup) -> Iterator[list[None]]:
    """One entry for each time that the network's first module runs."""
    seen: list[None] = []
    first = next(child for child in setup.network.module.modules() if isinstance(child, nn.Conv2d))
    hook = first.register_forward_hook(lambda *_: seen.append(None))
    yield seen
    hook.remove()


def asked(setup: Setup, photo: Input, unit: str, how: str, layer: str = "") -> Glimpse | Failed:
    info = setup.network.info
    job = setup.engine.ask(Glance(info.fingerprint, photo, info.resolve(unit), how, layer))
    while True:
        event = setup.next()
        if isinstance(event, Answered | Failed) and event.job == job:
            if isinstance(event, Failed):
                return event
            assert isinstance(event.answer, Glimpse)
            return event.answer


@pytest.mark.parametrize("how", [how for how in HOWS if how != "deconvnet"])
def test_a_glance_is_the_map_of_the_study(setup: Setup, photo: Input, how: str) -> None:
    info = setup.network.info
    for unit in ("dog", "conv2:3", "conv2:1", "conv2:3@0,7"):
        made = asked(setup, photo, unit, how)
        survey = Survey(
            info.name,
            info.fingerprint,
            "saliency",
            SaliencyParameters(how=how),
            units=(info.resolve(unit),),
            inputs=(photo,),
        )
        record = setup.end_of(setup.engine.submit(survey)).record
        assert isinstance(made, Glimpse)
        np.testing.assert_allclose(made.map, record.array("maps")[0], rtol=1e-4, atol=1e-7)
        np.testing.assert_array_equal(made.seen, record.array("seen"))
        assert made.activation == pytest.approx(float(record.array("activations")[0]), rel=1e-5)
        assert (made.colours is None) == ("colours" not in record.parts)


@pytest.mark.parametrize("how", ["gradient", "grad-cam"])
def test_units_of_a_layer_share_a_pass(
    setup: Setup, photo: Input, passes: list[None], how: str
) -> None:
    first = asked(setup, photo, "conv2:0", how)
    assert len(passes) == 1
    again = [asked(setup, photo, f"conv2:{index}", how) for index in (1, 2, 0)]
    assert len(passes) == 1
    assert isinstance(first, Glimpse) and isinstance(again[2], Glimpse)
    np.testing.assert_array_equal(again[2].map, first.map)
    asked(setup, photo, "dog", how)
    assert len(passes) == 2
    setup.engine.open("tiny", "tiny-prior")  # what is kept goes with it
    asked(setup, photo, "dog", how)
    assert len(passes) == 3


def test_a_map_of_many_passes_can_be_left_between_any_two(
    setup: Setup, photo: Input, passes: list[None]
) -> None:
    info = setup.network.info
    ask = Glance(info.fingerprint, photo, info.resolve("dog"), "smoothgrad")
    work = Glances(setup.store.inputs.get).answer(setup.network, ask)
    told = [next(work) for _ in range(4)]
    work.close()
    assert told[-1].total == SaliencyParameters().samples > 3
    assert len(passes) == 2  # the first word is said before any pass, the second before the first


def test_a_glance_that_cannot_be_says_why(setup: Setup, photo: Input) -> None:
    many = asked(setup, photo, "dog", "tea leaves")
    assert isinstance(many, Failed) and "no family of maps called 'tea leaves'" in many.message
    broken = Input("photo", setup.store.inputs.put(b"no photograph"), "b.png")
    none = asked(setup, broken, "dog", "gradient")
    assert isinstance(none, Failed) and none.message.startswith("b.png is no picture")
    info = setup.network.info
    wrong = setup.engine.ask(Glance(info.fingerprint, photo, UnitAddress("fc", 99), "gradient"))
    while not (isinstance(event := setup.next(), Failed) and event.job == wrong):
        pass
    assert "has no unit 99" in event.message
