"""How long opening a program may take, by the clock on the wall; see `docs/security.md`.

A trap works all the time. So where a machine is busy with other work, and an opening has had little
of it, the clock goes on for `BUSY_S` longer.
"""

import time
from dataclasses import dataclass, replace

from dgn_explorer.errors import DgnError

OPENING_S = 20.0  # from the first byte to a network on show
TRYING_S = 13.0  # of them, in the process of its own once it has started
STARTING_S = 3.0  # of them, until it has; what a busy machine takes longer is not counted
BUSY_S = 60.0
READY_S = 120.0  # until it is taken for dead


@dataclass(frozen=True)
class Deadline:
    """The moment at which an opening is given up, on the clock of `time.monotonic`.

    ``begun`` is what this thread had worked when the opening began, by `time.thread_time`.
    """

    at: float
    begun: float = 0.0

    @staticmethod
    def begin(more_s: float = 0.0) -> "Deadline":
        """That of an opening that begins now; ``more_s`` is what it may take besides."""
        return Deadline(time.monotonic() + OPENING_S + more_s, time.thread_time())

    def later(self, more_s: float) -> "Deadline":
        """This one, ``more_s`` later if that is more than nothing."""
        return replace(self, at=self.at + max(0.0, more_s))

    def left_s(self) -> float:
        """The seconds that are left, at least none."""
        return max(0.0, self.at - time.monotonic())

    def require(self) -> None:
        """Raise `DgnError` if it has passed."""
        late_s = time.monotonic() - self.at
        if late_s > BUSY_S or (late_s > 0 and time.thread_time() - self.begun > OPENING_S / 2):
            raise too_long()


def too_long() -> DgnError:
    """What is said of a program whose time is over."""
    return DgnError(
        f"Opening the network was given up: it takes more than {OPENING_S:g} seconds.",
        "If the machine is busy, open it again later; otherwise the file is damaged, a trap, or too"
        " large for this machine: save its state dict and open it with --arch.",
    )
