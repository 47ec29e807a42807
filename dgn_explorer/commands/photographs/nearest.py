"""``dgn-explorer nearest``: is an image remembered from a set of photographs, or invented?"""

from pathlib import Path

import click

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    prior_option,
    threads_option,
)
from dgn_explorer.commands.photographs.photos import make_slowly, photo_set_option
from dgn_explorer.commands.terminal import print_json, say


@click.command("nearest")
@click.argument("result")
@photo_set_option
@network_option
@prior_option
@click.option(
    "--count", type=click.IntRange(1, 100), default=9, show_default=True, help="Photographs."
)
@click.option("--image", type=click.IntRange(1), default=1, help="Which one of several images.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write the figure to this PNG.",
)
@device_option
@threads_option
@json_option
def nearest_command(
    result: str,
    photos: Path,
    network: str,
    prior: str,
    count: int,
    image: int,
    out: Path | None,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Seek the photographs nearest to RESULT, and say whether that is suspiciously near.

    RESULT is the key of a stored result (or its beginning) or a picture's file. Beside its distance
    stand those of photographs to their nearest other, and a control: photographs that the prior
    rebuilds, which should find themselves.
    """
    from dgn_explorer.commands.units.images import write_image
    from dgn_explorer.export.nearest_figure import nearest_figure
    from dgn_explorer.results.nearest import nearest_pictures, nearness_of

    with explorer_for(network, prior, device, threads) as explorer:
        order = explorer.nearest_survey(explorer.picture_of(result, image), photos, count)
        record = make_slowly(explorer, order, "Photographs")
    found = nearness_of(record)
    if out is not None:
        figure = nearest_figure(
            record.array("picture"),
            nearest_pictures(record),
            found.picture,
            found.own,
            found.controls,
            found.sentence,
        )
        say(f"Written: {write_image(out, figure, order)}", err=True)
    if as_json:
        for row in record.rows():
            print_json(row)
    else:
        for row in record.rows():
            say(f"{row['distance']:.3f}  {row['photo']}")
    say(found.sentence, err=as_json)
