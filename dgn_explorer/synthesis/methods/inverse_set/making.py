"""The search for a set: the first images jointly, further ones grown from those that were kept."""

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.draft import Draft
from dgn_explorer.synthesis.methods.inverse_set.kept import Kept, made, pieces, samples_of
from dgn_explorer.synthesis.methods.inverse_set.phases import (
    Settled,
    ascend,
    settle,
    spread,
)
from dgn_explorer.synthesis.methods.inverse_set.room import Room, Seen
from dgn_explorer.synthesis.methods.inverse_set.unreached import unreached
from dgn_explorer.synthesis.progress import NEWEST, Made, Progress, SoFar
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.sheet import tiled
from dgn_explorer.synthesis.step import to_uint8

_HOPELESS = 2  # rounds without any image
_SHOWN = 64  # on the sheet that fills

Round = Generator[Seen, None, tuple[Settled, list[int]]]


def make(bench: Bench, recipe: Recipe) -> Generator[Progress[Made], None, Made]:
    """Seek ``count`` different images in the ranges of the recipe's target.

    Ends with fewer if round after round finds no new one; raises `DgnError` if there is none. The
    trace is the mean activation of the first unit over the images in work, step by step.
    """
    start = yield from bench.start(recipe)
    with closing(bench.draft(recipe)) as draft:
        return (yield from _Search(Room(bench, recipe), recipe.seed, start, draft).run())


class _Search:
    def __init__(self, room: Room, seed: int, start: np.ndarray | None, draft: Draft) -> None:
        p = room.parameters
        self._room, self._p = room, p
        self._start = None if start is None else room.standard(start)
        self._rng = torch.Generator().manual_seed(seed)
        self._kept = Kept(room.network, room.prior, room.target, p.apart)
        self._open = deque([0] * p.count)  # of each image that is missing, how often it was drawn
        self._trace: list[float] = []
        self._reached: list[np.ndarray] = []
        self._dry = 0  # rounds since the last that found an image
        self._draft = draft
        self._take_up(draft.read())

    def run(self) -> Generator[Progress[Made], None, Made]:
        """Round after round, until the set is full or nothing new is found."""
        p = self._p
        while self._open and self._dry < p.tries and not self._hopeless:
            size = min(p.together, len(self._open))
            tries = [self._open.popleft() + 1 for _ in range(size)]
            steps, before = 0, (len(self._trace), len(self._kept))
            work = self._grown(size) if len(self._kept) else self._joint(size)
            while True:
                try:
                    seen = next(work)
                except StopIteration as end:
                    settled, parents = end.value
                    break
                steps += 1
                self._trace.append(float(seen.activations[:, 0].mean()))
                yield self._progress(seen, steps)
            taken = self._join(settled, parents, tries)
            self._dry = 0 if any(taken) else self._dry + 1
            missed = [number for number, ok in zip(tries, taken, strict=True) if not ok]
            self._open.extendleft(reversed(missed))
            self._keep(*before)
            yield self._progress(seen, steps)  # so that a Stop keeps this round, too
        if not len(self._kept):
            reached = np.concatenate(self._reached)
            raise unreached(self._room.target, self._room.network.info, reached)
        return made(tuple(self._kept.samples), np.array(self._trace, np.float32))

    @property
    def _hopeless(self) -> bool:
        return not len(self._kept) and self._dry >= _HOPELESS

    def _keep(self, steps: int, count: int) -> None:
        """Keep the round that began at this many ``steps`` with ``count`` images."""
        new = tuple(self._kept.samples[count:])
        state: dict[str, np.ndarray | tuple[str, ...]] = {
            "open": np.array(self._open, np.int32),
            "dry": np.array([self._dry], np.int32),
            "rng": self._rng.get_state().numpy().copy(),
            "reached": self._reached[-1].astype(np.float32),
        }
        trace = np.array(self._trace[steps:], np.float32)
        self._draft.keep(Made({**pieces(new), **state}, trace))

    def _take_up(self, rounds: Sequence[Made]) -> None:
        """Go on behind the last of ``rounds`` that an earlier run has kept."""
        for piece in rounds:
            self._kept.samples.extend(samples_of(piece))
            self._trace.extend(piece.trace.tolist())
            self._reached.append(np.asarray(piece.parts["reached"]))
        if rounds:
            newest = rounds[-1].parts
            self._open = deque(np.asarray(newest["open"]).tolist())
            self._dry = int(np.asarray(newest["dry"])[0])
            self._rng.set_state(torch.from_numpy(np.asarray(newest["rng"])))

    def _joint(self, size: int) -> Round:
        p = self._p
        noise = self._noise(size)
        z = p.init_scale * noise if self._start is None else self._start + p.kick * noise
        z = yield from ascend(self._room, self._room.bounded(z))
        z = yield from spread(self._room, z, self._features(), far=False)
        settled = yield from settle(self._room, z)
        return settled, [-1] * size

    def _grown(self, size: int) -> Round:
        parents = torch.randint(len(self._kept), (size,), generator=self._rng).tolist()
        codes = np.stack([self._kept.samples[parent].code for parent in parents])
        z = self._room.standard(codes) + self._p.kick * self._noise(size)
        z = yield from spread(self._room, self._room.bounded(z), self._features(), far=True)
        settled = yield from settle(self._room, z)
        return settled, parents

    def _join(self, settled: Settled, parents: list[int], tries: list[int]) -> list[bool]:
        """Which of a round were taken into the set."""
        self._reached.append(settled.activations.cpu().numpy())
        good = settled.good.cpu().numpy()
        taken = [False] * len(tries)
        rows = np.flatnonzero(good).tolist()
        if rows:
            images = to_uint8(settled.images[settled.good])
            codes = self._room.code(settled.z[settled.good]).cpu().numpy()
            answers = self._kept.join(
                images, codes, [parents[row] for row in rows], [tries[row] for row in rows]
            )
            for row, answer in zip(rows, answers, strict=True):
                taken[row] = answer
        return taken

    def _noise(self, size: int) -> Tensor:
        return torch.randn(size, self._room.size, generator=self._rng).to(self._room.device)

    def _features(self) -> Tensor:
        return torch.from_numpy(self._kept.features).to(self._room.device)

    def _progress(self, seen: Seen, steps: int) -> Progress[Made]:
        samples = tuple(self._kept.samples)
        trace = np.array(self._trace, np.float32)
        done, drawn = len(trace), sum(len(one) for one in self._reached)
        left = max(1, self._round_steps(not samples) - steps)
        rounds = -(-len(self._open) // self._p.together)
        total = done + left + rounds * self._round_steps(joint=False)

        def picture(place: int) -> np.ndarray:
            now = to_uint8(seen.image)
            shown = [sample.image for sample in samples[-max(1, _SHOWN - len(now)) :]]
            return tiled(np.stack([*shown, *now]))

        def so_far(place: int) -> SoFar:
            units = len(self._room.target.units)
            images = [sample.image for sample in samples[-NEWEST:]]
            return SoFar(
                len(samples),
                np.stack(images) if images else np.zeros((0, 1, 1, 3), np.uint8),
                np.array([one.activations for one in samples], np.float32).reshape(-1, units),
                seen.activations.float().cpu().numpy(),
                np.zeros(0, np.int32),
                drawn,
            )

        partial = (lambda place: made(samples, trace)) if samples else None
        return Progress(done, total, picture, lambda place: trace, partial, so_far)

    def _round_steps(self, joint: bool) -> int:
        p = self._p
        return (p.ascend + p.spread if joint else p.walk) + p.settle + 1
