"""The library: everything that the command line can do, from a script or a notebook.

>>> import dgn_explorer as dgn
>>> with dgn.open("lite0") as explorer:  # doctest: +SKIP
...     volcano = explorer.visualize("volcano", seed=1)
...     volcano.save("volcano.png")

Results come from the same store as the window's and the command line's, by the same keys, and are
never computed twice. Nothing imports torch before `open`, and then only the engine's thread does.
"""

import io
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from dgn_explorer.engine.messages import (
    Decode,
    Failed,
    Frame,
    Glance,
    Glimpse,
    Replay,
    Sight,
)
from dgn_explorer.engine.ordering import (
    Wanted,
    continuation,
    gentler,
    recipe_for,
    with_step_size,
    with_steps,
)
from dgn_explorer.engine.session import EngineSession, Show, engine_session
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.photos.concepts.opening import holds_concepts
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.files import read_file
from dgn_explorer.photos.film import Film, open_film
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store, open_store
from dgn_explorer.results.summary import Summary
from dgn_explorer.results.top_photos import UnitPhotos, unit_photos
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.studies.table import study_named
from dgn_explorer.synthesis.choosing import changed, preset_of
from dgn_explorer.synthesis.inputs import CONCEPTS, Input
from dgn_explorer.synthesis.methods.caricature.about import CARICATURE, roles_of
from dgn_explorer.synthesis.methods.inversion.about import cannot_follow, inversion_through
from dgn_explorer.synthesis.morph import between
from dgn_explorer.synthesis.plan import plan_of
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.sentence import find_units, target_of
from dgn_explorer.synthesis.start import PHOTO_START, RANDOM, Start
from dgn_explorer.synthesis.targets import (
    Band,
    Caption,
    Chain,
    InRange,
    Match,
    Maximise,
    Target,
    Term,
)

if TYPE_CHECKING:
    from dgn_explorer.export.site.writing import SiteReport

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


class Explorer:
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

    def __enter__(self) -> "Explorer":
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

    # ---- orders

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

    def _keep_concepts(self, role: str, path: Picture) -> Input:
        """Name a concept set by its content, and remember where it lies."""
        if not isinstance(path, str | Path):
            raise DgnError(
                f"The input {role!r} is no picture.", "Give a folder or zip of concepts."
            )
        kept = self.store.concepts.put(Path(path).expanduser())
        return Input(role, kept.sha256, kept.name)

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

    # ---- making

    def visualize(
        self, target: str | UnitAddress | Mapping[str, float] | Target, **how: Any
    ) -> Record:
        """The image that a unit, or several weighted ones, want to see; see `recipe`."""
        return self.make(self.recipe(target, **how))

    def make(self, order: Order, *, stop_after: int = 0) -> Record:
        """The record of an order, from the store or by computing it; raises `DgnError`.

        ``stop_after`` steps it stops and keeps its part, as a record that was stopped there; 0 is
        for all of them. A finished one in the store is given whole.
        """
        with _bar(self._progress, _title(order)) as show:
            return self.session.make(order, show, stop_after).record

    def inverse_set(
        self,
        ranges: Mapping[str, tuple[float, float]],
        *,
        minimise: str | Sequence[str] = (),
        maximise: str | Sequence[str] = (),
        count: int = 8,
        parameters: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> Record:
        """Different images that excite every unit of ``ranges`` to between its two numbers.

        The units of ``minimise`` and ``maximise`` are lowered and raised meanwhile. ``count`` is
        how many images there shall be, 1 to 1,000; the rest is as for `recipe`. Raises `DgnError`
        if no image lies in all the ranges.
        """
        target = self.in_range(ranges, minimise=minimise, maximise=maximise)
        given = {**(parameters or {}), "count": count}
        return self.make(self.recipe(target, method="inverse-set", parameters=given, **how))

    def in_range(
        self,
        ranges: Mapping[str, tuple[float, float]],
        *,
        minimise: str | Sequence[str] = (),
        maximise: str | Sequence[str] = (),
    ) -> InRange:
        """The target of `inverse_set`, its units looked up by name; raises `DgnError`."""
        resolve = self.network.resolve
        bands = tuple(Band(resolve(name), low, high) for name, (low, high) in ranges.items())
        terms = [
            Term(resolve(name), weight)
            for names, weight in ((maximise, 1.0), (minimise, -1.0))
            for name in ((names,) if isinstance(names, str) else names)
        ]
        return InRange(bands, tuple(terms))

    def more_steps(self, record: Record) -> Record:
        """Go on from a record; raises `DgnError` if its method cannot."""
        return self.make(continuation(record, record.recipe.parameters))

    def sample(
        self,
        target: str | UnitAddress | Mapping[str, float] | Target,
        count: int | None = None,
        **how: Any,
    ) -> Record:
        """Different images of a target from one chain of PPGN, as one record; see `recipe`.

        ``target`` may be a plan too: ``explorer.plan("volcano*5,strawberry*5")``. ``count`` is how
        many, by default what the plan or the preset says.
        """
        wanted = self._target(target)
        if count is None and isinstance(wanted, Chain):
            count = wanted.count
        parameters = {**(how.pop("parameters", None) or {})}
        if count is not None:
            parameters["samples"] = count
        return self.visualize(wanted, method="ppgn", parameters=parameters, **how)

    def inpaint(
        self,
        photo: Picture,
        mask: Picture,
        target: str | UnitAddress | Mapping[str, float] | Target,
        count: int | None = None,
        **how: Any,
    ) -> Record:
        """Fill the white of ``mask`` in ``photo`` with what ``target`` wants to see; see `sample`.

        The photograph's middle square is what is filled.
        """
        how = {"preset": "inpaint", **how}
        return self.sample(target, count, inputs={"photo": photo, "mask": mask}, **how)

    def more_samples(self, record: Record, count: int) -> Record:
        """A record's chain with ``count`` samples more: those that it has come first, unchanged."""
        recipe = record.recipe
        field = recipe.about.count_field
        if not field:
            raise DgnError(f"{recipe.method} makes one image.", "Take another seed for another.")
        changes = {field: record.count + count}
        parameters = changed(recipe.about, recipe.parameters, changes)
        return self.make(replace(recipe, parameters=parameters))

    def sentence(self, text: str) -> Maximise:
        """A target of the classes that a sentence names, weighted by likeness (extra ``words``)."""
        return target_of(find_units(self.network, text))

    def caption(self, text: str) -> Caption:
        """A target for `sample`: the words that a caption network shall say of the image.

        The network and its vocabulary are the inputs ``captioner`` and ``vocabulary``: see
        `networks.programs.caption_program`.
        """
        return Caption(tuple(text.split()))

    def plan(self, text: str) -> Chain:
        """The plan of a chain, such as ``volcano*5,strawberry*5``; raises `DgnError`."""
        return plan_of(self.network, text)

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

    def film(self, record: Record, frames: int = 60) -> np.ndarray:
        """Pictures (frames, S, S, 3) uint8 of how a record's first image formed."""
        with _bar(self._progress, "film") as show:
            question = Replay(record.recipe, record.steps, frames)
            pictures: np.ndarray = self.session.answer(question, show)
        return pictures

    def morph(
        self, first: Record, second: Record, frames: int = 60, path: str = "spherical"
    ) -> np.ndarray:
        """Pictures (frames, S, S, 3) uint8 on the way from one record's code to another's."""
        return self.decode(between(first.code, second.code, frames, path))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The prior's pictures (N, S, S, 3) uint8 of codes (N, K) float32."""
        with _bar(self._progress, "pictures") as show:
            question = Decode(self.prior.fingerprint, np.asarray(codes, np.float32))
            pictures: np.ndarray = self.session.answer(question, show)
        return pictures

    # ---- photographs

    def invert(self, photo: Picture, layer: str, through: str = "pixels", **how: Any) -> Record:
        """A photograph rebuilt from what ``layer`` keeps of it, as pixels or through the prior.

        ``relative_error`` and ``cosine`` of the record say how near it comes, and a notice where it
        does not follow. ``through`` is ``pixels`` or ``prior``; for the rest see `recipe`.
        """
        target = Match(self.network.layer(layer).path)
        method = inversion_through(through)
        record = self.make(self.recipe(target, method=method, inputs={"photo": photo}, **how))
        error, plain = (record.array(name)[0] for name in ("relative_error", "plain_error"))
        if warning := cannot_follow(float(error), float(plain)):
            self._notice(f"{layer}: {warning}")
        return record

    def strip(
        self, photo: Picture, layers: Sequence[str] = (), through: str = "pixels", **how: Any
    ) -> list[Record]:
        """`invert` at several layers, by default the main ones from input to output."""
        kept = self.keep_input("photo", photo)
        wanted = layers or [layer.path for layer in self.network.main_layers]
        return [self.invert(kept, layer, through, **how) for layer in wanted]

    def save_strip(
        self, path: str | Path, photo: Picture, records: Sequence[Record], *, columns: int = 0
    ) -> Path:
        """Write a photograph and its inversions as one PNG, which carries their recipes."""
        from dgn_explorer.results.strip import save_strip

        kept = self.keep_input("photo", photo)
        picture = decode_photo(self.store.inputs.get(kept.sha256), kept.name or "The photo")
        seen = middle_square(picture, self.network.working_size)
        save_strip(Path(path), seen, records, columns)
        return Path(path)

    def caricature(self, photos: Picture | Sequence[Picture], layer: str, **how: Any) -> Record:
        """What ``layer`` sees in a photograph, or in the mean of up to four, exaggerated."""
        several = [photos] if isinstance(photos, Picture) else photos
        inputs = dict(zip(roles_of(len(several)), several, strict=True))
        target = Match(self.network.layer(layer).path)
        return self.make(self.recipe(target, method=CARICATURE.name, inputs=inputs, **how))

    def strongest(self, photo: Picture, count: int = 5) -> Record:
        """The units of every layer that a photograph excites most, as a table."""
        inputs, parameters = {"photo": photo}, {"count": count}
        return self.make(self.survey("strongest", inputs=inputs, parameters=parameters))

    def verdict(self, picture: Picture, count: int = 5) -> Record:
        """The classes that the network sees in a picture, as a table."""
        inputs, parameters = {"picture": picture}, {"count": count}
        return self.make(self.survey("verdict", inputs=inputs, parameters=parameters))

    def explain(
        self,
        photo: Picture,
        unit: str | Sequence[str],
        how: str = "grad-cam",
        *,
        layer: str = "",
        parameters: Mapping[str, Any] | None = None,
    ) -> Record:
        """Where in a photograph a unit looks: maps, one for each unit (see `studies.saliency`).

        ``how`` is one of its families, ``layer`` that of Grad-CAM. `DgnError` says why a family
        means nothing for a network.
        """
        order = self.survey(
            "saliency",
            inputs={"photo": photo},
            layers=[layer] if layer else [],
            units=[unit] if isinstance(unit, str) else unit,
            parameters={**(parameters or {}), "how": how},
        )
        return self.make(order)

    def maps(self, photo: Picture, layer: str) -> Record:
        """What every unit of ``layer`` answers at every place of a photograph: maps (N, H, W)."""
        return self.make(self.survey("maps", inputs={"photo": photo}, layers=[layer]))

    def watch(self, video: str | Path | Film, layer: str) -> Generator[Sight, None, None]:
        """What the network sees in every picture of a video file (extra ``video``).

        A `Film` that is given, such as `open_camera`'s, stays open. Raises `DgnError`.
        """
        path = self.network.layer(layer).path
        if isinstance(video, Film):
            yield from self.session.watch(self.network.fingerprint, video, path)
            return
        with open_film(Path(video).expanduser()) as film:
            yield from self.session.watch(self.network.fingerprint, film, path)

    def glance(
        self, photo: Picture, unit: str, how: str = "gradient", *, layer: str = ""
    ) -> Glimpse:
        """The map of one unit at once and unrecorded, to walk through the units of a layer.

        The forward pass is kept, so that each further unit of the layer costs a backward pass. Of
        the families of `explain` those that need no more: ``AT_ONCE`` of the study.
        """
        given = self.keep_input("photo", photo)
        path = self.network.layer(layer).path if layer else ""
        resolved = self.network.resolve(unit)
        ask = Glance(self.network.fingerprint, given, resolved, how, path)
        found: Glimpse = self.session.answer(ask)
        return found

    def dissect(
        self,
        concepts: str | Path,
        layers: Sequence[str] = (),
        *,
        preset: str = "default",
        parameters: Mapping[str, Any] | None = None,
    ) -> Record:
        """Which named things the units of ``layers`` answer to, as a table: Network Dissection.

        ``concepts`` is a folder or zip of pictures with masks (see `photos.concepts`); without
        ``layers`` it is the last one with maps. `studies.dissection.labels` reads the rows.
        """
        inputs = {"concepts": concepts}
        how: dict[str, Any] = {"preset": preset, "parameters": parameters}
        return self.make(self.survey("dissect", inputs=inputs, layers=layers, **how))

    # ---- photo sets

    def measure_photos(self, photos: Picture, layers: Sequence[str] = (), count: int = 9) -> Record:
        """The ``count`` strongest photographs of every unit of ``layers``, and exact quantiles.

        ``photos`` is a folder or zip; without ``layers`` they are the output and four hidden ones.
        What has been measured before, of this or another set, is not measured again.
        """
        return self.make(self.photos_survey(photos, layers, count))

    def photos_survey(self, photos: Picture, layers: Sequence[str] = (), count: int = 9) -> Survey:
        """The order of `measure_photos`; raises `DgnError` for a set that holds no photographs."""
        given, parameters = {"photos": photos}, {"count": count}
        return self.survey("top-photos", inputs=given, layers=layers, parameters=parameters)

    def top_photos(self, unit: str, photos: Picture, count: int = 9) -> UnitPhotos:
        """A unit's strongest photographs of a folder or zip, with its quantiles and histogram."""
        address = self.network.resolve(unit)
        return unit_photos(self.measure_photos(photos, [address.layer], count), address)

    def nearest(self, picture: Picture | Record, photos: Picture, count: int = 9) -> Record:
        """The photographs nearest to an image, and whether that is suspiciously near.

        `results.nearest` puts the record into a sentence.
        """
        return self.make(self.nearest_survey(picture, photos, count))

    def nearest_survey(self, picture: Picture | Record, photos: Picture, count: int = 9) -> Survey:
        """The order of `nearest`; the prior that is open rebuilds photographs as a control."""
        image = picture.image if isinstance(picture, Record) else picture
        order = self.survey(
            "nearest", inputs={"picture": image, "photos": photos}, parameters={"count": count}
        )
        return replace(order, shown_by=self.prior.fingerprint)

    def picture_of(self, result: str, number: int = 1) -> Picture:
        """The image ``number`` of a stored result by its key or the key's beginning, or a file.

        Raises `DgnError` if there is neither.
        """
        if Path(result).expanduser().is_file():
            return Path(result)
        keys = [one.key for one in self.results() if result and one.key.startswith(result.lower())]
        record = self.get(keys[0]) if len(keys) == 1 else None
        if record is None or "images" not in record.parts:
            raise DgnError(
                f"{result!r} is neither a picture's file nor the key of one result with images.",
                "List the keys with: dgn-explorer cache list",
            )
        if not 1 <= number <= record.count:
            raise DgnError(
                f"The result has {record.count} images, and no image {number}.",
                f"Give a number from 1 to {record.count}.",
            )
        image: np.ndarray = record.images[number - 1]
        return image

    def facets(self, unit: str, photos: Picture, count: int = 0, **how: Any) -> Record:
        """The kinds of photographs that excite a unit, as a record with an image of each.

        ``count`` 0 is the most stable number; `results.facets` reads the record. For the rest, and
        for the parameter ``folder``, see `recipe` and the method's parameters.
        """
        return self.make(self.facets_recipe(unit, photos, count, **how))

    def facets_recipe(self, unit: str, photos: Picture, count: int = 0, **how: Any) -> Recipe:
        """The order of `facets`."""
        parameters = dict(how.pop("parameters", None) or {})
        if count:
            parameters["facets"] = count
        given = {"photos": photos}
        return self.recipe(unit, method="facets", inputs=given, parameters=parameters, **how)

    # ---- results

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


class _bar:  # noqa: N801 - used like a function
    """A progress bar of tqdm, where that is installed and wanted; gives what `run` calls `show`."""

    def __init__(self, wanted: bool | None, title: str) -> None:
        self._bar: Any = None
        if wanted is False:
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            if wanted:
                raise DgnError(
                    "There is no tqdm to show progress with.", "Install it: pip install tqdm"
                ) from None
            return
        self._bar = tqdm(total=1, desc=title, leave=False)

    def __enter__(self) -> Show:
        return self._show

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _show(self, frame: Frame) -> None:
        if self._bar is not None:
            self._bar.total = frame.steps
            self._bar.update(frame.step - self._bar.n)
