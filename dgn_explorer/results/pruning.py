"""Which results to let go, by age and by size of the store; the caller deletes them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from dgn_explorer.results.notebook import Notebook, read_notebook
from dgn_explorer.results.summary import Summary


def to_prune(
    items: Sequence[Summary],
    *,
    max_bytes: float | None = None,
    older_than: datetime | None = None,
    keep: Collection[str] = frozenset(),
) -> list[Summary]:
    """What goes, oldest first: all made before ``older_than``, then more until the rest fits.

    ``items`` are as `Store.list` gives them, newest first; ``keep`` holds keys that stay, though
    they count for ``max_bytes``.
    """
    free = [item for item in reversed(items) if item.key not in keep]
    gone = [item for item in free if older_than and _is_older(item, older_than)]
    if max_bytes is not None:
        left = sum(item.bytes for item in items) - sum(item.bytes for item in gone)
        old = {item.key for item in gone}
        for item in free:
            if left <= max_bytes:
                break
            if item.key not in old:
                gone.append(item)
                left -= item.bytes
    return gone


def favourite_keys(items: Sequence[Summary], notes: Path) -> frozenset[str]:
    """The keys of the favourites among ``items``: of a unit, or of one in a combination.

    ``notes`` is the folder of the notebooks. Raises `DgnError` if one is damaged, so that nobody
    loses favourites that cannot be read.
    """
    books = {
        fingerprint: _book(notes, fingerprint)
        for fingerprint in {item.network_fingerprint for item in items}
    }
    return frozenset(
        item.key
        for item in items
        if any(books[item.network_fingerprint].note(a).favourite for a in _addresses(item))
    )


def _book(notes: Path, fingerprint: str) -> Notebook:
    try:
        return read_notebook(notes, fingerprint)
    except ValueError:  # what is no fingerprint has no notes
        return Notebook()


def _addresses(item: Summary) -> tuple[str, ...]:
    return (item.address, *map(str, item.units))


def _is_older(item: Summary, moment: datetime) -> bool:
    try:
        created = datetime.fromisoformat(item.created)
    except ValueError:
        return False
    return created.utcoffset() is not None and created < moment
