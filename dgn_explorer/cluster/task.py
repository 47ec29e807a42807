"""What travels between the process that asks and a worker. Plain values; free of torch and Dask."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Setup:
    """How a worker opens what its recipes need: specs, and how to compute.

    ``device`` None is the worker's best, ``threads`` None what was fastest there. ``together`` is
    how many recipes share an ascent; None is 1 on a CPU and all of a task elsewhere. ``version``
    is that of the program that asks: another one's images may be others.
    """

    network: str
    prior: str
    version: str
    device: str | None = None
    threads: int | None = None
    together: int | None = None


@dataclass(frozen=True)
class Task:
    """Recipes that one worker makes, as JSON, with their keys; ``attempt`` counts from 1."""

    setup: Setup
    orders: tuple[str, ...]
    keys: tuple[str, ...]
    attempt: int = 1

    @property
    def name(self) -> str:
        """The same for the same recipes, so that two who ask at once share one computation."""
        digest = hashlib.sha256("".join(self.keys).encode()).hexdigest()
        return f"dgn-explorer-{digest[:32]}-{self.attempt}"


@dataclass(frozen=True)
class WorkerFacts:
    """What decides the last bits of a worker's numbers, and where it is."""

    address: str
    version: str
    torch: str
    device: str
    cpu: str
    threads: int

    def differs(self, other: "WorkerFacts") -> str:
        """What is not as on ``other``, as a clause; empty if both round alike.

        >>> one = WorkerFacts("tcp://a:1", "0.1", "2.12", "cpu", "AVX2", 1)
        >>> other = WorkerFacts("tcp://b:1", "0.1", "2.13", "cpu", "AVX2", 2)
        >>> one.differs(other)
        'torch 2.12 and not 2.13, threads 1 and not 2'
        """
        names = ("torch", "device", "cpu", "threads")
        pairs = ((name, getattr(self, name), getattr(other, name)) for name in names)
        return ", ".join(f"{name} {mine} and not {its}" for name, mine, its in pairs if mine != its)


@dataclass(frozen=True)
class Made:
    """One recipe's outcome: the bytes of its record's file, or why there is none."""

    key: str
    data: bytes = field(default=b"", repr=False)
    message: str = ""
    hint: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What a worker made of a task, or in ``unfit`` why it cannot make any of this kind."""

    facts: WorkerFacts
    made: tuple[Made, ...] = ()
    unfit: str = ""
