"""Training that starts from a finished prior: its code, its weights, and its norms fitted anew.

A prior file holds no batch-norms; they are folded into the convolutions. Here every convolution
gets one back that changes nothing: its statistics are those of the codes shown, and its weight and
bias undo them. Blocks that the prior does not have are added so that they pass on what they get
(their last weight is 0), and learn from there.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.architectures.building import Generator
from dgn_explorer.priors.architectures.compact import BaseBlock, CompactGenerator, ConvNorm
from dgn_explorer.priors.prior import Prior
from dgn_explorer.training.learning.build import Setup
from dgn_explorer.training.learning.encoder import ActivationEncoder, ComponentEncoder, Encoder


def encoder_of(prior: Prior, setup: Setup) -> Encoder:
    """The encoder whose codes ``prior`` turns into images.

    Raises `DgnError` if it is not what the run's settings ask for.
    """
    made = prior.info.encoder
    asked = (setup.network.info.fingerprint, setup.layer, setup.encoder_size)
    if (made.fingerprint, made.layer, made.input_size) != asked:
        raise _unfit(
            prior,
            f"it inverts {made.layer} of {made.network} at {made.input_size} px, "
            f"not {setup.layer} of {setup.network.info.name} at {setup.encoder_size} px",
        )
    if made.kind != "components":
        return ActivationEncoder(prior.space.mean, prior.space.scale, made.kind == "activations")
    if not isinstance(prior.generator, CompactGenerator):
        raise _unfit(prior, "it does not say how its components are computed")
    inverse, mean = (t.detach().float() for t in prior.generator.inverse())
    kept = prior.info.card.get("variance_kept")
    forward = (inverse / inverse.square().sum(0)).contiguous()
    return ComponentEncoder(mean, forward, inverse, kept if isinstance(kept, float) else 0.0)


@torch.no_grad()
def start_from(prior: Prior, generator: Generator, codes: Tensor) -> None:
    """Give ``generator`` the weights of ``prior``; norms are fitted over ``codes`` (N, K).

    In eval mode it then makes the prior's images. Raises `DgnError` if their sizes differ.
    """
    old = dict(prior.generator.state_dict())
    new = generator.state_dict()
    named = {key: key for key in old}
    for name, module in generator.named_modules():
        if isinstance(module, ConvNorm):
            named.pop(f"{name}.conv.bias", None)
    for key in named:
        if key not in new or new[key].shape != old[key].shape:
            raise _unfit(prior, f"its {key} does not fit the generator asked for")
        new[key].copy_(old[key])
    if isinstance(generator, CompactGenerator):
        _fit_norms(generator, {k: v for k, v in old.items() if k not in named}, codes)


def _fit_norms(generator: CompactGenerator, biases: dict[str, Tensor], codes: Tensor) -> None:
    """One pass in eval mode: each norm is fitted before it is used, and so sees the codes' maps."""
    hooks: list[Any] = []
    for name, module in generator.named_modules():
        if isinstance(module, ConvNorm):
            bias = biases.get(f"{name}.conv.bias")
            hooks.append(module.conv.register_forward_hook(partial(_fit, module, bias)))
        if isinstance(module, BaseBlock) and f"{name}.second.conv.bias" not in biases:
            assert module.second.norm is not None
            nn.init.zeros_(module.second.norm.weight)
    was = generator.training
    try:
        generator.eval()(codes.to(next(generator.parameters()).device))
    finally:
        generator.train(was)
        for hook in hooks:
            hook.remove()


def _fit(module: ConvNorm, bias: Tensor | None, conv: nn.Module, inputs: Any, out: Tensor) -> None:
    norm = module.norm
    assert norm is not None and norm.running_mean is not None and norm.running_var is not None
    mean, variance = out.float().mean((0, 2, 3)), out.float().var((0, 2, 3)).clamp_min(1e-8)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    if bias is not None:
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.copy_(mean + bias.to(mean.device))


def _unfit(prior: Prior, reason: str) -> DgnError:
    return DgnError(
        f"Training cannot start from the prior {prior.info.name!r}: {reason}.",
        "Leave out --from, or choose the settings that the prior was trained with (its card).",
    )
