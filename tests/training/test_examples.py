import doctest
import importlib

import pytest

MODULES = ("", ".build", ".cache", ".schedule", ".settings")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    module = importlib.import_module(f"dgn_explorer.training{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0 and found.failed == 0
