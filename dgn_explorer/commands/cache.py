"""``dgn-explorer cache``: the stored results."""

import sys

import click

from dgn_explorer.commands.options import json_option, print_json
from dgn_explorer.paths import data_folder
from dgn_explorer.results.store import Store


def open_store() -> Store:
    """The user's store."""
    return Store(data_folder() / "results")


@click.group("cache")
def cache_command() -> None:
    """List and check the stored results."""


@cache_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the stored results, newest first."""
    stored = open_store().list()
    if as_json:
        names = ("key", "network", "prior", "address", "label", "seed", "method", "state", "steps")
        more = ("activation", "seconds", "created", "bytes")
        print_json([{name: getattr(r, name) for name in (*names, *more)} for r in stored])
        return
    for r in stored:
        label = f" {r.label}" if r.label else ""
        click.echo(
            f"{r.created[:16].replace('T', ' ')}  {r.network} {r.address}{label}  seed {r.seed}"
            f"  {r.state} at step {r.steps}  activation {r.activation:.2f}  {r.key[:12]}"
        )
    click.echo(f"{len(stored)} results, {sum(r.bytes for r in stored) / 1e6:.1f} MB", err=True)


@cache_command.command("verify")
@json_option
def verify_command(as_json: bool) -> None:
    """Check every stored result; damaged ones are moved to the quarantine folder."""
    report = open_store().verify()
    if as_json:
        print_json({"results": report.results, "damaged": len(report.damaged)})
    else:
        click.echo(f"{report.results} results are sound, {len(report.damaged)} are damaged.")
    for damaged in report.damaged:
        where = f", moved to {damaged.quarantined}" if damaged.quarantined else ""
        click.echo(f"{damaged.path}: {damaged.reason}{where}", err=True)
    sys.exit(1 if report.damaged else 0)
