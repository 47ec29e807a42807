"""An archive has one meaning, or it is refused."""

import io
import struct
import zipfile

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.weights.archive import (
    MOST_END,
    hides_archive,
    is_archive,
    read_archive,
    rebuilt,
)
from tests.networks.hostile_files import packed, replaced, two_in_one, with_comment

CONTENTS = {"one": b"1" * 100, "two/three": b"23" * 50}
SOUND = packed(CONTENTS)


def read(data: bytes) -> dict[str, bytes]:
    return read_archive(io.BytesIO(data), "file")


def deflated(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(f"a/{name}", data)
    return buffer.getvalue()


def streamed() -> bytes:
    """As written to a pipe: sizes stand behind each entry."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:  # type: ignore[no-untyped-def,override]
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[arg-type]
        for name, data in CONTENTS.items():
            archive.writestr(f"a/{name}", data)
    return pipe.data


def gap(at_end: bool) -> bytes:
    """Unlisted bytes between the entries, or before the directory; all offsets are right."""
    with zipfile.ZipFile(io.BytesIO(SOUND)) as archive:
        second = archive.infolist()[1].header_offset
        place = archive.start_dir if at_end else second
    extra = b"PK\x03\x04 hidden "
    data = bytearray(SOUND[:place] + extra + SOUND[place:])
    data[-6:-2] = struct.pack("<L", archive.start_dir + len(extra))
    if not at_end:
        entry = data.rindex(b"PK\x01\x02")
        data[entry + 42 : entry + 46] = struct.pack("<L", second + len(extra))
    return bytes(data)


def sized(place: int, which: int, new: int) -> bytes:
    """An archive with one size told wrongly: in the directory or before an entry."""
    data = bytearray(SOUND)
    record = data.index(b"PK\x01\x02") if which else 0
    data[record + place : record + place + 4] = struct.pack("<L", new)
    return bytes(data)


def same_names() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("a/one", "a/One"):
            archive.writestr(name, name)
    return buffer.getvalue()


def two_folders() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/one", "1")
        archive.writestr("b/two", "2")
    return buffer.getvalue()


@pytest.mark.parametrize("data", [SOUND, deflated(CONTENTS), streamed()])
def test_sound_archives_are_read(data: bytes) -> None:
    assert read(data) == CONTENTS
    assert read(rebuilt(CONTENTS).getvalue()) == CONTENTS


def test_what_torch_writes_is_read() -> None:
    buffer = io.BytesIO()
    torch.save({"x": torch.arange(5)}, buffer)
    again = rebuilt(read_archive(buffer, "file"))
    assert torch.equal(torch.load(again, weights_only=True)["x"], torch.arange(5))


OTHER = packed({"one": b"other", "two/three": b"hidden"})
AMBIGUOUS = {
    "prepended": b"#!/bin/sh\n" + SOUND,
    "two archives": two_in_one(OTHER, SOUND),
    "appended": SOUND + b"\n",
    "comment": with_comment(SOUND, b"hello"),
    "archive in the comment": with_comment(SOUND, OTHER),
    "gap between entries": gap(at_end=False),
    "gap before the directory": gap(at_end=True),
    "name before the entry": replaced(SOUND, b"a/one", b"a/two", 0),
    "name in the directory": replaced(SOUND, b"a/one", b"a/two", 1),
    "same names": same_names(),
    "two folders": two_folders(),
    "out of its folder": packed({"../b/x": b"1"}),
    "absolute": packed({"x": b""}, folder=""),
    "size in the directory": sized(24, 1, 99),
    "size before the entry": sized(22, 0, 99),
    "packed size": sized(20, 1, 99),
    "larger": sized(24, 1, 1 << 30),
    "offset": sized(42, 1, 1),
    "checksum": sized(16, 1, 7),
    "encrypted": sized(8, 1, 1),
    "folder": sized(38, 1, 0x10),
    "packed in another way": sized(10, 1, 12),
    "cut off": SOUND[:-1],
    "no entries": packed({}),
    "empty": b"",
    "disk": SOUND[:-18] + b"\1\0" + SOUND[-16:],
    "count": SOUND[:-14] + b"\1\0\1\0" + SOUND[-10:],
    "directory elsewhere": SOUND[:-6] + struct.pack("<L", 0) + SOUND[-2:],
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_an_archive_with_two_meanings_is_refused(name: str) -> None:
    with pytest.raises(DgnError) as caught:
        read(AMBIGUOUS[name])
    assert caught.value.hint


def test_end_records_of_64_bits_must_agree() -> None:
    buffer = io.BytesIO()
    torch.save({"x": torch.zeros(1)}, buffer)  # torch writes both kinds always
    data = bytearray(buffer.getvalue())
    read(bytes(data))
    data[-12] ^= 1  # the number of entries in the small one
    with pytest.raises(DgnError, match="contradict"):
        read(bytes(data))


@pytest.mark.parametrize("claimed", [True, False])
def test_a_bomb_is_refused_in_little_memory(claimed: bool) -> None:
    data = bytearray(deflated({"one": bytes(1 << 27)}))
    if not claimed:  # it says that it is small, and goes on
        for record, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            at = data.index(record) + place
            data[at : at + 4] = struct.pack("<L", 1000)
    with pytest.raises(DgnError, match="far more" if claimed else "unpacks to more"):
        read(bytes(data))


def test_files_are_told_apart_by_their_first_bytes() -> None:
    assert is_archive(SOUND)
    assert hides_archive((b"\x80\x02." + SOUND)[-MOST_END:])
    assert hides_archive((b"\x80\x02." + with_comment(SOUND, b"PK\x05\x06"))[-MOST_END:])
    assert not hides_archive(b"\x80\x02.PK\x05\x06 numbers that only look so")
