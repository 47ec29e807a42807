"""The library, with the tiny network and prior behind it."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dgn_explorer as dgn
from dgn_explorer.export.png import read_recipe
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import DONE, STOPPED
from dgn_explorer.results.store import open_store
from dgn_explorer.synthesis.start import FromPhoto, FromResult
from dgn_explorer.synthesis.targets import Band, InRange, Maximise, Term
from tests.tiny import CODE_SIZE, LABELS
from tests.tiny_opened import STEP, tiny

__all__ = ["tiny"]
pytestmark = pytest.mark.usefixtures("tiny")
SIZE = 32  # of the tiny prior's images
LONG = 10_000  # steps, more than anybody waits for


@pytest.fixture
def explorer():
    with dgn.open(device="cpu", threads=1, progress=False) as opened:
        yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(3).integers(0, 256, (48, 64, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, dgn_explorer as dgn; from dgn_explorer import open, Explorer, DgnError\n"
    code += "print([m for m in ('torch', 'PySide6', 'qasync', 'tqdm') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "[]", ran.stderr
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = dgn.nonesuch


def test_what_is_open_is_told(explorer: dgn.Explorer) -> None:
    assert explorer.network.labels == LABELS
    assert explorer.prior.code_size == CODE_SIZE


# ---- images


def test_an_image_of_a_unit_comes_once_and_then_from_the_store(explorer: dgn.Explorer) -> None:
    said: list[str] = []
    explorer._notice = said.append
    made = explorer.visualize("cat", seed=1, steps=4)
    assert made.image.shape == (SIZE, SIZE, 3) and made.image.dtype == np.uint8
    assert made.codes.shape == (1, CODE_SIZE)
    assert (made.state, made.steps, made.label, made.recipe.seed) == (DONE, 4, "cat", 1)
    assert made.activation == pytest.approx(float(made.trace[-1]))
    assert made.recipe.parameters.step_start == STEP and "remembered" in said[0]
    again = explorer.visualize("cat", seed=1, steps=4)
    assert again.provenance == made.provenance  # not computed again
    same = (UnitAddress("fc", 2), "fc:2", "class:2", Maximise.of("fc:2"), {"cat": 1.0})
    assert {explorer.recipe(target, seed=1, steps=4).key for target in same} == {made.key}
    assert explorer.visualize("cat", seed=2, steps=4).key != made.key


def test_it_shows_itself_in_a_notebook_and_can_be_saved(
    explorer: dgn.Explorer, tmp_path: Path
) -> None:
    made = explorer.visualize("cat", steps=2)
    assert made._repr_html_() is None
    png = Image.open(io.BytesIO(made._repr_png_()))
    assert (np.asarray(png) == made.image).all()
    (path,) = made.save(tmp_path / "cat.png")
    assert (np.asarray(Image.open(path)) == made.image).all()
    assert read_recipe(path) == made.recipe


def test_weighted_units_and_parameters(explorer: dgn.Explorer) -> None:
    made = explorer.visualize({"cat": 1, "conv1:3@2,2": -0.5}, steps=3, parameters={"zoom": 0})
    terms = (Term(UnitAddress("fc", 2)), Term(UnitAddress("conv1", 3, (2, 2)), -0.5))
    assert made.recipe.target == Maximise(terms)
    assert made.recipe.parameters.zoom == 0
    named = explorer.recipe("cat", preset="published", parameters={"steps": "7"})
    assert (named.parameters.steps, named.parameters.step_start) == (7, 8.0)
    assert explorer.visualize("cat", method="pixels", steps=2).recipe.prior == ""


def test_a_start_from_a_photograph_is_the_same_by_every_entrance(
    explorer: dgn.Explorer, photo: Path
) -> None:
    pixels = np.asarray(Image.open(photo))
    ways = [
        explorer.visualize("cat", start=start, steps=2)
        for start in (photo, str(photo), photo.read_bytes(), pixels)
    ]
    for made in ways:
        assert isinstance(made.recipe.start, FromPhoto)
        assert (made.image == ways[0].image).all()
    assert len({made.key for made in ways[:3]}) == 1  # an array is another file
    random = explorer.visualize("cat", steps=2)
    assert not (random.image == ways[0].image).all()
    automatic = explorer.recipe("cat", start=photo).parameters.step_start
    assert automatic == explorer.recipe("cat").parameters.step_start / 8


def test_more_steps_and_a_start_from_a_record(explorer: dgn.Explorer) -> None:
    first = explorer.visualize("cat", steps=21)
    more = explorer.more_steps(first)
    assert more.recipe.start == FromResult(first.key) and more.steps == 3
    assert not (more.code == first.code).all()
    short = explorer.visualize("cat", steps=1)  # shows the code that it starts with
    assert not (explorer.more_steps(short).code == short.code).all()
    other = explorer.visualize("dog", start=first, steps=2)
    assert other.recipe.start == FromResult(first.key)


def test_images_form_in_a_loop(explorer: dgn.Explorer) -> None:
    updates = list(explorer.iterate(["fc:0-1", "conv1:2"], seeds=(0, 1), steps=3))
    records = [update.record for update in updates if update.record is not None]
    wanted = {("fc:0", 0), ("fc:0", 1), ("fc:1", 0), ("fc:1", 1), ("conv1:2", 0), ("conv1:2", 1)}
    assert {(r.recipe.target.text(), r.recipe.seed) for r in records} == wanted
    for update in updates:
        assert 0 < update.step <= update.steps == 3
        if update.record is not None:
            assert update.order == update.record.order
            assert (update.image == update.record.image).all()


def test_leaving_the_loop_stops_what_runs_and_keeps_its_part(explorer: dgn.Explorer) -> None:
    for update in explorer.iterate("cat", steps=LONG):
        if update.image is not None:
            break
    kept = explorer.get(update.order.key)
    assert kept is not None
    assert (kept.state, kept.label) == (STOPPED, "cat")
    assert update.step <= kept.steps < LONG
    assert explorer.visualize("dog", steps=1).state == DONE  # and goes on working


# ---- pictures


def test_films_and_morphs(explorer: dgn.Explorer) -> None:
    cat, dog = (explorer.visualize(name, steps=6) for name in ("cat", "dog"))
    film = explorer.film(cat, frames=3)
    assert film.shape == (3, SIZE, SIZE, 3)
    assert np.abs(film[-1].astype(int) - cat.image).max() <= 1
    morph = explorer.morph(cat, dog, frames=4, path="linear")
    assert morph.shape == (4, SIZE, SIZE, 3)
    ends = explorer.decode(np.concatenate([cat.codes, dog.codes]))
    assert np.abs(morph[[0, -1]].astype(int) - ends).max() <= 1


# ---- photographs


def test_studies_of_a_photograph(explorer: dgn.Explorer, photo: Path) -> None:
    strongest = explorer.strongest(photo, count=2)
    rows = strongest.rows()
    layers = [layer.path for layer in explorer.network.layers]
    assert [row["layer"] for row in rows] == [layer for layer in layers for _ in range(2)]
    assert strongest._repr_html_().count("<tr>") == len(rows) + 1
    assert strongest._repr_png_() is None
    verdict = explorer.verdict(photo, count=5).rows()
    assert sorted(row["class_index"] for row in verdict) == list(range(len(LABELS)))
    assert sum(row["probability"] for row in verdict) == pytest.approx(1, abs=1e-4)
    only = explorer.survey("strongest", inputs={"photo": photo}, layers=["fc"])
    assert {row["layer"] for row in explorer.make(only).rows()} == {"fc"}
    with pytest.raises(TypeError, match="synthesises nothing"):
        _ = strongest.recipe


# ---- the store


def test_results_are_those_of_every_other_entrance(explorer: dgn.Explorer) -> None:
    made = explorer.visualize("cat", steps=2)
    (summary,) = explorer.results()
    assert (summary.key, summary.label, summary.seed) == (made.key, "cat", 0)
    assert (explorer.get(made.key).image == made.image).all()
    assert (open_store().get(made.key).image == made.image).all()
    assert explorer.get("0" * 64) is None


# ---- what goes wrong


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda e: e.visualize("unicorn"), "unicorn"),
        (lambda e: e.visualize("fc:99"), "99"),
        (lambda e: e.visualize("cat", method="magic"), "no method called 'magic'"),
        (lambda e: e.visualize("cat", preset="finest"), "no preset called 'finest'"),
        (lambda e: e.visualize("cat", steps=0), "steps cannot be 0"),
        (lambda e: e.visualize("cat", parameters={"colour": 1}), "no parameter called 'colour'"),
        (lambda e: e.visualize("cat", seed=-1), "seed cannot be -1"),
        (lambda e: e.visualize("cat", start="nowhere.jpg"), "nowhere.jpg"),
        (lambda e: e.visualize("cat", start=b"no picture", steps=1), "picture"),
        (lambda e: e.visualize({"cat": 0}), "cannot be 0"),
        (lambda e: e.visualize(InRange((Band(UnitAddress("fc", 2), 1, 2),))), "in-range"),
        (lambda e: e.visualize("cat", inputs={"mask": b""}), "no input 'mask'"),
        (lambda e: e.survey("nonesuch"), "no study called"),
        (lambda e: list(e.iterate("cat:*")), "cat"),
    ],
)
def test_what_is_wrong_is_said(explorer: dgn.Explorer, call, said: str) -> None:
    with pytest.raises(dgn.DgnError, match=said) as told:
        call(explorer)
    assert told.value.hint


def test_one_that_is_closed_says_so(explorer: dgn.Explorer) -> None:
    made = explorer.visualize("cat", steps=1)
    explorer.close()
    explorer.close()
    with pytest.raises(dgn.DgnError, match="closed"):
        explorer.visualize("cat", steps=2)
    assert explorer.get(made.key) is not None  # what is stored is there all the same


def test_one_that_cannot_be_opened_leaves_no_engine_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import threading

    from dgn_explorer.engine import opened

    def fail(spec: str, device: object) -> None:
        raise dgn.DgnError("This is no prior.", "Take another.")

    monkeypatch.setattr(opened, "open_prior", fail)
    with pytest.raises(dgn.DgnError, match="no prior"):
        dgn.open("tiny", "wrong")
    assert not [thread for thread in threading.enumerate() if thread.name == "dgn-engine"]


def test_progress_is_shown_where_it_is_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tqdm")
    with dgn.open(progress=True) as explorer:
        explorer.visualize("cat", steps=3)
    assert "fc:2" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with dgn.open(progress=None) as explorer:
        explorer.visualize("dog", steps=3)
    with (
        dgn.open(progress=True) as explorer,
        pytest.raises(dgn.DgnError, match="no tqdm"),
    ):
        explorer.visualize("eel", steps=3)


# ---- photographs: where a unit looks, what a layer keeps


def test_a_photograph_is_explained(explorer: dgn.Explorer, photo: Path) -> None:
    made = explorer.explain(photo, "cat", how="guided")
    assert made.array("maps").shape == (1, 32, 32) and made.kind.name == "maps"
    two = explorer.explain(photo, ["cat", "conv2:1@1,1"], parameters={"deletion": True})
    assert two.count == 2 and two.array("left").shape == two.array("left_at_random").shape
    named = explorer.explain(photo, "cat", layer="conv1")
    assert named.key != two.key and np.isfinite(named.array("maps")).all()
    with pytest.raises(dgn.DgnError, match="no max-pooling"):
        explorer.explain(photo, "cat", how="deconvnet")


def test_a_photograph_is_rebuilt_and_exaggerated(explorer: dgn.Explorer, photo: Path) -> None:
    said: list[str] = []
    explorer._notice = said.append
    made = explorer.invert(photo, "conv2", steps=3)
    assert made.array("relative_error").shape == (1,)
    follows = made.array("relative_error")[0] <= min(made.array("plain_error")[0], 1)
    assert bool(said) != follows
    assert explorer.get(made.key).array("cosine") == made.array("cosine")
    through = explorer.invert(photo, "conv2", "prior", steps=3, parameters={"pull": 0.0})
    assert through.codes.shape == (1, CODE_SIZE)
    pair = explorer.caricature([photo, photo], "conv2", steps=3)
    assert pair.recipe.input("photo2") is not None
    with pytest.raises(dgn.DgnError, match="through 'clay'"):
        explorer.invert(photo, "conv2", "clay")
