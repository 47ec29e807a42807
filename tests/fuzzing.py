"""How much and how files are damaged in tests.

``DGN_EXPLORER_FUZZ`` multiplies the number of examples: 20 makes thousands a format.
"""

import os
from collections.abc import Callable

import pytest
from hypothesis import strategies as st

FACTOR = int(os.environ.get("DGN_EXPLORER_FUZZ", "1"))
EXAMPLES = 250 * FACTOR
# torch warns of its own classes where a damaged pickle puts one in the place of a tensor
QUIET = pytest.mark.filterwarnings("ignore:Defining your .__torch_function__:UserWarning")


Draw = Callable[[int, int], int]  # a number between two, both included
_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, -1)


def damaged(good: bytes, data: st.DataObject) -> bytes:
    """`damage` as hypothesis draws it."""
    return damage(good, lambda low, high: data.draw(st.integers(low, high)))


def damage(good: bytes, draw: Draw) -> bytes:
    """``good`` cut off, with bytes changed, with a part doubled or removed, or all of that."""
    content = bytearray(good)
    for _ in range(draw(0, 6)):
        place = draw(0, len(content) - 1)
        content[place] = draw(0, 255)
    if draw(0, 3) == 3:  # a length or an offset as large as it can be
        width = 1 << draw(0, 3)
        extreme = _EXTREMES[draw(0, len(_EXTREMES) - 1)] & ((1 << 8 * width) - 1)
        place = draw(0, len(content) - 1)
        content[place : place + width] = extreme.to_bytes(width, ("little", "big")[draw(0, 1)])
    if draw(0, 1):
        start = draw(0, len(content))
        end = draw(start, min(len(content), start + 64))
        content[start:end] = content[start:end] * (2 * draw(0, 1))
    if draw(0, 1):
        del content[draw(0, len(content)) :]
    return bytes(content)
