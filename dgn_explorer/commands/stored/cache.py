"""``dgn-explorer cache``: the stored results."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from dgn_explorer.commands.options import json_option
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder
from dgn_explorer.results.damage import DamagedResult
from dgn_explorer.results.store import OnCount, open_store

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("cache")
def cache_command() -> None:
    """List, check, prune and hand on the stored results."""


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
        say(
            f"{r.created[:16].replace('T', ' ')}  {r.network} {r.address}{label}  seed {r.seed}"
            f"  {r.state} at step {r.steps}  activation {r.activation:.2f}  {r.key[:12]}"
        )
    say(f"{len(stored)} results, {sum(r.bytes for r in stored) / 1e6:.1f} MB", err=True)


@cache_command.command("trash")
@click.option("--restore", "restored", multiple=True, metavar="KEY", help="Take a result out.")
@click.option("--empty", is_flag=True, help="Delete for good what is in it.")
@json_option
def trash_command(restored: tuple[str, ...], empty: bool, as_json: bool) -> None:
    """List what the window has deleted; take some back, or delete the rest for good.

    KEY may be the first letters of a key.
    """
    store = open_store()
    trash = store.trash.read()
    keys = [key for start in restored for key in _beginning(trash, start)]
    store.trash.change(remove=keys)
    left = {key: at for key, at in trash.items() if key not in keys}
    if empty:
        for key in left:
            store.delete(key)
        store.trash.change(remove=left)
        say(f"{len(left)} results deleted.", err=True)
        left = {}
    if as_json:
        print_json([{"key": key, "since": at.isoformat()} for key, at in left.items()])
        return
    names = {one.key: f"{one.network} {one.address} {one.label}".strip() for one in store.list()}
    for key, at in left.items():
        say(f"{at:%Y-%m-%d %H:%M}  {names.get(key, 'no longer there')}  {key[:12]}")
    say(f"{len(left)} results in the trash", err=True)


def _beginning(trash: Iterable[str], start: str) -> list[str]:
    found = [key for key in trash if key.startswith(start)]
    if len(found) != 1:
        many = f"{len(found)} keys in the trash begin" if found else "No key in the trash begins"
        raise DgnError(f"{many} with {start!r}.", "List them with: dgn-explorer cache trash")
    return found


@cache_command.command("verify")
@json_option
def verify_command(as_json: bool) -> None:
    """Check every stored result; damaged ones are moved to the quarantine folder."""
    with _progress("Checking", "Results that were set aside before stay there.") as progress:
        report = open_store().verify(progress)
    if as_json:
        moved = [
            {"path": str(d.quarantined.absolute()), "reason": d.reason, "lost": _lost(d)}
            for d in report.damaged
            if d.quarantined
        ]
        counts = {"results": report.results, "damaged": len(report.damaged)}
        print_json(counts | {"quarantined": moved})
    else:
        say(f"{report.results} results are sound, {len(report.damaged)} are damaged.")
    for damaged in report.damaged:
        where = f", moved to {damaged.quarantined}" if damaged.quarantined else ""
        say(f"{damaged.path}: {damaged.reason}{where}", err=True)
        say(f"  Lost: {_lost(damaged) or 'a result of which nothing is known'}", err=True)
    sys.exit(1 if report.damaged else 0)


@cache_command.command("pack")
@click.argument("file", type=_FILE)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@json_option
def pack_command(file: Path, overwrite: bool, as_json: bool) -> None:
    """Write all stored results to FILE (HDF5), to keep or to hand on."""
    from dgn_explorer.results.pack import pack

    if file.exists() and not overwrite:
        raise DgnError(f"{file} is there already.", "Choose another name, or add --overwrite.")
    with _progress("Packing", f"{file} was not written.") as progress:
        report = pack(open_store(), file, progress)
    size = file.stat().st_size
    say(f"{report.results} results in {file}, {size / 1e6:.1f} MB", err=True)
    _say_left_out(report.left_out)
    if as_json:
        left_out = len(report.left_out)
        print_json({"results": report.results, "left_out": left_out, "bytes": size})
    sys.exit(1 if report.left_out else 0)


@cache_command.command("unpack")
@click.argument("file", type=_FILE)
@json_option
def unpack_command(file: Path, as_json: bool) -> None:
    """Put all results of FILE into the store; what is there already stays."""
    from dgn_explorer.results.pack import unpack

    with _progress("Unpacking", "What was unpacked is kept; run it again to go on.") as progress:
        report = unpack(open_store(), file, progress)
    say(f"{report.results} results, {report.new} of them new to the store", err=True)
    if report.better:
        say(f"{report.better} took the place of a stopped one", err=True)
    if report.kept:
        say(f"{report.kept} were in the store already and stayed as they were", err=True)
    _say_left_out(report.left_out)
    if as_json:
        left_out = len(report.left_out)
        print_json({"results": report.results, "new": report.new, "left_out": left_out})
    sys.exit(1 if report.left_out else 0)


@cache_command.command("prune")
@click.option("--max-gb", type=click.FloatRange(0), help="Delete the oldest until the rest fits.")
@click.option("--older-than", type=click.FloatRange(0), help="Delete what is older; in days.")
@click.option("--keep-favourites", is_flag=True, help="Keep every result of a favourite unit.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@json_option
def prune_command(
    max_gb: float | None,
    older_than: float | None,
    keep_favourites: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Delete results by age and by size of the store."""
    from dgn_explorer.results.pruning import favourite_keys, to_prune

    if max_gb is None and older_than is None:
        raise DgnError("It is not said which results to delete.", "Add --max-gb or --older-than.")
    store = open_store()
    stored = store.list()
    favourites = favourite_keys(stored, data_folder() / "notes") if keep_favourites else frozenset()
    chosen = to_prune(
        stored,
        max_bytes=None if max_gb is None else max_gb * 1e9,
        older_than=None if older_than is None else _days_ago(older_than),
        keep=favourites,
    )
    gone = chosen
    if not dry_run:
        gone = []
        with _progress("Deleting", "What is not deleted yet stays.") as progress:
            for done, item in enumerate(chosen):
                progress(done, len(chosen))
                if store.delete_listed(item):
                    gone.append(item)
            progress(len(chosen), len(chosen))
    size = sum(item.bytes for item in gone)
    verb = "would go" if dry_run else "deleted"
    say(f"{len(gone)} results {verb}, {size / 1e6:.1f} MB", err=True)
    if as_json:
        left = len(stored) - len(gone)
        print_json(
            {
                "results": left,
                "deleted": 0 if dry_run else len(gone),
                "bytes": size,
                "keys": [item.key for item in gone],
            }
        )


def _days_ago(days: float) -> datetime:
    try:
        return datetime.now(UTC) - timedelta(days=days)
    except OverflowError:
        raise DgnError(f"{days:g} days ago there was no calendar.", "Give fewer days.") from None


def _lost(damaged: DamagedResult) -> str:
    item = damaged.lost
    return f"{item.address} {item.label}".strip() + f", seed {item.seed}" if item else ""


def _say_left_out(left_out: tuple[tuple[str, str], ...]) -> None:
    for key, reason in left_out:
        say(f"Left out {key[:12]}: {reason}", err=True)


@contextmanager
def _progress(label: str, if_stopped: str) -> Iterator[OnCount]:
    """A bar on a terminal; Ctrl+C ends with ``if_stopped``, which says how things are then."""
    try:
        with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

            def show(done: int, total: int) -> None:
                bar.length = max(1, total)
                bar.update(done - bar.pos)

            yield show
    except KeyboardInterrupt:
        say("", f"Stopped. {if_stopped}", err=True)
        raise click.Abort from None
