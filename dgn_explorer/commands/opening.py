"""Opening a network for a command: whom to ask, and what its user must know of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dgn_explorer.commands.terminal import ask, say
from dgn_explorer.networks.info import NetworkInfo

if TYPE_CHECKING:
    import torch

    from dgn_explorer.api import Explorer
    from dgn_explorer.networks.network import Network


def opened_network(spec: str, device: "str | torch.device" = "cpu") -> "Network":
    """As `open_network`: asks before code of the user's runs, and says the notices on stderr."""
    from dgn_explorer.networks.opening import open_network

    network = open_network(spec, device, confirm=ask)
    tell(network.info)
    return network


def tell(info: NetworkInfo) -> None:
    """Say on stderr where a network does not do what its file says."""
    for notice in info.notices:
        say(f"{info.name}: {notice}", err=True)


@contextmanager
def explorer_for(
    network: str,
    prior: str,
    device: str | None,
    threads: int | None = None,
    batch: int | None = None,
) -> Iterator["Explorer"]:
    """A network and a prior, open, and the engine behind them, closed at the end."""
    from dgn_explorer import api

    with api.open(
        network,
        prior,
        device=device,
        threads=threads,
        batch=batch,
        confirm=ask,
        notice=lambda text: say(text, err=True),
        progress=False,
    ) as explorer:
        yield explorer
