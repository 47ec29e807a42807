"""The queue on the disk, so that a kill loses no plan: recipes in order, without repetition.

A layer of 1,280 units differs in nothing but the unit, so recipes are written as a few patterns and
a line each. What is finished is found out from the store.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from dgn_explorer.disk import FileSystem, disk_error, keep_file
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.recipe import Recipe, Term

_FORMAT = 1
_ANY = (Term(UnitAddress("any", 0)),)


def encode_queue(recipes: Sequence[Recipe]) -> str:
    """The recipes as JSON; `decode_queue` reads them back."""
    patterns: dict[str, int] = {}
    jobs = []
    for recipe in recipes:
        pattern = dataclasses.replace(recipe, objective=_ANY, seed=0).to_json()
        number = patterns.setdefault(pattern, len(patterns))
        terms = [[str(term.unit), term.weight] for term in recipe.objective]
        jobs.append([number, recipe.seed, terms])
    return json.dumps({"format": _FORMAT, "patterns": list(patterns), "jobs": jobs})


def decode_queue(text: str) -> tuple[Recipe, ...]:
    """Read `encode_queue` back; raises `DgnError` for anything else."""
    try:
        values = json.loads(text)
        if values["format"] > _FORMAT:
            raise ValueError("it is from a newer program")
        patterns = [Recipe.from_json(pattern) for pattern in values["patterns"]]
        return tuple(
            dataclasses.replace(
                patterns[number],
                seed=seed,
                objective=tuple(Term(UnitAddress.parse(unit), weight) for unit, weight in terms),
            )
            for number, seed, terms in values["jobs"]
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise DgnError(
            f"The unfinished queue cannot be read ({error}).", "Queue the units again."
        ) from None


def read_queue(path: Path) -> tuple[Recipe, ...]:
    """The recipes in ``path``, none without such a file; raises `DgnError` for a damaged one."""
    try:
        return decode_queue(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise DgnError(f"{path} cannot be read ({error}).", "Queue the units again.") from None


def write_queue(path: Path, recipes: Sequence[Recipe], fs: FileSystem | None = None) -> None:
    """Write the recipes to ``path`` in one step."""
    try:
        keep_file(path, encode_queue(recipes).encode(), fs)
    except OSError as error:
        raise disk_error(error, f"write {path}", "free some space") from error
