"""``dgn-explorer prior``: published and own priors."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dgn_explorer.commands.options import (
    json_option,
    loader_options,
)
from dgn_explorer.commands.priors.prior_compare import compare_command
from dgn_explorer.commands.priors.prior_layers import layers_command
from dgn_explorer.commands.priors.prior_photos import (
    bounds_command,
    check_command,
    published_encoder,
)
from dgn_explorer.commands.priors.prior_sheet import sheet_command
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.errors import DgnError
from dgn_explorer.priors.info import CROP, FITS

_File = click.Path(dir_okay=False, path_type=Path)
_LICENCE = "the generator's own; the published ones are for research, not for commercial use"


@click.group("prior")
def prior_command() -> None:
    """Import, list, measure and check priors."""


@prior_command.command("import")
@click.argument("file", type=_File)
@click.option(
    "--bounds",
    type=_File,
    help="Upper bounds of the codes, such as act_range/3x/fc6.txt.  [default: 30 for all]",
)
@click.option("--name", default=None, help="Name of the prior.  [default: the layer's]")
@click.option("--layer", default=None, help="fc6, fc7, fc8 or pool5.  [default: told by the file]")
@click.option(
    "--fit",
    type=click.Choice(FITS),
    default=CROP,
    show_default=True,
    help="How the 256 px image is brought to a network's size.",
)
@click.option(
    "--network", default=None, help="The encoder, CaffeNet, to start from photographs through it."
)
@loader_options
def import_command(
    file: Path,
    bounds: Path | None,
    name: str | None,
    layer: str | None,
    fit: str,
    network: str | None,
) -> None:
    """Import a published generator (Dosovitskiy & Brox 2016; Nguyen et al. 2016, 2017).

    FILE is a .pt, .safetensors or .caffemodel file, as it was downloaded. Nothing in it is run.
    """
    from dgn_explorer.priors.bounds import default_space, read_bounds
    from dgn_explorer.priors.files import save_prior
    from dgn_explorer.priors.opening import own_path
    from dgn_explorer.priors.published import published_layer, read_published

    found = read_published(file)
    config = found.generator.config
    layer = layer or published_layer(file, config)
    path = own_path(name or layer)
    if path.exists():
        raise DgnError(
            f"There already is a prior called {path.stem}.",
            f"Give another --name, or delete {path}.",
        )
    size = config.code_size
    space = default_space(size) if bounds is None else read_bounds(bounds, size)
    card = {
        "origin": file.name,
        "form": found.form,
        "bounds_from": "0 to 30" if bounds is None else bounds.name,
        "licence": _LICENCE,
    }
    save_prior(
        path,
        name=path.stem,
        generator=found.generator,
        space=space,
        encoder=published_encoder(layer, network),
        card=dict(card),
        fit=fit,
        exact=True,
    )
    say(str(path))
    say(
        f"{path.stem}: form {found.form}, codes of {size} numbers of {layer},"
        f" bounds {card['bounds_from']}, {fit}",
        err=True,
    )


@prior_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the built-in prior and your own."""
    from dgn_explorer.priors.files import read_header
    from dgn_explorer.priors.opening import prior_names, prior_path

    rows: list[dict[str, Any]] = []
    for name in prior_names():
        try:
            with prior_path(name) as path:
                header = read_header(path)
            row = {"name": name, "architecture": header["architecture"]}
            row |= {"code_size": header["config"]["code_size"], "image": header["image"]}
            rows.append({**row, "encoder": header["encoder"], "problem": ""})
        except (DgnError, KeyError, TypeError) as error:  # one broken file hides no other
            rows.append({"name": name, "problem": str(error)})
    if as_json:
        print_json(rows)
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        text = row["problem"] or (
            f"{row['code_size']} numbers of {row['encoder']['network']} {row['encoder']['layer']},"
            f" {row['architecture']}, {row['image']['size']} px"
        )
        say(f"{row['name']:{width}}  {text}")


@prior_command.command("info")
@click.argument("prior")
@json_option
def info_command(prior: str, as_json: bool) -> None:
    """Show what is known of PRIOR, a name or a file."""
    from dgn_explorer.priors.opening import open_prior

    opened = open_prior(prior)
    space = opened.space
    values: dict[str, Any] = asdict(opened.info)
    values["bounds"] = {
        "lower": [float(space.lower.min()), float(space.lower.max())],
        "upper": [float(space.upper.min()), float(space.upper.mean()), float(space.upper.max())],
    }
    if as_json:
        print_json(values)
        return
    encoder, card = values.pop("encoder"), values.pop("card")
    low, high = values["bounds"]["lower"], values["bounds"]["upper"]
    values["bounds"] = f"{low[0]:g} to {high[2]:g}, upper ones {high[1]:.2f} on average"
    values["encoder"] = f"{encoder['network']} {encoder['layer']}, {encoder['input_size']} px"
    for key, value in {**values, **card}.items():
        say(f"{key.replace('_', ' '):16} {value}")


prior_command.add_command(bounds_command)
prior_command.add_command(check_command)
prior_command.add_command(compare_command)
prior_command.add_command(sheet_command)
prior_command.add_command(layers_command)
