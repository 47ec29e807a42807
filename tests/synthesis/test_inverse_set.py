"""Sets of images in ranges: what is kept is inside as it is stored, and different."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import finish, make
from dgn_explorer.synthesis.methods.inverse_set import room
from dgn_explorer.synthesis.methods.inverse_set.about import InverseSetParameters
from dgn_explorer.synthesis.methods.inverse_set.moves import along, capped, newton
from dgn_explorer.synthesis.methods.inverse_set.room import Room, Seen, rounded
from dgn_explorer.synthesis.methods.inverse_set.unreached import unreached
from dgn_explorer.synthesis.methods.pixels.about import PixelsParameters
from dgn_explorer.synthesis.ranges import are_inside, parse_range
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Band, InRange, Maximise, Term
from dgn_explorer.synthesis.verdict import activation_of_image
from tests.recording import record_on_a_cpu
from tests.tiny import tiny_network, tiny_prior

SHORT: dict[str, Any] = {"ascend": 40, "spread": 4, "walk": 4, "prior": 0.0, "apart": 0.0}

SOME = Maximise.of("fc:0")

Bounds = dict[str, tuple[float, float]]


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network()


@pytest.fixture
def prior(tmp_path: Path) -> Prior:
    return tiny_prior(tmp_path)


@pytest.fixture
def bench(network: Network, prior: Prior) -> Bench:
    return Bench(network, prior, lambda sha256: b"", lambda key: None, lambda: None)


def recipe(bench: Bench, bounds: Bounds, terms: tuple[Term, ...] = (), **changes: Any) -> Recipe:
    assert bench.prior is not None
    resolve = bench.network.info.resolve
    bands = tuple(Band(resolve(name), low, high) for name, (low, high) in bounds.items())
    seed = changes.pop("seed", 0)
    return Recipe(
        bench.network.info.name,
        bench.network.info.fingerprint,
        bench.prior.info.name,
        bench.prior.info.fingerprint,
        InRange(bands, terms),
        "inverse-set",
        InverseSetParameters(**{"count": 5, "together": 4, **SHORT, **changes}),
        seed=seed,
    )


@pytest.fixture
def usual(bench: Bench) -> Callable[[str], tuple[float, float]]:
    """The upper half of what random codes give for a unit: reachable, and not by chance alone."""
    assert bench.prior is not None
    noise = torch.randn(200, bench.prior.space.size, generator=torch.Generator().manual_seed(9))
    with torch.no_grad():
        images = bench.prior.image(noise.to(bench.device)).clamp(0, 1)
        logits = bench.network.logits(images).cpu()

    def quantiles(name: str) -> tuple[float, float]:
        column = logits[:, bench.network.info.resolve(name).index]
        low, high = column.quantile(torch.tensor([0.6, 0.8])).tolist()
        return low, high

    return quantiles


def test_recorded_looks_give_what_the_others_give(
    bench: Bench, usual: Callable[[str], tuple[float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench.prior is not None
    ranges = {"bee": usual("bee")}
    order = recipe(bench, ranges, ascend=3, spread=2, walk=2, settle=2, zoom=0.2, count=6)
    z = torch.randn(4, bench.prior.space.size, generator=torch.Generator().manual_seed(0)).to(
        bench.device
    )
    rows = torch.tensor([3, 1], device=bench.device)
    space, crowd = Room(bench, order), torch.rand(4, 1, device=bench.device)

    def looks() -> list[Seen]:
        other = z.flip(0)
        return [
            *(space.look(code, 7, zoom=0.2) for code in (z, other)),
            *(space.look(code, 7, crowd.expand(4, 16), zoom=0.2) for code in (z, other)),
            *(space.look_as_stored(code, rows) for code in (z, other)),
        ]

    as_is = looks()
    monkeypatch.setattr(room, "static", lambda device: True)
    recorded = record_on_a_cpu(monkeypatch)
    try:
        replayed = looks()
    finally:
        bench.network.graphs.clear()
    assert len(recorded) == 3
    for one, again in zip(as_is, replayed, strict=True):
        for name, value in vars(one).items():
            assert (value is None) == (getattr(again, name) is None)
            if value is not None:
                torch.testing.assert_close(getattr(again, name), value, rtol=1e-3, atol=1e-3)


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**62),
    count=st.integers(1, 4),
    together=st.integers(1, 3),
    low=st.floats(-30, -5),
)
def test_any_recipe_gives_the_same_codes(
    bench: Bench, seed: int, count: int, together: int, low: float
) -> None:
    how = {"ascend": 2, "spread": 2, "walk": 2, "settle": 2, "count": count, "together": together}
    order = recipe(bench, {"bee": (low, 30.0)}, seed=seed, **how)
    one, again = (finish(make(order, bench)) for _ in range(2))
    np.testing.assert_array_equal(one.codes, again.codes)
    np.testing.assert_array_equal(one.images, again.images)


def one_by_one(bench: Bench, record: Record) -> np.ndarray:
    """Activations (N, units) read again from each stored image alone, by another reader."""
    plain = replace(record.recipe, method="pixels", parameters=PixelsParameters(), target=SOME)
    orders = [plain.with_target(Maximise.of(unit)) for unit in record.recipe.units]
    return np.array(
        [
            [activation_of_image(bench.network, bench.prior, order, image) for order in orders]
            for image in record.images
        ]
    )


def test_all_are_inside_as_they_are_stored(
    bench: Bench, usual: Callable[[str], tuple[float, float]], tmp_path: Path
) -> None:
    order = recipe(bench, {"bee": usual("bee")})
    store = Store(tmp_path / "store")
    store.put(finish(make(order, bench)))
    record = store.get(order.key)
    assert record is not None and record.count == 5 and record.state == "done"
    again = one_by_one(bench, record)
    assert are_inside(order.target, again).all()  # type: ignore[arg-type]
    np.testing.assert_allclose(again, record.array("activations"), rtol=1e-4, atol=1e-5)
    assert record.parts["phases"] == ("joint",) * 4 + ("grown",)
    assert record.array("parents").tolist()[:4] == [-1] * 4
    assert record.array("tries").min() >= 1
    assert record.tops and len(record.tops) == 5
    distances = record.array("distances")
    assert distances.shape == (5, 5)
    np.testing.assert_allclose(distances, distances.T, atol=1e-6)
    assert not np.diag(distances).any()
    drawn = bench.prior.image(torch.from_numpy(record.codes).to(bench.device))  # type: ignore[union-attr]
    pixels = (drawn.detach().clamp(0, 1) * 255).permute(0, 2, 3, 1).cpu().numpy()
    assert np.abs(pixels - record.images).max() < 0.51  # its codes made these images


def test_the_same_recipe_gives_the_same_codes(
    bench: Bench, usual: Callable[[str], tuple[float, float]]
) -> None:
    first, second, other = (
        finish(make(recipe(bench, {"bee": usual("bee")}, seed=seed), bench)) for seed in (3, 3, 4)
    )
    assert first.codes.tobytes() == second.codes.tobytes()
    assert first.images.tobytes() == second.images.tobytes()
    assert first.codes.tobytes() != other.codes.tobytes()


def test_two_units_and_one_that_is_lowered(
    bench: Bench, usual: Callable[[str], tuple[float, float]]
) -> None:
    ant, bee = usual("ant"), usual("bee")
    both = finish(make(recipe(bench, {"ant": ant, "bee": (bee[0] - 1, bee[1] + 1)}), bench))
    assert both.array("activations").shape == (5, 2)
    assert are_inside(both.recipe.target, one_by_one(bench, both)).all()
    cat = bench.network.info.resolve("cat")
    means = []
    for weight in (-1.0, 1.0):
        order = recipe(bench, {"ant": ant}, (Term(cat, weight),), spread=20, pull=2.0)
        made = finish(make(order, bench))
        again = one_by_one(bench, made)
        assert are_inside(order.target, again).all()  # type: ignore[arg-type]
        means.append(again[:, 1].mean())
    assert means[0] < means[1]


def test_hidden_units_are_read_where_objectives_read_them(bench: Bench) -> None:
    record = finish(make(recipe(bench, {"conv2:5@3,4": (-0.5, 0.5), "conv1:2": (-9, 9)}), bench))
    again = one_by_one(bench, record)
    np.testing.assert_allclose(again, record.array("activations"), rtol=1e-4, atol=1e-5)
    assert are_inside(record.recipe.target, again).all()


def test_a_network_that_takes_one_image_at_a_time(
    bench: Bench, usual: Callable[[str], tuple[float, float]]
) -> None:
    alone = replace(bench.network, info=replace(bench.network.info, batch_limit=1))
    record = finish(make(recipe(bench, {"bee": usual("bee")}), replace(bench, network=alone)))
    assert record.count == 5
    assert are_inside(record.recipe.target, one_by_one(bench, record)).all()


def test_ranges_out_of_reach_end_with_what_was_reached(bench: Bench) -> None:
    order = recipe(bench, {"bee": (500, 501)}, ascend=5, spread=2, settle=3)
    with pytest.raises(DgnError) as told:
        finish(make(order, bench))
    assert "No image lies in the range (8 images were tried): bee reached " in told.value.message
    assert "of 500..501" in told.value.message
    assert told.value.hint.startswith("Widen bee=") and told.value.hint.count("..") == 1
    _, low, high = parse_range(told.value.hint.removeprefix("Widen ").split(",")[0])
    assert low < 500 and high == 501


def test_what_excludes_each_other_is_named(network: Network) -> None:
    ant, bee = UnitAddress("fc", 0), UnitAddress("fc", 1)
    target = InRange((Band(ant, 8, 10), Band(bee, 8, 10)))
    told = unreached(target, network.info, np.array([[9.0, 2.0], [3.0, 9.0], [9.5, 7.0]]))
    assert "each alone was reached, ant 2 times, bee 1 times" in told.message
    assert told.hint == "Widen bee=6.7..10, which the nearest image would lie in."


def test_images_that_are_too_alike_are_drawn_again_and_in_the_end_fewer(
    bench: Bench, usual: Callable[[str], tuple[float, float]]
) -> None:
    order = recipe(bench, {"bee": usual("bee")}, apart=2.0, tries=2)
    record = finish(make(order, bench))
    assert record.count == 1 and record.state == "done"


def test_stop_keeps_what_is_inside_so_far(
    bench: Bench, usual: Callable[[str], tuple[float, float]], tmp_path: Path
) -> None:
    order = recipe(bench, {"bee": usual("bee")}, count=30)
    work = make(order, bench)
    for progress in work:
        assert progress.done < progress.total  # else a cancel would not be asked for any more
        assert progress.picture is not None and progress.picture(0).ndim == 3
        if progress.partial is not None:
            break
    work.close()
    part = progress.partial(0)  # type: ignore[misc]
    assert part.state == "stopped" and 0 < part.count < 30
    assert are_inside(order.target, one_by_one(bench, part)).all()  # type: ignore[arg-type]
    assert Store(tmp_path / "store").put(part).count == part.count


def test_a_prior_whose_network_is_missing_is_told(bench: Bench) -> None:
    with pytest.raises(DgnError, match="cannot be opened") as told:
        finish(make(recipe(bench, {"bee": (0, 1)}, prior=0.5), bench))
    assert "prior to 0" in told.value.hint


def test_moves_change_what_they_shall_and_nothing_else() -> None:
    rng = torch.Generator().manual_seed(0)
    gradients = torch.randn(3, 2, 9, generator=rng)
    wanted = torch.randn(3, 2, generator=rng)
    move = newton(gradients, wanted)
    torch.testing.assert_close((gradients @ move[:, :, None])[:, :, 0], wanted, rtol=0, atol=1e-4)
    wish = torch.randn(3, 9, generator=rng)
    rest = (gradients @ along(gradients, wish)[:, :, None])[:, :, 0]
    assert rest.abs().max() < 1e-4
    assert capped(move, 0.01).abs().mean(1).allclose(torch.full((3,), 0.01))
    assert torch.equal(capped(move, 1e6), move)
    dead = newton(torch.zeros(1, 2, 9), torch.ones(1, 2))
    assert torch.equal(dead, torch.zeros(1, 9))


def test_rounding_is_that_of_files_and_lets_the_gradient_through() -> None:
    x = torch.tensor([-0.2, 0.1, 0.5, 1.3], requires_grad=True)
    y = rounded(x)
    assert (y * 255).round().div(255).equal(y) and y[0] == 0 and y[3] == 1
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert gradient.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("text", ["bee", "bee=1", "=1..2", "bee=1..", "bee=a..2", "bee=nan..1"])
def test_ranges_that_are_none(text: str) -> None:
    with pytest.raises(DgnError, match="is not a unit with its range"):
        parse_range(text)
