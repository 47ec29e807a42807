"""A recipe as text that makes its images again: Python and a command line."""

from dgn_explorer.plain_text import shell_command
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.parameters import written
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import RANDOM
from dgn_explorer.synthesis.targets import Maximise


def python_code(recipe: Recipe) -> str:
    """Python that makes the images of ``recipe``, whatever it consists of.

    >>> print(python_code(Recipe("lite0", "ab", "mine", "cd", Maximise.of("fc:9"))).split("(")[0])
    import dgn_explorer as dgn
    from dgn_explorer.synthesis.recipe import Recipe
    <BLANKLINE>
    recipe = Recipe.from_json
    """
    prior = recipe.prior or "default"
    return f"""\
import dgn_explorer as dgn
from dgn_explorer.synthesis.recipe import Recipe

recipe = Recipe.from_json({recipe.to_json()!r})
with dgn.open({recipe.network!r}, {prior!r}) as explorer:
    record = explorer.make(recipe)
record.save("image.png")
"""


def command_line(recipe: Recipe) -> str:
    """The command that makes the images of ``recipe``.

    A recipe that the options cannot spell, such as one that goes on from another result, is passed
    whole.

    >>> text = command_line(Recipe("lite0", "ab", "mine", "cd", Maximise.of("fc:980"), seed=3))
    >>> text.split(" --", 2)[0], text.split(" --", 3)[3]
    ('dgn-explorer visualize', 'steps 250 --set step_start=0.25 --seed 3 -- fc:980')
    """
    network = ["--network", recipe.network]
    prior = ["--prior", recipe.prior] if recipe.prior else []
    target = recipe.target
    if not isinstance(target, Maximise) or recipe.schema > 1 or recipe.start != RANDOM:
        words = ["dgn-explorer", "make", *network, *prior, "--", recipe.to_json()]
        return shell_command(words)
    alone = len(target.terms) == 1 and target.terms[0].weight == 1
    words = ["dgn-explorer", "visualize" if alone else "combine", *network, *prior]
    if recipe.method != METHODS[0].name:
        words += ["--method", recipe.method]
    for spec in recipe.parameters.specs():
        value = getattr(recipe.parameters, spec.name)
        if spec.name == "steps":
            words += ["--steps", str(value)]
        elif value != getattr(recipe.about.default, spec.name) or spec.name == (
            recipe.about.step_field
        ):
            # without it the command takes the step size remembered for this network and prior
            words += ["--set", f"{spec.name}={written(spec, value)}"]
    words += ["--seed", str(recipe.seed), "--"]
    units = (str(t.unit) if alone else f"{t.unit}={t.weight!r}" for t in target.terms)
    return shell_command([*words, *units])  # behind --, as a layer's name may begin with a dash
