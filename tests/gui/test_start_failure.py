"""A start that fails says why and what to do, on the terminal, in the log and on the desktop."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dgn_explorer.machine.missing import missing_part, no_display, no_window

LOST = "cannot open shared object file: No such file or directory"
linux = pytest.mark.skipif(sys.platform != "linux", reason="a display is Linux's word for it")


def broken(folder: Path, package: str, error: str) -> Path:
    """A package that cannot be loaded, to be found before the real one."""
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").write_text(f"raise {error}\n")
    return folder


def start(tmp_path: Path, *words: str, **changed: str | None) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DGN_EXPLORER_HOME": str(tmp_path / "home"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    for name, value in changed.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    return subprocess.run(
        [sys.executable, "-m", "dgn_explorer", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def path_with(*folders: Path) -> str:
    return os.pathsep.join([*map(str, folders), os.environ.get("PYTHONPATH", "")])


def told(done: subprocess.CompletedProcess[str], tmp_path: Path, *parts: str) -> None:
    """One sentence and the way out, in the terminal and in the log; no traceback, exit code 2."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    log = tmp_path / "home" / "log" / "dgn-explorer.log"
    for part in parts:
        assert part in done.stderr
        assert part in log.read_text()
    assert str(log) in done.stderr


@linux
def test_without_a_display(tmp_path: Path) -> None:
    done = start(tmp_path, "open", QT_QPA_PLATFORM=None, DISPLAY=None, WAYLAND_DISPLAY=None)
    told(done, tmp_path, "There is no display", "dgn-explorer visualize")


@linux
def test_a_library_that_qt_lacks(tmp_path: Path) -> None:
    error = f"ImportError('libEGL.so.1: {LOST}', name='PySide6.QtGui')"
    done = start(tmp_path, "open", PYTHONPATH=path_with(broken(tmp_path / "x", "PySide6", error)))
    told(done, tmp_path, "libEGL.so.1 is missing", "apt install libegl1")


def test_qt_that_gives_up(tmp_path: Path) -> None:
    """Qt ends the process by itself then; what it said last is heard before."""
    done = start(tmp_path, "open", QT_QPA_PLATFORM="no-such-platform")
    told(done, tmp_path, "The window cannot open")


@linux
@pytest.mark.parametrize("name", ["zenity", "xmessage"])
def test_the_desktop_shows_it_when_nobody_reads_the_terminal(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    shown = tmp_path / "shown"
    tool = folder / name
    tool.write_text(f'#!/bin/sh\nfor word in "$@"; do echo "$word" >> {shown}; done\n')
    tool.chmod(0o755)
    error = f"ImportError('libGL.so.1: {LOST}', name='PySide6.QtWidgets')"
    where = path_with(broken(tmp_path / "x", "PySide6", error))
    done = start(tmp_path, "open", PATH=str(folder), DISPLAY=":77", PYTHONPATH=where)
    assert done.returncode == 2
    assert "libGL.so.1 is missing" in shown.read_text()
    assert "apt install libgl1" in shown.read_text()


def test_the_command_line_and_info_say_what_is_wrong_with_torch(tmp_path: Path) -> None:
    error = f"OSError('libtorch_cpu.so: {LOST}')"
    where = path_with(broken(tmp_path / "x", "torch", error))
    done = start(tmp_path, "layers", "lite0", PYTHONPATH=where)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "PyTorch cannot be loaded" in done.stderr and "pip install" in done.stderr
    said = start(tmp_path, "info", "--json", PYTHONPATH=where)
    assert said.returncode == 0, said.stderr
    report = json.loads(said.stdout)
    assert "PyTorch cannot be loaded" in report["device"]
    assert report["log"] == str(tmp_path / "home" / "log" / "dgn-explorer.log")


ENGINE = """
import time
from dgn_explorer.engine.engine import Engine
from dgn_explorer.engine.messages import Lane
engine = Engine(None, lambda event: print(type(event).__name__, event.message, flush=True))
engine.start()
engine.open("lite0", "default")
engine.open("lite0", "default")
time.sleep(0.5)
print(engine.close())
"""


def test_every_question_to_an_engine_without_torch_is_answered(tmp_path: Path) -> None:
    """The window would wait for ever, and say nothing."""
    where = path_with(broken(tmp_path / "x", "torch", "RuntimeError('half installed')"))
    environment = {**os.environ, "PYTHONPATH": where}
    done = subprocess.run(
        [sys.executable, "-c", ENGINE],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    first, second, closed = done.stdout.splitlines()
    assert first == second and first.startswith("OpenFailed PyTorch cannot be loaded")
    assert closed == "True"


def test_other_errors_are_not_explained_away() -> None:
    assert missing_part(ImportError("cannot import name 'x'", name="dgn_explorer.api")) is None
    assert missing_part(OSError(28, "No space left on device")) is None
    found = missing_part(ModuleNotFoundError("No module named 'torch'", name="torch"))
    assert found is not None and "pip install torch" in found.hint


def test_displays_by_platform() -> None:
    assert no_display({}, "linux") is not None
    assert no_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux") is None
    assert no_display({"QT_QPA_PLATFORM": "vnc"}, "linux") is None
    assert no_display({}, "win32") is None
    cursor = no_window("", "xcb-cursor0 or libxcb-cursor0 is needed to load the Qt xcb plugin")
    assert "apt install libxcb-cursor0" in cursor.hint
    assert "does not answer" in no_window("", "could not connect to display :99").message
