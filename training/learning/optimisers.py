"""Adam as each device runs it best, with a state that any other device can go on from."""

from typing import Any

import torch
from torch import Tensor, nn

_OWN = ("lr", "foreach", "fused", "capturable")  # of the device, not of the run


def make_adam(
    parameters: list[nn.Parameter], rate: float, betas: tuple[float, float], decay: float = 0.0
) -> torch.optim.Adam:
    """Adam over ``parameters``: one fused kernel on CPUs and GPUs.

    On a GPU its rate is a number there, so that a recorded step can be given another one.
    """
    device = parameters[0].device
    graph = device.type == "cuda"
    return torch.optim.Adam(
        parameters,
        torch.tensor(rate, device=device) if graph else rate,
        betas=betas,
        weight_decay=decay,
        fused=device.type in ("cpu", "cuda"),
        capturable=graph,
    )


def set_rate(adam: torch.optim.Adam, rate: float) -> None:
    """Let the next steps take the learning rate ``rate``."""
    for group in adam.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def skip(adam: torch.optim.Adam, resting: Tensor) -> None:
    """Let the next step of a fused ``adam`` do nothing where ``resting`` (0-d bool) is true.

    The way by which torch's gradient scaler skips steps, without waiting for the device.
    """
    adam.found_inf = resting.float()  # type: ignore[attr-defined]


def portable_state(adam: torch.optim.Adam) -> dict[str, Any]:
    """The state of ``adam`` without what belongs to its device."""
    state: dict[str, Any] = adam.state_dict()
    plain = {"foreach": None, "fused": None, "capturable": False}
    groups = [{**g, **plain, "lr": float(g["lr"])} for g in state["param_groups"]]
    return {**state, "param_groups": groups}


def load_state(adam: torch.optim.Adam, state: dict[str, Any]) -> None:
    """Go on from a `portable_state`, or from that of an earlier version."""
    pairs = zip(state["param_groups"], adam.param_groups, strict=True)
    groups = [{**saved, **{key: own[key] for key in _OWN}} for saved, own in pairs]
    adam.load_state_dict({**state, "param_groups": groups})
    for group, own in zip(adam.param_groups, groups, strict=True):
        group["lr"] = own["lr"]  # the same tensor, not a copy of it
