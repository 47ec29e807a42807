"""What is copied does what it says."""

from typing import Any

from dgn_explorer.gui.features.picture.copied_text import python_code
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.synthesis.parameters import DgnAmParameters
from dgn_explorer.synthesis.recipe import Recipe, Term


def test_the_python_code_makes_the_image() -> None:
    network, prior = open_network("lite0").info, open_prior("default").info
    recipe = Recipe(
        "lite0",
        network.fingerprint,
        "default",
        prior.fingerprint,
        (Term(network.resolve("volcano")),),
        parameters=DgnAmParameters(steps=1),
    )
    names: dict[str, Any] = {}
    exec(python_code(recipe), names)
    assert names["finished"].result.recipe == recipe
    assert names["image"].shape == (128, 128, 3)
