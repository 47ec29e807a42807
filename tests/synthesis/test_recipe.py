"""The recipe law: what decides the pixels is in the key, and what does not is not."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.priors.info import NUMERICS
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.methods.table import METHODS, method_named
from dgn_explorer.synthesis.parameters import ParameterKind, Parameters
from dgn_explorer.synthesis.recipe import NAMES, Recipe
from dgn_explorer.synthesis.start import RANDOM, FromCode, FromPhoto, FromResult
from dgn_explorer.synthesis.targets import Maximise, Term

NAME = st.text(min_size=1, max_size=12)
PLACE = st.none() | st.tuples(st.integers(0, 99), st.integers(0, 99))
LAYER = st.from_regex(r"[a-z][a-z0-9.]{0,12}", fullmatch=True)
UNIT = st.builds(UnitAddress, LAYER, st.integers(0, 9999), PLACE)
WEIGHT = st.floats(-10, 10).filter(bool)
OBJECTIVE = st.lists(st.builds(Term, UNIT, WEIGHT), min_size=1, max_size=3).map(tuple)
TARGET = st.builds(Maximise, OBJECTIVE)
SHA256 = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
START = st.just(RANDOM) | st.builds(FromResult, SHA256) | st.builds(FromCode, NAME)


def parameters(method: str) -> st.SearchStrategy[Parameters]:
    values = {}
    kind = method_named(method).parameters
    for spec in kind.specs():
        numbers: st.SearchStrategy[Any] = st.floats(spec.low, spec.high)
        if spec.kind is ParameterKind.INTEGER:
            numbers = st.integers(int(spec.low), int(spec.high))
        elif spec.kind is ParameterKind.SWITCH:
            numbers = st.booleans()
        elif spec.kind is ParameterKind.CHOICE:
            numbers = st.sampled_from(spec.choices)
        elif spec.kind is ParameterKind.TEXT:
            numbers = st.text(max_size=12)
        values[spec.name] = numbers
    return st.builds(kind, **values)


METHOD = st.sampled_from([method.name for method in METHODS if method.of_units])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "network": NAME,
    "network_fingerprint": NAME,
    "prior": NAME,
    "prior_fingerprint": NAME,
    "target": TARGET,
    "seed": st.integers(0, 2**63 - 1),
    "start": START,
    "numeric": st.sampled_from(NUMERICS),
}


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    method = draw(METHOD)
    values = {name: draw(strategy) for name, strategy in FIELDS.items()}
    needed = [spec.role for spec in method_named(method).inputs if spec.required]
    inputs = tuple(Input(role, draw(SHA256)) for role in needed)
    return Recipe(method=method, parameters=draw(parameters(method)), inputs=inputs, **values)


def test_every_field_is_under_the_law() -> None:
    names = {field.name for field in dataclasses.fields(Recipe)}
    assert names == FIELDS.keys() | {"method", "parameters", "inputs"}
    assert set(NAMES) == {"network", "prior"}


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - set(NAMES)))
@given(data=st.data())
def test_a_field_that_decides_the_pixels_changes_the_key(name: str, data: st.DataObject) -> None:
    recipe = data.draw(recipes())
    value = data.draw(FIELDS[name].filter(lambda v: v != getattr(recipe, name)))
    assert dataclasses.replace(recipe, **{name: value}).key != recipe.key


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_name_does_not_change_the_key(name: str, data: st.DataObject) -> None:
    recipe = data.draw(recipes())
    changes: dict[str, Any] = {name: data.draw(NAME)}
    assert dataclasses.replace(recipe, **changes).key == recipe.key


@given(data=st.data())
def test_every_parameter_changes_the_key(data: st.DataObject) -> None:
    recipe = data.draw(recipes())
    other = data.draw(parameters(recipe.method))
    for spec in recipe.parameters.specs():
        value = getattr(other, spec.name)
        changed = recipe.parameters.changed(**{spec.name: value})
        same = value == getattr(recipe.parameters, spec.name)
        assert (dataclasses.replace(recipe, parameters=changed).key == recipe.key) is same


@given(recipes())
def test_json_brings_the_same_recipe_and_key_back(recipe: Recipe) -> None:
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.key == recipe.key
    assert len(recipe.key) == 64
    assert set(recipe.key) <= set("0123456789abcdef")


def test_order_and_spaces_of_the_json_do_not_change_the_key() -> None:
    target = Maximise.of(UnitAddress("fc", 980))
    recipe = Recipe("lite0", "ab", "default", "cd", target, parameters=DgnAmParameters())
    values = json.loads(recipe.to_json())
    assert values["schema"] == 1
    assert values["objective"] == [{"unit": "fc:980", "weight": 1.0}]
    shuffled = json.dumps(dict(reversed(values.items())), indent=2)
    assert Recipe.from_json(shuffled).key == recipe.key


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "3", "{}", '{"schema": 1}', '{"schema": "one"}', '{"schema": 99}'],
)
def test_what_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(DgnError):
        Recipe.from_json(text)


def test_a_field_too_many_is_refused() -> None:
    target = Maximise.of(UnitAddress("fc", 980))
    recipe = Recipe("lite0", "ab", "default", "cd", target, parameters=DgnAmParameters())
    values = json.loads(recipe.to_json()) | {"surprise": 1}
    with pytest.raises(DgnError, match="not a recipe"):
        Recipe.from_json(json.dumps(values))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 1.5}, "seed cannot be 1.5"),
        ({"seed": -1}, "seed cannot be -1"),
        ({"seed": 2**63}, "seed cannot be"),
    ],
)
def test_values_out_of_range_are_refused(changes: dict[str, Any], words: str) -> None:
    recipe = Recipe("lite0", "ab", "default", "cd", Maximise.of(UnitAddress("fc", 980)))
    with pytest.raises(DgnError, match=words):
        dataclasses.replace(recipe, **changes)


@pytest.mark.parametrize("weight", [0.0, float("nan"), float("inf")])
def test_a_weight_that_is_no_weight_is_refused(weight: float) -> None:
    with pytest.raises(DgnError, match=f"weight of fc:1 cannot be {weight}"):
        Term(UnitAddress("fc", 1), weight)


def test_whole_numbers_and_fractions_make_the_same_key() -> None:
    unit = UnitAddress("fc", 980)
    keys = {
        Recipe(
            "lite0", "ab", "default", "cd", Maximise((Term(unit, weight),)), parameters=parameters
        ).key
        for weight in (1, 1.0)
        for parameters in (DgnAmParameters(bounds=2), DgnAmParameters(bounds=2.0))
    }
    assert len(keys) == 1


def test_a_target_without_units_is_refused() -> None:
    with pytest.raises(DgnError, match="no unit"):
        Maximise(())


PHOTO = Recipe(
    "lite0",
    "ab",
    "default",
    "cd",
    Maximise.of("fc:980"),
    start=FromPhoto(),
    inputs=(Input("start", "0" * 64, "dog.jpg"),),
)


def test_a_start_from_a_photograph_is_schema_2_and_named_by_its_content() -> None:
    values = json.loads(PHOTO.to_json())
    assert (values["schema"], values["start"]) == (2, {"kind": "photo", "role": "start"})
    assert "objective" not in values
    assert Recipe.from_json(PHOTO.to_json()) == PHOTO
    renamed = dataclasses.replace(PHOTO, inputs=(Input("start", "0" * 64, "cat.jpg"),))
    other = dataclasses.replace(PHOTO, inputs=(Input("start", "1" * 64, "dog.jpg"),))
    assert renamed.key == PHOTO.key != other.key


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": ()},
        {"inputs": (Input("mask", "0" * 64),)},
        {"inputs": PHOTO.inputs * 2},
        {"method": "pixels", "parameters": method_named("pixels").default},
    ],
)
def test_inputs_that_the_method_does_not_take_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DgnError):
        dataclasses.replace(PHOTO, **changes)
