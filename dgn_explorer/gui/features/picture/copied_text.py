"""Texts and pictures for the clipboard."""

from dgn_explorer.gui.state.run_settings import DEFAULT_METHOD
from dgn_explorer.plain_text import shell_command
from dgn_explorer.synthesis.parameters import PRESETS
from dgn_explorer.synthesis.recipe import Recipe


def python_code(recipe: Recipe) -> str:
    """Python that makes the image of ``recipe``, whatever it consists of."""
    prior = recipe.prior or "default"
    return f"""\
from dgn_explorer.commands.session import engine_session
from dgn_explorer.synthesis.recipe import Recipe

recipe = Recipe.from_json({recipe.to_json()!r})
with engine_session(None) as session:
    session.open({recipe.network!r}, {prior!r})
    place, finished = next(session.run([recipe], lambda place, frame: None))
    image = finished.result.image  # (H, W, 3) uint8
"""


def command_line(recipe: Recipe) -> str:
    """The command that makes the image of ``recipe``.

    >>> from dgn_explorer.synthesis.recipe import Term
    >>> from dgn_explorer.networks.address import UnitAddress
    >>> terms = (Term(UnitAddress("fc", 980)),)
    >>> text = command_line(Recipe("lite0", "ab", "mine", "cd", terms, seed=3))
    >>> text.split(" --", 2)[0], text.split(" --", 3)[3]
    ('dgn-explorer visualize', 'steps 250 --set step_start=0.25 --seed 3 -- fc:980')
    """
    if len(recipe.objective) == 1 and recipe.objective[0].weight == 1:
        command, units = "visualize", [str(recipe.objective[0].unit)]
    else:
        command = "combine"
        units = [f"{term.unit}={term.weight!r}" for term in recipe.objective]
    words = ["dgn-explorer", command]
    words += ["--network", recipe.network]
    if recipe.prior:
        words += ["--prior", recipe.prior]
    if recipe.method != DEFAULT_METHOD:
        words += ["--method", recipe.method]
    defaults = PRESETS[recipe.method]["default"]
    for spec in recipe.parameters.specs():
        value = getattr(recipe.parameters, spec.name)
        if spec.name == "steps":
            words += ["--steps", str(value)]
        elif value != getattr(defaults, spec.name) or spec.name == "step_start":
            # without it the command takes the step size remembered for this network and prior
            words += ["--set", f"{spec.name}={value!r}"]
    words += ["--seed", str(recipe.seed)]
    return shell_command([*words, "--", *units])  # a layer's name may begin with a dash
