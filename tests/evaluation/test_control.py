"""The control experiment: networks that are changed as said, and a report that tells both heads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.evaluation.control import shuffled_weights, turned_back, turned_colours
from dgn_explorer.evaluation.evaluate import ALL_PARTS, CONTROL, PARTS, Evaluation
from dgn_explorer.evaluation.making import Maker
from dgn_explorer.evaluation.plan import Plan
from dgn_explorer.evaluation.report import Report, table_of
from dgn_explorer.networks.network import Network
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.step import from_uint8
from tests.tiny import TinyNet, tiny_network, tiny_prior


def images(count: int = 4) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8)


def scores(network: Network, pixels: np.ndarray) -> torch.Tensor:
    with torch.no_grad():
        return network.logits(from_uint8(pixels, network.device))


@pytest.mark.parametrize("channels", ["rgb", "bgr", "b,g,r,0.5"])
def test_a_turned_network_sees_the_same_in_other_colours(channels: str) -> None:
    class Four(TinyNet):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x[:, :3])

    network = tiny_network(Four().eval())
    values = (100.0, 110.0, 120.0, 130.0)[: 4 if "," in channels else 3]
    preprocessing = replace(network.preprocessing, mean=values, std=values, channels=channels)
    network = replace(network, preprocessing=preprocessing)
    turned, pixels = turned_colours(network), images()
    torch.testing.assert_close(scores(turned, pixels), scores(network, turned_back(pixels)))
    assert not torch.allclose(scores(turned, pixels), scores(network, pixels))
    assert turned.info.fingerprint != network.info.fingerprint


def test_a_network_without_colours_cannot_be_turned() -> None:
    network = tiny_network()
    grey = replace(network.preprocessing, mean=(0.0,), std=(1.0,), channels="grey")
    with pytest.raises(DgnError, match="sees no colours"):
        turned_colours(replace(network, preprocessing=grey))


def test_shuffled_filters_keep_their_weights_but_not_their_order() -> None:
    network = tiny_network()
    before = {name: value.clone() for name, value in network.module.named_parameters()}
    shuffled = shuffled_weights(network)
    assert shuffled.info.fingerprint != network.info.fingerprint
    for name, value in shuffled.module.named_parameters():
        own = before[name].cpu()
        torch.testing.assert_close(dict(network.module.named_parameters())[name].cpu(), own)
        if own.ndim < 2:
            torch.testing.assert_close(value.cpu(), own)
            continue
        mine = value.cpu().flatten(1)
        assert not torch.equal(mine, own.flatten(1))
        torch.testing.assert_close(mine.sort(1).values, own.flatten(1).sort(1).values)
    again = shuffled_weights(network)
    torch.testing.assert_close(scores(again, images()), scores(shuffled, images()))


def evaluation(folder: Path) -> Evaluation:
    return Evaluation(
        maker=Maker(tiny_network(), tiny_prior(folder), Store(folder / "kept"), 3, lambda *_: None),
        judges=[tiny_network(name="judge")],
        photos=(),
        plan=Plan(classes=3),
        method="dgn-am",
        parameters=DgnAmParameters(steps=5),
    )


def test_the_report_tells_both_heads(tmp_path: Path) -> None:
    report = evaluation(tmp_path).run((CONTROL,))
    assert report.control is not None
    assert list(report.control) == [
        *("plain", "plain, colours turned", "turned, own", "turned"),
        *("turned, colours turned back", "shuffled, own", "shuffled"),
    ]
    # the judge has the network's own weights, so it sees what the turned network saw
    assert report.control["turned, colours turned back"] == report.control["turned, own"]
    assert "control, turned" in report.text()
    assert len(Store(tmp_path / "kept").list()) == 9  # three networks, each with results of its own


def test_it_is_made_only_when_asked_for(tmp_path: Path) -> None:
    assert CONTROL not in PARTS and CONTROL in ALL_PARTS
    report = evaluation(tmp_path).run(("recognisability",))
    assert report.control is None
    none = replace(evaluation(tmp_path), judges=()).run((CONTROL,))
    assert none.control is None and "No judge" in none.notes[0]


def test_several_priors_stand_side_by_side() -> None:
    first = Report("net", "one", "dgn-am", 4, own_top1=0.5, own_top5=1.0, diversity=0.25)
    second = Report("net", "two", "dgn-am", 4, own_top1=0.25, own_top5=1.0, hidden={"conv": 1.5})
    lines = table_of([first, second]).split("\n")
    assert lines[:2] == ["1: one, dgn-am, 4 units of net", "2: two, dgn-am, 4 units of net"]
    assert "own network, top-1 / top-5       50.0% / 100.0%  25.0% / 100.0%" in lines
    assert next(line for line in lines if "diversity" in line).split()[-2:] == ["0.250", "-"]
    assert next(line for line in lines if "hidden" in line).split()[-2:] == ["-", "1.500"]
    assert table_of([first]) == first.text()
