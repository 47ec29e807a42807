"""`Explorer`, whole, and how it is opened."""

from collections.abc import Callable

from dgn_explorer.api.orders import DEFAULT_NETWORK, DEFAULT_PRIOR
from dgn_explorer.api.photos import AsksPhotos
from dgn_explorer.api.units import AsksUnits
from dgn_explorer.results.store import open_store


class Explorer(AsksUnits, AsksPhotos):
    """An open network with a prior, the engine behind it, and the store; see `open`.

    One thread at a time may use it. Close it, or use it in a ``with`` block.
    """


def open(
    network: str = DEFAULT_NETWORK,
    prior: str = DEFAULT_PRIOR,
    *,
    device: str | None = None,
    threads: int | None = None,
    batch: int | None = None,
    confirm: Callable[[str], bool] = lambda question: False,
    notice: Callable[[str], None] = lambda text: None,
    progress: bool | None = None,
) -> "Explorer":
    """Open a network and a prior, as ``--network`` and ``--prior`` of the command line take them.

    ``device`` is ``cpu``, ``cuda`` or ``mps``, None the best there is; ``batch`` is how many units
    of a layer share a run. ``confirm`` is asked before a file of one's own code runs, ``notice``
    told of step sizes that were found and the like. ``progress`` shows a bar; None does if tqdm is
    installed. Raises `DgnError`.
    """
    explorer = Explorer(open_store(), progress=progress, notice=notice)
    try:
        explorer.start(network, prior, device=device, threads=threads, batch=batch, confirm=confirm)
    except BaseException:
        explorer.close()
        raise
    return explorer
