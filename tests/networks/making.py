"""Networks of a test's own, as a loader would hand them over, and what a plain hook sees."""

from collections import Counter
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dgn_explorer.networks.assembly import assemble
from dgn_explorer.networks.layers import ActivationReader
from dgn_explorer.networks.loaded import Loaded
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.preprocessing import Preprocessing
from dgn_explorer.networks.reading import channels_first, first_tensor
from dgn_explorer.networks.tracing import run_name

PLAIN = Preprocessing((0.0,) * 3, (1.0,) * 3, 1.0)
ACTIVATIONS: tuple[Callable[[Tensor], Tensor], ...] = (
    *(F.relu, F.silu, F.gelu, F.hardswish, F.hardsigmoid, torch.sigmoid, F.relu6, F.mish),
    *(torch.tanh, F.elu, F.leaky_relu, lambda x: F.gelu(x, approximate="tanh")),
)


def opened(module: nn.Module, size: int = 16, **options: object) -> Network:
    """``module`` with three plain channels, frozen, traced and guarded."""
    torch.manual_seed(3)
    loaded = Loaded(module=module, name="own", title="Own", preprocessing=PLAIN, input_size=size)
    return assemble(loaded, NetworkOptions(**options))  # type: ignore[arg-type]


def image(size: int = 16, count: int = 1) -> Tensor:
    """Random images (count, 3, size, size) in [-1, 1]."""
    generator = torch.Generator().manual_seed(11)
    return torch.rand(count, 3, size, size, generator=generator) * 2 - 1


def hooked(module: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """What a forward hook with a clone sees of every run of every module; "" is the network."""
    seen: dict[str, Tensor] = {}
    runs: Counter[str] = Counter()

    def keep(path: str) -> Callable[[nn.Module, object, object], None]:
        def hook(child: nn.Module, inputs: object, output: object) -> None:
            value = first_tensor(output)
            if value is not None:
                seen[run_name(path, runs[path])] = value.clone()
            runs[path] += 1

        return hook

    handles = [
        child.register_forward_hook(keep(path))
        for path, child in module.named_modules()
        if not isinstance(child, torch.jit.ScriptModule)
    ]
    with torch.no_grad():
        module(x)
    for handle in handles:
        handle.remove()
    return seen


def wrong_layers(network: Network, x: Tensor, alone_every: int = 1) -> list[str]:
    """Layers read wrongly together with all others, or every ``alone_every``-th one alone."""
    return wrongly_read(network, x, range(0, len(network.info.layers), alone_every))


def wrongly_read(network: Network, x: Tensor, alone: Iterable[int]) -> list[str]:
    """Layers whose value read is not what a hook sees, nor what an activation gives that of.

    All are read together, and those that ``alone`` counts alone and with a gradient.
    """
    seen = hooked(network.module, x)
    points = [network.read_points[layer.path] for layer in network.info.layers]
    with torch.no_grad():
        together = ActivationReader(network.module, points)(x)
    wrong = []
    for layer, point, value in zip(network.info.layers, points, together, strict=True):
        wanted = channels_first(seen[layer.path], point.axes)
        before = point.side != "output"
        candidates = [f(value) for f in ACTIVATIONS] if before else [value]
        if layer.channels != value.shape[1] or not any(close(x, wanted) for x in candidates):
            wrong.append(layer.path)
    for i in alone:
        leaf = x.clone().requires_grad_()
        found = ActivationReader(network.module, [points[i]])(leaf * 1)[0]
        if not close(found.detach(), together[i]):
            wrong.append(f"{network.info.layers[i].path} alone")
    return wrong


def close(found: Tensor, wanted: Tensor) -> bool:
    """Equal but for rounding."""
    scale = float(wanted.abs().max()) or 1.0
    return found.shape == wanted.shape and torch.allclose(found, wanted, 1e-3, 1e-4 * scale)
