"""`make_atlas`: units by name, made on a cluster. The recipes themselves are made one at a time."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from dgn_explorer.api import Explorer
from dgn_explorer.cluster.atlas import AtlasEvent, run_atlas
from dgn_explorer.cluster.connection import PATIENCE_S, dask_connection
from dgn_explorer.cluster.task import Setup
from dgn_explorer.engine.engine import TOGETHER
from dgn_explorer.engine.ordering import Wanted
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.spec_text import anywhere
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise
from dgn_explorer.version import __version__

ALL = "*"  # every unit of every layer


class Recipes(Protocol):
    """Recipes that differ in target and seed alone; ``first`` is one of them."""

    @property
    def first(self) -> Recipe:
        """One that names network, prior and method of all."""

    def recipes(self) -> Iterator[Recipe]:
        """All of them."""


@dataclass(frozen=True)
class Listed:
    """Recipes as a list: what a window lacks of a layer. There is at least one."""

    listed: tuple[Recipe, ...]

    @property
    def first(self) -> Recipe:
        """See `Recipes`."""
        return self.listed[0]

    def recipes(self) -> Iterator[Recipe]:
        """See `Recipes`."""
        return iter(self.listed)


@dataclass(frozen=True)
class Atlas:
    """Every recipe of an atlas, told by one of them, its units and its seeds."""

    first: Recipe
    network: NetworkInfo
    texts: tuple[str, ...]
    seeds: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many recipes there are."""
        return len(self.seeds) * sum(
            sum(layer.channels for layer in self.network.layers)
            if text == ALL
            else len(self.network.resolve_all(text))
            for text in self.texts
        )

    def recipes(self) -> Iterator[Recipe]:
        """The recipes, one after another: 100,000 of them take no more memory than one."""
        for unit in self._units():
            target = Maximise.of(unit)
            for seed in self.seeds:
                yield replace(self.first, target=target, seed=seed)

    def _units(self) -> Iterator[UnitAddress]:
        for text in self.texts:
            if text != ALL:
                yield from self.network.resolve_all(text)
                continue
            for layer in self.network.layers:
                yield from (UnitAddress(layer.path, index) for index in range(layer.channels))


def atlas_of(
    explorer: Explorer, texts: Sequence[str], wanted: Wanted, seeds: Sequence[int] = (0,)
) -> Atlas:
    """The atlas of units such as ``fc:*``, ``fc:0-63`` or ``*`` for all layers; raises `DgnError`.

    The step size is found here, once, so that every worker uses the same.
    """
    network = explorer.network
    first = network.layers[0].path + ":0" if texts[0] == ALL else texts[0]
    target = Maximise.of(network.resolve_all(first)[0])
    (recipe,) = explorer.recipes([target], wanted)
    return Atlas(recipe, network, tuple(texts), tuple(seeds))


def make_atlas(
    atlas: Recipes,
    store: Store,
    prior: str,
    *,
    scheduler: str | None = None,
    workers: int = 1,
    device: str | None = None,
    threads: int | None = None,
    together: int | None = None,
    patience_s: float = PATIENCE_S,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[AtlasEvent]:
    """Make what the store lacks of ``atlas`` on a cluster; see `atlas.run_atlas`.

    ``prior`` is its spec, which has to open on every worker, as the network's name has to.
    ``scheduler`` is an address; without one ``workers`` processes of this machine share its cores.
    ``together`` is how many units share an ascent; None is 1 on a CPU and 64 elsewhere.
    """
    if scheduler is None and threads is None:
        threads = max(1, (os.cpu_count() or 1) // workers)
    first = atlas.first
    name, fit, how = prior.partition(" --fit ")
    setup = Setup(
        network=first.network,
        prior=f"{anywhere(name)}{fit}{how}",
        version=__version__,
        device=device,
        threads=threads,
        together=together,
    )
    with dask_connection(scheduler, workers, patience_s) as connection:
        size = together or (TOGETHER if device != "cpu" and connection.on_gpus() else 1)
        yield from run_atlas(atlas.recipes(), store, connection, setup, size, stop)
