"""``dgn-explorer export``: what others can look at without the program."""

from pathlib import Path

import click

from dgn_explorer.commands.options import json_option
from dgn_explorer.commands.terminal import StatusLine, print_json, say


@click.group("export")
def export_command() -> None:
    """Make what others can look at without this program."""


@export_command.command("site")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path), metavar="OUT")
@click.option("--text", default="", help="Only results with these words in label or address.")
@click.option("--network", default="", help="Only results of this network.")
@click.option("--layer", default="", help="Only results of this layer.")
@click.option(
    "--title", default="What the units want to see", show_default=True, help="Name of the site."
)
@click.option(
    "--photographs",
    is_flag=True,
    help="Also publish what holds or starts from photographs; mind whose they are.",
)
@click.option("--lossless", is_flag=True, help="Images as PNG instead of WebP: 8 times the size.")
@click.option("--overwrite", is_flag=True, help="Replace a site that is there.")
@json_option
def site_command(
    out: Path,
    text: str,
    network: str,
    layer: str,
    title: str,
    photographs: bool,
    lossless: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the stored results as a website into the folder OUT.

    It is a folder of files that refers to nothing else: open its index.html, or put it on any web
    server. Every unit has an address of its own.
    """
    from dgn_explorer.api import save_site

    line = StatusLine()
    try:
        report, left_out = save_site(
            out,
            text=text,
            network=network,
            layer=layer,
            title=title,
            photographs=photographs,
            lossless=lossless,
            overwrite=overwrite,
            progress=lambda done, total: line.say(f"{done} of {total} units", last=done == total),
        )
    finally:
        line.end()
    size = f"{report.bytes / 1e6:.1f} MB"
    say(f"{report.units} units with {report.images} images in {out}, {size}", err=True)
    for reason, count in left_out.items():
        say(f"Left out: {count}, each of which {reason}", err=True)
    if as_json:
        print_json(
            {
                "units": report.units,
                "images": report.images,
                "bytes": report.bytes,
                "left_out": left_out,
                "path": str((out / "index.html").absolute()),
            }
        )
