"""What is kept of chains: their samples, each in a draft, and three numbers a step."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.draft import Draft, InMemory, joined
from dgn_explorer.synthesis.methods.ppgn.about import PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.chain import ChainState, ChainStep
from dgn_explorer.synthesis.methods.ppgn.looking import Looker
from dgn_explorer.synthesis.progress import NEWEST, Made, SoFar
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import to_uint8
from dgn_explorer.synthesis.trace import Trace

_STATE = frozenset({"rng", "heights", "weight"})  # which only the newest sample needs
_EVERY_STEP = ("p", "distance")  # which traces hold while the chain runs


class Samples:
    """The samples so far of the chains of ``recipes``, with one draft each.

    What the drafts hold already is taken up again, if all chains came equally far.
    """

    def __init__(
        self,
        prior: Prior,
        recipes: Sequence[Recipe],
        looker: Looker,
        drafts: Sequence[Draft],
        reached: Callable[[int, np.ndarray], np.ndarray],
    ) -> None:
        """``reached`` gives the activations (N,) of the 8-bit images of a sample by its number."""
        p = recipes[0].parameters
        assert isinstance(p, PpgnParameters)
        self._p_of, self._looker, self._reached = p, looker, reached
        self._activation, self._p, self._distance = (
            Trace(p.steps, len(recipes), prior.device) for _ in range(3)
        )
        self._with_distance = False
        self._drafts, known = _even(drafts)
        self._done = 0
        self._kept_at = [0] * len(recipes)  # the steps up to the newest sample of each chain
        self._shown = [_Shown() for _ in recipes]
        self._now: ChainStep | None = None
        # where the chains that were taken up are; none of new ones
        self.states = tuple(_state(made, p) for made in known)
        if known:
            self._take_up(known)

    @property
    def begun(self) -> bool:
        """Whether every chain has a sample."""
        return all(self._kept_at)

    def add(self, step: ChainStep) -> None:
        """Take in a step, and its samples if it is their last; a known step is left alone."""
        if step.index < self._done:
            return
        self._done, self._now = step.index + 1, step
        self._activation.add(step.seen.activation)
        self._p.add(step.seen.p)
        if step.seen.prior is not None:
            self._distance.add(step.seen.prior.abs().mean(1))
            self._with_distance = True
        if step.last:
            self._take(step)

    def trace(self, place: int) -> np.ndarray:
        """The activation in every step so far (steps,) of one chain."""
        return self._activation.of(place)

    def so_far(self, place: int) -> SoFar:
        """What one chain has come to, for those who watch it."""
        shown, now = self._shown[place], self._now
        working = np.zeros((0, 1), np.float32)
        if now is not None:
            working = now.seen.activation[place].reshape(1, 1).float().cpu().numpy()
        drawn = 0 if now is None else now.number + int(now.last)
        return replace(shown.with_working(working, drawn), p=self._p.of(place))

    def made(self, place: int) -> Made:
        """What one chain has come to: its samples and the steps up to now.

        Raises `DgnError` if there is no sample.
        """
        if not self._kept_at[place]:
            raise DgnError(
                f"None of {self._p_of.samples} samples had a probability above"
                f" {self._p_of.threshold:g}; the highest was {self._highest(place):.3g}.",
                "Lower the threshold, or ask for more samples.",
            )
        parts = {**joined(self._drafts[place].read(), _STATE).parts, "p": self._p.of(place)}
        if self._with_distance:
            parts["distance"] = self._distance.of(place)
        return Made(parts, self.trace(place))

    def _highest(self, place: int) -> float:
        p = self._p_of
        return float(self._p.of(place)[p.warm - 1 :: p.cycle].max())

    def _take(self, step: ChainStep) -> None:
        threshold = self._p_of.threshold
        wanted = [True] * len(self._drafts)
        if threshold:
            wanted = (step.seen.p > threshold).tolist()
        if not any(wanted):
            return
        drawn, context = self._looker.drawn(step.code)
        images = to_uint8(drawn)
        reached = self._reached(step.number, images)
        for place, draft in enumerate(self._drafts):
            if not wanted[place]:
                continue
            state, began = step.state(place), self._kept_at[place]
            parts: dict[str, np.ndarray | tuple[str, ...]] = {
                "images": images[place : place + 1],
                "codes": state.code[None],
                "activations": np.array([[reached[place]]], np.float32),
                "sample_steps": np.array([self._done], np.int32),
                "p": self._p.of(place, began),
                "rng": state.rng,
                "heights": state.heights,
            }
            if self._p_of.reset:
                parts["weight"] = np.array([state.weight], np.float32)
            if self._with_distance:
                parts["distance"] = self._distance.of(place, began)
            if context is not None:
                parts["context"] = context[place : place + 1].float().cpu().numpy()
            self._shown[place].add(images[place], float(reached[place]), self._done)
            draft.keep(Made(parts, self._activation.of(place, began)))
            self._kept_at[place] = self._done

    def _take_up(self, known: Sequence[Made]) -> None:
        for shown, made in zip(self._shown, known, strict=True):
            activations, steps = _array(made, "activations")[:, 0], _array(made, "sample_steps")
            for image, value, step in zip(
                _array(made, "images"), activations.tolist(), steps.tolist(), strict=True
            ):
                shown.add(image, value, step)
        self._done = int(_array(known[0], "sample_steps")[-1])
        self._kept_at = [self._done] * len(known)
        self._activation.take_up([made.trace for made in known])
        self._p.take_up([_array(made, "p") for made in known])
        if "distance" in known[0].parts:
            self._distance.take_up([_array(made, "distance") for made in known])
            self._with_distance = True


class _Shown:
    """What is shown of one chain while it runs: its newest samples, and a number of each."""

    def __init__(self) -> None:
        self._newest: deque[np.ndarray] = deque(maxlen=NEWEST)
        self._activations: list[float] = []
        self._steps: list[int] = []

    def add(self, image: np.ndarray, activation: float, steps: int) -> None:
        """Take in a sample (S, S, 3) uint8, there after so many ``steps``."""
        self._newest.append(image.copy())  # not a view that keeps all of a batch
        self._activations.append(activation)
        self._steps.append(steps)

    def with_working(self, working: np.ndarray, drawn: int) -> SoFar:
        """All of it, beside the activations of what is in work."""
        found = len(self._steps)
        newest = np.stack(self._newest) if found else np.zeros((0, 1, 1, 3), np.uint8)
        reached = np.array(self._activations, np.float32).reshape(found, 1)
        return SoFar(found, newest, reached, working, np.array(self._steps, np.int32), drawn)


def _state(made: Made, p: PpgnParameters) -> ChainState:
    return ChainState(
        (int(_array(made, "sample_steps")[-1]) - p.warm) // p.cycle,
        _array(made, "codes")[-1].copy(),  # not a view that keeps all of them
        _array(made, "rng"),
        _array(made, "heights"),
        float(_array(made, "weight")[0]) if "weight" in made.parts else p.prior_term,
    )


def _even(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Made]]:
    """The drafts, and of each what it holds if all came equally far; else empty ones.

    Chains that run side by side are kept side by side, so they differ only if one ran alone before,
    or if it had a sample that was left out of another.
    """
    known = [
        joined([_whole(piece) for piece in pieces], _STATE)
        for draft in drafts
        if (pieces := draft.read())
    ]
    steps = {int(_array(made, "sample_steps")[-1]) for made in known}
    if len(known) == len(drafts) and len(steps) == 1:
        return list(drafts), known
    return [draft if not draft.read() else InMemory() for draft in drafts], []


def _whole(made: Made) -> Made:
    """``made`` without the steps after its last sample, which the record of a stopped chain has."""
    steps = int(_array(made, "sample_steps")[-1])
    cut = {name: _array(made, name)[:steps] for name in _EVERY_STEP if name in made.parts}
    return Made({**made.parts, **cut}, made.trace[:steps])


def _array(made: Made, name: str) -> np.ndarray:
    part = made.parts[name]
    assert isinstance(part, np.ndarray)
    return part
