"""Photo sets measured: exact numbers, whatever is killed, joins, breaks or fills the memory."""

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.collection import Collection
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Survey
from dgn_explorer.studies.top_photos.about import BINS, LEVELS, TopPhotosParameters
from dgn_explorer.studies.top_photos.top_photos import usual_layers
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish, make
from dgn_explorer.synthesis.photographs import measured as measured_module
from dgn_explorer.synthesis.photographs import measuring
from dgn_explorer.synthesis.photographs.fields import fields_of
from dgn_explorer.synthesis.photographs.measured import Measured
from dgn_explorer.synthesis.photographs.measuring import LayerReader, measure, square_of
from dgn_explorer.synthesis.step import from_uint8
from tests.photos.sets_of import fill, photo
from tests.tiny import TinyNet, tiny_network

LAYERS = ["conv2", "fc"]
NETWORK = tiny_network()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def opened(store: Store, folder: Path) -> Collection:
    return store.sets.open(store.sets.put(folder).sha256)


def work(store: Store, folder: Path, layers: list[str] = LAYERS) -> Generator[Any, None, Measured]:
    return measure(NETWORK, opened(store, folder), store.sets.measured, layers)


def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the photographs that are decoded from now on."""
    names: list[str] = []
    real = measuring.square_of

    def spy(data: bytes, name: str, size: int) -> np.ndarray:
        names.append(Path(name).name)
        return real(data, name, size)

    monkeypatch.setattr(measuring, "square_of", spy)
    return names


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards, batches and blocks of a few, so that a few photographs make many of each."""
    monkeypatch.setattr(measuring, "SHARD", 4)
    monkeypatch.setattr(measuring, "BATCH", 2)
    monkeypatch.setattr(measured_module, "_BLOCK_BYTES", 200)


@torch.no_grad()
def plainly(found: Measured, layer: str) -> np.ndarray:
    """The same values (units, n) the plain way, a photograph at a time."""
    columns = []
    for place in found.kept:
        square = square_of(found.collection.read(place), "", 32)[None]
        x = NETWORK.preprocessing(from_uint8(square, NETWORK.device))
        net = NETWORK.module
        value = net.conv2(net.relu1(net.conv1(x))) if layer == "conv2" else net(x)
        columns.append(value.flatten(2).amax(2)[0] if value.ndim > 2 else value[0])
    return torch.stack(columns, 1).cpu().numpy()


def test_every_number_is_that_of_the_photograph(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    found = finish(work(store, fill(tmp_path / "set", cat=7, dog=6)))
    assert found.unreadable == () and len(found.kept) == 13
    for layer in LAYERS:
        wanted = plainly(found, layer)
        np.testing.assert_allclose(found.values(layer), wanted, rtol=1e-4, atol=1e-5)
        blocks = list(found.blocks(layer))
        assert len(blocks) > 1
        np.testing.assert_array_equal(
            np.concatenate([values for _, values in blocks]), found.values(layer)
        )
        top = found.top(layer, 3)
        np.testing.assert_allclose(top.values, -np.sort(-wanted)[:, :3], rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(top.photos, np.argsort(-found.values(layer), 1)[:, :3])
    assert (found.top("fc", 3).places == -1).all()
    assert found.features().shape == (13, 16)


def test_the_place_is_where_the_unit_is_strongest(store: Store, tmp_path: Path) -> None:
    found = finish(work(store, fill(tmp_path / "set", cat=4)))
    top = found.top("conv2", 4)
    reader = LayerReader(NETWORK, ["conv2"])
    for unit in range(16):
        for photo_at, value, place in zip(
            top.photos[unit], top.values[unit], top.places[unit], strict=True
        ):
            square = square_of(found.collection.read(int(photo_at)), "", 32)[None]
            values, places = reader(square)["conv2"]
            assert places is not None and places[unit, 0] == place
            assert values[unit, 0] == pytest.approx(value, rel=1e-4, abs=1e-5)


def test_a_stopped_pass_goes_on_from_there(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    folder = fill(tmp_path / "set", cat=12)
    with closing(work(store, folder)) as running:
        for _ in range(4):  # the start and three batches
            progress = next(running)
    assert (progress.done, progress.total) == (6, 12)
    names = looked(monkeypatch)
    rest = list(iter(work(store, folder)))
    assert sorted(names) == sorted(set(names)) and len(names) == 6
    assert rest[0].total == 6
    names.clear()
    assert list(work(store, folder)) == [] and names == []


def test_a_killed_pass_loses_the_newest_shard_alone(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    folder = fill(tmp_path / "set", cat=12)
    running = work(store, folder)
    for _ in range(4):
        next(running)
    with closing(running):  # another program finds the one shard that was written
        assert next(work(store, folder)).total == 8


def test_a_set_that_grows_is_not_begun_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = finish(work(store, fill(tmp_path / "set", cat=6)))
    names = looked(monkeypatch)
    after = finish(work(store, fill(tmp_path / "set", first=50, cat=2)))
    assert sorted(names) == ["50.png", "51.png"]
    assert len(after.kept) == 8
    np.testing.assert_allclose(after.values("fc"), plainly(after, "fc"), rtol=1e-4, atol=1e-5)
    names.clear()
    finish(work(store, tmp_path / "set", ["conv1", "fc"]))  # a further layer needs them all
    assert len(names) == 8
    assert len(before.kept) == 6


def test_what_cannot_be_read_is_said_and_nothing_else_is_lost(store: Store, tmp_path: Path) -> None:
    folder = fill(tmp_path / "set", cat=3)
    (folder / "cat" / "text.jpg").write_text("no photograph")
    found = finish(work(store, folder))
    assert len(found.kept) == 3
    (reason,) = found.unreadable
    assert "text.jpg is no picture" in reason
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "text.jpg").write_text("no photograph")
    with pytest.raises(DgnError, match="Nothing of bad can be measured, of 1 photograph: "):
        finish(work(store, bad))


class Overflowing(TinyNet):
    """Which is infinite for what is white."""

    def forward(self, x: Tensor) -> Tensor:
        maps = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        white = torch.where(x.mean((1, 2, 3)) > 0.9, torch.inf, 0.0)
        return self.fc(self.pool(maps).flatten(1) + white[:, None])


def test_numbers_that_are_not_finite_are_said(store: Store, tmp_path: Path) -> None:
    folder = fill(tmp_path / "set", cat=2)
    white = photo(0)
    white.paste("white", (0, 0, *white.size))
    white.save(folder / "cat" / "white.png")
    network = tiny_network(Overflowing())
    found = finish(measure(network, opened(store, folder), store.sets.measured, ["fc"]))
    assert len(found.kept) == 2
    assert "white.png gives numbers that are not finite" in found.unreadable[0]


@pytest.mark.parametrize("damage", [b"", b"no shard", None])
def test_a_damaged_shard_is_measured_again(
    store: Store, tmp_path: Path, damage: bytes | None
) -> None:
    folder = fill(tmp_path / "set", cat=3)
    before = finish(work(store, folder)).values("fc")
    for path in store.sets.measured.rglob("*.npz"):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if damage is None else damage)
    np.testing.assert_allclose(finish(work(store, folder)).values("fc"), before, atol=1e-5)


def test_one_photograph_in_two_classes_counts_in_both(store: Store, tmp_path: Path) -> None:
    folder = fill(tmp_path / "set", cat=2)
    (folder / "dog").mkdir()
    photo(0).save(folder / "dog" / "same.png")
    found = finish(work(store, folder))
    np.testing.assert_allclose(found.values("fc"), plainly(found, "fc"), rtol=1e-4, atol=1e-5)
    assert len(found.kept) == 3


def survey(store: Store, folder: Path, *layers: str, **parameters: int) -> Survey:
    kept = store.sets.put(folder)
    return Survey(
        "tiny",
        NETWORK.info.fingerprint,
        "top-photos",
        TopPhotosParameters(**parameters),
        layers=layers,
        inputs=(Input("photos", kept.sha256, kept.name),),
    )


def test_the_table_is_kept_and_its_quantiles_are_exact(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    order = survey(store, fill(tmp_path / "set", cat=9, dog=2), *LAYERS, count=3)
    bench = Bench(NETWORK, None, store.inputs.get, store.code, lambda: None, store.sets)
    record = finish(make(order, bench))
    store.put(record)
    again = store.get(order.key)
    assert again is not None and again.rows() == record.rows()
    assert (again.count, again.array("counted")[0]) == (21, 11)
    values = finish(work(store, tmp_path / "set")).values("conv2")
    np.testing.assert_allclose(
        record.array("quantiles")[:16], np.quantile(values, LEVELS, axis=1).T, rtol=1e-6
    )
    assert (record.array("histogram").sum(1) == 11).all()
    assert record.array("histogram").shape == (21, BINS)
    assert (record.array("fields")[16:] == (0, 0, 32, 32)).all()


def test_without_layers_the_usual_ones_are_measured() -> None:
    assert usual_layers(NETWORK.info) == ["conv2", "fc"]  # those with enough units


def test_fields_are_those_of_strides_and_kernels() -> None:
    first, second = fields_of(NETWORK, "conv1"), fields_of(NETWORK, "conv2")
    assert first is not None and second is not None
    # 3 pixels with stride 2 from -1 on; then 3 of those with stride 2
    assert first.rows.tolist() == [[max(0, 2 * r - 1), 2 * r + 2] for r in range(16)]
    assert second.columns.tolist() == [[max(0, 4 * c - 3), min(32, 4 * c + 4)] for c in range(8)]
    assert second.box(1 * 8 + 2) == (1, 5, 8, 12)
    assert fields_of(NETWORK, "fc") is None


class Everywhere(TinyNet):
    """Whose second layer depends on every pixel a little, as with squeeze-and-excitation."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.conv1(x))
        x = self.relu2(self.conv2(x + 1e-3 * x.mean((2, 3), keepdim=True)))
        return self.fc(self.pool(x).flatten(1))


def test_a_field_of_everything_is_where_most_of_the_gradient_is() -> None:
    torch.manual_seed(1)
    fields = fields_of(tiny_network(Everywhere()), "conv2")
    assert fields is not None
    top, left, bottom, right = fields.box(4 * 8 + 4)
    assert 13 <= top < 16 and bottom <= 20 and right - left <= 7


def test_a_network_without_gradient_says_so() -> None:
    class Stepped(TinyNet):
        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.pool(self.relu2(self.conv2(self.conv1(x.sign())))).flatten(1))

    torch.manual_seed(1)
    net: nn.Module = Stepped()
    with pytest.raises(DgnError, match="No gradient comes from conv2"):
        fields_of(tiny_network(net), "conv2")
