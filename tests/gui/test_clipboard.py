"""What is copied does what it says."""

from pathlib import Path
from typing import Any

import pytest

from dgn_explorer.export.png import read_recipe
from dgn_explorer.export.script import Script, python_code
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise


def test_the_python_code_makes_the_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, prior = open_network("lite0").info, open_prior("default").info
    recipe = Recipe(
        "lite0",
        network.fingerprint,
        "default",
        prior.fingerprint,
        Maximise.of(network.resolve("volcano")),
        parameters=DgnAmParameters(steps=1),
    )
    names: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)
    exec(python_code(Script(recipe)), names)
    assert names["record"].recipe == recipe
    assert names["record"].image.shape == (128, 128, 3)
    assert read_recipe(tmp_path / "image.png") == recipe
