"""Where an ascent starts. Frozen dataclasses; free of torch.

Schema 1 knows the first three, as texts (`start_text`, `start_from_text`); later schemas write
every start as a JSON object.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from dgn_explorer.errors import DgnError

_RANDOM, _CODE, _RESULT = "random", "code:", "result:"
_MOST_NUMBERS = 1 << 20


@dataclass(frozen=True)
class FromRandom:
    """From random numbers of the recipe's seed."""

    name: ClassVar[str] = "random"


@dataclass(frozen=True)
class FromResult:
    """From the last code of another stored result."""

    key: str
    name: ClassVar[str] = "result"


@dataclass(frozen=True)
class FromCode:
    """From a code that the recipe holds: its numbers as float16, in base64.

    >>> FromCode.of(np.array([0.5, -2.0])), FromCode("ADgAwA==").code.tolist()
    (FromCode(data='ADgAwA=='), [0.5, -2.0])
    """

    data: str
    name: ClassVar[str] = "code"

    @classmethod
    def of(cls, code: np.ndarray) -> "FromCode":
        """Start from ``code`` (K,)."""
        return cls(base64.b64encode(code.astype("<f2").tobytes()).decode("ascii"))

    @cached_property
    def code(self) -> np.ndarray:
        """The code (K,) float32; raises `DgnError` if the text is none."""
        try:
            data = base64.b64decode(self.data, validate=True)
            if len(data) % 2 or not 0 < len(data) // 2 <= _MOST_NUMBERS:
                raise ValueError
            code = np.frombuffer(data, "<f2").astype(np.float32)
            if not np.isfinite(code).all():
                raise ValueError
        except (binascii.Error, ValueError):
            raise DgnError(
                f"The starting code {self.data[:24]!r} is damaged.",
                "Start from a photograph again.",
            ) from None
        return code


@dataclass(frozen=True)
class FromPhoto:
    """From the code of the recipe's input ``role``, through the prior's encoder.

    Without the encoder's network the code is sought whose image is nearest (`priors.inversion`).
    """

    role: str = "start"
    name: ClassVar[str] = "photo"


Start = FromRandom | FromResult | FromCode | FromPhoto
RANDOM = FromRandom()
PHOTO_START = FromPhoto()


def start_text(start: Start) -> str | None:
    """``start`` as schema 1 writes it, or None for one that it does not know."""
    match start:
        case FromRandom():
            return _RANDOM
        case FromResult(key):
            return _RESULT + key
        case FromCode(data):
            return _CODE + data
        case FromPhoto():
            return None


def start_from_text(text: str) -> Start:
    """Read `start_text` back; raises `ValueError` for anything else."""
    if text == _RANDOM:
        return RANDOM
    if text.startswith(_RESULT):
        return FromResult(text.removeprefix(_RESULT))
    if text.startswith(_CODE):
        return FromCode(text.removeprefix(_CODE))
    raise ValueError(f"it starts from {text[:24]!r}")


def start_to_dict(start: Start) -> dict[str, Any]:
    """``start`` as later schemas write it."""
    return {"kind": start.name, **vars_of(start)}


def start_from_dict(values: Mapping[str, Any]) -> Start:
    """Read `start_to_dict` back; raises `ValueError` for anything else."""
    kinds: dict[str, type[Start]] = {
        kind.name: kind for kind in (FromRandom, FromResult, FromCode, FromPhoto)
    }
    given = dict(values)
    kind = given.pop("kind")
    if kind not in kinds:
        raise ValueError(f"it starts from {kind!r}")
    return kinds[kind](**{name: str(value) for name, value in given.items()})


def vars_of(start: Start) -> dict[str, str]:
    """The fields of ``start`` and nothing that was computed from them."""
    return {field.name: getattr(start, field.name) for field in fields(start)}
