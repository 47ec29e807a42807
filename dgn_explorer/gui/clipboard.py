"""Texts and pictures for the clipboard."""

import shlex

from dgn_explorer.synthesis.recipe import Recipe


def command_line(recipe: Recipe) -> str:
    """The command that makes the image of ``recipe``.

    >>> from dgn_explorer.synthesis.recipe import Term
    >>> from dgn_explorer.networks.address import UnitAddress
    >>> terms = (Term(UnitAddress("fc", 980)),)
    >>> command_line(Recipe("lite0", "ab", "default", "cd", terms, seed=3))
    'dgn-explorer visualize fc:980 --network lite0 --prior default --steps 150 --seed 3'
    """
    words = ["dgn-explorer", "visualize", *(str(term.unit) for term in recipe.objective)]
    words += ["--network", recipe.network]
    if recipe.prior:
        words += ["--prior", recipe.prior]
    steps = getattr(recipe.parameters, "steps", None)
    if steps is not None:
        words += ["--steps", str(steps)]
    words += ["--seed", str(recipe.seed)]
    return shlex.join(words)
