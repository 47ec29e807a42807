"""Reading protobuf's wire format without a schema: fields by number.

https://protobuf.dev/programming-guides/encoding/ - everything is a view into the file's bytes, so
reading a message of 500 MB takes no memory of its own.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dgn_explorer.errors import DgnError

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_MOST_VARINT_BYTES = 10


def fields(data: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """Yield (number, wire type, value) for each field of a message.

    The value of a varint is an int, of the others a view of its bytes. Raises `DgnError` if the
    bytes are no message.
    """
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise _damaged("field number 0")
        if kind == VARINT:
            value, place = _varint(data, place)
            yield number, kind, value
            continue
        if kind == LENGTH:
            size, place = _varint(data, place)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise _damaged(f"wire type {kind}")
        if size > len(data) - place:
            raise _damaged(f"a field of {size} bytes where {len(data) - place} are left")
        yield number, kind, data[place : place + size]
        place += size


def strings(data: memoryview, number: int) -> list[str]:
    """All values of a string field."""
    return [
        bytes(value).decode("utf-8", "replace")
        for n, kind, value in fields(data)
        if n == number and kind == LENGTH and isinstance(value, memoryview)
    ]


def messages(data: memoryview, number: int) -> Iterator[memoryview]:
    """The bytes of each message in a field."""
    for n, kind, value in fields(data):
        if n == number and kind == LENGTH and isinstance(value, memoryview):
            yield value


def integers(data: memoryview, number: int, most: int = 64) -> list[int]:
    """All values of an integer field, packed or not; raises `DgnError` for more than ``most``."""
    found: list[int] = []
    for n, _, value in fields(data):
        if n != number:
            continue
        if isinstance(value, int):
            found.append(value)
            continue
        place = 0
        while place < len(value):
            one, place = _varint(value, place)
            found.append(one)
            if len(found) > most:
                raise _damaged(f"a list of more than {most} numbers")
    return found


def floats(data: memoryview, number: int, size: int) -> npt.NDArray[np.float32]:
    """All values of a float (``size`` 4) or double (8) field, packed or not, as float32."""
    kind = np.dtype("<f4") if size == 4 else np.dtype("<f8")
    single = FIXED32 if size == 4 else FIXED64
    packed = []
    loose = bytearray()
    for n, wire, value in fields(data):
        if n != number or isinstance(value, int):
            continue
        if wire == LENGTH:
            if len(value) % size:
                raise _damaged(f"{len(value)} bytes of {size}-byte numbers")
            packed.append(np.frombuffer(value, kind))
        elif wire == single:
            loose += value
    parts = [*packed, np.frombuffer(bytes(loose), kind)] if loose else packed
    if not parts:
        return np.zeros(0, np.float32)
    # astype copies: the file's bytes may go away
    return np.concatenate(parts).astype(np.float32) if len(parts) > 1 else parts[0].astype("f4")


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for i in range(_MOST_VARINT_BYTES):
        if place + i >= len(data):
            raise _damaged("it ends inside a number")
        byte = data[place + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return value, place + i + 1
    raise _damaged("a number of more than 10 bytes")


def _damaged(what: str) -> DgnError:
    return DgnError(
        f"The file is no protobuf message ({what}).",
        "It may be cut off: compare its size with the published one.",
    )
