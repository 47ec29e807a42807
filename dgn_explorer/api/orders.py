"""What everything of the library stands on: the open engine, orders, inputs, and making."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from dgn_explorer.api.bar import Bar
from dgn_explorer.engine.messages import (
    Failed,
    Frame,
)
from dgn_explorer.engine.ordering import (
    Wanted,
    gentler,
    recipe_for,
    with_step_size,
    with_steps,
)
from dgn_explorer.engine.session import EngineSession, engine_session
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.photos.concepts.opening import holds_concepts
from dgn_explorer.photos.files import read_file
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.studies.table import study_named
from dgn_explorer.synthesis.choosing import changed, preset_of
from dgn_explorer.synthesis.inputs import CONCEPTS, Input
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import PHOTO_START, RANDOM, Start
from dgn_explorer.synthesis.targets import (
    Maximise,
    Target,
    Term,
)

DEFAULT_NETWORK, DEFAULT_PRIOR, DEFAULT_METHOD = "lite0", "default", "dgn-am"

# a file, its bytes, pixels (H, W, 3) uint8, or what `Explorer.keep_input` has put into the store
Picture = str | Path | bytes | np.ndarray | Input


@dataclass(frozen=True)
class Update:
    """What `Explorer.iterate` yields: how far one order is, and its record once it has ended.

    ``image`` (H, W, 3) uint8 is the newest picture; ``step`` of ``steps`` are done.
    """

    order: Order
    step: int
    steps: int
    image: np.ndarray | None
    record: Record | None = None


class Orders:
    """An open network with a prior, the engine behind it, and the store; see `open`.

    One thread at a time may use it. Close it, or use it in a ``with`` block.
    """

    def __init__(
        self,
        store: Store,
        *,
        progress: bool | None = False,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.store = store
        self._progress = progress
        self._notice = notice
        self._stack = ExitStack()
        self._session: EngineSession | None = None

    def start(
        self,
        network: str,
        prior: str,
        *,
        device: str | None = None,
        threads: int | None = None,
        batch: int | None = None,
        confirm: Callable[[str], bool] = lambda question: False,
    ) -> None:
        """Start the engine and open a network and a prior; see `open`."""
        self._session = self._stack.enter_context(
            engine_session(
                self.store,
                device=device,
                threads=threads,
                together=batch,
                confirm=confirm,
                notice=self._notice,
            )
        )
        self.opened = self._session.open(network, prior)
        for notice in self.opened.network.notices:
            self._notice(f"{self.opened.network.name}: {notice}")

    def close(self) -> None:
        """Stop the engine."""
        self._session = None
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def session(self) -> EngineSession:
        """The engine; raises `DgnError` once closed."""
        if self._session is None:
            raise DgnError("This explorer is closed.", "Open it again with dgn_explorer.open(...).")
        return self._session

    @property
    def network(self) -> NetworkInfo:
        """Layers, labels and sizes of the network."""
        return self.opened.network

    @property
    def prior(self) -> PriorInfo:
        """What is known of the prior."""
        return self.opened.prior

    def recipe(
        self,
        target: str | UnitAddress | Mapping[str, float] | Target,
        *,
        seed: int = 0,
        method: str = DEFAULT_METHOD,
        preset: str = "default",
        steps: int | None = None,
        parameters: Mapping[str, Any] | None = None,
        start: Picture | Record | Start | None = None,
        inputs: Mapping[str, Picture] | None = None,
    ) -> Recipe:
        """The recipe of images: of a unit, of weighted units by name, or of any `Target`.

        ``parameters`` change single ones of the ``preset``. ``start`` is a photograph or an earlier
        record to start from; ``inputs`` are what else the method takes, by role. Raises `DgnError`.
        """
        wanted = Wanted.of(method, preset, parameters)
        if steps is not None:
            wanted = with_steps(wanted, steps)
        (made,) = self.recipes(
            [self._target(target)], wanted, seeds=(seed,), start=start, inputs=inputs
        )
        return made

    def recipes(
        self,
        targets: Sequence[Target],
        wanted: Wanted,
        *,
        seeds: Sequence[int] = (0,),
        start: Picture | Record | Start | None = None,
        inputs: Mapping[str, Picture] | None = None,
    ) -> list[Recipe]:
        """The recipes of every target with every seed, all found the same way."""
        found, size = with_step_size(self.session, self.opened, wanted)
        if size is not None:
            self._notice(
                f"Step size {size.size:g} for {self.network.title} with {self.prior.name},"
                f" {size.source}"
            )
        given = [self.keep_input(role, picture) for role, picture in (inputs or {}).items()]
        first: Start = RANDOM
        if isinstance(start, Record):
            first = start.next_start
        elif isinstance(start, Picture):
            given.append(self.keep_input(PHOTO_START.role, start))
            first, found = PHOTO_START, gentler(wanted, found)
        elif start is not None:
            first = start
        return [
            recipe_for(
                self.opened,
                target,
                wanted.method,
                found,
                seed=seed,
                start=first,
                inputs=given,
            )
            for target in targets
            for seed in seeds
        ]

    def survey(
        self,
        study: str,
        *,
        inputs: Mapping[str, Picture] | None = None,
        layers: Sequence[str] = (),
        units: Sequence[str] = (),
        preset: str = "default",
        parameters: Mapping[str, Any] | None = None,
    ) -> Survey:
        """The order of an analysis (see `STUDIES`); raises `DgnError`."""
        about = study_named(study)
        return Survey(
            self.network.name,
            self.network.fingerprint,
            study,
            changed(about, preset_of(about, preset), parameters or {}),
            layers=tuple(self.network.layer(layer).path for layer in layers),
            units=tuple(self.network.resolve(unit) for unit in units),
            inputs=tuple(
                self._keep_concepts(role, one)
                if about.kind_of(role) == CONCEPTS
                else self.keep_input(role, one)
                for role, one in (inputs or {}).items()
            ),
        )

    def keep_input(self, role: str, picture: Picture) -> Input:
        """Put a photograph or mask into the store, so that what is made of it can be made again.

        Of a folder or zip of photographs the list is kept, and where it is.
        """
        if isinstance(picture, Input):
            return replace(picture, role=role)
        if isinstance(picture, np.ndarray):
            return Input(role, self.store.inputs.put(_png(picture)))
        if isinstance(picture, bytes):
            return Input(role, self.store.inputs.put(picture))
        return Input(role, *self._kept(Path(picture).expanduser()))

    def _keep_concepts(self, role: str, path: Picture) -> Input:
        """Name a concept set by its content, and remember where it lies."""
        if not isinstance(path, str | Path):
            raise DgnError(
                f"The input {role!r} is no picture.", "Give a folder or zip of concepts."
            )
        kept = self.store.concepts.put(Path(path).expanduser())
        return Input(role, kept.sha256, kept.name)

    def keep_file(self, file: str | Path) -> frozenset[str]:
        """As `keep_input`, for orders that name it by its content: the SHA-256 of that.

        A folder or zip with concepts has two: it may be meant as a set of photographs as well.
        """
        path = Path(file).expanduser()
        concepts = {self.store.concepts.put(path).sha256} if holds_concepts(path) else set()
        try:
            return frozenset({self._kept(path)[0], *concepts})
        except DgnError:
            if not concepts:
                raise
            return frozenset(concepts)

    def _kept(self, path: Path) -> tuple[str, str]:
        """Keep what is at ``path``; its SHA-256, and what people call it."""
        if path.is_dir() or path.suffix.lower() == ".zip":
            found = self.store.sets.put(path)
            for reason in found.skipped:
                self._notice(reason)
            return found.sha256, found.name
        return self.store.inputs.put(read_file(path)), path.name

    def make(self, order: Order, *, stop_after: int = 0) -> Record:
        """The record of an order, from the store or by computing it; raises `DgnError`.

        ``stop_after`` steps it stops and keeps its part, as a record that was stopped there; 0 is
        for all of them. A finished one in the store is given whole.
        """
        with Bar(self._progress, _title(order)) as show:
            return self.session.make(order, show, stop_after).record

    def iterate(
        self, targets: str | Sequence[str], *, seeds: Sequence[int] = (0,), **how: Any
    ) -> Iterator[Update]:
        """Watch images form: units such as ``fc:0-9`` or a list of them, one after another.

        Yields newest frames now and then, and at the end of each an `Update` with its record.
        Leaving the loop stops what runs and keeps its part. Raises `DgnError` if one fails.
        """
        texts = [targets] if isinstance(targets, str) else targets
        units = [unit for text in texts for unit in self.network.resolve_all(text)]
        orders = [self.recipe(unit, seed=seed, **how) for unit in units for seed in seeds]
        yield from self.iterate_orders(orders)

    def iterate_orders(self, orders: Sequence[Order]) -> Iterator[Update]:
        """As `iterate`, for any orders."""
        for place, event in self.session.run(orders):
            if isinstance(event, Failed):
                raise DgnError(event.message, event.hint)
            if isinstance(event, Frame):
                yield Update(orders[place], event.step, event.steps, event.image)
                continue
            record = event.record
            image = record.image if "images" in record.parts else None
            yield Update(orders[place], record.steps, record.steps, image, record)

    def _target(self, target: str | UnitAddress | Mapping[str, float] | Target) -> Target:
        if isinstance(target, str):
            return Maximise((Term(self.network.resolve(target)),))
        if isinstance(target, UnitAddress):
            return Maximise((Term(self.network.resolve(str(target))),))
        if isinstance(target, Mapping):
            pairs = target.items()
            return Maximise(tuple(Term(self.network.resolve(name), w) for name, w in pairs))
        return target


def _title(order: Order) -> str:
    return order.target.text() if isinstance(order, Recipe) else order.study


def _png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels, np.uint8)).save(buffer, "png")
    return buffer.getvalue()
