"""What is installed, seen as those who install it see it: one package, `training` included.

In the checkout ``training`` and ``resources`` lie beside the package, where neither mypy nor the
import contracts find them; so both run on an unpacked wheel.
"""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

pytest.importorskip("mypy")
pytest.importorskip("importlinter")

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
SOURCES = ("dgn_explorer", "training", "resources", "pyproject.toml", "README.md", "LICENSE")
MOST_MB = 45
SLOW_S = 400  # mypy reads torch and Qt, half a minute on a machine with nothing else to do

pytestmark = pytest.mark.timeout(SLOW_S)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that nothing is left in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    clutter = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / "src" / name, ignore=clutter)
        else:
            shutil.copy(ROOT / name, folder / "src" / name)
    words = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    output(*words, "--disable-pip-version-check", "-w", "out", "./src", cwd=folder)
    (made,) = (folder / "out").glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs."""
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in ``cwd``, where it finds packages before those that are installed."""
    words = (sys.executable, *words)
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=SLOW_S)


def output(*words: str, cwd: Path) -> str:
    ran = run(*words, cwd=cwd)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_it_holds_what_is_needed_and_nothing_else(wheel: Path) -> None:
    names = [PurePosixPath(name) for name in zipfile.ZipFile(wheel).namelist()]
    packages = {str(name.parent).replace("/", ".") for name in names if name.name == "__init__.py"}
    assert packages == set(SETTINGS["tool"]["setuptools"]["packages"])
    page = {".html", ".css", ".js"}
    needed = {".py", ".safetensors", ".txt", ".svg", ".jpg", ".desktop", ".md"} | page
    kinds = {name.suffix for name in names if ".dist-info" not in name.parts[0]}
    assert kinds == needed, kinds ^ needed
    held = {name.name for name in names}
    assert {path.name for path in (ROOT / "resources").iterdir() if path.is_file()} <= held
    assert wheel.stat().st_size < MOST_MB * 2**20


def test_desktops_find_it(wheel: Path) -> None:
    names = [name.partition(".data/data/")[2] for name in zipfile.ZipFile(wheel).namelist()]
    assert "share/applications/dgn-explorer.desktop" in names
    assert "share/icons/hicolor/scalable/apps/dgn-explorer.svg" in names


LINT = ("-c", "from importlinter.cli import lint_imports_command as lint; lint()")
CONTRACTS = (*LINT, str(ROOT / "pyproject.toml"), "--no-cache")


def test_imports_point_one_way(installed: Path) -> None:
    count = len(SETTINGS["tool"]["importlinter"]["contracts"])
    assert f"{count} kept, 0 broken" in output(*CONTRACTS, cwd=installed)


def test_training_is_seen(installed: Path) -> None:
    wrong = installed / "dgn_explorer" / "training" / "wrong.py"
    wrong.write_text("import click\nimport PySide6\nimport dgn_explorer.gui.window\n")
    try:
        said = run(*CONTRACTS, cwd=installed).stdout
    finally:
        wrong.unlink()
    for name in ("Imports point one way", "Only gui imports Qt", "Only commands know the terminal"):
        assert f"{name} BROKEN" in said


def test_types_are_right(installed: Path) -> None:
    cache = ROOT / ".mypy_cache" / "installed"  # of torch and Qt, for the next time
    words = ("--config-file", str(ROOT / "pyproject.toml"), "--strict", "-p", "dgn_explorer")
    said = output("-m", "mypy", *words, "--cache-dir", str(cache), cwd=installed)
    files = list((installed / "dgn_explorer").rglob("*.py"))
    assert f"{len(files)} source files" in said
