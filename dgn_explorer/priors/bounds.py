"""Bounds of code spaces: the published files, and what stands in for them.

The released ``act_range`` files hold, on one line, mean + k standard deviations of every code unit
over ImageNet, rounded to whole numbers (methods reference, section 1.1).
"""

from pathlib import Path

import torch

from dgn_explorer.disk import read_text
from dgn_explorer.errors import DgnError
from dgn_explorer.priors.code_space import CodeSpace

DEFAULT_UPPER = 30.0  # what PPGN (Nguyen et al., 2017) clips fc6 to
SIGMA = 3.74  # of the published fc6 codes, on average over the units
_MOST_BYTES = 16 << 20
_PUBLISHED_SIGMAS = 3.0


def default_space(size: int) -> CodeSpace:
    """Bounds of 0 and 30 for ``size`` post-ReLU activations whose statistics are not known."""
    mean, scale = torch.zeros(size), torch.full((size,), SIGMA)
    return CodeSpace(mean, scale, torch.zeros(size), torch.full((size,), DEFAULT_UPPER))


def read_bounds(path: Path, size: int) -> CodeSpace:
    """Bounds of 0 and a published file's numbers; raises `DgnError` if they are not ``size``.

    The file says nothing of mean and spread: they are taken as 0 and a third of the bound.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DgnError(f"{path} is too large for bounds.", "Give one number for each unit.")
        words = read_text(path).split()
        upper = torch.tensor([float(word) for word in words], dtype=torch.float32)
    except (OSError, ValueError) as error:  # ValueError: no number, or no text at all
        raise DgnError(
            f"The bounds in {path} cannot be read ({error}).",
            "Give a text file of numbers between blanks, such as act_range/3x/fc6.txt.",
        ) from None
    if len(upper) != size:
        raise DgnError(
            f"{path} has {len(upper)} bounds for codes of {size} numbers.",
            "Give the file of the generator's own layer: fc6 has 4096 numbers, fc8 1000,"
            " pool5 9216.",
        )
    if not bool(upper.isfinite().all()) or bool((upper < 0).any()):
        raise DgnError(f"Some bounds in {path} are negative or not finite.", "Check the file.")
    return CodeSpace(torch.zeros(size), upper / _PUBLISHED_SIGMAS, torch.zeros(size), upper)
