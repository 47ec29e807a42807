"""Making the sheet of pictures: with the default recipe, piece by piece, and what is told of it."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from dgn_explorer import cli
from dgn_explorer.evaluation.first_sheet import SheetMaker
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.info import FLOAT32
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.shipped.sheet_file import NAME, read_sheet, shipped_sheet
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import finish, make
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.verdict import activation_of_image
from tests.tiny import LABELS, tiny_network, tiny_prior

STEPS = DgnAmParameters(steps=4)
EXAMPLES = ("golden retriever", "jellyfish", "castle")  # as the window suggests


@pytest.fixture
def network() -> Network:
    return tiny_network()


@pytest.fixture
def prior(tmp_path: Path) -> Prior:
    return tiny_prior(tmp_path)


@pytest.fixture
def maker(network: Network, prior: Prior, tmp_path: Path) -> SheetMaker:
    return SheetMaker(network, prior, tmp_path, STEPS, FLOAT32, 128, 90, 2)


def test_its_numbers_are_those_of_its_pictures(
    maker: SheetMaker, network: Network, prior: Prior
) -> None:
    told: list[tuple[int, int]] = []
    sheet = maker.sheet(range(3), lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (2, 3), (3, 3)]
    assert sheet.edge_px == prior.info.image_size  # never enlarged
    bench = Bench(network, prior, lambda s: b"", lambda key: None, lambda: None)
    for index in range(3):
        recipe = sheet.recipe_of(index)
        assert recipe == maker.recipe(index) and recipe.seed == 0
        record = sheet.record(index)
        shown = activation_of_image(network, prior, recipe, record.image)
        assert record.activation == pytest.approx(shown, abs=1e-4)
        assert sorted(i for i, _ in record.top) == list(range(len(LABELS)))
        whole = finish(make(recipe, bench))  # alone, not in a batch, which rounds differently
        full = float(sheet.arrays["full_activations"][index])
        assert full == pytest.approx(whole.activation, abs=0.05)
        assert np.abs(whole.image.astype(int) - record.image).mean() < 12


def test_what_was_cut_short_goes_on(maker: SheetMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[list[int]] = []
    make_them = SheetMaker._made

    def counted(self: SheetMaker, classes: list[int]) -> object:
        made.append(classes)
        return make_them(self, classes)

    monkeypatch.setattr(SheetMaker, "_made", counted)
    first = maker.sheet(range(2), lambda done, total: None)
    second = maker.sheet(range(5), lambda done, total: None)
    assert made == [[0, 1], [2, 3], [4]]
    assert second.tile(1) == first.tile(1)
    piece = maker.folder / "00002-00003.safetensors"
    piece.write_bytes(piece.read_bytes()[:-5])  # a damaged piece is made again
    maker.sheet(range(5), lambda done, total: None)
    assert made[3:] == [[2, 3]]


def test_pieces_of_another_recipe_are_made_again(
    network: Network, prior: Prior, maker: SheetMaker
) -> None:
    maker.sheet(range(2), lambda done, total: None)
    longer = SheetMaker(network, prior, maker.folder, DgnAmParameters(steps=5), FLOAT32, 128, 90, 2)
    assert longer.sheet(range(2), lambda done, total: None).recipe.parameters.steps == 5


def test_the_command(
    network: Network, prior: Prior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "dgn_explorer.commands.priors.prior_sheet"
    monkeypatch.setattr(f"{module}.opened_network", lambda spec, device: network)
    monkeypatch.setattr("dgn_explorer.priors.opening.open_prior", lambda spec, device: prior)
    out = tmp_path / "out"
    words = ["prior", "sheet", str(out), "--units", "1-3", "--steps", "3", "--batch", "2"]
    ran = CliRunner().invoke(cli.group, [*words, "--json"])
    assert ran.exit_code == 0, ran.output
    assert '"pictures": 3' in ran.stdout
    sheet = read_sheet(out / NAME)
    assert sheet is not None and sheet.classes == [1, 2, 3]
    assert len(list((out / "pieces").iterdir())) == 2


def test_it_asks_what_the_window_asks_at_first(maker: SheetMaker) -> None:
    method = METHODS[0]
    first: Recipe = maker.recipe(0)
    assert (first.method, first.seed, first.inputs) == (method.name, 0, ())


def test_the_programs_own_sheet_is_of_the_built_in_pair() -> None:
    """It was not left behind by another network or prior, and its numbers are true."""
    network, prior = open_network("lite0"), open_prior("default")
    sheet = shipped_sheet(network.info.fingerprint, prior.info.fingerprint)
    assert sheet is not None
    layer = network.info.layer(sheet.layer)
    assert (layer.path, len(sheet.classes)) == (network.info.output_layer, layer.channels)
    file = resources.files("dgn_explorer.resources").joinpath(NAME)
    assert len(file.read_bytes()) < 4 << 20
    for name in EXAMPLES:
        unit = network.info.resolve(name)
        record = sheet.record(unit.index)
        assert record.top[0][0] == unit.index  # what is suggested first is what it is seen as
        shown = activation_of_image(network, prior, record.recipe, record.image)
        assert record.activation == pytest.approx(shown, abs=0.05)
