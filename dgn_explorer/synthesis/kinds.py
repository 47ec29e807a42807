"""What a record may hold: kinds of records, and the arrays that each declares.

Every array is declared as a `Part` before it is read, so that a file cannot make its reader take
more memory than the kind allows. A method or study adds parts of its own in its description.
"""

from dataclasses import dataclass

import numpy as np

Top = tuple[tuple[int, float], ...]  # classes with their probabilities, best first

TEXTS = "texts"  # the dtype of a part that is a list of texts


@dataclass(frozen=True)
class Part:
    """A named array: ``dtype`` as numpy spells it (``|u1``, ``<f4``), or `TEXTS`.

    ``most`` is how many entries it may have at most (characters in all for texts); ``each`` is
    true if its first axis counts the images (or rows) of the record. An ``optional`` one may miss.
    """

    name: str
    dtype: str
    ndim: int
    most: int
    each: bool = True
    optional: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of record; ``counted`` names the part whose length is the record's count."""

    name: str
    parts: tuple[Part, ...]
    counted: str = ""


KINDS = (
    # images (N, H, W, 3) RGB; codes (N, K) that made them; activations (N, units) read from these
    # 8-bit images; the network's own best classes (N, at most 5) of each with probabilities
    Kind(
        "images",
        (
            Part("images", "|u1", 4, 1 << 31),
            Part("codes", "<f4", 2, 1 << 28),
            Part("activations", "<f4", 2, 1 << 24, optional=True),
            Part("top_classes", "<i4", 2, 1 << 20, optional=True),
            Part("top_probabilities", "<f4", 2, 1 << 20, optional=True),
        ),
        counted="images",
    ),
    # maps (N, H, W), such as attributions, in the units of the study
    Kind("maps", (Part("maps", "<f4", 3, 1 << 28),), counted="maps"),
    # columns of equal length, all declared by the study
    Kind("table", ()),
)


def kind_named(name: str) -> Kind:
    """The kind called ``name``; raises `KeyError`."""
    return {kind.name: kind for kind in KINDS}[name]


def top_parts(tops: tuple[Top, ...]) -> dict[str, np.ndarray]:
    """The two parts that hold ``tops``, rows of equal length; none without classes."""
    if not tops or not tops[0]:
        return {}
    return {
        "top_classes": np.array([[index for index, _ in top] for top in tops], np.int32),
        "top_probabilities": np.array([[p for _, p in top] for top in tops], np.float32),
    }
