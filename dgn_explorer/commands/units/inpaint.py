"""``dgn-explorer inpaint``: a hole in a photograph, filled with what a unit wants to see."""

from pathlib import Path

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.units.sampling import METHOD, Sampling, make_samples, sampling_options

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("inpaint")
@click.argument("photo", type=_FILE, metavar="PHOTO")
@click.option(
    "--mask", type=_FILE, required=True, help="A picture of the same proportions, the hole white."
)
@click.option("--unit", "units", required=True, multiple=True, help="What is to be seen there.")
@click.option("--preset", default="inpaint", show_default=True, help="Set of parameters.")
@sampling_options
def inpaint_command(
    photo: Path, mask: Path, units: tuple[str, ...], preset: str, sampling: Sampling
) -> None:
    """Fill the white of the mask in the middle square of a photograph, several times over.

    UNIT is a class name (church) or an address. The photograph stays as it is around the hole, but
    for an edge a few pixels wide (--set feather=4).
    """
    from dgn_explorer.engine.ordering import Wanted
    from dgn_explorer.synthesis.targets import Maximise

    with explorer_for(
        sampling.network, sampling.prior, sampling.device, sampling.threads, sampling.batch
    ) as explorer:
        targets = [Maximise.of(explorer.network.resolve(text)) for text in units]
        recipes = explorer.recipes(
            targets,
            Wanted.of(METHOD, preset, sampling.changes()),
            seeds=sampling.seeds,
            inputs={"photo": photo, "mask": mask},
        )
        make_samples(explorer, recipes, sampling)
