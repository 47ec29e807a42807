"""Network Dissection (Bau et al. 2017, arXiv 1704.05796): names for units, from masks of concepts.

For every unit of a layer: its maps over all pictures are laid on a grid by bilinear upsampling; the
threshold T is what a share of .005 of all places exceeds, exactly, and on the grid as in Bau et al.
2020 (taken on the layer's own places it would leave fewer above); the unit is where it exceeds T.
The concept with the largest intersection over union is its label, and a detector has one above .04.
Each concept is compared on the pictures of its own source alone.

A label is stable if it is also the best one on either half of the pictures: with few pictures many
labels just above .04 are not.

The paper anchors maps at the centres of receptive fields; here a map spans its picture, as in
NetDissect-Lite. Pictures are seen as their middle square at the network's own input size.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import floor, isfinite

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.info import LayerInfo, NetworkInfo
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.reading import ActivationReader
from dgn_explorer.photos.concepts.colours import colours_on_grid
from dgn_explorer.photos.concepts.concept_set import ConceptSet, Picture
from dgn_explorer.photos.concepts.masks import same_shape
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.files import refused
from dgn_explorer.photos.reading import decode
from dgn_explorer.studies.dissection.about import DissectionParameters
from dgn_explorer.studies.dissection.counting import Best, best_concepts
from dgn_explorer.studies.dissection.labelling import Named, name_places, packed
from dgn_explorer.studies.dissection.largest import Largest, bytes_a_unit
from dgn_explorer.studies.dissection.resuming import (
    Checkpoint,
    bytes_array,
    bytes_of,
    texts_array,
    texts_of,
)
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.step import from_uint8

MOST_BYTES = 1 << 30  # of the largest values; more units take several passes over the pictures
_BATCH = 16
_TOGETHER = 1 << 20  # values that are laid on the grid at once: they stay in the cache
_MOST_PLACES = 2**31 - 1
_LOOKING = 10  # a picture takes so many times as long to look at as its masks to read
_WAY_OUT = "Choose a convolutional layer: dgn-explorer layers lists them with their sizes."

Steps = Generator[Progress[Made], None, Made]


def dissect(bench: Bench, survey: Survey) -> Steps:
    """A row for every unit of ``survey.layers``, by default of the last layer with maps."""
    given = survey.input("concepts")
    assert given is not None
    layers = layers_with_maps(bench.network.info, survey.layers)
    found = bench.concepts(given)
    try:
        return (yield from _dissect(bench, survey, layers, found))
    finally:
        found.close()


def layers_with_maps(info: NetworkInfo, wanted: Sequence[str]) -> list[LayerInfo]:
    """The layers called ``wanted``, each once; raises `DgnError` for one without maps."""
    if not wanted:
        spatial = [layer for layer in info.layers if _has_map(layer)]
        if not spatial:
            raise DgnError(f"{info.name} has no layer with maps.", "Open a convolutional network.")
        return spatial[-1:]
    layers = list(dict.fromkeys(info.layer(path) for path in wanted))
    for layer in layers:
        if not _has_map(layer):
            raise DgnError(f"The units of {layer.path} have no places in a picture.", _WAY_OUT)
    return layers


def _has_map(layer: LayerInfo) -> bool:
    return layer.spatial is not None and min(layer.spatial) > 1


@dataclass(frozen=True)
class _Units:
    """Units ``first`` to ``last`` (excluded) of a layer, and their largest values."""

    layer: LayerInfo
    first: int
    last: int


@dataclass
class _State:
    """What changes while pictures are looked at."""

    at_pass: int
    next: int
    wrong: dict[int, str]
    colours: dict[int, bytes]
    rows: list[dict[str, np.ndarray]]


def _dissect(bench: Bench, survey: Survey, layers: list[LayerInfo], found: ConceptSet) -> Steps:
    parameters = survey.parameters
    assert isinstance(parameters, DissectionParameters) and bench.concept_sets is not None
    count, cells = len(found.pictures), parameters.side**2
    if count * cells > _MOST_PLACES:
        raise DgnError(
            f"{count} pictures on a grid of {parameters.side} cells a side are too many.",
            f"Give fewer, or a coarser grid: --set side={int((_MOST_PLACES / count) ** 0.5)}.",
        )
    keep = floor(parameters.quantile * count * cells) + 1
    passes = passes_of(layers, max(1, MOST_BYTES // bytes_a_unit(keep, cells)))
    total = count * (1 + _LOOKING * len(passes))
    naming = name_places(found, parameters.side, parameters.colours)
    named = yield from _told(naming, total)
    run = _Run(bench.network, found, named, parameters, keep)
    checkpoint = Checkpoint(bench.concept_sets.unfinished, survey.key)
    state, groups = run.begin(passes, checkpoint.read())
    while state.at_pass < len(passes):
        reader = run.reader(passes[state.at_pass])
        while state.next < count:
            done = count + _LOOKING * (state.at_pass * count + state.next)
            try:
                yield Progress(done, total)
            except GeneratorExit:  # Stop, or the end of the program
                checkpoint.write(run.kept(state, groups))
                raise
            run.look(state, groups, passes[state.at_pass], reader)
            if checkpoint.due:
                checkpoint.write(run.kept(state, groups))
        state.rows.append(run.rows(state, groups, passes[state.at_pass]))
        state.at_pass, state.next = state.at_pass + 1, 0
        groups = run.groups(passes[state.at_pass]) if state.at_pass < len(passes) else []
    yield Progress(total, total)
    checkpoint.remove()
    return _made(layers, passes, state, named, count)


def passes_of(layers: Sequence[LayerInfo], most: int) -> list[list[_Units]]:
    """Which units each pass over the pictures reads: ``most`` together."""
    passes: list[list[_Units]] = [[]]
    left = most
    for layer in layers:
        first = 0
        while first < layer.channels:
            if not left:
                passes.append([])
                left = most
            last = min(layer.channels, first + left)
            passes[-1].append(_Units(layer, first, last))
            left -= last - first
            first = last
    return passes


def _told(
    work: Generator[tuple[int, int], None, Named], total: int
) -> Generator[Progress[Made], None, Named]:
    while True:
        try:
            done, _ = next(work)
        except StopIteration as end:
            named: Named = end.value
            return named
        yield Progress(done, total)


class _Run:
    """Looks at pictures and keeps what is active where."""

    def __init__(
        self,
        network: Network,
        found: ConceptSet,
        named: Named,
        parameters: DissectionParameters,
        keep: int,
    ) -> None:
        self._network, self._found, self._named = network, found, named
        self._parameters, self._keep = parameters, keep
        self._batch = min(_BATCH, network.info.batch_limit or _BATCH)

    def begin(
        self, passes: list[list[_Units]], kept: dict[str, np.ndarray] | None
    ) -> tuple[_State, list[Largest]]:
        """Where to begin: at the start, or where a run before was ended."""
        if kept is not None:
            try:
                return self._restored(passes, kept)
            except (KeyError, ValueError, IndexError, TypeError):
                pass  # of another version or machine: it is done again
        return _State(0, 0, dict(self._named.wrong), {}, []), self.groups(passes[0])

    def groups(self, units: list[_Units]) -> list[Largest]:
        """Room for the largest values of ``units``."""
        cells = self._parameters.side**2
        device = self._network.device
        return [Largest(one.last - one.first, self._keep, cells, device) for one in units]

    def reader(self, units: list[_Units]) -> ActivationReader:
        """Reads the layers of ``units``, a layer once for each of them."""
        points = [self._network.read_points[one.layer.path] for one in units]
        return ActivationReader(self._network.module, points)

    @torch.no_grad()
    def look(
        self,
        state: _State,
        groups: list[Largest],
        units: list[_Units],
        reader: ActivationReader,
    ) -> None:
        """Take the next few pictures in."""
        last = min(state.next + self._batch, len(self._found.pictures))
        squares, numbers = [], []
        colours: dict[int, bytes] = {}
        for number in range(state.next, last):
            if number in state.wrong:
                continue
            picture = self._found.pictures[number]
            try:
                square = self._square(picture, number)
            except DgnError as error:
                state.wrong[number] = error.message
                continue
            if self._named.coloured and number not in state.colours:
                first = self._named.first_colour
                on_grid = colours_on_grid(square, self._parameters.side).astype(np.int32)
                colours[number] = packed(on_grid.reshape(-1) + first)
            squares.append(square)
            numbers.append(number)
        if squares:
            device = self._network.device
            rgb = from_uint8(np.stack(squares), device)
            maps = reader(self._network.preprocessing(rgb))
            at = torch.tensor(numbers, device=device)
            for one, group, activations in zip(units, groups, maps, strict=True):
                self._add(group, activations[:, one.first : one.last], at)
        state.colours |= colours
        state.next = last

    def _square(self, picture: Picture, number: int) -> np.ndarray:
        size = self._network.info.input_size
        rgb = decode(picture.read(), picture.name)
        for shape in self._named.shapes[number]:
            if not same_shape(shape, (rgb.height, rgb.width)):
                height, width = shape
                raise refused(
                    picture.name, f"its mask is {width} by {height}, it {rgb.width} by {rgb.height}"
                )
        return middle_square(rgb, size)

    def _add(self, group: Largest, activations: Tensor, numbers: Tensor) -> None:
        """Lay maps (N, units, h, w) on the grid, a few at a time, and keep their largest."""
        side = self._parameters.side
        few = max(1, _TOGETHER // (activations.shape[1] * side**2))
        for at in range(0, len(activations), few):
            laid = on_grid(activations[at : at + few], side)
            group.add(laid, numbers[at : at + few])

    def rows(
        self, state: _State, groups: list[Largest], units: list[_Units]
    ) -> dict[str, np.ndarray]:
        """What is known of the units of a pass once all pictures have been seen."""
        used = [i for i in range(len(self._found.pictures)) if i not in state.wrong]
        if not used:
            first = next(iter(state.wrong.values()))
            raise DgnError(first, "It is so, or the like, for every picture of the set.")
        above = floor(self._parameters.quantile * len(used) * self._parameters.side**2)
        thresholds, masks = [], []
        for one, group in zip(units, groups, strict=True):
            for place, (threshold, mask) in enumerate(group.above(above)):
                if not isfinite(threshold):
                    raise DgnError(
                        f"The unit {one.layer.path}:{one.first + place} gives values that are not"
                        " finite.",
                        "Check the network with: dgn-explorer networks check",
                    )
                thresholds.append(threshold)
                masks.append(mask)

        def planes(number: int) -> list[np.ndarray]:
            extra = [state.colours[number]] if self._named.coloured else []
            return self._named.of(number, extra)

        best = best_concepts(masks, self._named, planes, used)
        return {**_arrays(best), "threshold": np.array(thresholds, np.float64)}

    def kept(self, state: _State, groups: list[Largest]) -> dict[str, np.ndarray]:
        """Everything so far, as arrays."""
        pairs, data = bytes_array(state.colours)
        arrays = {
            "at": np.array([state.at_pass, state.next], np.int64),
            "wrong": texts_array(state.wrong),
            "colour_sizes": pairs,
            "colours": data,
        }
        for i, row in enumerate(state.rows):
            arrays |= {f"row{i}.{name}": value for name, value in row.items()}
        for i, group in enumerate(groups):
            arrays |= {f"group{i}.{name}": value for name, value in group.state().items()}
        return arrays

    def _restored(
        self, passes: list[list[_Units]], kept: dict[str, np.ndarray]
    ) -> tuple[_State, list[Largest]]:
        at_pass, following = kept["at"].tolist()
        colours = bytes_of(kept["colour_sizes"], kept["colours"])
        rows = [_below(kept, f"row{i}.") for i in range(at_pass)]
        groups = self.groups(passes[at_pass])
        for i, group in enumerate(groups):
            group.restore(_below(kept, f"group{i}."))
        return _State(at_pass, following, texts_of(kept["wrong"]), colours, rows), groups


def on_grid(maps: Tensor, side: int) -> Tensor:
    """Maps (N, units, h, w) laid on ``side`` by ``side`` cells, (N, units, side * side) float32."""
    laid = F.interpolate(maps.float(), (side, side), mode="bilinear", align_corners=False)
    return laid.flatten(2)


def _arrays(best: Best) -> dict[str, np.ndarray]:
    names = ("concept", "iou", "first", "second", "stable")
    return {name: getattr(best, name) for name in names}


def _below(kept: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): v for k, v in kept.items() if k.startswith(prefix)}


def _made(
    layers: list[LayerInfo],
    passes: list[list[_Units]],
    state: _State,
    named: Named,
    count: int,
) -> Made:
    def column(name: str, dtype: type) -> np.ndarray:
        return np.concatenate([row[name] for row in state.rows]).astype(dtype)

    concepts = column("concept", np.int64)
    units = [one for units in passes for one in units]
    return Made(
        {
            "layer": tuple(one.layer.path for one in units for _ in range(one.first, one.last)),
            "unit": np.concatenate([np.arange(one.first, one.last) for one in units]).astype(
                np.int32
            ),
            "concept": tuple(named.concepts[i].name if i >= 0 else "" for i in concepts),
            "category": tuple(named.concepts[i].category if i >= 0 else "" for i in concepts),
            "iou": column("iou", np.float32),
            "iou_first": column("first", np.float32),
            "iou_second": column("second", np.float32),
            "stable": column("stable", np.uint8),
            "threshold": column("threshold", np.float32),
            "pictures": np.array([count - len(state.wrong)], np.int32),
            "left_out": tuple(state.wrong[number] for number in sorted(state.wrong)),
        }
    )
