"""The real program in fresh processes: what is imported when, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QApplication

from dgn_explorer.gui import app

START = """
import sys
from dgn_explorer.gui import app as gui
from dgn_explorer.gui.window import MainWindow

class Engine:
    frames = None
    def __init__(self): self.calls = []
    def start(self): pass
    def open(self, network, prior): print("open", network, prior, flush=True)
    def close(self, timeout_s=5.0): return True

application = gui.make_application()
original = MainWindow.show

def show(window):
    original(window)
    heavy = [name for name in ("torch", "h5py", "torchvision") if name in sys.modules]
    assert not heavy, heavy
    print("shown", flush=True)
    {then}

MainWindow.show = show
make = lambda store, bridge: Engine()
code = gui.run_until_done(
    application, lambda: gui.main(application, make, {names}, "", "dark")
)
print("code", code)
"""


CLOSE = "from PySide6.QtCore import QTimer; QTimer.singleShot(50, window.close)"
NAMES = '"lite0", "default"'


def run(then: str, home: Path, names: str = NAMES) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DGN_EXPLORER_HOME": str(home)}
    program = START.replace("{then}", then).replace("{names}", names)
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if "propagateSizeHints" not in line]


def test_window_opens_without_torch_or_h5py_and_closes(tmp_path: Path) -> None:
    done = run(CLOSE, tmp_path)
    assert lines(done.stderr) == []
    assert lines(done.stdout) == ["shown", "open lite0 default", "code 0"]
    assert (tmp_path / "config" / "window.ini").is_file()


def test_sigterm_closes_in_good_order(tmp_path: Path) -> None:
    kill = "import os, signal; from PySide6.QtCore import QTimer; "
    kill += "QTimer.singleShot(50, lambda: os.kill(os.getpid(), signal.SIGTERM))"
    done = run(kill, tmp_path)
    assert lines(done.stderr) == []
    assert lines(done.stdout) == ["shown", "open lite0 default", "code 0"]


def test_the_last_network_and_prior_open_again(tmp_path: Path) -> None:
    keep = "from dgn_explorer.gui.frame.open_dialog import remember; "
    keep += 'remember(window._preferences, "my net.onnx", "mine"); '
    first = run(keep + CLOSE, tmp_path, '"x", "y"')
    assert lines(first.stdout)[1] == "open x y"
    assert lines(run(CLOSE, tmp_path, "None, None").stdout)[1] == "open my net.onnx mine"
    assert lines(run(CLOSE, tmp_path, 'None, "other"').stdout)[1] == "open lite0 other"


def test_windows_knows_the_program_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    said: list[str] = []
    shell = SimpleNamespace(SetCurrentProcessExplicitAppUserModelID=said.append)
    monkeypatch.setattr(app.ctypes, "windll", SimpleNamespace(shell32=shell), raising=False)
    app.make_application()
    assert said == []
    monkeypatch.setattr(app.sys, "platform", "win32")
    app.make_application()
    assert said == ["dgn-explorer"]
