"""What every module keeps to: it is installed, and its examples are true."""

import doctest
import importlib
import pkgutil
import re
import tomllib
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


def test_every_package_is_installed() -> None:
    """A wheel holds what pyproject names; an editable install would not notice a gap."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    named = set(settings["packages"])
    inside = {init.parent for init in (ROOT / "dgn_explorer").rglob("__init__.py")}
    beside = {init.parent for init in (ROOT / "training").rglob("__init__.py")}
    there = {".".join(folder.relative_to(ROOT).parts) for folder in inside}
    there |= {".".join(("dgn_explorer", *folder.relative_to(ROOT).parts)) for folder in beside}
    assert named == there | {"dgn_explorer.resources"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module)
    assert failed == 0


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
