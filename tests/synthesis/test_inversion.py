"""Rebuilding and exaggerating photographs: how near images come, seeds, stops and refusals."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import encode_png
from dgn_explorer.networks.network import Network, resize
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.features import Features, Wanted, cosine, relative_error
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.methods.caricature.about import CARICATURE, ROLES, roles_of
from dgn_explorer.synthesis.methods.inversion.about import (
    INVERSION,
    PRIOR_INVERSION,
    PriorInversionParameters,
    cannot_follow,
)
from dgn_explorer.synthesis.methods.inversion.fourier import fourier
from dgn_explorer.synthesis.methods.inversion.through import through
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.parameters import from_dict
from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.targets import Match
from tests.tiny import CODE_SIZE, tiny_network, tiny_prior

SIDE = 32
_GRID = np.linspace(0, 255, SIDE)
PHOTO = np.stack(
    [np.tile(_GRID, (SIDE, 1)), np.tile(_GRID[:, None], (1, SIDE)), np.full((SIDE, SIDE), 90)], 2
).astype(np.uint8)
BLOT = np.where(np.hypot(*np.mgrid[-16:16, -16:16])[..., None] < 8, 230, PHOTO).astype(np.uint8)


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


@pytest.fixture(scope="module")
def prior(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Prior:
    found = tiny_prior(tmp_path_factory.mktemp("prior"))
    encoder = dataclasses.replace(
        found.info.encoder, fingerprint=network.info.fingerprint, layer="conv2", input_size=8
    )
    return dataclasses.replace(found, info=dataclasses.replace(found.info, encoder=encoder))


def bench_of(network: Network, prior: Prior | None, *photos: np.ndarray) -> Bench:
    kept = {str(n) * 64: encode_png(photo) for n, photo in enumerate(photos)}
    return Bench(network, prior, kept.__getitem__, lambda key: None, lambda: None)


def recipe_of(method: Method, layer: str, *, photos: int = 1, **parameters: Any) -> Recipe:
    with_prior = "p" if method.with_prior else ""
    preset = parameters.pop("preset", "default")
    return Recipe(
        "tiny",
        "f",
        with_prior,
        with_prior,
        Match(layer),
        method=method.name,
        parameters=dataclasses.replace(method.presets[preset], **parameters),
        inputs=tuple(Input(role, str(n) * 64) for n, role in enumerate(ROLES[:photos])),
    )


def made_by(bench: Bench, recipe: Recipe) -> Made:
    return finish(recipe.about.load()(bench, recipe))


def test_an_inversion_comes_near_and_says_how_near(network: Network) -> None:
    bench = bench_of(network, None, BLOT)
    made = made_by(bench, recipe_of(INVERSION, "conv2", steps=120, jitter=0))
    assert made.parts["relative_error"][0] < 0.3 < made.parts["plain_error"][0]
    assert made.parts["cosine"][0] > 0.9
    assert made.trace[0] > 0.5 and made.trace[-1] == made.parts["relative_error"][0]
    features = Features(network, "conv2")
    images = np.asarray(made.parts["images"])
    with torch.no_grad():
        found, wanted = (features(from_uint8(x, network.device)) for x in (images, BLOT[None]))
    assert made.parts["relative_error"] == pytest.approx(
        relative_error(found, wanted).cpu().numpy(), abs=1e-5
    )
    assert made.parts["cosine"] == pytest.approx(cosine(found, wanted).cpu().numpy(), abs=1e-5)


def test_the_same_recipe_gives_the_same_codes_and_another_seed_others(network: Network) -> None:
    bench, recipe = bench_of(network, None, BLOT), recipe_of(INVERSION, "conv2", steps=5)
    first, again = (made_by(bench, recipe).parts["codes"] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = made_by(bench, dataclasses.replace(recipe, seed=1)).parts["codes"]
    assert np.abs(first - other).max() > 0


def test_the_published_preset_descends_on_pixels(network: Network) -> None:
    bench = bench_of(network, None, BLOT)
    recipe = recipe_of(INVERSION, "conv1", preset="published", steps=80)
    made = made_by(bench, recipe)
    assert made.parts["codes"].shape == (1, 3 * SIDE * SIDE)
    assert made.parts["relative_error"][0] < 0.5 * made.trace[0]
    rough = made_by(
        bench,
        dataclasses.replace(recipe, parameters=dataclasses.replace(recipe.parameters, tv=0.0)),
    )
    assert _roughness(made) < _roughness(rough)


def _roughness(made: Made) -> float:
    return float(np.abs(np.diff(np.asarray(made.parts["images"]).astype(int), axis=2)).mean())


def test_a_photograph_that_the_prior_made_is_found_again(network: Network, prior: Prior) -> None:
    code = torch.randn(1, CODE_SIZE, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        image = resize(prior.image(code.to(prior.device)), SIDE).clamp(0, 1)
    photo = (image[0].permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)
    bench = bench_of(network, prior, photo)
    made = made_by(bench, recipe_of(PRIOR_INVERSION, "conv2", pull=0.0))
    assert made.parts["cosine"][0] > made.trace[0]
    assert made.parts["relative_error"][0] < made.parts["plain_error"][0]
    assert made.trace[-1] == made.parts["cosine"][0]
    assert (np.abs(made.parts["codes"]) <= 3).all()


def test_the_pull_needs_the_encoder(network: Network, prior: Prior) -> None:
    bench = bench_of(network, prior, BLOT)
    recipe = recipe_of(PRIOR_INVERSION, "conv2", preset="single", steps=4)
    with pytest.raises(DgnError, match="cannot be opened"):
        made_by(bench, recipe)
    pulled = made_by(dataclasses.replace(bench, open_encoder=lambda: network), recipe)
    free = dataclasses.replace(recipe.parameters, pull=0.0)
    alone = made_by(bench, dataclasses.replace(recipe, parameters=free))
    assert np.abs(pulled.parts["codes"] - alone.parts["codes"]).max() > 0


def test_several_begin_and_the_best_goes_on(network: Network, prior: Prior) -> None:
    bench = bench_of(network, prior, BLOT)
    single = recipe_of(PRIOR_INVERSION, "conv2", steps=1, starts=1)
    alone = [made_by(bench, dataclasses.replace(single, seed=seed)) for seed in range(3)]
    recipe = recipe_of(PRIOR_INVERSION, "conv2", starts=6, scout=10, steps=30)
    made = made_by(bench, recipe)
    assert made.parts["codes"].shape == (1, CODE_SIZE) and len(made.trace) == 30
    assert made.parts["cosine"][0] > max(one.parts["cosine"][0] for one in alone)
    first = alone[0].trace[0]
    assert made.trace[0] >= first - 1e-4  # the first of them is where one alone begins
    again = made_by(bench, recipe)
    np.testing.assert_array_equal(again.parts["codes"], made.parts["codes"])


def test_recipes_from_before_keep_their_keys() -> None:
    old = PRIOR_INVERSION.presets["single"].to_dict()
    assert set(old) == {"steps", "step", "pull", "decay", "spread", "bounds"}
    assert from_dict(PriorInversionParameters, old) == PRIOR_INVERSION.presets["single"]


def test_a_caricature_goes_beyond_the_photograph(network: Network) -> None:
    pale = (127 + (BLOT.astype(float) - 127) / 4).astype(np.uint8)
    made = made_by(bench_of(network, None, pale), recipe_of(CARICATURE, "conv2"))
    assert made.parts["dot"][0] > 1 and made.parts["cosine"][0] > 0.5
    assert made.trace[-1] == made.parts["dot"][0] > made.trace[0]


def test_a_caricature_of_two_is_of_their_mean(network: Network) -> None:
    both = bench_of(network, None, BLOT, PHOTO)
    mean = made_by(both, recipe_of(CARICATURE, "conv2", photos=2, steps=3)).parts
    one = made_by(both, recipe_of(CARICATURE, "conv2", steps=3)).parts
    assert np.abs(mean["codes"] - one["codes"]).max() > 0
    same = bench_of(network, None, BLOT, BLOT)
    twice = made_by(same, recipe_of(CARICATURE, "conv2", photos=2, steps=3)).parts
    np.testing.assert_allclose(twice["codes"], one["codes"], atol=1e-4)
    with pytest.raises(DgnError, match="5 photographs"):
        roles_of(5)


@pytest.mark.parametrize("method", [INVERSION, PRIOR_INVERSION, CARICATURE], ids=lambda m: m.name)
def test_every_step_is_told_and_a_stop_keeps_its_part(
    method: Method, network: Network, prior: Prior
) -> None:
    bench = bench_of(network, prior if method.with_prior else None, BLOT)
    more = {"pull": 0.0} if method.with_prior else {}
    recipe = recipe_of(method, "conv2", steps=6, **more)
    done = []
    for progress in method.load()(bench, recipe):
        done.append((progress.done, progress.total))
        assert progress.picture is not None and progress.picture(0).ndim == 3
        if progress.done == 3:
            assert progress.partial is not None
            kept = progress.partial(0)
            assert set(kept.parts) == {"images", "codes", *(part.name for part in method.parts)}
            assert len(kept.trace) == 3
    assert done == [(i, 6) for i in range(1, 7)]


def test_what_makes_no_sense_is_refused(network: Network) -> None:
    bench = bench_of(network, None, BLOT)
    recipe = recipe_of(INVERSION, "conv2", steps=2)
    with pytest.raises(DgnError, match="has no layer 'conv9'"):
        made_by(bench, dataclasses.replace(recipe, target=Match("conv9")))
    with pytest.raises(DgnError, match="has no photograph called 'face'"):
        made_by(bench, dataclasses.replace(recipe, target=Match("conv2", "face")))
    started = dataclasses.replace(recipe, start=FromCode.of(np.zeros(4, np.float32)))
    with pytest.raises(DgnError, match="starts from random numbers"):
        made_by(bench, started)
    with pytest.raises(DgnError, match="needs the input 'photo'"):
        dataclasses.replace(recipe, inputs=())
    wild = recipe_of(INVERSION, "conv2", preset="published", step=10.0)
    with pytest.raises(DgnError, match="not made of numbers any more"):
        made_by(bench, wild)


def test_it_says_where_the_image_does_not_follow() -> None:
    assert cannot_follow(0.5, 0.5) == ""
    assert "1.20" in cannot_follow(1.2, 0.9) and "0.90" in cannot_follow(1.2, 0.9)


def test_methods_that_rebuild_are_not_offered_for_units() -> None:
    names = {method.name for method in METHODS if method.of_units}
    assert {"dgn-am", "pixels"} <= names
    assert not names & {"inversion", "prior-inversion", "caricature"}


@pytest.mark.parametrize("method", [INVERSION, PRIOR_INVERSION, CARICATURE], ids=lambda m: m.name)
def test_its_recipe_comes_back_from_json(method: Method) -> None:
    recipe = recipe_of(method, "conv2")
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe and again.key == recipe.key and again.schema == 2
    assert dataclasses.replace(recipe, target=Match("conv1")).key != recipe.key


@pytest.mark.parametrize("method", [INVERSION, PRIOR_INVERSION], ids=lambda m: m.name)
def test_several_photographs_at_once_are_rebuilt_as_each_alone(
    method: Method, network: Network, prior: Prior
) -> None:
    more = {"pull": 0.0, "starts": 3, "scout": 2} if method.with_prior else {}
    recipe = recipe_of(method, "conv2", steps=4, **more)
    bench = bench_of(network, prior, BLOT, PHOTO)
    features = Features(network, "conv2")

    def codes(photos: np.ndarray) -> np.ndarray:
        wanted = Wanted(features, features.of_images(photos), photos)
        through_it = through(bench, recipe, wanted) if method.with_prior else None
        *_, last = through_it or fourier(network, recipe, wanted)
        return last.codes()

    both = codes(np.stack([BLOT, PHOTO]))
    apart = np.concatenate([codes(BLOT[None]), codes(PHOTO[None])])
    assert np.abs(apart[0] - apart[1]).max() > 1e-3
    np.testing.assert_allclose(both, apart, atol=1e-3)
