"""Which network and generator are open, which were asked for, and what is to follow then."""

from collections import deque
from dataclasses import dataclass

from dgn_explorer.engine.messages import Opened, OpenFailed
from dgn_explorer.gui.bridge.engine_port import EnginePort
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import FLOAT32, PriorInfo

Pair = tuple[str, str]  # the specs of a network and a prior


@dataclass(frozen=True)
class Following:
    """What comes after an opening: a unit to visualise, a result to show, or that it was a reload.

    ``before`` is the network that was read again, with the unit that was chosen in it.
    """

    unit: str = ""
    key: str = ""
    before: tuple[NetworkInfo, UnitAddress | None] | None = None


class Opening:
    """The pair that is open stays until another is there; the engine answers in order."""

    def __init__(self, engine: EnginePort) -> None:
        self._engine = engine
        self.network: NetworkInfo | None = None
        self.networks: dict[str, NetworkInfo] = {}  # all opened so far, by fingerprint
        self.prior: PriorInfo | None = None
        self.numeric = FLOAT32
        self.asked: Pair = ("", "")  # asked for last, whatever came of it
        self.pair: Pair = ("", "")  # what is open
        self._asking: deque[Pair] = deque()
        self._fallback: Pair | None = None
        self._following = Following()

    @property
    def wants_unit(self) -> bool:
        """Whether a unit is to be visualised as soon as a network is open."""
        return bool(self._following.unit)

    def begin(self, pair: Pair, unit: str, fallback: Pair | None) -> None:
        """Start the engine and ask for the first pair; for ``fallback`` if it cannot be opened."""
        self._following, self._fallback = Following(unit), fallback
        self._engine.start()
        self.ask(*pair)

    def ask(self, network: str, prior: str, then: Following | None = None) -> None:
        """Ask for another pair; ``then`` is what follows, else what was to follow anyway."""
        self.asked = (network, prior)
        self._following = then or self._following
        self._asking.append(self.asked)
        self._engine.open(network, prior)

    def take(self, event: Opened) -> Following:
        """The engine has opened the pair that was asked for first; says what follows."""
        self.network, self.prior = event.network, event.prior
        self.pair = self._asking.popleft()
        self.networks[event.network.fingerprint] = event.network
        self.numeric = event.numeric
        following, self._following = self._following, Following()
        return following

    def refused(self, _event: OpenFailed) -> bool:
        """It cannot open it; whether the fallback is asked for in its place."""
        self._asking.popleft()
        self._following = Following(self._following.unit)
        fallback, self._fallback = self._fallback, None
        if self.network is not None or fallback is None:
            return False
        self.ask(*fallback)
        return True
