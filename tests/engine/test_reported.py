"""What is stored with an image is what its 8-bit pixels give, also for one that was stopped."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from dgn_explorer.engine.messages import Finished, Lane
from dgn_explorer.engine.queue import Ordered
from dgn_explorer.engine.worker import _eye
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.verdict import activation_of_image, classes_of_images
from tests.engine.setup import Setup


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    setup = Setup(tmp_path, monkeypatch)
    with torch.no_grad():
        setup.prior.generator.image.weight.mul_(300)  # far beyond black and white
    setup.open()
    yield setup
    setup.close()


@pytest.mark.parametrize("stopped", [False, True])
def test_the_trace_ends_with_the_activation_of_the_stored_image(
    setup: Setup, stopped: bool
) -> None:
    recipe = setup.recipe("bee", steps=10_000 if stopped else 10, step_start=1.0)
    job = setup.engine.submit(recipe)
    if stopped:
        setup.drawn(job)
        setup.engine.cancel(job)
    end = setup.end_of(job)
    assert isinstance(end, Finished)
    stored = setup.store.get(recipe.key)
    assert stored is not None and (stored.state == "stopped") is stopped
    reached = activation_of_image(setup.network, setup.prior, recipe, stored.image)
    assert float(stored.trace[-1]) == pytest.approx(reached, rel=1e-6)
    (classes,) = classes_of_images(setup.network, stored.image[None], setup.prior)
    assert dict(stored.top) == pytest.approx(dict(classes))


def test_a_picture_that_forms_has_classes_and_a_sheet_of_several_has_none(setup: Setup) -> None:
    bench = Bench(setup.network, setup.prior, lambda sha: b"", lambda key: None, lambda: None)
    look = _eye([Ordered(1, setup.recipe("dog"), Lane.INTERACTIVE)], bench)
    assert look is not None and _eye([Ordered(1, setup.recipe("dog"), Lane.BATCH)], bench) is None
    side = setup.prior.info.image_size
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    assert look(picture) == classes_of_images(setup.network, picture[None], setup.prior)[0] != ()
    assert look(np.concatenate([picture, picture], 1)) == ()
    assert look(np.tile(picture, (2, 2, 1))) == ()
