"""``dgn-explorer sample``: sets of different images, from the store or by a chain of PPGN."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.terminal import say
from dgn_explorer.commands.units.sampling import METHOD, Sampling, make_samples, sampling_options
from dgn_explorer.errors import DgnError

if TYPE_CHECKING:
    from dgn_explorer.networks.info import NetworkInfo
    from dgn_explorer.synthesis.targets import Maximise


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("sample")
@click.argument("units", nargs=-1, metavar="[UNIT]...")
@click.option(
    "--chain",
    "plans",
    multiple=True,
    metavar="UNIT*COUNT,...",
    help="A plan instead of a unit, such as volcano*5,strawberry*5: one chain through all of them.",
)
@click.option(
    "--sentence",
    "sentences",
    multiple=True,
    metavar="TEXT",
    help="The classes that a sentence names, weighted, instead of a unit (extra: words).",
)
@click.option(
    "--caption",
    "captions",
    multiple=True,
    metavar="WORDS",
    help="What a caption network shall say of the images; needs --captioner and --vocabulary.",
)
@click.option("--captioner", type=FILE, default=None, help="An exported caption network (.pt2).")
@click.option("--vocabulary", type=FILE, default=None, help="Its words, a text of one a line.")
@click.option(
    "--with",
    "parts",
    multiple=True,
    metavar="UNIT=WEIGHT",
    help="Another unit that the images of each UNIT shall show too, or avoid (negative weight).",
)
@click.option(
    "--preset",
    default=None,
    help="Set of parameters.  [default: default; with a published prior published]",
)
@click.option(
    "--init",
    "photo",
    type=FILE,
    default=None,
    help="Start from a photograph instead of a random code.",
)
@sampling_options
def sample_command(
    units: tuple[str, ...],
    plans: tuple[str, ...],
    sentences: tuple[str, ...],
    captions: tuple[str, ...],
    captioner: Path | None,
    vocabulary: Path | None,
    parts: tuple[str, ...],
    preset: str | None,
    photo: Path | None,
    sampling: Sampling,
) -> None:
    """Make different images of a unit, one after another from one chain.

    UNIT is a class name (volcano) or an address such as layer:index@row,col; each has a chain of
    its own. The same command with a larger --count makes the same images first.
    """
    from dgn_explorer.engine.ordering import Wanted
    from dgn_explorer.synthesis.choosing import usual_preset
    from dgn_explorer.synthesis.combination import parse_part
    from dgn_explorer.synthesis.methods.ppgn.about import PPGN
    from dgn_explorer.synthesis.plan import plan_of
    from dgn_explorer.synthesis.targets import Maximise, Term

    if not (units or plans or sentences or captions):
        raise DgnError("There is nothing to sample.", "Name a unit, or a plan with --chain.")
    more = [parse_part(part) for part in parts]
    with explorer_for(
        sampling.network, sampling.prior, sampling.device, sampling.threads, sampling.batch
    ) as explorer:
        info = explorer.network
        preset = preset or usual_preset(PPGN, explorer.prior)
        others = tuple(Term(info.resolve(name), weight) for name, weight in more)
        alone = [Maximise((Term(info.resolve(text)), *others)) for text in units]
        alone += [Maximise((*_named(info, text).terms, *others)) for text in sentences]
        recipes = explorer.recipes(
            alone, Wanted.of(METHOD, preset, sampling.changes()), seeds=sampling.seeds, start=photo
        )
        for text in plans:
            plan = plan_of(info, text)
            wanted = Wanted.of(METHOD, preset, sampling.changes(plan.count))
            recipes += explorer.recipes([plan], wanted, seeds=sampling.seeds, start=photo)
        if captions:
            given = {"captioner": captioner, "vocabulary": vocabulary}
            recipes += explorer.recipes(
                [explorer.caption(text) for text in captions],
                Wanted.of(METHOD, preset, sampling.changes()),
                seeds=sampling.seeds,
                start=photo,
                inputs={role: path for role, path in given.items() if path is not None},
            )
        make_samples(explorer, recipes, sampling)


def _named(info: "NetworkInfo", text: str) -> "Maximise":
    """The units that a sentence names, which are said, so that they can be given in other words."""
    from dgn_explorer.synthesis.sentence import find_units, not_found, target_of

    found = find_units(info, text)
    target = target_of(found)
    say(f"{text}: {target.text([one.label for one in found])}", err=True)
    if missing := not_found(text, found):
        say(f"No class is like: {', '.join(missing)}", err=True)
    return target
