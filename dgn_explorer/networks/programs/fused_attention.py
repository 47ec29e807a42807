"""Attention that a traced network does in one step, written out: torch's own has no gradient.

In eval mode ``nn.MultiheadAttention`` and ``nn.TransformerEncoderLayer`` take a faster way, and a
trace holds it as a single operation. Its arguments are those of torch's schema, and so is what it
computes (``aten/src/ATen/native/transformers/attention.cpp`` and ``transformer.cpp``).
"""

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from dgn_explorer.networks.programs.script_operations import unknown


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim: int,
    num_head: int,
    qkv_weight: Tensor,
    qkv_bias: Tensor,
    proj_weight: Tensor,
    proj_bias: Tensor,
    mask: Tensor | None = None,
    need_weights: bool = True,
    average_attn_weights: bool = True,
    mask_type: int | None = None,
) -> tuple[Tensor, Tensor | None]:
    """``aten::_native_multi_head_attention`` of (N, tokens, C) without a mask."""
    if mask is not None:
        raise unknown("aten::_native_multi_head_attention with a mask")
    parts = zip((query, key, value), qkv_weight.chunk(3), qkv_bias.chunk(3), strict=True)
    heads = [_split(F.linear(*part), num_head) for part in parts]
    q, k, v = heads
    if not need_weights:
        mixed = F.scaled_dot_product_attention(q, k, v)
        return _projected(mixed, proj_weight, proj_bias), None
    weights = (q / q.shape[-1] ** 0.5 @ k.transpose(2, 3)).softmax(-1)
    shown = weights.mean(1) if average_attn_weights else weights
    return _projected(weights @ v, proj_weight, proj_bias), shown


def _split(x: Tensor, heads: int) -> Tensor:
    """(N, tokens, C) to (N, heads, tokens, part)."""
    return x.view(*x.shape[:2], heads, -1).transpose(1, 2)


def _projected(heads: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """(N, heads, tokens, part) to (N, tokens, C)."""
    return F.linear(heads.transpose(1, 2).flatten(2), weight, bias)


def encode(
    src: Tensor,
    embed_dim: int,
    num_heads: int,
    qkv_weight: Tensor,
    qkv_bias: Tensor,
    proj_weight: Tensor,
    proj_bias: Tensor,
    use_gelu: bool,
    norm_first: bool,
    eps: float,
    norm_weight_1: Tensor,
    norm_bias_1: Tensor,
    norm_weight_2: Tensor,
    norm_bias_2: Tensor,
    ffn_weight_1: Tensor,
    ffn_bias_1: Tensor,
    ffn_weight_2: Tensor,
    ffn_bias_2: Tensor,
    mask: Tensor | None = None,
    mask_type: int | None = None,
) -> Tensor:
    """``aten::_transformer_encoder_layer_fwd`` of (N, tokens, C) without a mask."""
    weights = (qkv_weight, qkv_bias, proj_weight, proj_bias)

    def attended(x: Tensor) -> Tensor:
        return attend(x, x, x, embed_dim, num_heads, *weights, mask, False)[0]

    def fed(x: Tensor) -> Tensor:
        hidden = F.linear(x, ffn_weight_1, ffn_bias_1)
        return F.linear(F.gelu(hidden) if use_gelu else hidden.relu(), ffn_weight_2, ffn_bias_2)

    def first(x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], norm_weight_1, norm_bias_1, eps)

    def second(x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], norm_weight_2, norm_bias_2, eps)

    if norm_first:
        src = src + attended(first(src))
        return src + fed(second(src))
    src = first(src + attended(src))
    return second(src + fed(src))


_WRITTEN_OUT: dict[str, Callable[..., Any]] = {
    "_native_multi_head_attention": attend,
    "_transformer_encoder_layer_fwd": encode,
}


def written_out(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """What is called for the operation ``name``: ``function`` itself, but for attention."""
    return _WRITTEN_OUT.get(name, function)


def whole_layer(name: str) -> bool:
    """Whether the operation is all that the module around the owner of its weights does."""
    return name == "_transformer_encoder_layer_fwd"
