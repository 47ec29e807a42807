"""What every module keeps to: one-way imports, examples that are true, a light start."""

import ast
import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dgn_explorer
import dgn_explorer.resources
import dgn_explorer.training

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    found.name
    for package in (dgn_explorer, dgn_explorer.training)
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not found.name.endswith("__main__")
)


def test_imports_point_one_way() -> None:
    tool = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    ran = subprocess.run(tool, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert f"{len(settings['contracts'])} kept, 0 broken" in ran.stdout


def test_training_knows_nothing_of_the_program_around_it() -> None:
    files = sorted(ROOT.joinpath("training").glob("*.py"))
    assert len(files) > 10
    for file in files:
        for name in _imports(file):
            for other in ("gui", "engine", "commands", "cli"):
                assert not name.startswith(f"dgn_explorer.{other}"), f"{file.name} imports {name}"
            assert not name.startswith(("PySide6", "qasync", "click")), file.name


def test_every_package_is_installed() -> None:
    """A wheel holds what pyproject names; an editable install would not notice a gap."""
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    named = set(settings["packages"])
    code = {init.parent for init in (ROOT / "dgn_explorer").rglob("__init__.py")}
    there = {".".join(folder.relative_to(ROOT).parts) for folder in code}
    assert named == there | {"dgn_explorer.training", "dgn_explorer.resources"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module)
    assert failed == 0


def _imports(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    return found


def test_the_tests_that_promises_name_are_there() -> None:
    """A row of ``docs/promises.md`` names paths; one without a folder is beside the one before."""
    rows = [row for row in (ROOT / "docs/promises.md").read_text().splitlines() if "tests/" in row]
    assert len(rows) > 10
    for row in rows:
        folder = ROOT
        for name in re.findall(r"`([^` ]*(?:\.py|/)[^` ]*)`", row.rpartition(" | ")[2]):
            path = (ROOT if name.startswith("tests/") else folder) / name.partition("::")[0]
            assert path.exists(), f"{name} in {row}"
            folder = path.parent
