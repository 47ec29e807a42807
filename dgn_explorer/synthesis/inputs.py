"""Inputs of orders: a photograph, mask or photo set, named by its content's SHA-256.

The content itself lies in the store (`results.inputs`), so that what was made from it can be made
again, and copied.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dgn_explorer.errors import DgnError

PHOTO, MASK, PHOTOS, CONCEPTS = "photo", "mask", "photos", "concepts"
PROGRAM, VOCABULARY = "program", "vocabulary"
INPUT_KINDS = (PHOTO, MASK, PHOTOS, CONCEPTS, PROGRAM, VOCABULARY)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Input:
    """One input: what it is for, the SHA-256 of its bytes, and what people call it.

    The ``name``, such as the file's, does not decide the pixels and is no part of a key. Of a photo
    set the bytes are those of its manifest.
    """

    role: str
    sha256: str
    name: str = ""

    def __post_init__(self) -> None:
        if not self.role or not _SHA256.fullmatch(self.sha256):
            raise DgnError(
                f"The input {self.role!r} cannot be named {self.sha256[:80]!r}.",
                "Inputs are named by 64 hexadecimal digits, the SHA-256 of their content.",
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"role": self.role, "sha256": self.sha256, "name": self.name}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Input":
        """Read `to_dict` back."""
        return cls(str(values["role"]), str(values["sha256"]), str(values.get("name", "")))


@dataclass(frozen=True)
class InputSpec:
    """An input that a method or study takes; ``kind`` is one of `INPUT_KINDS`."""

    role: str
    kind: str
    help: str
    required: bool = True


def check_inputs(what: str, specs: Sequence[InputSpec], inputs: Sequence[Input]) -> None:
    """Raise `DgnError` if ``inputs`` are not those that ``specs`` ask for."""
    roles = [one.role for one in inputs]
    known = {spec.role for spec in specs}
    for role in roles:
        if role not in known or roles.count(role) > 1:
            takes = ", ".join(spec.role for spec in specs) or "none"
            raise DgnError(f"{what} takes no input {role!r} here.", f"Its inputs are: {takes}.")
    for spec in specs:
        if spec.required and spec.role not in roles:
            raise DgnError(f"{what} needs the input {spec.role!r}.", f"{spec.help}.")


def without(inputs: Sequence[Input], role: str) -> tuple[Input, ...]:
    """All inputs but that of ``role``."""
    return tuple(one for one in inputs if one.role != role)


def names_left_out(inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The inputs' plain values as they count for a key."""
    return [{k: v for k, v in one.items() if k != "name"} for one in inputs]
