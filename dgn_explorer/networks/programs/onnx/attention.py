"""Attention and the rotation of its inputs."""

from typing import Any

import torch
from torch import Tensor

from dgn_explorer.networks.programs.onnx.node import Node
from dgn_explorer.networks.programs.onnx.values import dtype, in_floats


def attention(
    node: Node,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    past_key: Tensor | None = None,
    past_value: Tensor | None = None,
    lengths: Tensor | None = None,
) -> Any:
    """Scaled dot-product attention of (N, heads, tokens, size) or (N, tokens, heads * size)."""
    flat = query.ndim == 3
    q, k, v = query, key, value
    if flat:
        q = _heads(q, node["q_num_heads"])
        k, v = _heads(k, node["kv_num_heads"]), _heads(v, node["kv_num_heads"])
    k = k if past_key is None else torch.cat([past_key, k], 2)
    v = v if past_value is None else torch.cat([past_value, v], 2)
    present = (k, v)
    if q.shape[1] != k.shape[1]:
        k, v = (t.repeat_interleave(q.shape[1] // t.shape[1], 1) for t in (k, v))
    scale = node["scale"] if node["scale"] is not None else q.shape[3] ** -0.5
    root = torch.tensor(scale**0.5, dtype=q.dtype, device=q.device)  # rounded as the standard says
    scores = (q * root) @ (k * root).transpose(2, 3)
    seen = scores
    if node["softcap"]:
        scores = torch.tanh(scores / node["softcap"]) * node["softcap"]
    bias = _bias(node, q, k, mask, 0 if past_key is None else past_key.shape[2], lengths)
    biased = scores + bias
    weights = _softmax(node, biased, bias).to(q.dtype)
    y = weights @ v
    if flat:
        y = y.transpose(1, 2).flatten(2)
    if len(node.outputs) == 1:
        return y
    # opset 24 swapped the meaning of 1 and 2
    shown = _shown(node, seen, scores, biased, weights)
    return (y, *present, shown)[: len(node.outputs)]


def _heads(x: Tensor, count: int) -> Tensor:
    return x.reshape(*x.shape[:2], count, -1).transpose(1, 2)


def _shown(node: Node, raw: Tensor, capped: Tensor, biased: Tensor, weights: Tensor) -> Tensor:
    return (raw, capped, biased, weights)[node["qk_matmul_output_mode"] or 0]


def _bias(
    node: Node, q: Tensor, k: Tensor, mask: Tensor | None, past: int, lengths: Tensor | None
) -> Tensor:
    """What is added to the scores: 0 or another number, or -inf where nothing may be read."""
    made = q.new_zeros(q.shape[2], k.shape[2])
    never = -torch.inf
    if mask is not None:
        if mask.dtype == torch.bool:
            mask = torch.zeros_like(mask, dtype=q.dtype).masked_fill(~mask, never)
        short = k.shape[2] - mask.shape[-1]
        if short > 0:
            mask = torch.nn.functional.pad(mask, (0, short), value=never)
        made = made + mask
    ahead: Any = past
    if lengths is not None and not past:
        ahead = (lengths.reshape(-1) - q.shape[2]).reshape(-1, 1, 1, 1)
    rows = torch.arange(q.shape[2], device=q.device)[:, None] + ahead
    columns = torch.arange(k.shape[2], device=q.device)[None]
    left, right = node["left_window_size"], node["right_window_size"]
    limits = [columns > rows] if node["is_causal"] else []
    limits += [rows - columns > left] if left is not None and left >= 0 else []
    limits += [columns - rows > right] if right is not None and right >= 0 else []
    for hidden in limits:
        made = made + torch.zeros_like(hidden, dtype=q.dtype).masked_fill(hidden, never)
    if lengths is not None:
        beyond = columns >= lengths.reshape(-1, 1, 1, 1)
        made = made + torch.zeros_like(beyond, dtype=q.dtype).masked_fill(beyond, never)
    return made


def _softmax(node: Node, scores: Tensor, bias: Tensor) -> Tensor:
    if node["softmax_precision"]:
        scores = scores.to(dtype(node["softmax_precision"]))
    weights = torch.softmax(scores, -1)
    # a row that may read nothing gives 0
    nothing = torch.isneginf(bias.amax(-1, keepdim=True))
    return torch.where(nothing, torch.zeros_like(weights), weights)


def rotary_embedding(
    node: Node, x: Tensor, cosine: Tensor, sine: Tensor, positions: Tensor | None = None
) -> Tensor:
    """Pairs of numbers turned by an angle that grows with the position (Su et al. 2021)."""
    tokens = x.transpose(1, 2) if x.ndim == 4 else _heads(x, node["num_heads"]).transpose(1, 2)
    size = node["rotary_embedding_dim"] or tokens.shape[3]
    turned, kept = tokens[..., :size], tokens[..., size:]
    if positions is not None:
        cosine, sine = cosine[positions], sine[positions]
    cosine, sine = cosine.unsqueeze(2), sine.unsqueeze(2)
    if node["interleaved"]:
        a, b = turned[..., 0::2], turned[..., 1::2]
    else:
        a, b = turned.chunk(2, -1)
    real, imaginary = cosine * a - sine * b, sine * a + cosine * b
    if node["interleaved"]:
        made = torch.stack([real, imaginary], -1).flatten(-2)
    else:
        made = torch.cat([real, imaginary], -1)
    made = torch.cat([made, kept], -1)
    return made.transpose(1, 2) if x.ndim == 4 else made.flatten(2)


def linear_attention(
    node: Node,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    past: Tensor | None = None,
    decay: Tensor | None = None,
    beta: Tensor | None = None,
) -> Any:
    """Attention by a state (N, heads, size, size) that every token changes and reads."""
    q, k, v = (
        in_floats(_heads(x, node[f"{n}_num_heads"]))
        for x, n in ((query, "q"), (key, "kv"), (value, "kv"))
    )
    heads = k.shape[1]
    state = (
        k.new_zeros(k.shape[0], heads, k.shape[3], v.shape[3]) if past is None else in_floats(past)
    )
    fades = None if decay is None else in_floats(_heads(decay, heads))
    rates = None if beta is None else in_floats(_heads(beta, beta.shape[2]))
    scale = node["scale"] or k.shape[3] ** -0.5
    read = []
    for t in range(q.shape[2]):
        now = v[:, :, t]
        if fades is not None:
            state = state * fades[:, :, t].exp().unsqueeze(-1)
        if rates is not None:
            now = rates[:, :, t] * (now - torch.einsum("bhdm,bhd->bhm", state, k[:, :, t]))
        state = state + k[:, :, t].unsqueeze(-1) * now.unsqueeze(-2)
        whole = state.repeat_interleave(q.shape[1] // heads, 1)
        read.append(scale * torch.einsum("bhd,bhdm->bhm", q[:, :, t], whole))
    y = torch.stack(read, 2).transpose(1, 2).flatten(2).to(query.dtype)
    return y, state.to(query.dtype if past is None else past.dtype)


def causal_conv(
    node: Node, x: Tensor, w: Tensor, b: Tensor | None = None, past: Tensor | None = None
) -> Any:
    """A convolution of (N, C, L) that sees only what came before, and the state it leaves."""
    width = w.shape[2] - 1
    before = x.new_zeros(x.shape[0], x.shape[1], width) if past is None else past
    whole = torch.cat([before, x], 2)
    y = torch.nn.functional.conv1d(whole, w, b, groups=x.shape[1])
    if node["activation"] in ("silu", "swish"):
        y = torch.nn.functional.silu(in_floats(y)).to(y.dtype)
    return y, whole[:, :, whole.shape[2] - width :]
