"""What tables say of single units, whatever study made them.

A table is of units if its rows name them: by a column ``unit`` of numbers beside a column ``layer``
or below the survey's only layer, by a column of addresses called ``unit`` or ``address``, or by the
survey's units, one row each. Top photographs, which lie together in one part, are taken from there.
"""

from collections.abc import Sequence

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.export.site.pages import Table
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.plain_text import printable
from dgn_explorer.results.record import Record
from dgn_explorer.results.top_photos import UnitPhotos
from dgn_explorer.studies.top_photos.about import TOP_PHOTOS

MOST_ROWS = 50  # of one unit
_PICTURES = 4  # dimensions of a part with a picture a row (N, H, W, 3)


def tables_of_units(record: Record, pictures: bool = False) -> dict[str, Table]:
    """A table for every unit that the rows of ``record`` name, by its address; none if they do not.

    ``pictures`` allows what a study keeps of photographs.
    """
    addresses = _addresses(record)
    if addresses is None:
        return {}
    order = [part.name for part in record.order.about.parts]  # files have them by name
    named = sorted(record.columns.items(), key=lambda one: order.index(one[0]))
    columns = {name: part for name, part in named if _is_column(name, part)}
    shots = _shots(record) if pictures else {}
    places: dict[str, list[int]] = {}
    for place, address in enumerate(addresses):
        if address:
            places.setdefault(address, []).append(place)
    return {
        address: Table(
            record.order.about.title,
            list(columns),
            [[_text(part[place]) for part in columns.values()] for place in chosen[:MOST_ROWS]],
            [image for place in chosen[:MOST_ROWS] for image in shots.get(place, ())],
        )
        for address, chosen in places.items()
        if columns or any(place in shots for place in chosen)
    }


def _shots(record: Record) -> dict[int, list[np.ndarray]]:
    """The pictures of every row that has any."""
    if record.order.about == TOP_PHOTOS:
        rows = (UnitPhotos(record, row) for row in range(record.count))
        kept = ([row.thumbnail(number) for number in row.photos] for row in rows)
        found = [[one for one in images if one is not None] for images in kept]
        return {row: images for row, images in enumerate(found) if images}
    every = record.columns.values()
    parts = [part for part in every if isinstance(part, np.ndarray) and _is_pictures(part)]
    return {row: [part[row] for part in parts] for row in range(record.count) if parts}


def _addresses(record: Record) -> Sequence[str] | None:
    parts, order = record.parts, record.order
    layers = _layers(record)
    units = parts.get("unit", parts.get("address"))
    if isinstance(units, tuple):
        return [_checked(text) for text in units]
    if isinstance(units, np.ndarray) and units.ndim == 1 and units.dtype.kind in "iu" and layers:
        return [f"{layer}:{index}" for layer, index in zip(layers, units.tolist(), strict=True)]
    if units is None and order.units and len(order.units) == record.count:
        return [str(unit) for unit in order.units]
    return None


def _layers(record: Record) -> Sequence[str]:
    named = record.parts.get("layer")
    if isinstance(named, tuple):
        return named
    only: tuple[str, ...] = getattr(record.order, "layers", ())
    return only * record.count if len(only) == 1 else ()


def _checked(text: str) -> str:
    try:
        return str(UnitAddress.parse(text))
    except DgnError:
        return ""


def _is_column(name: str, part: "np.ndarray | tuple[str, ...]") -> bool:
    if name in ("layer", "unit", "address"):
        return False
    return isinstance(part, tuple) or (part.ndim == 1 and part.dtype.kind in "iuf")


def _is_pictures(part: np.ndarray) -> bool:
    return part.dtype == np.uint8 and part.ndim == _PICTURES and part.shape[3:] == (3,)


def _text(value: object) -> str:
    if isinstance(value, str):
        return printable(value)
    number = value.item() if isinstance(value, np.generic) else value
    return f"{number:.4g}" if isinstance(number, float) else str(number)
