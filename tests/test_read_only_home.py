"""A home that cannot be written to: what reads goes on, what writes ends in one sentence."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from dgn_explorer import cli
from dgn_explorer.disk import FileSystem
from dgn_explorer.errors import DgnError
from dgn_explorer.machine.threads import use_threads
from dgn_explorer.networks.descriptions import Description, save_description
from dgn_explorer.networks.opening import open_network
from dgn_explorer.paths import data_folder
from dgn_explorer.results.note_changes import NoteChange, change_notebook
from dgn_explorer.results.notebook import UnitNote
from dgn_explorer.results.store import Store
from dgn_explorer.results.unfinished import write_queue
from dgn_explorer.synthesis.step_sizes import remember_step, remembered_step
from tests.results.making import make_recipe, make_result

FACTORY = """
from torch import nn
def make():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
"""


@pytest.fixture(params=["a file is in its place", "read-only file system"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which every write fails."""
    home = tmp_path / "home"
    monkeypatch.setenv("DGN_EXPLORER_HOME", str(home))
    if request.param.startswith("a file"):
        home.touch()
        return home

    def refusing(self: FileSystem, path: Path) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    for name in ("mkdir", "create", "open_lock"):
        monkeypatch.setattr(FileSystem, name, refusing)
    return home


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["dgn-explorer", *words])
        cli.run()
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, said.err


def test_what_writes_says_so_in_one_sentence(home: Path) -> None:
    note = NoteChange("fc:1", UnitNote(), UnitNote(True))
    writes: list[Callable[[], object]] = [
        lambda: save_description("mine", Description("lite0")),
        lambda: change_notebook(data_folder() / "notes", "ab" * 32, [note]),
        lambda: Store(data_folder() / "results").put(make_result()),
        lambda: write_queue(data_folder() / "unfinished.json", [make_recipe()]),
    ]
    for write in writes:
        with pytest.raises(DgnError) as raised:
            write()
        assert str(home) in raised.value.message
        assert raised.value.message.count(". ") == 0


def test_what_is_only_remembered_is_not_missed(home: Path) -> None:
    remember_step("a" * 64, "b" * 64, 0.5)
    assert remembered_step("a" * 64, "b" * 64) is None
    threads = torch.get_num_threads()
    try:
        use_threads(torch.device("cpu"), None)
        assert torch.get_num_threads() >= 1
    finally:
        torch.set_num_threads(threads)


def test_code_that_was_allowed_runs_and_is_asked_about_again(home: Path, tmp_path: Path) -> None:
    code, weights = tmp_path / "code.py", tmp_path / "w.safetensors"
    code.write_text(FACTORY)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    save_file(net.state_dict(), weights)
    asked: list[str] = []

    def yes(question: str) -> bool:
        asked.append(question)
        return True

    for _ in range(2):
        spec = f"{weights} --arch {code}:make --size 8"
        assert open_network(spec, torch.device("cpu"), confirm=yes).info.layers
    assert len(asked) == 2


def test_commands_that_read_work_and_others_end_in_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for words in (["networks", "list"], ["prior", "list"], ["info"]):
        assert run(capsys, *words)[0] == 0
    code, said = run(capsys, "networks", "add", "mine", "--network", "torchvision:squeezenet1_1",
                     "--weights", "random")  # fmt: skip
    assert code == 2 and "Traceback" not in said
    assert str(home) in said and len(said.splitlines()) == 2
