"""How much and how files are damaged in tests.

``DGN_EXPLORER_FUZZ`` multiplies the number of examples: 20 makes thousands a format.
"""

import os

import pytest
from hypothesis import strategies as st

FACTOR = int(os.environ.get("DGN_EXPLORER_FUZZ", "1"))
EXAMPLES = 250 * FACTOR
# torch warns of its own classes where a damaged pickle puts one in the place of a tensor
QUIET = pytest.mark.filterwarnings("ignore:Defining your .__torch_function__:UserWarning")


def damaged(good: bytes, data: st.DataObject) -> bytes:
    """``good`` cut off, with bytes changed, with a part doubled or removed, or all of that."""
    content = bytearray(good)
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 64)))
        content[start:end] = content[start:end] * data.draw(st.sampled_from((0, 2)))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    return bytes(content)
