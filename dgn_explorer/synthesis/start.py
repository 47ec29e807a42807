"""Starting points inside recipes: a code as text, so that a recipe needs no other file.

Free of torch.
"""

import base64
import binascii

import numpy as np

from dgn_explorer.errors import DgnError

RANDOM = "random"
CODE = "code:"
_MOST_NUMBERS = 1 << 20


def code_text(code: np.ndarray) -> str:
    """A recipe's ``start`` for ``code`` (K,): its numbers as float16, in base64.

    >>> code_text(np.array([0.5, -2.0]))
    'code:ADgAwA=='
    """
    return CODE + base64.b64encode(code.astype("<f2").tobytes()).decode("ascii")


def read_code(start: str) -> np.ndarray:
    """The code (K,) float32 of a ``start`` made by `code_text`; raises `DgnError` if it is none.

    >>> read_code("code:ADgAwA==").tolist()
    [0.5, -2.0]
    """
    broken = DgnError(
        f"The starting code {start[:24]!r} is damaged.", "Start from a photograph again."
    )
    try:
        data = base64.b64decode(start.removeprefix(CODE), validate=True)
    except (binascii.Error, ValueError):
        raise broken from None
    if len(data) % 2 or not 0 < len(data) // 2 <= _MOST_NUMBERS:
        raise broken
    code = np.frombuffer(data, "<f2").astype(np.float32)
    if not np.isfinite(code).all():
        raise broken
    return code
