"""From a store to what a site shows of it; see `export.site`.

A site is for strangers, so what could tell them more than the images do stays at home: photographs
and whatever holds or starts from them, the names of their files, folders in the names of networks,
notes and favourites.
"""

import dataclasses
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dgn_explorer.errors import DgnError
from dgn_explorer.export.site.pages import NetworkPages, Shown, Table, UnitPage
from dgn_explorer.networks.spec_text import FLAGS, parse_spec
from dgn_explorer.plain_text import printable, shell_command
from dgn_explorer.results.facets import facet_table
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.store import Store
from dgn_explorer.results.summary import Summary
from dgn_explorer.results.unit_tables import tables_of_units
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.inputs import MASK, PHOTO
from dgn_explorer.synthesis.methods.facets.about import FACETS
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.recipe import Recipe, canonical_json
from dgn_explorer.synthesis.start import FromCode, FromResult

TOGETHER = "several units"  # the layer of what is of no single unit
_ID = 12  # digits of a fingerprint that name a network in addresses
_PRIVATE = "holds or starts from a photograph"


@dataclass
class Published:
    """What a store gives to a site; ``left_out`` counts records by the reason, a clause.

    It is counted while the pages are made.
    """

    networks: tuple[NetworkPages, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str) -> None:
        """Count one record that is not shown."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def publish(store: Store, items: Sequence[Summary], *, photographs: bool = False) -> Published:
    """What a site shows of the records ``items`` of ``store``.

    ``photographs`` allows what holds or starts from photographs too. Raises `DgnError`.
    """
    published = Published()
    names = _ClassNames(items)
    networks: dict[str, dict[str, dict[str, list[Summary]]]] = {}
    specs: dict[str, str] = {}
    tables: dict[str, list[Summary]] = {}
    for item in items:
        specs.setdefault(item.network_fingerprint, item.network)
        if item.kind == "table":
            tables.setdefault(item.network_fingerprint, []).append(item)
        elif item.kind == "images":
            layer, address = _place_of(item)
            layers = networks.setdefault(item.network_fingerprint, {})
            layers.setdefault(layer, {}).setdefault(address, []).append(item)
        else:
            published.leave_out(f"holds {item.kind}, which a site does not show")
    made = []
    for fingerprint in {**networks, **tables}:
        spec = public_spec(specs[fingerprint])
        of_units = _tables(store, tables.get(fingerprint, ()), published, photographs)
        layers = networks.get(fingerprint, {})
        for address in of_units:
            layers.setdefault(address.rpartition(":")[0], {}).setdefault(address, [])
        made.append(
            NetworkPages(
                fingerprint[:_ID],
                printable(spec),
                [
                    _Layer(
                        printable(path),
                        spec,
                        layers[path],
                        of_units,
                        store,
                        published,
                        names,
                        photographs,
                    )
                    for path in sorted(layers, key=lambda path: (path == TOGETHER, path))
                ],
            )
        )
    published.networks = tuple(made)
    return published


def public_spec(text: str) -> str:
    """A network's spec without the folders of its files.

    >>> public_spec("/home/me/nets/w.pt --arch /home/me/own.py:net --size 64")
    'w.pt --arch own.py:net --size 64'
    """
    try:
        spec, options = parse_spec(text)
    except DgnError:
        return _last(text)
    words = [",".join(_last(part) for part in spec.split(","))]
    for name, (flag, _) in FLAGS.items():
        value = getattr(options, name)
        if value is not None:
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else _last(str(value))
            words += [flag, shlex.quote(shown)]
    return " ".join(words)


def _last(path: str) -> str:
    return re.split(r"[/\\]", path.strip())[-1]


@dataclass(frozen=True)
class _Layer:
    """One layer of a network, whose records are read when its pages are wanted."""

    path: str
    spec: str
    units: Mapping[str, Sequence[Summary]]
    tables: Mapping[str, Sequence[Table]]
    store: Store
    published: Published
    names: "_ClassNames"
    photographs: bool

    @property
    def count(self) -> int:
        return len(self.units)

    def pages(self) -> Iterator[UnitPage]:
        for address in sorted(self.units, key=_natural):
            records = list(self._records(self.units[address]))
            shown = [_shown(record, self.spec, self.names) for record in records]
            kinds = [facet_table(one) for one in records if one.order.about == FACETS]
            tables = [*kinds, *self.tables.get(address, ())]
            if not (shown or tables):
                continue
            label = next((one.label for one in shown if one.label), "")
            words = dict.fromkeys(word for table in tables for word in _words(table))
            yield UnitPage(
                printable(address),
                label,
                ", ".join(words)[:200],
                self._open(address, shown),
                shown,
                tables,
            )

    def _open(self, address: str, shown: Sequence[Shown]) -> str:
        words = ["dgn-explorer", "open", "--network", self.spec]
        if self.path != TOGETHER:
            words += ["--unit", address]
        return shell_command(words)

    def _records(self, items: Sequence[Summary]) -> Iterator[Record]:
        for item in sorted(items, key=_order):
            record = _read(self.store, item, self.published)
            if record is None:
                continue
            if not self.photographs and _private(record.order, self.store):
                self.published.leave_out(_PRIVATE)
                continue
            yield record


class _ClassNames:
    """The names of a network's classes, as far as the store has results of them."""

    def __init__(self, items: Sequence[Summary]) -> None:
        self._names = {
            (item.network_fingerprint, item.units[0].index): item.label
            for item in items
            if item.label and len(item.units) == 1 and item.kind == "images"
        }

    def name(self, fingerprint: str, index: int) -> str:
        return printable(self._names.get((fingerprint, index), f"class {index}"))


def _place_of(item: Summary) -> tuple[str, str]:
    if len(item.units) == 1 and item.address == str(item.units[0]):
        return item.units[0].layer, item.address
    return TOGETHER, item.address or item.method


def _order(item: Summary) -> tuple[int, bool, int, str]:
    """The first of a unit is its picture in lists: by the methods' order, finished ones first."""
    methods = [method.name for method in METHODS]
    place = methods.index(item.method) if item.method in methods else len(methods)
    return place, item.state != DONE, item.seed, item.key


def _read(store: Store, item: Summary, published: Published) -> Record | None:
    try:
        record = store.get(item.key)
    except DgnError:
        published.leave_out("cannot be read by this version, or is damaged")
        return None
    if record is None or not record.count:
        published.leave_out("is gone or empty")
        return None
    return record


def _private(order: Order, store: Store) -> bool:
    """Whether photographs went into ``order``, or may have: what it started from is not known."""
    while True:
        kinds = {spec.role: spec.kind for spec in order.about.inputs}
        if any(kinds.get(one.role, PHOTO) != MASK for one in order.inputs):
            return True
        if not isinstance(order, Recipe):
            return False
        if isinstance(order.start, FromCode):
            return True
        if not isinstance(order.start, FromResult):
            return False
        try:
            before = store.get(order.start.key)
        except DgnError:
            before = None
        if before is None:
            return True
        order = before.order


def _tables(
    store: Store, items: Sequence[Summary], published: Published, photographs: bool
) -> dict[str, list[Table]]:
    found: dict[str, list[Table]] = {}
    for item in items:
        record = _read(store, item, published)
        if record is None:
            continue
        order = record.order
        assert isinstance(order, Survey)
        kinds = {spec.role: spec.kind for spec in order.about.inputs}
        if not photographs and any(kinds.get(one.role) == PHOTO for one in order.inputs):
            published.leave_out(_PRIVATE)
            continue
        tables = tables_of_units(record, photographs)
        if not tables:
            published.leave_out("is a table that is not of units")
        for address, table in tables.items():
            found.setdefault(address, []).append(table)
    return found


def _words(table: Table) -> Iterator[str]:
    """What one would search a unit by: the texts of its rows, not their numbers."""
    for row in table.rows:
        yield from (value for value in row if value and not _is_number(value))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _shown(record: Record, spec: str, names: _ClassNames) -> Shown:
    recipe = dataclasses.replace(record.recipe, network=spec, prior=_last(record.recipe.prior))
    text = canonical_json(recipe.to_dict())
    again = ["dgn-explorer", "make", text, "--network", spec]
    if recipe.prior:
        again += ["--prior", recipe.prior]
    fingerprint = recipe.network_fingerprint
    where = record.provenance
    facts = [
        ("method", recipe.method),
        ("seed", str(recipe.seed)),
        ("steps", f"{record.steps}{'' if record.state == DONE else ', stopped'}"),
        ("prior", recipe.prior or "none"),
        ("made", f"{where.created[:10]} in {where.seconds:.1f} s on {where.device}"),
        *((name, version) for name, version in sorted(where.versions.items())),
        ("key", record.key),
    ]
    values = [record.activation_of(number) for number in range(record.count)]
    return Shown(
        key=record.key,
        method=recipe.method,
        title=recipe.about.title,
        address=printable(recipe.target.text()),
        label=printable(record.label),
        images=record.images,
        values=values if all(value == value for value in values) else (),
        classes=[[(names.name(fingerprint, i), p) for i, p in top[:3]] for top in record.tops],
        facts=[(name, printable(value)) for name, value in facts],
        recipe=text,
        make=shell_command(again),
    )


def _natural(address: str) -> list[tuple[int, str]]:
    parts = re.split(r"([0-9]{1,18})", address)
    return [(int(part), "") if i % 2 else (-1, part) for i, part in enumerate(parts)]
