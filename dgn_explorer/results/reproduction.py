"""From a record to a `Script` that makes it again: reads what it goes on from out of the store."""

from dgn_explorer.errors import DgnError
from dgn_explorer.export.script import Script
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromResult

_MOST = 1000  # results that go on from one another


def script_for(store: Store, order: Order, record: Record | None = None, prior: str = "") -> Script:
    """How ``order`` is made in an empty store; of a stopped ``record``, up to where it stopped.

    ``prior`` is the spec of a prior for surveys. Reads the disk. Raises `DgnError` if something
    that the order needs is no longer in the store.
    """
    before: list[Recipe] = []
    last = order
    while isinstance(last, Recipe) and isinstance(last.start, FromResult):
        found = store.get(last.start.key)
        if found is None or len(before) == _MOST:
            raise DgnError(
                f"The result {last.start.key[:16]}… that it goes on from is not in the store.",
                "Without it the image cannot be made again.",
            )
        last = found.recipe
        before.insert(0, last)
    needed = {one.sha256: one for made in (*before, order) for one in made.inputs}
    files = tuple(store.place_of(sha256) for sha256 in needed)
    stopped = record is not None and record.state != DONE
    return Script(
        order, tuple(before), files, record.steps if record is not None and stopped else 0, prior
    )
