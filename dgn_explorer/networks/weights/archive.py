"""Reading a zip archive so that there is only one way to read it.

A file can be two archives in one: which entries a reader finds depends on where it looks for the
directory, which of two equal names it takes and whose sizes it believes. What one reader has
checked, another reader would then not open. Here only the plain form is taken: entries one behind
the other from the first byte, then the directory, then its end record, all in agreement. And no
other reader sees the file: `rebuilt` writes a new archive from the bytes that were checked.

The format is described in PKWARE's APPNOTE.TXT 6.3.10.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from dgn_explorer.errors import DgnError

_MOST_ENTRIES = 100_000
_MOST_UNPACKED = 4  # times its size; torch compresses no numbers
_LEAST_LIMIT = 4 << 20
_MOST_PADDING = 1 << 16
_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_LOCAL, _CENTRAL, _DESCRIPTOR = b"PK\x03\x04", b"PK\x01\x02", b"PK\x07\x08"
_LOCAL_FORM, _CENTRAL_FORM = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L")
_END_FORM, _END64_FORM = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q")
MOST_END = _END_FORM.size + 0xFFFF  # bytes, with the longest comment
_LOCATOR64_FORM = struct.Struct("<4sLQL")
_STORED, _DEFLATED = 0, 8
_DESCRIBED_LATER, _UTF8 = 1 << 3, 1 << 11
_FLAGS = _DESCRIBED_LATER | _UTF8 | 0b110  # how well it was compressed
_IS_FOLDER = 0x10  # among the attributes of MS-DOS
_SMALL = 0xFFFFFFFF  # "see the extra field" in a size of 32 bits
_NAME = re.compile(r"[^\x00-\x1f\x7f\\:]{1,1000}")


@dataclass(frozen=True)
class _Entry:
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def is_archive(data: bytes) -> bool:
    """Whether bytes begin as a zip archive does: the one test for it, here and in torch."""
    return data[:4] == _LOCAL


def hides_archive(end: bytes) -> bool:
    """Whether the last `MOST_END` bytes of a file end as a zip archive does."""
    place = end.rfind(_END)
    while place >= 0:
        comment = int.from_bytes(end[place + 20 : place + 22], "little")
        if place + _END_FORM.size + comment == len(end):
            return True
        place = end.rfind(_END, 0, place)
    return False


def read_archive(file: BinaryIO, source: str) -> dict[str, bytes]:
    """What is in the zip archive ``file``, by name, without the folder that torch puts around it.

    Raises `DgnError` for an archive that is damaged, that readers may disagree about, that unpacks
    to more than four times its size, or that has entries of one name (in upper or lower case).
    """
    size = file.seek(0, io.SEEK_END)
    try:
        entries = _directory(file, size)
        limit = max(_MOST_UNPACKED * size, _LEAST_LIMIT)
        if sum(entry.size for entry in entries) > limit:
            raise DgnError(
                f"{source} claims to hold far more than its own size.",
                "torch.save does not compress, so the file is damaged or a trap.",
            )
        contents: dict[str, bytes] = {}
        at = 0
        for entry in sorted(entries, key=lambda entry: entry.offset):
            if entry.offset != at:
                raise ValueError(f"there are unlisted bytes before {entry.name!r}")
            contents[entry.name], at = _content(file, entry)
        if at != _directory_place(file, size)[0]:
            raise ValueError("there are unlisted bytes before the directory")
    except (ValueError, struct.error, zlib.error) as error:
        raise DgnError(
            f"{source} is no archive that can be trusted ({error}).",
            "It may be cut off or damaged: compare its size with the original, or save it again.",
        ) from None
    return _without_folder(contents, source)


def rebuilt(contents: Mapping[str, bytes]) -> io.BytesIO:
    """An archive of ``contents``, as torch writes one: stored, in the folder ``archive``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), data)
    buffer.seek(0)
    return buffer


def _directory_place(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Offset and size of the directory in bytes, and its number of entries."""
    end = _struct(file, _END_FORM, size - _END_FORM.size, _END, "end record")
    _, disk, first_disk, here, count, length, offset, comment = end
    after = size - _END_FORM.size
    if disk or first_disk or comment:
        raise ValueError("its end record is not at its end")
    place = after - _LOCATOR64_FORM.size
    if place >= 0 and _at(file, place, 4) == _LOCATOR64:
        _, _, after, _ = _struct(file, _LOCATOR64_FORM, place, _LOCATOR64, "locator")
        big = _struct(file, _END64_FORM, after, _END64, "end record")
        if after + _END64_FORM.size != place or big[1] != _END64_FORM.size - 12 or big[4] or big[5]:
            raise ValueError("its two end records do not follow each other")
        for small, wide, none in (
            (here, big[6], 0xFFFF),
            (count, big[7], 0xFFFF),
            (length, big[8], _SMALL),
            (offset, big[9], _SMALL),
        ):
            if small not in (wide, none):
                raise ValueError("its two end records contradict each other")
        here, count, length, offset = big[6:10]
    if here != count or offset + length != after:
        raise ValueError("its directory is not where the end record says")
    return offset, length, count


def _directory(file: BinaryIO, size: int) -> list[_Entry]:
    offset, length, count = _directory_place(file, size)
    if not 0 < count <= _MOST_ENTRIES:
        raise ValueError(f"it has {count} entries")
    data = _at(file, offset, length)
    entries: list[_Entry] = []
    at = 0
    for _ in range(count):
        if data[at : at + 4] != _CENTRAL:
            raise ValueError("its directory is damaged")
        fields = _CENTRAL_FORM.unpack_from(data, at)
        flags, method, crc, packed, unpacked = fields[3], fields[4], *fields[7:10]
        names, extras, comments, disk, place = *fields[10:14], fields[16]
        at += _CENTRAL_FORM.size
        raw, extra = data[at : at + names], data[at + names : at + names + extras]
        at += names + extras + comments
        unpacked, packed, place = _wide(extra, [unpacked, packed, place])
        if disk or at > len(data):
            raise ValueError("its directory is damaged")
        name = raw.decode("utf-8")
        if not _NAME.fullmatch(name) or any(p in ("", ".", "..") for p in name.split("/")):
            raise ValueError(f"it has an entry called {name[:100]!r}")
        if fields[15] & _IS_FOLDER:  # torch would read nothing, and take what lay in memory
            raise ValueError(f"{name!r} says that it is a folder")
        if flags & ~_FLAGS or method not in (_STORED, _DEFLATED):
            raise ValueError(f"{name!r} is encrypted or packed in an unknown way")
        entries.append(_Entry(name, raw, flags, method, crc, packed, unpacked, place))
    if at != len(data):
        raise ValueError("its directory is longer than its entries")
    return entries


def _wide(extra: bytes, values: list[int]) -> list[int]:
    """Sizes and place with those of 64 bits put in (APPNOTE 4.5.3)."""
    wanted = [i for i, value in enumerate(values) if value == _SMALL]
    at = 0
    while wanted:
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            found = struct.unpack_from(f"<{len(wanted)}Q", extra[at + 4 : at + 4 + length])
            for i, value in zip(wanted, found, strict=True):
                values[i] = value
            break
        at += 4 + length
    return values


def _content(file: BinaryIO, entry: _Entry) -> tuple[bytes, int]:
    """The entry's bytes, and the place behind it."""
    fields = _struct(file, _LOCAL_FORM, entry.offset, _LOCAL, "entry")
    flags, method, crc, packed, size, names, extras = fields[2], fields[3], *fields[6:11]
    at = entry.offset + _LOCAL_FORM.size
    raw, extra = _at(file, at, names), _at(file, at + names, extras)
    later = bool(flags & _DESCRIBED_LATER)
    told = [entry.crc, entry.size, entry.packed]
    if _SMALL in (size, packed) and not later:
        size, packed, _ = _wide(extra, [size, packed, 0])
    if (raw, flags, method) != (entry.raw_name, entry.flags, entry.method) or (
        [crc, size, packed] != told and not (later and _plausible([crc, size, packed], told))
    ):
        raise ValueError(f"the directory and {entry.name!r} itself contradict each other")
    if extras > _MOST_PADDING:
        raise ValueError(f"{entry.name!r} is padded")
    at += names + extras
    data = _at(file, at, entry.packed)
    if entry.method == _DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        unpacked = unpacker.decompress(data, entry.size + 1)
        if not unpacker.eof or unpacker.unused_data:
            raise ValueError(f"{entry.name!r} unpacks to more than it says")
        data = unpacked
    if len(data) != entry.size or zlib.crc32(data) != entry.crc:
        raise ValueError(f"{entry.name!r} is damaged")
    at += entry.packed
    return data, _after_descriptor(file, at, told) if later else at


def _plausible(found: list[int], told: list[int]) -> bool:
    """Whether an entry that is described behind itself says nothing before, or the same."""
    return all(a in (0, b, _SMALL) for a, b in zip(found, told, strict=True))


def _after_descriptor(file: BinaryIO, at: int, told: list[int]) -> int:
    """The place behind the description that follows the entry; it agrees with ``told``."""
    crc, size, packed = told
    for form in ("<4s3L", "<4sL2Q"):
        if form == "<4s3L" and max(size, packed) > _SMALL:
            continue
        expected = struct.pack(form, _DESCRIPTOR, crc, packed, size)
        if _at(file, at, len(expected)) == expected:
            following = _at(file, at + len(expected), 4)
            if following in (_LOCAL, _CENTRAL, _END, _END64):
                return at + len(expected)
    raise ValueError("the description behind an entry is damaged")


def _struct(
    file: BinaryIO, form: struct.Struct, at: int, signature: bytes, what: str
) -> tuple[int, ...]:
    if at < 0:
        raise ValueError(f"it has no {what}")
    fields = form.unpack(_at(file, at, form.size))
    if fields[0] != signature:
        raise ValueError(f"it has no {what} where one must be")
    return fields


def _at(file: BinaryIO, at: int, length: int) -> bytes:
    """``length`` bytes at ``at``, fewer at the end of the file."""
    if file.seek(0, io.SEEK_END) < at:
        raise ValueError("it is cut off")
    file.seek(at)
    return file.read(length)


def _without_folder(contents: dict[str, bytes], source: str) -> dict[str, bytes]:
    folders = {name.split("/", 1)[0] for name in contents}
    short = {name.split("/", 1)[-1]: data for name, data in contents.items() if "/" in name}
    if len(folders) != 1 or len({name.lower() for name in short}) != len(contents):
        raise DgnError(
            f"{source} holds entries of the same name, or outside its one folder.",
            "torch writes no such archive: save it again.",
        )
    return short
