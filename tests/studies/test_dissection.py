"""Dissection: planted units come back exactly, and every number is that of a plain computation."""

import json
from collections.abc import Iterator
from math import floor
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.concepts.opening import open_concepts
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.reading import decode
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store
from dgn_explorer.studies.dissection import dissecting
from dgn_explorer.studies.dissection.about import DissectionParameters
from dgn_explorer.studies.dissection.labels import (
    holding,
    in_order,
    labels_of,
    side_by_side,
    tallies,
)
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish, make
from dgn_explorer.synthesis.step import from_uint8
from tests import device
from tests.concepts import picture, png, simple_files, some_files, write
from tests.tiny import tiny_network


class Channels(nn.Module):
    """Its three units are the red, green and blue of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.conv.weight.data = torch.eye(3)[..., None, None].clone()
        self.conv.bias.data.zero_()
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(3, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.pool(self.relu(self.conv(x))).flatten(1))


class Scene:
    """A store with one set, and the orders that are made of it."""

    def __init__(self, folder: Path, files: dict[str, bytes], network: Network) -> None:
        self.store = Store(folder / "store")
        self.kept = self.store.concepts.put(write(folder / "set", files))
        self.network = network
        self.bench = Bench(
            network,
            None,
            self.store.inputs.get,
            self.store.code,
            lambda: None,
            concept_sets=self.store.concepts,
        )

    def survey(self, *layers: str, **parameters: float) -> Survey:
        info = self.network.info
        return Survey(
            info.name,
            info.fingerprint,
            "dissect",
            DissectionParameters(**parameters),
            layers=layers,
            inputs=(Input("concepts", self.kept.sha256, "set"),),
        )

    def record(self, *layers: str, **parameters: float) -> Record:
        made: Record = finish(make(self.survey(*layers, **parameters), self.bench))
        return made


def planted(count: int = 8) -> dict[str, bytes]:
    """Pictures with a bright square of every primary colour, 16 cells in all of each."""
    random = np.random.default_rng(3)
    pictures, masks = {}, {}
    for number in range(count):
        pixels = random.integers(0, 100, (32, 32, 3), np.uint8)
        mask = np.zeros((32, 32), np.uint8)
        for place, name in enumerate((1, 2, 3)):
            row, column = 10 * place, int(random.integers(0, 30))
            here = np.s_[row : row + 4, column : column + 2] if column < 31 else np.s_[0:0, 0:0]
            pixels[here] = random.integers(0, 100, pixels[here].shape)
            pixels[here][..., place] = random.integers(150, 256, pixels[here].shape[:2])
            mask[here] = name
        pictures[f"p{number}"], masks[f"p{number}"] = pixels, mask
    return simple_files(pictures, masks)


def test_planted_units_are_recovered_exactly(tmp_path: Path) -> None:
    """8 of 1,024 cells are each concept's, so at that share the masks are the concepts'."""
    scene = Scene(tmp_path, planted(), tiny_network(Channels()))
    record = scene.record("conv", side=32, quantile=8 / 1024)
    labels = labels_of(record.rows(), 0.04)
    assert [label.concept for label in labels] == ["square", "stripe", "dog"]
    assert [label.category for label in labels] == ["shape", "shape", "animal"]
    assert all(label.iou == label.iou_first == label.iou_second == 1.0 for label in labels)
    assert all(label.stable and label.detector for label in labels)
    assert record.array("pictures").tolist() == [8]
    assert record.parts["left_out"] == ()


def test_a_share_that_is_half_as_large_gives_half_the_overlap(tmp_path: Path) -> None:
    scene = Scene(tmp_path, planted(), tiny_network(Channels()))
    record = scene.record("conv", side=32, quantile=4 / 1024, colours=False)
    labels = labels_of(record.rows(), 0.04)
    assert [label.concept for label in labels] == ["square", "stripe", "dog"]
    assert all(0.45 <= label.iou <= 0.5 for label in labels)  # equal values fall out together


def plain(scene: Scene, layer: str, parameters: DissectionParameters) -> dict[str, np.ndarray]:
    """The same by a full sort and dense masks: no batches, no buffers."""
    found, network = open_concepts(scene.store.folder.parent / "set"), scene.network
    side = parameters.side
    squares = [
        middle_square(decode(picture.read(), picture.name), network.info.input_size)
        for picture in found.pictures
    ]
    with torch.no_grad():
        rgb = network.preprocessing(from_uint8(np.stack(squares), network.device))
        first = network.module.get_submodule(layer.replace("relu", "conv"))
        maps = network.module.conv1(rgb)
        if layer != "conv1":
            maps = network.module.conv2(network.module.relu1(maps))
        assert first is not None
        maps = F.interpolate(maps, (side, side), mode="bilinear", align_corners=False)
    values = maps.permute(1, 0, 2, 3).reshape(maps.shape[1], len(squares), side * side)
    values = values.cpu().numpy()
    above = floor(parameters.quantile * values[0].size)
    thresholds = np.sort(values.reshape(len(values), -1), 1)[:, ::-1][:, above]
    active = values > thresholds[:, None, None]
    masks = np.stack([p.planes[0].on_grid(side)[0].reshape(-1) for p in found.pictures])
    overlaps = np.zeros((3, len(values), len(found.concepts)))
    sources = [picture.sources[0] for picture in found.pictures]
    half = np.zeros(len(squares), int)
    for source in set(sources):
        mine = [i for i, one in enumerate(sources) if one == source]
        half[mine[1::2]] = 1
    for place, concept in enumerate(found.concepts):
        has = masks == place
        own = {sources[i] for i in range(len(squares)) if has[i].any()}
        own = {concept.source} if concept.source else own
        for part, keep in enumerate(([0, 1], [0], [1])):
            chosen = [i for i in range(len(squares)) if sources[i] in own and half[i] in keep]
            both = (active[:, chosen] & has[chosen]).sum((1, 2))
            union = (active[:, chosen] | has[chosen]).sum((1, 2))
            overlaps[part, :, place] = np.where(union > 0, both / np.maximum(union, 1), 0)
    return {"thresholds": thresholds, "overlaps": overlaps}


@pytest.mark.parametrize("layer", ["conv1", "conv2"])
@pytest.mark.parametrize("belongs", [None, {1: "a", 2: "b"}])
def test_it_is_a_full_sort_and_dense_masks(
    tmp_path: Path, layer: str, belongs: dict[object, str] | None
) -> None:
    files = some_files(23)
    if belongs:
        rows = "".join(f"{index},{source}\n" for index, source in belongs.items())
        files["counts.csv"] = f"index,source\n{rows}".encode()
    scene = Scene(tmp_path, files, tiny_network())
    parameters = DissectionParameters(side=28, quantile=0.03, colours=False)
    record = scene.record(layer, side=28, quantile=0.03, colours=False)
    expected = plain(scene, layer, parameters)
    assert np.allclose(record.array("threshold"), expected["thresholds"], rtol=1e-5, atol=1e-6)
    whole, first, second = expected["overlaps"]
    names = ["square", "stripe", "dog"]
    for unit, row in enumerate(record.rows()):
        place = names.index(row["concept"])
        assert row["iou"] == pytest.approx(whole[unit].max(), abs=2e-3)
        assert row["iou"] == pytest.approx(whole[unit, place], abs=2e-3)
        assert row["iou_first"] == pytest.approx(first[unit, place], abs=3e-3)
        assert row["iou_second"] == pytest.approx(second[unit, place], abs=3e-3)


def test_colours_need_no_mask(tmp_path: Path) -> None:
    pictures = {f"p{i}": np.full((32, 32, 3), (90, 90, 90), np.uint8) for i in range(4)}
    for pixels in pictures.values():
        pixels[:8, :8] = (230, 20, 20)
    masks = {name: np.ones((32, 32), np.uint8) for name in pictures}
    scene = Scene(tmp_path, simple_files(pictures, masks), tiny_network(Channels()))
    rows = scene.record("conv", side=32, quantile=0.3).rows()
    assert (rows[0]["concept"], rows[0]["category"], rows[0]["iou"]) == ("red", "colour", 1.0)
    plain_rows = scene.record("conv", side=32, quantile=0.3, colours=False).rows()
    assert plain_rows[0]["concept"] == "square"


def test_several_passes_and_batches_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path, some_files(9), tiny_network())
    whole = scene.record("conv1", "conv2")
    assert [row["layer"] for row in whole.rows()] == ["conv1"] * 8 + ["conv2"] * 16
    monkeypatch.setattr(dissecting, "MOST_BYTES", 5 * 100_000)
    monkeypatch.setattr(dissecting, "_TOGETHER", 1)
    passes = dissecting.passes_of([scene.network.info.layer("conv1")], 5)
    assert [(one.first, one.last) for units in passes for one in units] == [(0, 5), (5, 8)]
    again = scene.record("conv1", "conv2")
    for one, other in zip(again.rows(), whole.rows(), strict=True):
        assert one["concept"] == other["concept"]
        assert one["threshold"] == pytest.approx(other["threshold"], rel=1e-5)
        assert one["iou"] == pytest.approx(other["iou"], abs=1e-3)


class Killed(BaseException):
    """The program is gone."""


@pytest.mark.parametrize("steps", [1, 4, 7])
def test_it_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    files = some_files(7)
    files["images/p2.png"] = b"no picture"
    scene = Scene(tmp_path, files, tiny_network())
    monkeypatch.setattr(dissecting, "_BATCH", 1)
    whole = scene.record("conv1")
    read: list[str] = []
    real = decode
    monkeypatch.setattr(
        dissecting, "decode", lambda data, name: (read.append(name), real(data, name))[1]
    )
    work = make(scene.survey("conv1"), scene.bench)
    for _ in range(1 + steps):
        next(work)
    work.close()
    kept = list(scene.store.concepts.unfinished.glob("*.npz"))
    assert len(kept) == 1
    before = len(read)
    rows = scene.record("conv1").rows()
    assert rows == whole.rows()
    assert len(read) - before == 7 - (steps - 1)  # nothing is looked at twice
    assert not list(scene.store.concepts.unfinished.glob("*.npz"))


def test_a_damaged_checkpoint_is_as_good_as_none(tmp_path: Path) -> None:
    scene = Scene(tmp_path, some_files(4), tiny_network())
    survey = scene.survey("conv1")
    scene.store.concepts.unfinished.mkdir(parents=True)
    path = scene.store.concepts.unfinished / f"{survey.key}.npz"
    whole = scene.record("conv1").rows()
    for damaged in (b"", b"PK\x03\x04", b"x" * 100):
        path.write_bytes(damaged)
        assert scene.record("conv1").rows() == whole
    np.savez(path, format=np.array(1), at=np.array([0, 2]))
    assert scene.record("conv1").rows() == whole
    np.savez(path, format=np.array(99), at=np.array([0, 2]))
    assert scene.record("conv1").rows() == whole


def test_bad_pictures_are_left_out_and_named(tmp_path: Path) -> None:
    files = some_files(6)
    good = Scene(tmp_path / "good", {k: v for k, v in files.items() if "p4" not in k and
                                     "p5" not in k and k != "images.csv"},
                 tiny_network())  # fmt: skip
    files = {k: v for k, v in files.items() if k != "images.csv"}
    files["images/p4.png"] = png(picture(1, 20, 32))  # its mask is 32 by 32
    files["masks/p5.png"] = png(np.full((32, 32), 200, np.uint8))
    bad = Scene(tmp_path / "bad", files, tiny_network())
    record = bad.record("conv2")
    assert record.array("pictures").tolist() == [4]
    first, second = record.parts["left_out"]
    assert "its mask is 32 by 32, it 32 by 20" in first
    assert "holds the index 200" in second
    # the halves are those of all pictures in their order, which leaves the first four alone
    assert record.rows() == good.record("conv2").rows()


def test_a_set_of_bad_pictures_is_refused(tmp_path: Path) -> None:
    files = {k: b"no" if k.startswith("masks/") else v for k, v in some_files(3).items()}
    with pytest.raises(DgnError, match="no picture that can be read"):
        Scene(tmp_path / "masks", files, tiny_network()).record("conv1")
    files = {k: b"no" if k.startswith("images/") else v for k, v in some_files(3).items()}
    with pytest.raises(DgnError, match="no picture that can be read"):
        Scene(tmp_path / "images", files, tiny_network()).record("conv1")


def test_one_class_only_is_a_set_too(tmp_path: Path) -> None:
    masks = {f"p{i}": np.ones((32, 32), np.uint8) for i in range(3)}
    files = simple_files({name: picture(i) for i, name in enumerate(masks)}, masks)
    scene = Scene(tmp_path, files, tiny_network())
    rows = scene.record("conv1", colours=False).rows()
    assert {row["concept"] for row in rows} == {"square"}
    assert all(row["iou"] <= 0.005 for row in rows)


def test_units_without_places_are_refused(tmp_path: Path) -> None:
    scene = Scene(tmp_path, some_files(2), tiny_network())
    with pytest.raises(DgnError, match="units of fc have no places"):
        scene.record("fc")
    assert scene.record().rows()[0]["layer"] == "conv2"


def test_numbers_that_are_not_finite_are_named(tmp_path: Path) -> None:
    module = Channels()
    module.conv.weight.data[1] = float("nan")
    network = tiny_network(Channels())
    network.module.load_state_dict(module.state_dict())
    network.module.to(device.DEVICE)
    with pytest.raises(DgnError, match="unit conv:1 gives values that are not finite"):
        Scene(tmp_path, some_files(2), network).record("conv")


@pytest.fixture
def rows() -> Iterator[list[dict[str, object]]]:
    common = {"iou_first": 0.0, "iou_second": 0.0, "threshold": 1.0}
    yield [
        {"layer": layer, "unit": unit, "concept": c, "category": k, "iou": iou, "stable": s}
        | common
        for layer, unit, c, k, iou, s in [
            ("a", 0, "hair", "part", 0.05, 1),
            ("a", 1, "hair", "part", 0.10, 0),
            ("a", 2, "dog hair", "part", 0.04, 1),
            ("b", 0, "road", "object", 0.20, 1),
            ("b", 1, "", "", 0.0, 0),
        ]
    ]


def test_labels_are_found_ordered_and_counted(rows: list[dict[str, object]]) -> None:
    labels = labels_of(rows, 0.04)
    assert [str(label.address) for label in holding(labels, "HAIR part")] == ["a:1", "a:0"]
    assert holding(labels, "sky") == []
    assert [str(label.address) for label in in_order(labels, "iou")][:2] == ["b:0", "a:1"]
    assert [label.concept for label in in_order(labels, "concept")] == [
        *("dog hair", "hair", "hair", "", "road")
    ]
    first, second = tallies(labels)
    assert (first.units, first.detectors, first.unique, first.stable) == (3, 2, 1, 1)
    assert first.agreement == 0.5
    assert first.categories == (("part", 2, 1),)
    assert (second.detectors, second.unique, second.agreement) == (1, 1, 1.0)
    assert json.loads(json.dumps(second.to_dict()))["categories"]["object"]["unique"] == 1


def test_two_networks_side_by_side(rows: list[dict[str, object]]) -> None:
    labels = labels_of(rows, 0.04)
    found = side_by_side(labels, labels[:1])
    assert [(row["concept"], row["units_first"], row["units_second"]) for row in found] == [
        ("hair", 2, 1),
        ("road", 1, 0),
    ]
    assert found[0]["stable_first"] == 1
    assert found[0]["best_first"] == 0.10


def test_the_figure_has_a_bar_for_each_count(rows: list[dict[str, object]]) -> None:
    from dgn_explorer.export.detector_plot import Panel, detector_plot

    counted = tallies(labels_of(rows, 0.04))
    one, two = (detector_plot([Panel("net", counted)] * n) for n in (1, 2))
    assert two.shape[1] > one.shape[1]
    red = (one == np.array([230, 159, 0], np.uint8)).all(-1)  # the second category: part
    heights = [int(column.sum()) for column in red.T if column.sum() > 20]
    assert max(heights) == 300  # two detectors are the most of all layers
    assert min(heights) == 150  # one unique concept
    assert Image.fromarray(one).size[0] > 300
    with pytest.raises(DgnError, match="0 layers"):
        detector_plot([Panel("net", [])])
