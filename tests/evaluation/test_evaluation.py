"""Distances against their definitions, and a whole evaluation with a tiny network."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dgn_explorer.evaluation.codes import code_cosines
from dgn_explorer.evaluation.distances import (
    cosine_distance,
    frechet_distance,
    kernel_distance,
    mean_pairwise,
)
from dgn_explorer.evaluation.evaluate import Evaluation
from dgn_explorer.evaluation.judge import Judge
from dgn_explorer.evaluation.making import Maker
from dgn_explorer.evaluation.memory import memory
from dgn_explorer.evaluation.plan import Plan
from dgn_explorer.photos.sets import open_photos
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.pixels.about import PixelsParameters
from tests.tiny import LABELS, TinyNet, tiny_network, tiny_prior

PLAN = Plan(classes=4, diverse_units=2, diverse_seeds=3, hidden_units=5)


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    rng = np.random.default_rng(0)
    for label in LABELS:
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        for i in range(4):
            pixels = rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
    network = tiny_network()
    prior = tiny_prior(tmp_path)
    # at 8 px conv2 gives 16 channels of 2 x 2, the 64 features that the tiny generator inverts
    fingerprint = network.info.fingerprint
    encoder = replace(prior.info.encoder, fingerprint=fingerprint, layer="conv2", input_size=8)
    prior = replace(prior, info=replace(prior.info, encoder=encoder))
    torch.manual_seed(5)
    return Evaluation(
        maker=Maker(network, prior, Store(tmp_path / "kept"), 3, lambda what, done, total: None),
        judges=[tiny_network(TinyNet(), "judge")],
        photos=open_photos(tmp_path / "photos").photos,
        plan=PLAN,
        method="dgn-am",
        parameters=DgnAmParameters(steps=30),
    )


def test_frechet_distance_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(40, 6)), rng.normal(1, 2, size=(55, 6))
    product = np.cov(a.T) @ np.cov(b.T)
    root = np.sqrt(np.abs(np.linalg.eigvals(product))).sum()
    wanted = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(np.cov(a.T) + np.cov(b.T)) - 2 * root
    found = frechet_distance(torch.from_numpy(a), torch.from_numpy(b))
    assert found == pytest.approx(wanted, rel=1e-6)
    assert frechet_distance(torch.from_numpy(a), torch.from_numpy(a)) == pytest.approx(0, abs=1e-6)


def test_kernel_distance_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(7, 3)), rng.normal(1, 2, size=(5, 3))

    def mean(x: np.ndarray, y: np.ndarray) -> float:
        pairs = [(i, j) for i in range(len(x)) for j in range(len(y)) if x is not y or i != j]
        return float(np.mean([(x[i] @ y[j] / 3 + 1) ** 3 for i, j in pairs]))

    wanted = mean(a, a) + mean(b, b) - 2 * mean(a, b)
    found = kernel_distance(torch.from_numpy(a), torch.from_numpy(b))
    assert found == pytest.approx(wanted, rel=1e-9)


def test_codes_that_are_realised_have_cosine_1(
    evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    prior = evaluation.maker.prior
    assert prior is not None
    codes = torch.randn(6, prior.info.code_size, generator=torch.Generator().manual_seed(0))
    found = code_cosines(prior, evaluation.maker.network, codes.split(4))
    assert found.shape == (6,) and found.abs().max() <= 1
    monkeypatch.setattr("dgn_explorer.evaluation.codes.encode", lambda p, n, rgb: codes[:2])
    torch.testing.assert_close(
        code_cosines(prior, evaluation.maker.network, [codes[:2]]), torch.ones(2)
    )


def test_pairwise_distance_is_the_mean_over_pairs() -> None:
    x = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])
    pairs = [(0, 1), (0, 2), (1, 2)]
    wanted = np.mean([cosine_distance(x[i : i + 1], x[j : j + 1]).item() for i, j in pairs])
    assert mean_pairwise(x) == pytest.approx(wanted)


def test_memory_finds_copies_and_no_others() -> None:
    random = torch.Generator().manual_seed(0)
    photos = torch.randn(300, 20, generator=random)
    others = torch.randn(40, 20, generator=random)
    places = torch.arange(0, 300, 10)
    copies = photos[places] + 0.01 * torch.randn(30, 20, generator=random)
    found = memory(copies, photos, copies, places)
    assert (found["near"], found["control"]) == (1.0, 1.0)
    strangers = memory(others, photos, photos[:0], places[:0])
    assert strangers["near"] < 0.1 and "control" not in strangers
    assert strangers["photograph"] == pytest.approx(strangers["image"], rel=0.15)


def test_every_number_is_measured(evaluation: Evaluation) -> None:
    report = evaluation.run()
    values = json.loads(json.dumps(report.to_dict()))
    assert report.units == 4
    for name in ("own_top1", "own_top5", "judge_top1", "judge_top5"):
        assert 0 <= values[name] <= 1
    assert values["own_top5"] == 1  # of five classes
    assert min(values[x] for x in ("frechet", "frechet_pixels", "frechet_real")) > 0
    assert values["frechet_real"] < values["frechet"]  # noise is like noise
    assert values["kernel"] > values["kernel_real"]
    assert all(-1 <= values["code"][name] <= 1 for name in ("photographs", "ascents"))
    assert all(values["code"][f"{name} length"] > 0 for name in ("photographs", "ascents"))
    assert 0 < report.diversity < 2
    assert set(values["reconstruction"]) == {"pixel", "feature"}
    assert all(np.isfinite(x) for x in values["hidden"].values()) and values["hidden"]
    assert set(values["memory"]) == {"image", "photograph", "near", "control"}
    assert 0 <= values["memory"]["near"] <= 1 and values["memory"]["image"] > 0
    text = report.text()
    assert "memory, share of images" in text
    assert "hidden conv2" in text or "hidden conv1" in text
    assert f"{report.own_top1:.1%}" in text


def test_own_share_is_the_network_s_own_verdict(evaluation: Evaluation) -> None:
    report = evaluation.run(["recognisability"])
    images = evaluation.class_images()
    logits = Judge(evaluation.maker.network).look_at_images(images).logits
    right = [
        int(row.argmax()) == unit.index
        for row, unit in zip(logits, evaluation.classes, strict=True)
    ]
    assert report.own_top1 == pytest.approx(np.mean(right))
    assert report.diversity is None and report.frechet is None and report.hidden is None


def test_it_goes_on_from_the_images_it_has(evaluation: Evaluation) -> None:
    before = evaluation.run(["recognisability"])
    files = sorted(evaluation.maker.store.folder.rglob("*.h5"))
    assert len(files) == 4
    files[1].write_bytes(files[1].read_bytes()[:100])  # cut short
    times = {file: file.stat().st_mtime_ns for file in files}
    said: list[tuple[int, int]] = []
    maker = replace(evaluation.maker, progress=lambda what, done, total: said.append((done, total)))
    again = replace(evaluation, maker=maker).run(["recognisability"])
    assert again.own_top1 == before.own_top1
    assert said[:2] == [(3, 4), (4, 4)]
    assert [file for file in files if file.stat().st_mtime_ns != times[file]] == [files[1]]


def test_without_photographs_or_judges_it_says_what_is_missing(evaluation: Evaluation) -> None:
    report = replace(evaluation, judges=[], photos=()).run()
    assert report.judge_top1 is None and report.frechet is None and report.hidden is None
    assert report.own_top1 is not None and report.diversity is not None
    assert len(report.notes) == 2
    named = replace(evaluation, photos=()).run(["recognisability"])
    assert named.notes == ()  # which needs none


def test_the_same_units_whatever_the_method(evaluation: Evaluation) -> None:
    bare = replace(evaluation, method="pixels", parameters=PixelsParameters(steps=8))
    report = bare.run(["recognisability"])
    assert bare.classes == evaluation.classes
    assert report.prior == ""
    info = evaluation.maker.network.info
    assert [u.index for u in PLAN.class_units(info)] == [u.index for u in evaluation.classes]
