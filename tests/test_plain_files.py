"""A pipe, a device, a folder or a circle of links in the place of a file: nobody waits for it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dgn_explorer.disk import read_file, read_text
from dgn_explorer.errors import DgnError
from dgn_explorer.machine.threads import known_threads
from dgn_explorer.networks.caffe.caffe_files import read_caffemodel, read_mean
from dgn_explorer.networks.descriptions import read_description
from dgn_explorer.networks.labels import read_labels
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.weights import factories
from dgn_explorer.networks.weights.checkpoints import read_weights
from dgn_explorer.paths import config_folder, data_folder
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.photos.sets import open_photos
from dgn_explorer.priors.bounds import read_bounds
from dgn_explorer.priors.files import load_prior
from dgn_explorer.priors.published import read_published
from dgn_explorer.results.index import INDEX, read_index
from dgn_explorer.results.note_changes import NoteChange, change_notebook
from dgn_explorer.results.notebook import UnitNote, notebook_path, read_notebook
from dgn_explorer.results.pack import unpack
from dgn_explorer.results.store import Store
from dgn_explorer.results.trash import Trash
from dgn_explorer.results.unfinished import read_queue
from dgn_explorer.synthesis import step_sizes
from dgn_explorer.training.running.checkpoint import NAME as CHECKPOINT
from dgn_explorer.training.running.checkpoint import read_checkpoint
from dgn_explorer.training.running.folder import STATUS_NAME, read_status
from dgn_explorer.training.running.metrics import read_metrics
from tests.results.making import make_recipe

KEY = make_recipe().key
MARK = "a" * 64

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs pipes with names"),
    pytest.mark.timeout(60),
]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def circle(path: Path) -> None:
    path.symlink_to(path.with_name("other"))
    path.with_name("other").symlink_to(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def pipe_behind_a_link(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to(path.with_name("pipe"))


KINDS = (pipe, pipe_behind_a_link, circle, endless, Path.mkdir)


def _settings() -> Path:
    return config_folder() / "trusted-code.json"


def note(path: Path) -> None:
    change_notebook(path.parent, MARK, [NoteChange("a:1", UnitNote(), UnitNote(True))])


# by name: the file, and how it is read; those that are caches of the program's own say nothing
READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "weights": ("w.pt", read_weights),
    "safetensors": ("w.safetensors", read_weights),
    "network script": ("n.pt", lambda p: open_network(str(p))),
    "network export": ("n.pt2", lambda p: open_network(str(p))),
    "network caffe": ("deploy.prototxt", lambda p: open_network(str(p))),
    "network onnx": ("n.onnx", lambda p: open_network(str(p))),
    "description": ("n.toml", read_description),
    "labels": ("labels.txt", read_labels),
    "labels json": ("labels.json", read_labels),
    "caffemodel": ("a.caffemodel", read_caffemodel),
    "mean": ("a.binaryproto", read_mean),
    "mean npy": ("a.npy", read_mean),
    "prior": ("p.safetensors", load_prior),
    "generator": ("g", read_published),
    "bounds": ("b.txt", lambda p: read_bounds(p, 3)),
    "photo": ("photo.jpg", read_photo),
    "photo zip": ("photos.zip", open_photos),
    "queue": ("queue.json", read_queue),
    "notes": (f"{MARK}.json", lambda p: read_notebook(p.parent, MARK)),
    "notes to change": (f"{MARK}.json", note),
    "pack": ("pack.h5", lambda p: unpack(Store(p.parent / "into"), p)),
    "result": (f"{KEY}.h5", lambda p: Store(p.parent.parent).get(KEY)),
    "trash": ("trash.json", lambda p: Trash(p.parent.parent).read()),
    "checkpoint": (CHECKPOINT, lambda p: read_checkpoint(p.parent)),
}
CACHES: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object], object]] = {
    "index": (lambda home: home / INDEX, lambda p: read_index(p.parent), {}),
    "status": (lambda home: home / STATUS_NAME, lambda p: read_status(p.parent), None),
    "metrics": (lambda home: home / "metrics.csv", read_metrics, []),
    "consent": (lambda home: _settings(), lambda p: factories._known(), {}),
    "threads": (lambda home: data_folder() / "threads.json", lambda p: known_threads(), None),
    "steps": (lambda home: step_sizes._path(), lambda p: step_sizes._known(), {}),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", READERS)
def test_what_is_no_plain_file_is_refused(
    name: str, kind: Callable[[Path], None], tmp_path: Path
) -> None:
    file, read = READERS[name]
    folders = {"result": KEY[:2], "trash": "put-away"}
    path = tmp_path / folders.get(name, "place") / file
    path.parent.mkdir()
    kind(path)
    if name == "photo zip" and kind is Path.mkdir:
        pytest.skip("a folder of photographs is one")
    if name == "checkpoint" and kind is circle:
        assert read(path) is None  # a link that leads nowhere is no file that is there
        return
    with pytest.raises(DgnError) as caught:
        read(path)
    assert caught.value.hint


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", CACHES)
def test_a_list_of_the_programs_own_is_made_anew(
    name: str, kind: Callable[[Path], None], tmp_path: Path
) -> None:
    where, read, nothing = CACHES[name]
    path = where(tmp_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    kind(path)
    assert read(path) == nothing


def test_a_file_is_read_as_far_as_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\r\ntw\xc3\xb6\n")
    assert read_text(path) == "one\ntwö\n"
    assert len(read_file(path, 10)) == 10
    with pytest.raises(OSError, match="too large"):
        read_file(path, 9)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none")


def test_a_file_of_the_system_that_says_it_is_empty() -> None:
    status = Path("/proc/self/status")
    if not status.is_file():
        pytest.skip("needs /proc")
    assert read_file(status).startswith(b"Name:")
    with pytest.raises(OSError, match="too large"):
        read_file(status, 10)


def test_notes_can_be_written_where_a_pipe_was(tmp_path: Path) -> None:
    """What cannot be read is not written to either."""
    path = notebook_path(tmp_path, MARK)
    os.mkfifo(path)
    with pytest.raises(DgnError):
        note(path)
    path.unlink()
    note(path)
    assert read_notebook(tmp_path, MARK).note("a:1").favourite


def test_the_window_says_that_its_settings_are_no_file(tmp_path: Path) -> None:
    pytest.importorskip("PySide6")
    from dgn_explorer.gui.bridge.preferences import Preferences

    path = config_folder() / "window.ini"
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    with pytest.raises(DgnError, match="no plain file"):
        Preferences()


@pytest.mark.parametrize("name", ["queue", "notes", "notes to change", "trash", "description"])
def test_a_list_that_fills_the_memory_is_not_read(name: str, tmp_path: Path) -> None:
    file, read = READERS[name]
    path = tmp_path / ("put-away" if name == "trash" else "place") / file
    path.parent.mkdir()
    with path.open("wb") as huge:
        huge.truncate(6 << 30)  # it takes no room on the disk
    with pytest.raises(DgnError):
        read(path)
