"""Every kind of record, made again from the text that the window copies, in an empty store."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dgn_explorer import api
from dgn_explorer.cli import group
from dgn_explorer.commands.units import combine, images, visualize
from dgn_explorer.engine import opened
from dgn_explorer.engine.messages import Opened
from dgn_explorer.errors import DgnError
from dgn_explorer.export.script import Script, command_line, python_code
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import LayerInfo, NetworkInfo
from dgn_explorer.paths import data_folder
from dgn_explorer.priors.info import EncoderInfo, PriorInfo
from dgn_explorer.results.record import DONE, STOPPED, Record
from dgn_explorer.results.reproduction import script_for
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import order_from_json
from dgn_explorer.studies.table import STUDIES
from dgn_explorer.synthesis.inputs import MASK, PHOTO, InputSpec
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.parameters import ParameterKind, Parameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step_sizes import remember_step
from dgn_explorer.synthesis.targets import InRange, Match, Maximise, Term
from tests.synthesis.ppgn_setup import Chains

Make = Callable[[api.Explorer, Path], Record]
FEW = 3


@contextmanager
def explorer() -> Iterator[api.Explorer]:
    with api.open("tiny", "tiny-prior", device="cpu", threads=1, progress=False) as made:
        yield made


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, and the tiny network and prior whatever is opened; a folder of photographs."""
    chains = Chains(tmp_path)
    monkeypatch.setenv("DGN_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(opened, "open_network", lambda spec, device, confirm: chains.network)
    monkeypatch.setattr(opened, "open_prior", lambda spec, device: chains.prior)
    remember_step(chains.network.info.fingerprint, chains.prior.info.fingerprint, 0.25)
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        pixels = rng.integers(0, 256, (40, 48, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    mask = np.zeros((40, 48), np.uint8)
    mask[10:30, 14:34] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path


def short(parameters: Parameters) -> Parameters:
    """As few of everything as there may be."""
    changes: dict[str, Any] = {}
    for spec in parameters.specs():
        value = getattr(parameters, spec.name)
        if spec.kind is ParameterKind.INTEGER and spec.name not in ("seed", "window", "stride"):
            changes[spec.name] = min(value, max(int(spec.low), FEW))
    return parameters.changed(**changes)


def given_files(specs: tuple[InputSpec, ...], folder: Path) -> dict[str, Path]:
    kinds = {PHOTO: folder / "a.png", MASK: folder / "mask.png"}
    return {one.role: kinds.get(one.kind, folder) for one in specs if one.required}


def by_method(name: str) -> Make:
    about = next(one for one in METHODS if one.name == name)

    def make(it: api.Explorer, folder: Path) -> Record:
        unit = it.network.resolve("bee")
        targets: dict[type, Any] = {
            Maximise: Maximise.of(unit),
            Match: Match("conv2"),
            InRange: it.in_range({"conv2:3": (-1e3, 1e3)}, maximise="bee"),
        }
        target = next((targets[one] for one in about.targets if one in targets), None)
        if target is None:
            pytest.skip(f"no example for {about.targets}")
        parameters = {s.name: getattr(short(about.default), s.name) for s in about.default.specs()}
        inputs = given_files(about.inputs, folder)
        order = it.recipe(target, method=name, seed=5, parameters=parameters, inputs=inputs)
        return it.make(order)

    return make


def by_study(name: str) -> Make:
    about = next(one for one in STUDIES if one.name == name)

    def make(it: api.Explorer, folder: Path) -> Record:
        files = given_files(about.inputs, folder)
        return it.make(it.survey(name, inputs=files, units=("bee",), layers=("conv2",)))

    return make


def alone(it: api.Explorer, **how: Any) -> Record:
    return it.visualize("bee", seed=2, **{"steps": FEW, **how})


SPECIAL: dict[str, Make] = {
    "combination": lambda it, _: it.visualize({"bee": 1.5, "eel": -0.25}, steps=FEW),
    "photo start": lambda it, folder: alone(it, start=folder / "a.png"),
    "continued": lambda it, _: it.more_steps(alone(it)),
    "continued twice": lambda it, _: it.more_steps(it.more_steps(alone(it))),
    "continued from a photo": lambda it, folder: it.more_steps(alone(it, start=folder / "a.png")),
    "stopped": lambda it, _: it.make(it.recipe("bee", steps=9), stop_after=4),
    "continued from stopped": lambda it, _: it.more_steps(
        it.make(it.recipe("bee", steps=9), stop_after=4)
    ),
    "stopped continuation": lambda it, _: it.make(
        it.recipe("bee", steps=9, start=alone(it)), stop_after=5
    ),
    "stopped pixels": lambda it, _: it.make(
        it.recipe("bee", steps=9, method="pixels"), stop_after=2
    ),
    "a plan": lambda it, _: it.sample(
        it.plan("bee*1,eel*2"), parameters={"warm": 4, "cycle": 3, "step_start": 0.2}
    ),
    "a stopped chain": lambda it, _: it.make(
        it.recipe(
            it.plan("bee*1,eel*2"),
            method="ppgn",
            parameters={"samples": 3, "warm": 4, "cycle": 3, "step_start": 0.2},
        ),
        stop_after=8,
    ),
    "a filled hole": lambda it, folder: it.inpaint(
        folder / "a.png", folder / "mask.png", "bee", 1, parameters={"warm": 4, "cycle": 3}
    ),
    "two photographs": lambda it, folder: it.make(
        it.recipe(
            Match("conv2"),
            method="caricature",
            parameters={"steps": FEW},
            inputs={"photo": folder / "a.png", "photo2": folder / "b.png"},
        )
    ),
}
KINDS: dict[str, Make] = {
    **{f"method {one.name}": by_method(one.name) for one in METHODS},
    **{f"study {one.name}": by_study(one.name) for one in STUDIES},
    **SPECIAL,
}
LATER = ("method", "study")  # those that came after this test may need an example of their own
FIRST = ("dgn-am", "pixels", "ppgn", "inversion", "caricature", "strongest", "verdict", "saliency")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_copied_makes_the_same_in_an_empty_store(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with explorer() as it:
        try:
            made = KINDS[kind](it, tiny)
        except DgnError as error:
            if not kind.startswith(LATER) or kind.endswith(FIRST):
                raise
            pytest.skip(f"no example: {error}")
        script = script_for(it.store, made.order, made)
    assert made.state == (STOPPED if "stopped" in kind and "from" not in kind else DONE)

    monkeypatch.setenv("DGN_EXPLORER_HOME", str(tiny / "by command"))
    remember_step(made.order.network_fingerprint, "0" * 64, 0.7)  # of another pair
    words = shlex.split(command_line(script))
    assert words[0] == "dgn-explorer"
    done = CliRunner().invoke(
        group,
        [*words[1 : words.index("--")], "--device", "cpu", "--threads", "1",
         "--out", str(tiny / "made"), *words[words.index("--") :]],
    )  # fmt: skip
    assert done.exit_code == 0, (done.output, done.exception)
    same(made, Store(data_folder() / "results").get(made.key))

    monkeypatch.setenv("DGN_EXPLORER_HOME", str(tiny / "by Python"))
    monkeypatch.chdir(tiny)
    names: dict[str, Any] = {}
    exec(python_code(script), names)
    same(made, names["record"])
    same(made, Store(data_folder() / "results").get(made.key))


def same(made: Record, again: Record | None) -> None:
    assert again is not None
    assert (again.key, again.order, again.state) == (made.key, made.order, made.state)
    assert again.parts.keys() == made.parts.keys()
    for name, part in made.parts.items():
        np.testing.assert_array_equal(again.parts[name], part, err_msg=name)
    np.testing.assert_array_equal(again.trace, made.trace)


PATHS = ("fc", "conv2", "-x", "a/b=c")
NETWORK = NetworkInfo(
    "lite0", "Lite", "ab", tuple(LayerInfo(x, "Conv2d", 4, (3, 3)) for x in PATHS), (), "fc", 8, 8
)
PRIOR = PriorInfo("", "cd", "compact", 16, 8, EncoderInfo("lite0", "ab", "pool", "components", 8))
NAMES = st.text("abc .:-'\"$\\é", min_size=1, max_size=9).filter(str.strip)
ADDRESSES = st.builds(
    UnitAddress,
    st.sampled_from(PATHS),
    st.integers(0, 3),
    st.none() | st.tuples(st.integers(0, 2), st.integers(0, 2)),
)
WEIGHTS = st.floats(-9, 9, allow_nan=False).filter(lambda x: abs(x) > 1e-6)
TARGETS = st.lists(st.builds(Term, ADDRESSES, WEIGHTS), min_size=1, max_size=3).map(
    lambda terms: Maximise(tuple({term.unit: term for term in terms}.values()))
)
METHODS_OF_UNITS = [one for one in METHODS if Maximise in one.targets and not one.inputs]


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    about = draw(st.sampled_from(METHODS_OF_UNITS))
    changes: dict[str, Any] = {}
    for spec in about.default.specs():
        if spec.kind is ParameterKind.INTEGER:
            changes[spec.name] = draw(st.integers(int(spec.low), int(min(spec.high, 1e6))))
        elif spec.kind is ParameterKind.NUMBER:
            changes[spec.name] = draw(st.floats(spec.low, min(spec.high, 1e6)))
    try:
        parameters = about.default.changed(**changes)
    except DgnError:  # numbers that do not go together
        parameters = about.default
    with_prior = about.with_prior
    return Recipe(
        "lite0",
        "ab",
        draw(NAMES) if with_prior else "",
        PRIOR.fingerprint if with_prior else "",
        draw(TARGETS),
        about.name,
        parameters,
        seed=draw(st.integers(0, 2**63 - 1)),
        numeric=draw(st.sampled_from(["float32", "bfloat16"])) if with_prior else "float32",
    )


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(recipe=recipes(), stop=st.integers(0, 3), stored=st.booleans())
def test_the_texts_say_the_recipe_whatever_is_in_it(
    recipe: Recipe, stop: int, stored: bool
) -> None:
    """Every number to its last digit, and every name, however a shell would read it."""
    script = Script(recipe, stop_after=stop, files=(Path("/a b/$HOME"),) if stored else ())
    words = shlex.split(command_line(script))
    if words[1] == "make":
        assert order_from_json(words[-1]) == recipe
        assert ("--stop-after" in words) == bool(stop)
    else:
        assert read_options(words) == recipe
    spelled = python_code(script)
    compile(spelled, "copied", "exec")
    (text,) = [line for line in spelled.splitlines() if line.startswith("order = ")]
    assert eval(text.removeprefix("order = "), {"order_from_json": order_from_json}) == recipe


def read_options(words: list[str]) -> Recipe:
    """What the command would make, without opening and computing anything."""
    seen: list[Recipe] = []

    @contextmanager
    def opening(network: str, prior: str, *rest: object) -> Iterator[api.Explorer]:
        made = api.Explorer(Store(Path("nowhere")))
        made._session = object()  # type: ignore[assignment]
        made.opened = Opened(NETWORK, replace(PRIOR, name=prior), "float32")
        yield made

    def take(it: api.Explorer, wanted: list[Recipe], *rest: object) -> list[object]:
        seen.extend(wanted)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "make_images", take)
        for module in (visualize, combine):
            patch.setattr(module, "explorer_for", opening)
        done = CliRunner().invoke(group, words[1:])
    assert done.exit_code == 0, (done.output, done.exception)
    return seen[0]
