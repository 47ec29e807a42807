"""What an ONNX file may read beside itself."""

import os
import sys
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.external_data import check_external_data, read_external_data


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "data").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(bytes(range(100)))
    (folder / "data" / "more.bin").write_bytes(b"more")
    (tmp_path / "secret").write_bytes(b"secret" * 20)
    return folder / "n.onnx"


def test_plain_files_in_the_models_folder_are_read(model: Path) -> None:
    entries = [("weights.bin", 0, 100), ("./weights.bin", 90, 10), ("data/more.bin", None, None)]
    check_external_data(model, entries)
    assert read_external_data(model, ("weights.bin", 90, 10)) == bytes(range(90, 100))
    assert read_external_data(model, ("data/more.bin", 1, None)) == b"ore"
    assert read_external_data(model, ("weights.bin", 100, 0)) == b""


@pytest.mark.parametrize(
    "location",
    [
        "../secret",
        "data/../../secret",
        "data/..",
        "/etc/hostname",
        "//server/share",
        "..\\secret",
        "C:secret",
        "file:secret",
        "a\0b",
        "a\nb",
        "",
        ".",
        "./",
        "data",
        "data/",
        "weights.bin/x",
        "missing.bin",
        "x" * 5000,
    ],
)
def test_no_other_path_is_read(model: Path, location: str) -> None:
    with pytest.raises(DgnError, match="keeps weights in"):
        check_external_data(model, [("weights.bin", 0, 1), (location, None, None)])
    with pytest.raises(DgnError, match="keeps weights in"):
        read_external_data(model, (location, None, None))


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 101), (100, 1), (101, None), (-1, 1), (1, -1), (1 << 70, 1)]
)
def test_no_entry_reaches_beyond_its_file(
    model: Path, offset: int | None, length: int | None
) -> None:
    with pytest.raises(DgnError, match="which has 100"):
        check_external_data(model, [("weights.bin", offset, length)])


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("kind", ["file", "folder", "hard", "inside", "pipe"])
def test_links_and_pipes_are_refused(model: Path, tmp_path: Path, kind: str) -> None:
    name = "link"
    link = model.parent / name
    if kind == "file":
        link.symlink_to(tmp_path / "secret")
    elif kind == "folder":
        link.symlink_to(tmp_path)
        name = "link/secret"
    elif kind == "hard":
        os.link(tmp_path / "secret", link)
    elif kind == "inside":
        link.symlink_to("weights.bin")
    else:
        os.mkfifo(link)  # opening one waits for a writer for ever
    with pytest.raises(DgnError, match="keeps weights in"):
        check_external_data(model, [(name, None, None)])


def test_a_file_exchanged_between_look_and_opening_is_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.open

    def exchange(path: Path, flags: int) -> int:
        path.unlink()
        (tmp_path / "secret").rename(path)
        return whole(path, flags)

    monkeypatch.setattr(os, "open", exchange)
    with pytest.raises(DgnError, match="being exchanged"):
        check_external_data(model, [("weights.bin", None, None)])
