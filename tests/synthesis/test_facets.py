"""Facets: groups that are there are found, images stay near them, and what cannot be is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.results.facets import facet_rows, facets_of
from dgn_explorer.results.record import STOPPED, Record
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish, make
from dgn_explorer.synthesis.methods.facets import published
from dgn_explorer.synthesis.methods.facets.about import FACETS, FacetsParameters
from dgn_explorer.synthesis.methods.facets.ascent import FacetStep, Likeness, ascend, worth
from dgn_explorer.synthesis.methods.facets.clustering import (
    components,
    grouped,
    likeness,
    most_stable,
    stability,
)
from dgn_explorer.synthesis.methods.facets.drawing import colour_of
from dgn_explorer.synthesis.methods.facets.tsne import mapped
from dgn_explorer.synthesis.photographs.measuring import feature_count
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise, Term
from dgn_explorer.synthesis.unit_reader import UnitReader
from tests.photos.sets_of import fill
from tests.tiny import tiny_network, tiny_prior

STEPS = {"steps": 4, "prior_term": 0.0, "facets": 3, "components": 4}


def kinds(folder: Path, each: int = 8, count: int = 3) -> Path:
    """Photographs of a few plain kinds of colour, a little different each."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for kind in range(count):
        colour = np.array([(220, 30, 30), (30, 220, 30), (30, 30, 220)][kind])
        for number in range(each):
            pixels = (colour + random.normal(0, 12, (32, 32, 3))).clip(0, 255).astype(np.uint8)
            (folder / "all").mkdir(exist_ok=True)
            Image.fromarray(pixels).save(folder / "all" / f"{kind} {number}.png")
    return folder


class World:
    """The tiny pair and a store with a set of photographs."""

    def __init__(self, tmp_path: Path, photos: Path) -> None:
        self.network, self.prior = tiny_network(), tiny_prior(tmp_path)
        self.store = Store(tmp_path / "store")
        self.kept = self.store.sets.put(photos)

    def bench(self) -> Bench:
        store = self.store
        return Bench(
            self.network, self.prior, store.inputs.get, store.code, lambda: None, store.sets
        )

    def recipe(self, unit: str = "dog", **parameters: Any) -> Recipe:
        given = {**STEPS, "folder": "all", **parameters}
        return Recipe(
            self.network.info.name,
            self.network.info.fingerprint,
            self.prior.info.name,
            self.prior.info.fingerprint,
            Maximise((Term(self.network.info.resolve(unit)),)),
            method="facets",
            parameters=FacetsParameters(**given),
            inputs=(Input("photos", self.kept.sha256, self.kept.name),),
        )

    def made(self, unit: str = "dog", **parameters: Any) -> Record:
        record: Record = finish(make(self.recipe(unit, **parameters), self.bench()))
        return record


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, kinds(tmp_path / "kinds"))


# ---- groups


def blobs(count: int, each: int, apart: float = 8.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    middles = random.normal(0, apart, (count, 10))
    labels = np.repeat(np.arange(count), each)
    return middles[labels] + random.normal(0, 1, (len(labels), 10)), labels


def test_groups_that_are_there_are_found_whatever_their_order() -> None:
    points, labels = blobs(5, 30)
    found = grouped(components(points, 4), 5, seed=0)
    assert likeness(found.labels, labels) == 1.0
    order = np.random.default_rng(1).permutation(len(points))
    again = grouped(components(points, 4)[order], 5, seed=3)
    assert likeness(again.labels, labels[order]) == 1.0
    sizes = np.bincount(grouped(points[: 4 * 30 + 7], 5, seed=0).labels)
    assert sizes.tolist() == [30, 30, 30, 30, 7]


def test_the_most_stable_number_is_that_of_the_groups() -> None:
    points, _ = blobs(6, 25)
    found, scores = finish(most_stable(points, range(4, 9), seed=0))
    assert found.count == 6 and scores[2] > 0.99 and scores[3] < 0.95
    sure = stability(points, found, seed=0)
    assert (sure.groups > 0.99).all()
    random = np.random.default_rng(0).normal(size=(150, 10))
    assert stability(random, grouped(random, 6, seed=0), seed=0).score < 0.6


def test_components_are_those_of_the_covariance() -> None:
    points, _ = blobs(3, 20)
    found = components(points, 3)
    values = np.linalg.eigvalsh(np.cov(points.T))[::-1][:3]
    np.testing.assert_allclose(found.var(0, ddof=1), values, rtol=1e-9)
    np.testing.assert_allclose(components(points[:2], 5).shape, (2, 2))


def test_more_groups_than_different_points_do_no_harm() -> None:
    points = np.ones((20, 3))
    assert set(grouped(points, 4, seed=0).labels.tolist()) <= {0, 1, 2, 3}


def test_the_map_keeps_groups_together() -> None:
    points, labels = blobs(4, 25, apart=5.0)
    work = mapped(components(points, 6))
    place = finish(work)
    middles = np.stack([place[labels == k].mean(0) for k in range(4)])
    nearest = ((place[:, None] - middles) ** 2).sum(2).argmin(1)
    assert (nearest == labels).mean() > 0.98
    assert finish(mapped(points[:3])).shape == (3, 2)


# ---- the method


def test_the_kinds_of_a_set_are_its_facets(world: World) -> None:
    record = world.made()
    world.store.put(record)
    again = world.store.get(record.key)
    assert again is not None
    np.testing.assert_array_equal(again.images, record.images)
    kind = np.array([int(Path(name).name[0]) for name in record.parts["names"]])
    assert likeness(record.array("facet_of"), kind) == 1.0
    assert record.array("shares").tolist() == pytest.approx([1 / 3] * 3)
    assert (record.array("stability") > 0.99).all()
    for facet, near in enumerate(record.array("nearest")):
        (one,) = set(kind[near[near >= 0]].tolist())
        colour = record.array("mean_images")[facet].mean((0, 1)).argmax()
        assert colour == one == record.array("examples")[facet, 0].mean((0, 1)).argmax()
    assert record.array("map").shape == (24, 2)


def test_every_number_is_that_of_the_image(world: World) -> None:
    from dgn_explorer.synthesis.verdict import readings_of_images

    record = world.made("conv2:3", crops=24)
    unit = world.network.info.resolve("conv2:3")
    values, features = readings_of_images(world.network, world.prior, [unit], record.images)
    np.testing.assert_allclose(record.array("activations"), values, rtol=1e-4, atol=1e-5)
    assert features.shape[0] == record.count == 3
    assert facet_rows(record).shape == (3, 5, 32, 32, 3)
    np.testing.assert_array_equal(facet_rows(record)[:, 4], record.images)
    for facet in facets_of(record):
        assert facet.activation == pytest.approx(values[facet.number, 0], rel=1e-4, abs=1e-5)


def test_a_weak_image_is_flagged(world: World) -> None:
    record = world.made()
    values = np.array([[10.0], [4.9], [5.1]], np.float32)
    changed = replace(record, parts={**record.parts, "activations": values})
    assert [facet.flagged for facet in facets_of(changed)] == [False, True, False]
    photos = {"photo_activations": np.array([8.0, 7.0, 8.0], np.float32)}
    strong = replace(changed, parts={**changed.parts, **photos})
    assert facets_of(strong)[1].remark.startswith("its image fails")
    photos = {"photo_activations": np.array([8.0, 3.0, 8.0], np.float32)}
    weak = replace(changed, parts={**changed.parts, **photos})
    assert facets_of(weak)[1].remark == "hardly a facet of this unit"


def test_the_pull_brings_images_nearer_to_their_facets(world: World) -> None:
    free = world.made(pull=0.0, steps=25, step_start=0.5)
    pulled = world.made(pull=3.0, steps=25, step_start=0.5)
    assert pulled.array("cosines").mean() > free.array("cosines").mean()


def test_of_several_starts_the_best_goes_on(world: World) -> None:
    network, prior, recipe = world.network, world.prior, world.recipe(steps=1, starts=4)
    random = torch.Generator().manual_seed(1)
    start = torch.randn(3, 4, prior.space.size, generator=random).numpy()
    wanted = torch.rand(3, int(feature_count(network)), generator=random).numpy()

    def first(codes: np.ndarray) -> FacetStep:
        return next(ascend(network, prior, None, recipe, codes, wanted, np.ones(3)))

    values = []
    for one in range(4):
        step = first(start[:, one : one + 1])
        seen = prior.seen(step.image, network.info.working_size)
        _, found = UnitReader(network, recipe.units).with_features(seen)
        values.append(worth(step.activation, Likeness(torch.tensor(wanted), 0)(found, 1)))
    best = torch.stack(values).argmax(0)
    assert len(set(best.tolist())) > 1
    np.testing.assert_array_equal(first(start).code.numpy(), start[np.arange(3), best.numpy()])
    whole = world.made(starts=4, scout=2, steps=6)
    assert whole.count == 3 and len(whole.trace) == 6
    assert world.made(starts=4, scout=50, steps=6).count == 3  # the scouts are a part of the steps


def test_with_contrast_the_pull_is_to_what_is_the_facets_own() -> None:
    common = torch.tensor([10.0, 0.0, 0.0])
    own = torch.eye(3)[1:]
    wanted = torch.nn.functional.normalize(common + own)
    plain, contrasted = (Likeness(wanted, contrast) for contrast in (0.0, 1.0))
    found = torch.stack([common, common + own[0], common + own[1], common + own[0]])
    assert (plain(found, 2) > 0.98).all()
    assert contrasted(found, 2)[1] > 0.99 > -0.99 > contrasted(found, 2)[3]
    torch.testing.assert_close(contrasted(5 * found, 2), contrasted(found, 2))
    assert FACETS.default.contrast == 1.0  # for a single facet, too, which would have nothing left
    assert Likeness(wanted[:1], 1.0)(found[1:2], 1) > 0.99


def test_hidden_units_are_pulled_by_all_that_their_facets_are(world: World) -> None:
    plain, contrasted = {"pull": 1.0}, {"pull": 0.5, "contrast": 1.0}
    for unit, how in (("conv2:3", plain), ("dog", contrasted)):
        record = world.made(unit, **contrasted, pull_hidden=1.0)
        np.testing.assert_array_equal(record.images, world.made(unit, **how).images)
    assert (
        world.made("conv2:3", **plain).images != world.made("conv2:3", **contrasted).images
    ).any()


@pytest.mark.parametrize("how", [{"synthesiser": "ppgn", "warm": 2, "cycle": 2}, {"steps": 3}])
def test_it_repeats_and_seeds_differ(world: World, how: dict[str, Any]) -> None:
    first, again = world.made(**how), world.made(**how)
    np.testing.assert_array_equal(first.images, again.images)
    assert len(first.trace) == first.recipe.parameters.steps


def test_stop_keeps_what_there_is(world: World) -> None:
    work = make(world.recipe(steps=50), world.bench())
    partial = None
    for progress in work:
        if progress.partial is not None and len(progress.trace(0)) == 3:
            partial = progress.partial(0)
            assert progress.picture is not None and progress.picture(0).ndim == 3
            assert progress.done < progress.total
            break
    work.close()
    assert partial is not None and partial.state == STOPPED and partial.count == 3
    world.store.put(partial)


def test_map_and_images_are_seen_while_they_form(world: World) -> None:
    mapping, making = [], []
    for progress in make(world.recipe(), world.bench()):
        if progress.picture is not None:
            trace = progress.trace(0) if progress.trace else np.zeros(0)
            (making if len(trace) else mapping).append(progress.picture(0))
    assert len(mapping) == 40 and len(making) == STEPS["steps"]
    assert {picture.shape for picture in (*mapping, *making)} == {mapping[0].shape}
    for kind in range(3):  # dots of each kind, before and after
        for picture in (mapping[0], making[-1]):
            assert (picture[:, 6 * 98 :] == colour_of(kind)).all(2).any()
    forming = slice(4 * 98, 4 * 98 + 96)  # the column of the images
    assert (mapping[-1][:96, forming] == 255).all() and (making[-1][:96, forming] != 255).any()
    assert (mapping[0] != mapping[-1]).any() and (making[0] != making[-1]).any()


def test_progress_counts_up_to_its_total(world: World) -> None:
    seen = [(p.done, p.total) for p in make(world.recipe(), world.bench())]
    assert all(done < total for done, total in seen[:-1])
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_published_makes_smoothed_pixels(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    octaves = tuple(replace(octave, steps=3) for octave in published.OCTAVES)
    monkeypatch.setattr(published, "OCTAVES", octaves)
    monkeypatch.setattr(published, "TOTAL", 12)
    record = world.made(synthesiser="pixels")
    assert record.images.shape == (3, 32, 32, 3) and record.codes.shape == (3, 0)
    world.store.put(record)
    again = world.store.get(record.key)
    assert again is not None and again.codes.shape == (3, 0)
    assert len(record.trace) == 13


def test_smoothing_lowers_total_variation_and_keeps_flat_pictures() -> None:
    image = torch.rand(1, 3, 16, 16) * 255
    dual = torch.zeros(2, *image.shape)
    smooth, _ = published.smoothed(image, 0.05, dual)

    def variation(x: torch.Tensor) -> float:
        return float(x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean())

    assert variation(smooth) < 0.5 * variation(image)
    assert smooth.mean() == pytest.approx(float(image.mean()), rel=1e-4)
    weak, _ = published.smoothed(image, 100.0, dual)
    assert (weak - image).abs().max() < 1
    flat = torch.full((1, 3, 8, 8), 77.0)
    torch.testing.assert_close(published.smoothed(flat, 0.1, torch.zeros(2, *flat.shape))[0], flat)


def test_what_has_no_facets_gets_a_sentence(world: World, tmp_path: Path) -> None:
    with pytest.raises(DgnError, match="no photographs in a folder 'none'"):
        world.made(folder="none")
    with pytest.raises(DgnError, match="its facets need 32"):
        world.made(facets=8)
    recipe = world.recipe()
    both = recipe.with_target(Maximise.of("fc:0", "fc:1"))
    with pytest.raises(DgnError, match="those of one unit"):
        finish(make(both, world.bench()))
    with pytest.raises(DgnError, match="The prior term needs"):
        world.made(prior_term=0.5)
    few = World(tmp_path / "few", fill(tmp_path / "few" / "photos", cat=3))
    for label in few.network.info.labels:  # more than there are photographs: some have none
        with pytest.raises(DgnError, match=rf"has \d photographs? for {label}"):
            few.made(label, folder="")
    assert len(few.network.info.labels) > len(few.store.sets.open(few.kept.sha256).listed)


def test_a_folder_called_like_the_class_is_its_photographs(tmp_path: Path) -> None:
    photos = kinds(tmp_path / "kinds", each=4)
    (photos / "all").rename(photos / "Dog")
    fill(photos, eel=9)
    world = World(tmp_path, photos)
    record = world.made(folder="")
    assert len(record.parts["names"]) == 12


def test_the_number_of_facets_is_found(world: World) -> None:
    record = world.made(facets=0)
    assert record.array("tried").tolist() == [4, 5, 6]
    scores = record.array("scores")
    assert scores[record.count - 4] >= scores.max() - 0.02
