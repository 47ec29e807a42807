"""Where the windows of convolutions and pools lie: ONNX's paddings."""

from collections.abc import Sequence
from dataclasses import dataclass

from dgn_explorer.networks.programs.onnx.node import Node


@dataclass(frozen=True)
class Windows:
    """Sizes of a window along every axis of space, and padding before and after it."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def reach(self) -> tuple[int, ...]:
        """How far a window extends, with its gaps."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations, strict=True))

    @property
    def symmetric(self) -> bool:
        """Whether torch's own padding says it all."""
        return self.before == self.after and min(self.before, default=0) >= 0


def windows(node: Node, kernel: Sequence[int], sizes: Sequence[int] | None) -> Windows | None:
    """The windows of ``node`` on an image of ``sizes``; None if those decide and are not given."""
    rank = len(kernel)
    strides = tuple(node["strides"] or [1] * rank)
    dilations = tuple(node["dilations"] or [1] * rank)
    how = node["auto_pad"] or "NOTSET"
    if how in ("NOTSET", "VALID", ""):
        pads = tuple(node["pads"] or [0] * 2 * rank) if how != "VALID" else (0,) * 2 * rank
        before, after = pads[:rank], pads[rank:]
    elif how not in ("SAME_UPPER", "SAME_LOWER"):
        raise node.refused(f"has the auto_pad {how!r}")
    elif sizes is None:
        return None
    else:
        before, after = same_padding(kernel, strides, dilations, sizes, how == "SAME_UPPER")
    return Windows(tuple(kernel), strides, dilations, before, after)


def same_padding(
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    sizes: Sequence[int],
    upper: bool,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Padding with which the result has the image's size over the stride, rounded up.

    >>> same_padding([3], [2], [1], [8], True)
    ((0,), (1,))
    """
    before, after = [], []
    for k, s, d, n in zip(kernel, strides, dilations, sizes, strict=True):
        total = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
        less, more = total // 2, total - total // 2
        before.append(less if upper else more)
        after.append(more if upper else less)
    return tuple(before), tuple(after)


def torch_pads(before: Sequence[int], after: Sequence[int]) -> list[int]:
    """Paddings in torch's order: the last axis first."""
    pairs = zip(reversed(before), reversed(after), strict=True)
    return [n for pair in pairs for n in pair]
