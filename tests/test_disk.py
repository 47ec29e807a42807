"""Writing whole files: the fault seam, and telling the living from the dead by a lock."""

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dgn_explorer.disk import (
    FileSystem,
    keep_file,
    remove_dead_temporaries,
    replacing,
    temporary_file,
    write_file,
)
from dgn_explorer.locks import Taken, take
from dgn_explorer.sharing import change_file
from tests.results.making import FaultyFileSystem

CODES = [errno.ENOSPC, errno.EIO, errno.EACCES]
Writer = Callable[[Path, bytes, FileSystem], object]
posix = pytest.mark.skipif(sys.platform == "win32", reason="what is open cannot be removed there")


def through_a_name(path: Path, data: bytes, fs: FileSystem) -> None:
    with replacing(path, fs) as temporary, temporary.open("wb") as file:
        file.write(data)


def as_a_change(path: Path, data: bytes, fs: FileSystem) -> None:
    change_file(path, lambda before: data, fs)


WRITERS = [write_file, keep_file, through_a_name, as_a_change]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name != ".lock"]


def test_the_file_is_the_old_one_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("ne")
        assert path.read_text() == "old"
        assert list(tmp_path.glob(".*.tmp")) == [temporary]
        temporary.write_text("new")
    assert path.read_text() == "new" and names(tmp_path) == ["a.json"]


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(type(error)), replacing(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old" and names(tmp_path) == ["a.json"]


def test_a_file_that_cannot_be_moved_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError), replacing(path) as temporary:
        temporary.write_text("new")
    assert names(tmp_path) == ["folder"]


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
@pytest.mark.parametrize("write", WRITERS)
def test_any_call_may_fail(tmp_path: Path, write: Writer, code: int, for_good: bool) -> None:
    for fail_at in range(1, 100):
        folder = tmp_path / str(fail_at)
        folder.mkdir()
        path = folder / "a.json"
        path.write_bytes(b"old")
        fs = FaultyFileSystem(fail_at, code, for_good)
        try:
            write(path, b"new", fs)
        except OSError as error:
            assert error.errno == code
            whole = fs.log[: fail_at - 1].count("replace") == 1
        else:
            whole = True
        assert path.read_bytes() == (b"new" if whole else b"old")
        remove_dead_temporaries(folder, FileSystem())
        assert names(folder) == ["a.json"]
        if not fs.has_failed:
            break
    assert fail_at > 4
    assert not fs.has_failed


@pytest.mark.parametrize("write", WRITERS)
def test_content_is_on_the_disk_before_its_name(tmp_path: Path, write: Writer) -> None:
    fs = FaultyFileSystem(10**9, 0)
    write(tmp_path / "a.json", b"new", fs)
    order = [name for name in fs.log if name in ("create", "sync", "replace", "sync_folder")]
    assert order == ["create", "sync", "replace", "sync_folder"]


def test_others_may_read_what_was_written_as_the_umask_says(tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.touch()
    for number, write in enumerate(WRITERS):
        path = tmp_path / str(number)
        write(path, b"new", FileSystem())
        assert path.stat().st_mode == beside.stat().st_mode


# A program that is writing. Its process number, as others see it, is that of no process: so it is
# when it runs in another container.
WRITING = """
import os, sys
from pathlib import Path
os.getpid = lambda: 2**22 + 1
from dgn_explorer.disk import FileSystem, temporary_file
with temporary_file(Path(sys.argv[1]), FileSystem()) as temporary:
    temporary.write(b"new")
    print(temporary.path, flush=True)
    sys.stdin.readline()
    temporary.replace(Path(sys.argv[1], "a.json"))
"""


def writing(folder: Path, before: tuple[str, ...] = ()) -> tuple["subprocess.Popen[str]", Path]:
    command = [*before, sys.executable, "-c", WRITING, str(folder)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    return writer, Path(writer.stdout.readline().strip())


def finish(writer: "subprocess.Popen[str]", folder: Path) -> None:
    writer.communicate("go on\n", timeout=60)
    assert writer.returncode == 0
    assert (folder / "a.json").read_bytes() == b"new"
    assert names(folder) == ["a.json"]


@posix
def test_what_a_living_program_writes_stays_whatever_its_number(tmp_path: Path) -> None:
    writer, temporary = writing(tmp_path)
    remove_dead_temporaries(tmp_path, FileSystem())
    assert temporary.read_bytes() == b"new"
    finish(writer, tmp_path)


@posix
def test_what_a_killed_program_has_left_goes_with_the_next_file(tmp_path: Path) -> None:
    writer, temporary = writing(tmp_path)
    writer.kill()
    writer.communicate()
    assert temporary.exists()
    keep_file(tmp_path / "b.json", b"new")
    assert names(tmp_path) == ["b.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has PID namespaces")
def test_a_writer_in_another_pid_namespace_is_alive(tmp_path: Path) -> None:
    apart = ("unshare", "--user", "--map-root-user", "--pid", "--fork")
    possible = shutil.which("unshare") and not subprocess.call([*apart, "true"], stderr=-3)
    if not possible:
        pytest.skip("new PID namespaces are not allowed here")
    writer, temporary = writing(tmp_path, apart)
    remove_dead_temporaries(tmp_path, FileSystem())
    assert temporary.read_bytes() == b"new"
    finish(writer, tmp_path)


@posix
def test_what_another_machine_has_left_goes_after_a_day(tmp_path: Path) -> None:
    with temporary_file(tmp_path, FileSystem()) as temporary:
        _, _, *rest = temporary.path.name.split("-")
    foreign = tmp_path / "-".join([".dgn", "0" * 8, *rest])
    foreign.touch()
    other = tmp_path / ".notes.tmp"
    other.touch()
    remove_dead_temporaries(tmp_path, FileSystem())
    assert set(tmp_path.iterdir()) == {foreign, other}
    old = time.time() - 25 * 3600
    for path in (foreign, other):
        os.utime(path, (old, old))
    remove_dead_temporaries(tmp_path, FileSystem())
    assert set(tmp_path.iterdir()) == {other}


@posix
def test_without_locks_nothing_young_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dgn_explorer.disk.take", lambda descriptor: Taken.UNSUPPORTED)
    with temporary_file(tmp_path, FileSystem()) as temporary:
        left = temporary.path.read_bytes()
        remove_dead_temporaries(tmp_path, FileSystem())
        assert temporary.path.read_bytes() == left
        os.utime(temporary.path, (0, 0))
        remove_dead_temporaries(tmp_path, FileSystem())
        assert not temporary.path.exists()


@posix
def test_a_new_file_that_is_taken_for_a_dead_one_is_made_again(tmp_path: Path) -> None:
    class Cleaned(FileSystem):
        count = 0

        def create(self, path: Path) -> int:
            descriptor = super().create(path)
            self.count += 1
            if self.count < 3:  # before it is locked, another program comes along
                remove_dead_temporaries(path.parent, FileSystem())
                assert not path.exists()
            return descriptor

    fs = Cleaned()
    write_file(tmp_path / "a.json", b"new", fs)
    assert fs.count == 3 and names(tmp_path) == ["a.json"]


def test_what_only_looks_like_a_temporary_is_not_opened(tmp_path: Path) -> None:
    with temporary_file(tmp_path, FileSystem()) as temporary:
        name = temporary.path.name
    (tmp_path / name).mkdir()
    remove_dead_temporaries(tmp_path, FileSystem())
    assert (tmp_path / name).is_dir()


def test_a_lock_keeps_its_file_readable_and_ends_with_its_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    one = os.open(path, os.O_RDWR | os.O_CREAT)
    os.write(one, b"me")
    assert take(one) is Taken.YES
    other = os.open(path, os.O_RDONLY)
    assert take(other, shared=True) is Taken.BUSY
    assert os.read(other, 10) == b"me"
    os.close(one)
    assert take(other, shared=True) is Taken.YES
    os.close(other)


CHANGING = """
import sys
from pathlib import Path
from dgn_explorer.sharing import change_file
for number in range(50):
    word = f"{sys.argv[2]}{number} ".encode()
    change_file(Path(sys.argv[1]), lambda before: (before or b"") + word)
"""


def test_two_programs_that_change_one_file_lose_no_change(tmp_path: Path) -> None:
    path = tmp_path / "new" / "words"
    writers = [
        subprocess.Popen([sys.executable, "-c", CHANGING, str(path), letter]) for letter in "ab"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    words = path.read_text().split()
    assert sorted(words) == sorted(f"{letter}{n}" for letter in "ab" for n in range(50))
    for letter in "ab":
        mine = [word for word in words if word.startswith(letter)]
        assert mine == sorted(mine, key=lambda word: int(word[1:]))
