"""Axes of products: sums over an axis of two tensors, and recurrent networks.

See `axes` for what the letters mean.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

Roles = tuple[str, ...]
Known = tuple[Roles | None, tuple[int, ...], int]  # letters, shape and number of axes of an input


def product(roles: Roles | None, other: Roles | None) -> Roles | None:
    """Of (..., k) times (k, m): what was the units becomes positions, m are the new units.

    Where both come from the image, rows stay what they were, and columns what they were there.
    """
    if roles is None:
        return None
    if other is not None and len(other) == len(roles):
        return (*roles[:-1], other[-1])
    return (*("P" if r == "C" else r for r in roles[:-1]), "C")


def matmul(left: Known, right: Known, ndim: int) -> Roles | None:
    """Of a product of two tensors; weights may stand on either side of what is of the image."""
    if left[0] is None and right[0] is not None:
        # weights (m, k) times (..., k, n): m are new units, or new positions
        return right[0] if left[2] >= 2 and right[2] == ndim >= 2 else None
    return product(left[0], right[0]) if left[2] == ndim else None


def summed(args: tuple[Any, ...], roles: Sequence[Roles | None]) -> Roles | None:
    """The letters after ``torch.einsum``: an axis keeps its own; one of weights alone is new units.

    It is new positions where no units are summed over.

    >>> summed(("nchw,cd->nhwd",), [("N", "C", "P", "P"), None])
    ('N', 'P', 'P', 'C')
    """
    text = args[0].replace(" ", "") if isinstance(args[0], str) else ""
    if "->" not in text or "." in text:
        return None
    terms, result = text.split("->")
    letters: dict[str, str] = {}
    for term, known in zip(terms.split(","), roles, strict=False):
        for axis, letter in zip(term, known or (), strict=False):
            letters.setdefault(axis, letter)
    gone = {letter for axis, letter in letters.items() if axis not in result}
    new = "C" if gone & {"C", "D"} else "P"
    return tuple(letters.get(axis, new) for axis in result)


def tensordot(args: tuple[Any, ...], kwargs: dict[str, Any], inputs: list[Known]) -> Roles | None:
    """The letters after ``torch.tensordot``, by the rule of `summed`."""
    dims = kwargs.get("dims", args[2] if len(args) > 2 else 2)
    (left, _, n), (right, _, m) = inputs[:2]
    if isinstance(dims, int):
        dims = (range(n - dims, n), range(dims))
    if isinstance(dims, Tensor):
        return None
    gone = [{int(d) % size for d in one} for one, size in zip(dims, (n, m), strict=True)]
    both = ((left, n, gone[0]), (right, m, gone[1]))
    of_units = any(roles[d] in "CD" for roles, _, out in both if roles for d in out)
    new = "C" if of_units else "P"
    return tuple(
        roles[d] if roles else new for roles, size, out in both for d in range(size) if d not in out
    )


def recurrent(roles: Roles | None, ndim: int, place: int) -> Roles | None:
    """Of what a recurrent network returns: units at every position, then its last states.

    >>> recurrent(("N", "P", "C"), 3, 0), recurrent(("N", "P", "C"), 3, 1)
    (('N', 'P', 'C'), ('P', 'N', 'C'))
    """
    if roles is None or len(roles) != ndim:
        return None
    if place == 0:
        return (*("P" if r == "C" else r for r in roles[:-1]), "C")
    return ("P", *(r for r in roles[:-1] if r in "NFG?"), "C") if ndim == 3 else ("P", "C")
