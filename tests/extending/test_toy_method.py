"""A method of one's own: one file (this one) and one row, driven in every way there is.

The toy makes twelve samples. Each is a random code's image, laid over a photograph wherever a mask
is white; the best one for the unit is kept first.
"""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from PySide6.QtWidgets import QFileDialog

import dgn_explorer as dgn
from dgn_explorer import cli
from dgn_explorer.commands.units.ascent_options import ascent_options
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import resize
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.results.record import DONE, STOPPED
from dgn_explorer.results.store import open_store
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import MASK, PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.methods.method import Method, Need
from dgn_explorer.synthesis.objective import Objective
from dgn_explorer.synthesis.parameters import Parameters, choice, number, switch
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import from_uint8, to_uint8
from tests.extending.driving import WAIT_MS, add_row, computing_window
from tests.gui.conftest import Explorer, home, loop, make_explorer
from tests.tiny_opened import tiny

__all__ = ["home", "loop", "make_explorer", "tiny"]  # fixtures
pytestmark = pytest.mark.usefixtures("tiny", "row")

SAMPLES = 12


# ---- the method: what it is, and what it does


@dataclass(frozen=True)
class CollageParameters(Parameters):
    """See `collage`."""

    samples: int = number(SAMPLES, 1, 100, "", "images to make")
    spread: float = number(1.0, 0.0, 4.0, "", "spread of the random codes")
    order: str = choice("best first", ("best first", "as drawn"), "which image comes first")
    soft: bool = switch(True, "let grey parts of the mask mix both")


COLLAGE = Method(
    name="collage",
    title="Collage",
    summary="random images laid over a photograph, the best first",
    parameters=CollageParameters,
    presets={"default": CollageParameters(), "few": CollageParameters(samples=3)},
    inputs=(
        InputSpec("photo", PHOTO, "The photograph below"),
        InputSpec("mask", MASK, "White where the image shows"),
    ),
    needs=frozenset({Need.PRIOR}),
    parts=(Part("distance", "<f4", 1, 1 << 20),),
    code=f"{__name__}:collage",
)


def collage(bench: Bench, recipe: Recipe) -> Generator[Progress[Made], None, Made]:
    """Draw codes (N, K), and keep their images with what the unit makes of the 8-bit pixels."""
    parameters, prior = recipe.parameters, bench.prior
    photo, mask = recipe.input("photo"), recipe.input("mask")
    assert isinstance(parameters, CollageParameters) and prior and photo and mask
    size, total = prior.info.image_size, parameters.samples
    below = from_uint8(middle_square(bench.photo(photo), size)[None], bench.device)
    stencil = Image.fromarray((bench.mask(mask) * 255).astype(np.uint8)).resize((size, size))
    over = torch.tensor(np.asarray(stencil) / 255, dtype=torch.float32, device=bench.device)
    if not parameters.soft:
        over = over.round()
    rng = torch.Generator().manual_seed(recipe.seed)
    objective = Objective(bench.network, [recipe])
    images: list[np.ndarray] = []
    codes: list[np.ndarray] = []
    values: list[float] = []

    def picture(place: int) -> np.ndarray:
        return images[-1]

    def made(place: int = 0) -> Made:
        rank = list(range(len(values)))
        if parameters.order == "best first":
            rank.sort(key=lambda n: -values[n])
        pixels = np.stack([images[n] for n in rank])
        away = pixels.astype(np.float32) - to_uint8(below).astype(np.float32)
        return Made(
            {
                "images": pixels,
                "codes": np.stack([codes[n] for n in rank]),
                "activations": np.array([[values[n]] for n in rank], np.float32),
                "distance": np.abs(away).mean((1, 2, 3)),
            },
            np.maximum.accumulate(np.array(values, np.float32)),
        )

    for done in range(1, total + 1):
        code = torch.randn(1, prior.info.code_size, generator=rng) * parameters.spread
        with torch.no_grad():
            code = prior.space.clamp(code.to(bench.device))
            images += list(to_uint8(over * prior.image(code).clamp(0, 1) + (1 - over) * below))
            shown = prior.seen(from_uint8(images[-1][None], bench.device), size)
            values.append(float(objective(resize(shown, bench.network.info.working_size))[0]))
        codes.append(code[0].float().cpu().numpy())
        yield Progress(done, total, picture, lambda place: made().trace, made)
    return made()


# ---- the row, and every way to use it


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    add_row(monkeypatch, "METHODS", COLLAGE)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A grey photograph, and a mask that is white at the left."""
    paths = {"photo": tmp_path / "grey.png", "mask": tmp_path / "left.png"}
    Image.new("RGB", (40, 40), (90, 120, 150)).save(paths["photo"])
    left = np.zeros((40, 40), np.uint8)
    left[:, :20] = 255
    Image.fromarray(left).save(paths["mask"])
    return paths


def run(*words: str) -> str:
    result = CliRunner().invoke(cli.group, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_line_makes_it(files: dict[str, Path], tmp_path: Path) -> None:
    given = [word for role, path in files.items() for word in ("--input", f"{role}={path}")]
    words = ("visualize", "fc:2", "--method", "collage", *given, "--json", "--out", str(tmp_path))
    lines = [json.loads(line) for line in run(*words).splitlines()]
    assert [line["index"] for line in lines] == list(range(SAMPLES))
    values = [line["activation"] for line in lines]
    assert values == sorted(values, reverse=True) and len(set(values)) > 1
    assert len({Path(line["path"]).read_bytes() for line in lines}) == SAMPLES
    again = [json.loads(line) for line in run(*words).splitlines()]
    assert all(line["cached"] for line in again)
    few = run(*words, "--preset", "few", "--set", "order=as drawn", "--set", "soft=off")
    assert len(few.splitlines()) == 3
    with pytest.raises(DgnError, match="needs the input 'mask'"):
        run("visualize", "fc:2", "--method", "collage", "--input", f"photo={files['photo']}")


def test_a_method_without_numbers_of_its_steps_is_told_of_too(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = collage

    def silent(bench: Bench, recipe: Recipe) -> Generator[Progress[Made], None, Made]:
        made = yield from whole(bench, recipe)
        return Made(made.parts, np.zeros(0, np.float32))

    monkeypatch.setattr(f"{__name__}.collage", silent, raising=True)
    given = [word for role, path in files.items() for word in ("--input", f"{role}={path}")]
    words = ("visualize", "fc:2", "--method", "collage", *given, "--preset", "few", "--json")
    lines = [json.loads(line) for line in run(*words, "--out", str(tmp_path)).splitlines()]
    assert [line["first_activation"] for line in lines] == [None] * 3
    assert all(isinstance(line["activation"], float) for line in lines)


def test_help_tells_of_it() -> None:
    command = click.command("toy")(ascent_options(lambda ascent: None))
    assert COLLAGE.summary in " ".join(CliRunner().invoke(command, ["--help"]).output.split())


def test_the_library_makes_it_and_the_store_keeps_it(files: dict[str, Path]) -> None:
    with dgn.open(progress=False) as explorer:
        how = {"method": "collage", "inputs": files, "seed": 3}
        made = explorer.visualize("cat", **how)
        assert (made.count, made.state, made.images.shape[0]) == (SAMPLES, DONE, SAMPLES)
        assert made.codes.shape == (SAMPLES, explorer.prior.code_size)
        assert np.isclose(made.activation, made.array("activations").max())
        right = made.images[:, :, explorer.prior.image_size // 2 + 1 :]
        assert (right == (90, 120, 150)).all()  # there the mask is black
        assert made.array("distance").min() > 0
        assert made._repr_html_().count("<img") == SAMPLES
        assert explorer.visualize("cat", **{**how, "seed": 4}).key != made.key
        key, images = made.key, made.images
    kept = open_store().get(key)
    assert kept is not None and kept.recipe == made.recipe
    assert (kept.images == images).all() and (kept.codes == made.codes).all()
    assert Recipe.from_json(made.recipe.to_json()) == made.recipe
    (summary,) = [one for one in open_store().list() if one.key == key]
    assert (summary.method, summary.count) == ("collage", SAMPLES)
    open_store().delete(key)  # and is made again of the photographs that the store has kept
    with dgn.open(progress=False) as explorer:
        assert (explorer.make(made.recipe).images == images).all()


def test_leaving_the_loop_keeps_what_is_done(files: dict[str, Path]) -> None:
    more = {"samples": 100}
    with dgn.open(progress=False) as explorer:
        for update in explorer.iterate("fc:1", method="collage", inputs=files, parameters=more):
            recipe = update.order
            if update.image is not None:
                break
        kept = explorer.get(recipe.key)
    assert kept is not None
    assert kept.state == (STOPPED if kept.count < 100 else DONE)
    assert kept.count == kept.steps > 0


def test_the_window_makes_it(
    make_explorer: Callable[..., Explorer], files: dict[str, Path]
) -> None:
    explorer = computing_window(make_explorer)
    session = explorer.session
    explorer.desk.questions.chip("collage").click()  # a new method needs no panel
    fields = explorer.controls.fields
    assert set(fields) == {"samples", "spread", "order", "soft", "photo", "mask"}
    soft, order = (fields[name] for name in ("soft", "order"))
    soft.click()
    order.textActivated.emit("as drawn")
    parameters = session.settings.value.parameters
    assert (parameters.soft, parameters.order) == (False, "as drawn")
    for role in ("photo", "mask"):
        fields[role].button.click()
        chooser = next(c for c in explorer.window.findChildren(QFileDialog) if c.isVisible())
        chooser.fileSelected.emit(str(files[role]))
        chooser.reject()
        explorer.until(lambda role=role: any(i.role == role for i in session.settings.value.inputs))
    explorer.type_and_enter("fc:4")
    explorer.qtbot.waitUntil(lambda: session.display.result is not None, timeout=WAIT_MS)
    shown = session.display.result
    assert (shown.count, shown.recipe.method) == (SAMPLES, "collage")
    stored = explorer.store.get(shown.key)
    assert stored is not None and (stored.images == shown.images).all()
