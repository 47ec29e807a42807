"""What is open in the engine, by fingerprint, and the bench of an order."""

from collections.abc import Callable
from functools import partial

import torch

from dgn_explorer.engine.messages import Opened
from dgn_explorer.engine.queue import OpenRequest
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaded import Confirm
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.record import where_made
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import versions


class OpenThings:
    """Networks and priors on one device; used on the engine's thread alone."""

    def __init__(self, device: torch.device, store: Store, confirm: Confirm) -> None:
        self.device = device
        self._store = store
        self._confirm = confirm
        self._requests: dict[OpenRequest, None] = {}  # in order
        self._networks: dict[str, Network] = {}
        self._looked_at: tuple[str, Network] | None = None  # by its spec
        self._priors: dict[str, Prior] = {}

    def inspect(self, spec: str) -> Network:
        """A network that may be opened next, which then needs not be loaded again."""
        if self._looked_at is None or self._looked_at[0] != spec:
            self._looked_at = None  # before the next one takes its memory
            self._looked_at = spec, open_network(spec, self.device, confirm=self._confirm)
        return self._looked_at[1]

    def open(self, request: OpenRequest) -> Opened:
        """Open a network and a prior and keep them."""
        looked_at, self._looked_at = self._looked_at, None
        if looked_at is not None and looked_at[0] == request.network:
            network = looked_at[1]
        else:
            network = open_network(request.network, self.device, confirm=self._confirm)
        prior = open_prior(request.prior, self.device)
        self._networks[network.info.fingerprint] = network
        self._priors[prior.info.fingerprint] = prior
        self._requests[request] = None
        return Opened(network.info, prior.info, best_numeric(self.device))

    def move(self, device: torch.device) -> None:
        """Open everything again on ``device``, because the one before has failed."""
        self.device = device
        self._looked_at = None
        self._networks.clear()  # what the device held cannot be read any more
        self._priors.clear()
        for request in self._requests:
            self.open(request)

    def forget_recordings(self) -> None:
        """Give back the memory of recorded passes; they are recorded again when they are needed."""
        for network in self._networks.values():
            network.graphs.clear()

    def bench(self, order: Order) -> Bench:
        """What ``order`` needs; raises `DgnError` if it is not open."""
        network = self._networks.get(order.network_fingerprint)
        if network is None:
            raise DgnError(
                f"The network {order.network!r} of this order is not open.", "Open it first."
            )
        if isinstance(order, Survey):
            prior = self._priors.get(order.shown_by)
        elif order.about.with_prior:
            prior = self._priors.get(order.prior_fingerprint)
            if prior is None:
                raise DgnError(
                    f"The prior {order.prior!r} of this recipe is not open.", "Open it first."
                )
        else:
            prior = None
        return Bench(
            network,
            prior,
            self._store.inputs.get,
            self._store.code,
            self._encoder(prior),
            self._store.sets,
            partial(self._store.draft, where=where_made(str(network.device), versions())),
            concept_sets=self._store.concepts,
        )

    def network(self, fingerprint: str) -> Network:
        """The network with this fingerprint; raises `DgnError`."""
        if fingerprint not in self._networks:
            raise DgnError(f"The network {fingerprint[:8]} is not open.", "Open it first.")
        return self._networks[fingerprint]

    def prior(self, fingerprint: str) -> Prior:
        """The prior with this fingerprint; raises `DgnError`."""
        if fingerprint not in self._priors:
            raise DgnError(f"The prior {fingerprint[:8]} is not open.", "Open it first.")
        return self._priors[fingerprint]

    def _encoder(self, prior: Prior | None) -> Callable[[], Network | None]:
        """Opens the network that ``prior`` inverts when it is asked for; None if it cannot be."""

        def open_encoder() -> Network | None:
            if prior is None:
                return None
            info = prior.info.encoder
            if info.fingerprint not in self._networks:
                try:
                    opened = open_network(info.network, self.device, confirm=self._confirm)
                except DgnError:
                    return None
                self._networks[opened.info.fingerprint] = opened
            return self._networks.get(info.fingerprint)

        return open_encoder
