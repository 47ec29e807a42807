"""How a record is made again: as a command line, and as Python.

Both make it with the same key in an empty store, and on the machine that made it with the same
bytes. What an order needs besides itself comes with it: photographs and masks as files, the results
that it goes on from as orders of their own, and of a stopped one the step at which to stop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dgn_explorer.plain_text import shell_command
from dgn_explorer.priors.info import FLOAT32
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.parameters import written
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import RANDOM
from dgn_explorer.synthesis.targets import Maximise


@dataclass(frozen=True)
class Script:
    """What makes ``order`` again.

    ``before`` are the orders that it goes on from, the first one first. ``files`` are its inputs
    and theirs. ``stop_after`` is a number of steps, 0 for all. ``prior`` is a spec, for surveys,
    which do not name one.
    """

    order: Order
    before: tuple[Recipe, ...] = ()
    files: tuple[Path, ...] = ()
    stop_after: int = 0
    prior: str = ""

    @property
    def prior_spec(self) -> str:
        """The prior to open, empty for the default one."""
        return self.order.prior if isinstance(self.order, Recipe) else self.prior


def python_code(script: Script) -> str:
    """Python that makes the record of ``script``, whatever it consists of.

    >>> recipe = Recipe("lite0", "ab", "mine", "cd", Maximise.of("fc:9"))
    >>> print(python_code(Script(recipe)).split("(")[0])
    import dgn_explorer as dgn
    from dgn_explorer.studies.survey import order_from_json
    <BLANKLINE>
    order = order_from_json
    """
    order = script.order
    within = [f"explorer.keep_file({str(path)!r})" for path in script.files]
    within += [f"explorer.make(order_from_json({one.to_json()!r}))" for one in script.before]
    stop = f", stop_after={script.stop_after}" if script.stop_after else ""
    within.append(f"record = explorer.make(order{stop})")
    lines = [
        "import dgn_explorer as dgn",
        "from dgn_explorer.studies.survey import order_from_json",
        "",
        f"order = order_from_json({order.to_json()!r})",
        f"with dgn.open({order.network!r}, {script.prior_spec or 'default'!r}) as explorer:",
        *(f"    {line}" for line in within),
        "print(record.rows())" if isinstance(order, Survey) else 'record.save("image.png")',
    ]
    if isinstance(order, Survey) and order.about.makes != "table":
        lines[-1] = "print(record.parts)"
    return "\n".join(lines) + "\n"


def command_line(script: Script, numeric: str = FLOAT32) -> str:
    """The command that makes the record of ``script``.

    An order that the options of a command cannot spell is passed whole. ``numeric`` is the
    arithmetic of the prior that is open, which a command would use that does not name one.

    >>> recipe = Recipe("lite0", "ab", "mine", "cd", Maximise.of("fc:980"), seed=3)
    >>> text = command_line(Script(recipe))
    >>> text.split(" --", 2)[0], text.split(" --", 3)[3]
    ('dgn-explorer visualize', 'steps 140 --set step_start=0.25 --seed 3 -- fc:980')
    >>> command_line(Script(recipe, stop_after=7)).split(" -- ")[0]
    'dgn-explorer make --network lite0 --prior mine --stop-after 7'
    """
    order = script.order
    opened = ["--network", order.network]
    opened += ["--prior", script.prior_spec] if script.prior_spec else []
    if (
        isinstance(order, Recipe)
        and not order.about.count_field
        and isinstance(order.target, Maximise)
        and order.start == RANDOM
        and not order.inputs
        and order.numeric == numeric
        and not script.stop_after
    ):
        return shell_command(_by_options(order, opened))
    words = ["dgn-explorer", "make", *opened]
    for path in script.files:
        words += ["--file", str(path)]
    for one in script.before:
        words += ["--before", one.to_json()]
    words += ["--stop-after", str(script.stop_after)] if script.stop_after else []
    return shell_command([*words, "--", order.to_json()])


def how_options(recipe: Recipe) -> list[str]:
    """The options of ``visualize`` and ``strip`` that say by which method, and with what.

    >>> how_options(Recipe("lite0", "ab", "mine", "cd", Maximise.of("fc:980")))
    ['--steps', '140', '--set', 'step_start=0.25']
    """
    words: list[str] = []
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
    return words


def _by_options(recipe: Recipe, opened: Sequence[str]) -> list[str]:
    target = recipe.target
    assert isinstance(target, Maximise)
    alone = len(target.terms) == 1 and target.terms[0].weight == 1
    words = ["dgn-explorer", "visualize" if alone else "combine", *opened]
    words += how_options(recipe)
    units = (str(t.unit) if alone else f"{t.unit}={t.weight!r}" for t in target.terms)
    words += ["--seed", str(recipe.seed), "--"]  # as a layer's name may begin with a dash
    return [*words, *units]
