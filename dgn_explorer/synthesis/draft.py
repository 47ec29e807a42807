"""`Draft`: what a long order has made so far, kept piece by piece, so that a kill loses one piece.

A method that makes many images keeps a `Made` for each of them (or each group) as soon as it has
it, with what the next needs; started again, it reads them and goes on from there.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.recipe import Recipe


class Draft(Protocol):
    """The pieces of one order, in the order in which they were made.

    ``seconds`` is how long it took to come to the newest, 0 without any.
    """

    @property
    def seconds(self) -> float:
        """Of the newest piece."""
        ...

    def read(self) -> Sequence[Made]:
        """Everything that was kept."""
        ...

    def keep(self, piece: Made) -> None:
        """Keep one more piece."""
        ...

    def close(self) -> None:
        """Let it go; what was kept stays."""
        ...


class InMemory:
    """A draft for programs that keep nothing, such as evaluations."""

    def __init__(self, pieces: Iterable[Made] = ()) -> None:
        self._pieces = list(pieces)

    @property
    def seconds(self) -> float:
        """Of the newest piece."""
        return self._pieces[-1].seconds if self._pieces else 0.0

    def read(self) -> Sequence[Made]:
        """Everything that was kept."""
        return tuple(self._pieces)

    def keep(self, piece: Made) -> None:
        """Keep one more piece."""
        self._pieces.append(piece)

    def close(self) -> None:
        """Nothing is open."""


class Clock:
    """Seconds of work: those within its blocks, and not those in between.

    >>> clock = Clock()
    >>> with clock:
    ...     before = clock.seconds
    >>> 0 <= before <= clock.seconds == clock.seconds
    True
    """

    def __init__(self) -> None:
        self._done = 0.0
        self._began: float | None = None

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._done, self._began = self.seconds, None

    @property
    def seconds(self) -> float:
        """Up to now."""
        return self._done + (0.0 if self._began is None else time.monotonic() - self._began)


class Timed:
    """A draft whose pieces know how long it took to come so far.

    That is ``before`` seconds in earlier runs, and what ``spent`` gives in this one.
    """

    def __init__(self, draft: Draft, spent: Callable[[], float]) -> None:
        self._draft, self._spent = draft, spent
        self.before = draft.seconds

    @property
    def seconds(self) -> float:
        """Of the newest piece."""
        return self._draft.seconds

    def read(self) -> Sequence[Made]:
        """Everything that was kept."""
        return self._draft.read()

    def keep(self, piece: Made) -> None:
        """Keep one more piece."""
        self._draft.keep(replace(piece, seconds=self.before + self._spent()))

    def close(self) -> None:
        """Let it go; what was kept stays."""
        self._draft.close()


def begun_by(recipe: Recipe) -> Iterator[Recipe]:
    """The recipes whose records ``recipe``'s may begin with, itself first if it was stopped."""
    about = recipe.about
    p: Any = recipe.parameters
    for count in range(getattr(p, about.count_field) if about.grows else 0, 0, -1):
        yield replace(recipe, parameters=replace(p, **{about.count_field: count}))


def joined(pieces: Sequence[Made], newest: frozenset[str] = frozenset()) -> Made:
    """One `Made` of all ``pieces``, at least one: parts and traces one behind the other.

    Of the parts called ``newest`` only the last piece's counts, or none if that has none.
    """
    parts: dict[str, np.ndarray | tuple[str, ...]] = {}
    for name in dict.fromkeys(name for piece in pieces for name in piece.parts):
        if name in newest:
            if name in pieces[-1].parts:
                parts[name] = pieces[-1].parts[name]
            continue
        values = [piece.parts[name] for piece in pieces if name in piece.parts]
        arrays = [value for value in values if isinstance(value, np.ndarray)]
        texts = (text for value in values if isinstance(value, tuple) for text in value)
        parts[name] = np.concatenate(arrays) if arrays else tuple(texts)
    return Made(parts, np.concatenate([piece.trace for piece in pieces]))
