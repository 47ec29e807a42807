"""What is stored with an image is what its 8-bit pixels give, also for one that was stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from dgn_explorer.engine.messages import Finished
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
