"""Any call to the system may fail at any time: nothing older is lost, nothing half-done is left."""

import errno
import shutil
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store
from tests.results.making import FaultyFileSystem, assert_same, files_below, make_result

CODES = [errno.ENOSPC, errno.EIO, errno.EACCES]
NEVER = 10**9


def fill(folder: Path) -> dict[str, Record]:
    store = Store(folder)
    results = [make_result(1), make_result(2, "stopped", 3)]
    for result in results:
        store.put(result)
    return {result.key: result for result in results}


def assert_intact(store: Store, expected: dict[str, Record]) -> None:
    assert store.keys() == expected.keys()
    for key, result in expected.items():
        assert_same(store.get(key), result)
    assert store.verify().damaged == ()


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
@pytest.mark.parametrize(
    "new",
    [make_result(3), make_result(2, "stopped", 4), make_result(2, "stopped", 2)],
    ids=["new", "better", "worse"],
)
def test_put_that_fails_at_any_call(tmp_path: Path, new: Record, code: int, for_good: bool) -> None:
    pristine = tmp_path / "pristine"
    before = fill(pristine)
    after = before | {new.key: new} if new.steps != 2 else before
    failures = 0
    for fail_at in range(1, 100):
        folder = tmp_path / str(fail_at)
        shutil.copytree(pristine, folder)
        fs = FaultyFileSystem(fail_at, code, for_good)
        try:
            Store(folder, fs).put(new)
        except DgnError as error:
            failures += 1
            assert error.message.endswith(".")
            assert error.hint.endswith(", or choose another folder with DGN_EXPLORER_HOME.")
            # What failed after the rename is whole and stays; no half-way state is possible.
            whole = fs.log[: fail_at - 1].count("replace") == 1
            assert_intact(Store(folder), after if whole else before)
        else:
            assert_intact(Store(folder), after)
        if not for_good:  # what cannot be removed now is removed when the process is gone
            assert all(name.endswith(".h5") for name in files_below(folder))
        if not fs.has_failed:
            break
    assert failures >= 6
    assert not fs.has_failed


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
def test_delete_that_fails_at_any_call(tmp_path: Path, code: int) -> None:
    for fail_at in (1, 2):
        folder = tmp_path / str(fail_at)
        before = fill(folder)
        gone = next(iter(before))
        with pytest.raises(DgnError, match="delete the result"):
            Store(folder, FaultyFileSystem(fail_at, code)).delete(gone)
        removed = {gone} if fail_at == 2 else set()
        assert_intact(Store(folder), {k: r for k, r in before.items() if k not in removed})


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
def test_verify_that_fails_at_any_call_still_reports(tmp_path: Path, code: int) -> None:
    for fail_at in range(1, 100):
        folder = tmp_path / str(fail_at)
        fill(folder)
        path = Store(folder).put(make_result(3)).path
        path.write_bytes(b"rubbish")
        fs = FaultyFileSystem(fail_at, code)
        report = Store(folder, fs).verify()
        assert report.results == 2
        (damaged,) = report.damaged
        assert damaged.path == path
        if damaged.quarantined is None:
            assert path.read_bytes() == b"rubbish"
        else:
            assert damaged.quarantined.read_bytes() == b"rubbish"
            assert not path.exists()
        if not fs.has_failed:
            break
    assert not fs.has_failed


def test_the_messages_name_the_cause(tmp_path: Path) -> None:
    for code, words in (
        (errno.ENOSPC, "no space left .* Free some space"),
        (errno.EROFS, "not allowed .*Read-only.* Change the permissions"),
        (errno.EIO, "not possible .*Input/output.* Check the disk"),
    ):
        with pytest.raises(DgnError, match=words):
            Store(tmp_path, FaultyFileSystem(1, code)).put(make_result())


def test_a_store_that_may_only_be_read_can_be_read(tmp_path: Path) -> None:
    results = fill(tmp_path / "store")
    store = Store(tmp_path / "store", FaultyFileSystem(1, errno.EROFS, for_good=True))
    assert_intact(store, results)
    assert len(store.list()) == 2


def test_content_is_on_the_disk_before_its_name_and_its_name_before_put_returns(
    tmp_path: Path,
) -> None:
    fs = FaultyFileSystem(NEVER, 0)
    Store(tmp_path / "a" / "store", fs).put(make_result())
    folders = ["mkdir", "sync_folder"] * 3
    file = ["create", "write", "sync", "open_lock", "replace", "close", "close", "sync_folder"]
    assert fs.log == folders + file


def test_a_store_in_place_of_a_file_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    with pytest.raises(DgnError, match="write the result"):
        store.put(make_result())
    with pytest.raises(DgnError, match="list the results"):
        store.list()
