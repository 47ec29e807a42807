"""Which networks there are, and what one of them is before it is used."""

from collections.abc import Generator
from contextlib import closing, suppress
from typing import Any

from dgn_explorer.engine.messages import Checked, Inspect, NetworkCard, NetworkNames
from dgn_explorer.engine.opened import OpenThings
from dgn_explorer.errors import DgnError
from dgn_explorer.evaluation.network_check import CheckReport, checking, preprocessing_name
from dgn_explorer.networks import loaders
from dgn_explorer.networks.descriptions import user_networks
from dgn_explorer.networks.weights.efficientnet_lite import SIZES, is_installed
from dgn_explorer.networks.weights.timm_loader import model_names as timm_names
from dgn_explorer.networks.weights.torchvision_loader import model_names as torchvision_names
from dgn_explorer.paths import user_path
from dgn_explorer.synthesis.progress import Progress


def list_networks() -> Generator[Progress[Any], None, NetworkNames]:
    """The names, by where they come from; what is not installed has none."""
    yield Progress(0, 1)
    built_in = tuple(loaders.names())
    own = tuple(name for name in user_networks() if name not in built_in)
    torchvision: tuple[str, ...] = ()
    timm: tuple[str, ...] = ()
    with suppress(DgnError, ImportError):
        torchvision = tuple(torchvision_names())
    with suppress(DgnError, ImportError):
        timm = timm_names()
    missing = tuple(name for name in built_in if name in SIZES and not is_installed(name))
    return NetworkNames(built_in, own, torchvision, timm, missing)


def inspect(things: OpenThings, ask: Inspect) -> Generator[Progress[Any], None, NetworkCard]:
    """Load it, say what it is, and try it on photographs if there are any; raises `DgnError`."""
    yield Progress(0, 1)
    network = things.inspect(ask.spec)
    weights = sum(parameter.numel() for parameter in network.module.parameters())
    checked = None
    if ask.photos:
        with closing(checking(network, user_path(ask.photos), ask.limit)) as work:
            while True:
                try:
                    done, total = next(work)
                except StopIteration as end:
                    checked = _checked(end.value)
                    break
                yield Progress(done, total)
    return NetworkCard(network.info, preprocessing_name(network.preprocessing), weights, checked)


def _checked(report: CheckReport) -> Checked:
    if not report.warning:
        return Checked(report.photos, report.top1)
    best = report.alternatives[0]
    return Checked(report.photos, report.top1, best.name, best.top1, report.flags)
