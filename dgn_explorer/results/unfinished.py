"""The queue on the disk, so that a kill loses no plan: orders in their order, without repetition.

A layer of 1,280 units differs in nothing but the unit, so recipes that maximise units are written
as a few patterns and a line each, which is format 1; whatever else there is makes it format 2, with
a line that is the whole order. What is finished is found out from the store.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dgn_explorer.disk import FileSystem, disk_error, keep_file, read_text
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.studies.survey import Order, order_from_dict
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise, Term

_FORMAT = 2
_ANY = Maximise.of(UnitAddress("any", 0))


def encode_queue(orders: Sequence[Order]) -> str:
    """The orders as JSON; `decode_queue` reads them back."""
    patterns: dict[str, int] = {}
    jobs: list[Any] = []
    for order in orders:
        if isinstance(order, Recipe) and isinstance(order.target, Maximise):
            pattern = dataclasses.replace(order, target=_ANY, seed=0).to_json()
            number = patterns.setdefault(pattern, len(patterns))
            terms = [[str(term.unit), term.weight] for term in order.target.terms]
            jobs.append([number, order.seed, terms])
        else:
            jobs.append(order.to_dict())
    version = _FORMAT if any(isinstance(job, dict) for job in jobs) else 1
    return json.dumps({"format": version, "patterns": list(patterns), "jobs": jobs})


def decode_queue(text: str) -> tuple[Order, ...]:
    """Read `encode_queue` back; raises `DgnError` for anything else."""
    try:
        values = json.loads(text)
        if values["format"] > _FORMAT:
            raise ValueError("it is from a newer program")
        patterns = [Recipe.from_json(pattern) for pattern in values["patterns"]]
        return tuple(_order(job, patterns) for job in values["jobs"])
    except (
        LookupError,
        ArithmeticError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise DgnError(
            f"The unfinished queue cannot be read ({error}).", "Queue the units again."
        ) from None


def _order(job: Any, patterns: Sequence[Recipe]) -> Order:
    if isinstance(job, dict):
        return order_from_dict(job)
    number, seed, pairs = job
    terms = (Term(UnitAddress.parse(unit), weight) for unit, weight in pairs)
    pattern: Recipe = patterns[number]
    return dataclasses.replace(pattern, seed=seed, target=Maximise(tuple(terms)))


def read_queue(path: Path) -> tuple[Order, ...]:
    """The orders in ``path``, none without such a file; raises `DgnError` for a damaged one."""
    try:
        return decode_queue(read_text(path))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise DgnError(f"{path} cannot be read ({error}).", "Queue the units again.") from None


def write_queue(path: Path, orders: Sequence[Order], fs: FileSystem | None = None) -> None:
    """Write the orders to ``path`` in one step."""
    try:
        keep_file(path, encode_queue(orders).encode(), fs)
    except OSError as error:
        raise disk_error(error, f"write {path}", "free some space") from error
