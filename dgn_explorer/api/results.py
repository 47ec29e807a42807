"""What is stored: listing, reading, grids, films and websites."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store, open_store
from dgn_explorer.results.summary import Summary

if TYPE_CHECKING:
    from dgn_explorer.export.site.writing import SiteReport
from dgn_explorer.api.orders import Orders


def save_site(
    path: str | Path,
    *,
    text: str = "",
    network: str = "",
    layer: str = "",
    title: str = "What the units want to see",
    photographs: bool = False,
    lossless: bool = False,
    overwrite: bool = False,
    store: Store | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple["SiteReport", Mapping[str, int]]:
    """Write the results of a store, the user's own by default, as a website into a folder.

    Only those of ``network`` (its name), of ``layer`` and with the words of ``text``, where given.
    What holds or starts from ``photographs`` is left out unless allowed. Returns what was written,
    and how many results were left out by the reason. Opens no network; raises `DgnError`.
    """
    from dgn_explorer.export.site.writing import write_site
    from dgn_explorer.results.filters import ResultFilter
    from dgn_explorer.results.publishing import publish

    store = store or open_store()
    chosen = ResultFilter(text=text, layer=layer)
    of_network = [item for item in store.list() if network in ("", item.network)]
    items = chosen.apply(of_network, lambda item: False, lambda item: "")
    published = publish(store, items, photographs=photographs)
    report = write_site(
        Path(path),
        published.networks,
        title=title,
        lossless=lossless,
        overwrite=overwrite,
        progress=progress,
    )
    return report, published.left_out


class HasResults(Orders):
    """Methods of `Explorer` for stored results."""

    def results(self) -> tuple[Summary, ...]:
        """Everything in the store, newest first."""
        return self.store.list()

    def get(self, key: str) -> Record | None:
        """A stored record by its key."""
        return self.store.get(key)

    def save_grid(
        self,
        path: str | Path,
        records: Sequence[Record],
        *,
        columns: int = 0,
        caption: str = "{label}",
    ) -> list[Path]:
        """Write the images of records as one PNG or PDF, or several where they are too large.

        ``columns`` 0 is about square; see `results.captions` for ``caption``. Raises `DgnError`.
        """
        from dgn_explorer.export.contact_sheet import SheetOptions, save_sheet
        from dgn_explorer.export.grid import Cell
        from dgn_explorer.results.captions import caption_of

        cells = [
            Cell(image, caption_of(record, caption))
            for record in records
            for image in record.images
        ]
        return save_sheet(Path(path), cells, SheetOptions(columns=columns))

    def save_film(
        self, path: str | Path, pictures: np.ndarray, *, frames_per_second: float = 20.0
    ) -> Path:
        """Write pictures (N, H, W, 3) uint8 as a GIF, WebP or MP4; raises `DgnError`."""
        from dgn_explorer.export.animation import save_animation

        save_animation(Path(path), list(pictures), frames_per_second=frames_per_second)
        return Path(path)
