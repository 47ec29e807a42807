"""Intersections over unions of units with concepts, whole and in two halves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dgn_explorer.studies.dissection.labelling import Named

_ENTRIES = 8_000_000  # places that are sorted at once
_CODES = 4_000_000  # pairs of unit and concept that are counted at once

Planes = Callable[[int], Sequence[np.ndarray]]


@dataclass(frozen=True)
class Best:
    """Of every unit the concept (K,) with the largest intersection over union (place or -1)."""

    concept: np.ndarray
    iou: np.ndarray
    first: np.ndarray
    second: np.ndarray
    stable: np.ndarray


def best_concepts(
    masks: Sequence[np.ndarray], named: Named, planes: Planes, used: Sequence[int]
) -> Best:
    """The best concept of every unit, from the places (M,) where it is active.

    A place is the picture's number times the cells of the grid and the cell. ``planes`` gives the
    flat planes of names of a picture, ``used`` are the numbers of those that count. A concept is
    compared on the pictures of its own source alone.
    """
    about = _About(named, planes, used)
    found = []
    first = 0
    while first < len(masks):
        last, entries = first, 0
        while last < len(masks) and (last == first or entries + len(masks[last]) <= _ENTRIES):
            entries += len(masks[last])
            last += 1
        found.append(_best(masks[first:last], named, planes, about))
        first = last
    return Best(
        *(
            np.concatenate([getattr(one, name) for one in found])
            for name in ("concept", "iou", "first", "second", "stable")
        )
    )


class _About:
    """Areas of the concepts, and on which sources each is compared."""

    def __init__(self, named: Named, planes: Planes, used: Sequence[int]) -> None:
        self.sources = sorted({source for i in used for source in named.sources[i]})
        self.places = {source: place for place, source in enumerate(self.sources)}
        self.used = used
        count = len(named.concepts)
        self.area = np.zeros((2, count), np.int64)
        scored = np.zeros((count, len(self.sources)), bool)
        for i in used:
            present = np.zeros(count, np.int64)
            for plane in planes(i):
                present += np.bincount(plane[plane >= 0], minlength=count)
            self.area[named.halves[i]] += present
            for source in named.sources[i][1:]:
                scored[present > 0, self.places[source]] = True
        for place, one in enumerate(named.concepts):
            if one.source is not None:
                scored[place] = [source == one.source for source in self.sources]
        self.scored = scored.astype(np.int64)


def _best(masks: Sequence[np.ndarray], named: Named, planes: Planes, about: _About) -> Best:
    units, count = len(masks), len(named.concepts)
    pairs = np.zeros((2, units * count), np.int64)
    cover = np.zeros((2, units, len(about.sources)), np.int64)
    cells = named.side**2
    unit = np.repeat(np.arange(units, dtype=np.int64), [len(mask) for mask in masks])
    place = np.concatenate(masks) if masks else np.zeros(0, np.int32)
    order = np.argsort(place, kind="stable")
    unit, place = unit[order], place[order].astype(np.int64)
    ends = np.searchsorted(place, (np.arange(len(named.planes) + 1)) * cells)
    codes: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    waiting = 0
    for i in about.used:
        here = slice(ends[i], ends[i + 1])
        half, mine, cell = named.halves[i], unit[here], place[here] - i * cells
        active = np.bincount(mine, minlength=units)
        for source in named.sources[i]:
            cover[half, :, about.places[source]] += active
        for plane in planes(i):
            concept = plane[cell]
            known = concept >= 0
            codes[half].append(mine[known] * count + concept[known])
            waiting += int(known.sum())
        if waiting > _CODES:
            _flush(codes, pairs)
            waiting = 0
    _flush(codes, pairs)
    inter = pairs.reshape(2, units, count)
    reached = cover @ about.scored.T  # active places on the concept's own pictures
    halves = [_iou(inter[h], reached[h], about.area[h]) for h in (0, 1)]
    whole = _iou(inter.sum(0), reached.sum(0), about.area.sum(0))
    best = whole.argmax(1)
    at = (np.arange(units), best)
    iou = whole[at]
    stable = (halves[0].argmax(1) == best) & (halves[1].argmax(1) == best) & (iou > 0)
    concept = np.where(iou > 0, best, -1)
    return Best(concept, iou, halves[0][at], halves[1][at], stable)


def _flush(codes: tuple[list[np.ndarray], list[np.ndarray]], pairs: np.ndarray) -> None:
    for half, found in enumerate(codes):
        if found:
            pairs[half] += np.bincount(np.concatenate(found), minlength=pairs.shape[1])
            found.clear()


def _iou(inter: np.ndarray, reached: np.ndarray, area: np.ndarray) -> np.ndarray:
    union = reached + area - inter
    return np.asarray(np.divide(inter, union, out=np.zeros(inter.shape), where=union > 0))
