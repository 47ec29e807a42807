"""What is kept of chains: their samples, each in a draft, and three numbers a step."""

from collections.abc import Callable, Sequence

import numpy as np

from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.draft import Draft, InMemory, joined
from dgn_explorer.synthesis.methods.ppgn.about import PpgnParameters
from dgn_explorer.synthesis.methods.ppgn.chain import ChainState, ChainStep
from dgn_explorer.synthesis.methods.ppgn.looking import Looker
from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import to_uint8
from dgn_explorer.synthesis.trace import Trace

_STATE = frozenset({"rng", "heights"})  # which only the newest sample needs
_EVERY_STEP = ("p", "distance")  # which traces hold while the chain runs


class Samples:
    """The samples so far of the chains of ``recipes``, with one draft each.

    What the drafts hold already is taken up again, as far as all of them have it.
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
        self._recipes, self._looker, self._reached = recipes, looker, reached
        self._activation, self._p, self._distance = (
            Trace(p.steps, len(recipes), prior.device) for _ in range(3)
        )
        self._with_distance = False
        self._drafts, self._known = _even(drafts)
        self._done = 0
        self.count = 0  # how many samples each chain has
        if self._known:
            self._take_up()

    @property
    def states(self) -> tuple[ChainState, ...]:
        """Where the chains that were taken up are; none of new ones."""
        return tuple(
            ChainState(
                self.count - 1,
                _array(made, "codes")[-1],
                _array(made, "rng"),
                _array(made, "heights"),
            )
            for made in self._known
        )

    def add(self, step: ChainStep) -> None:
        """Take in a step, and its sample if it is one; a step that it has is left alone."""
        if step.index < self._done:
            return
        self._done = step.index + 1
        self._activation.add(step.seen.activation)
        self._p.add(step.seen.p)
        if step.seen.prior is not None:
            self._distance.add(step.seen.prior.abs().mean(1))
            self._with_distance = True
        if step.taken:
            self._take(step)

    def trace(self, place: int) -> np.ndarray:
        """The activation in every step so far (steps,) of one chain."""
        return self._activation.of(place)

    def made(self, place: int) -> Made:
        """What one chain has come to: its samples and the steps up to now."""
        parts = {**joined(self._drafts[place].read(), _STATE).parts, "p": self._p.of(place)}
        if self._with_distance:
            parts["distance"] = self._distance.of(place)
        return Made(parts, self.trace(place))

    def _take(self, step: ChainStep) -> None:
        drawn, context = self._looker.drawn(step.code)
        images = to_uint8(drawn)
        reached = self._reached(step.number, images)
        began = self._done - self._cycle(step.number)
        for place, draft in enumerate(self._drafts):
            state = step.state(place)
            parts: dict[str, np.ndarray | tuple[str, ...]] = {
                "images": images[place : place + 1],
                "codes": state.code[None],
                "activations": np.array([[reached[place]]], np.float32),
                "sample_steps": np.array([self._done], np.int32),
                "p": self._p.of(place)[began:],
                "rng": state.rng,
                "heights": state.heights,
            }
            if self._with_distance:
                parts["distance"] = self._distance.of(place)[began:]
            if context is not None:
                parts["context"] = context[place : place + 1].float().cpu().numpy()
            draft.keep(Made(parts, self.trace(place)[began:]))
        self.count += 1

    def _cycle(self, number: int) -> int:
        p = self._recipes[0].parameters
        assert isinstance(p, PpgnParameters)
        return p.cycle if number else p.warm

    def _take_up(self) -> None:
        self.count = len(_array(self._known[0], "images"))
        self._done = int(_array(self._known[0], "sample_steps")[-1])
        self._activation.take_up([made.trace for made in self._known])
        self._p.take_up([_array(made, "p") for made in self._known])
        if "distance" in self._known[0].parts:
            self._distance.take_up([_array(made, "distance") for made in self._known])
            self._with_distance = True


def _even(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Made]]:
    """The drafts, and of each what it holds if all hold equally many samples; else empty ones.

    Chains that run side by side are kept side by side, so they differ only if one ran alone before.
    """
    known = [
        joined([_whole(piece) for piece in pieces], _STATE)
        for draft in drafts
        if (pieces := draft.read())
    ]
    counts = {len(_array(made, "images")) for made in known}
    if len(known) == len(drafts) and len(counts) == 1:
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
