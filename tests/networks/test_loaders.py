"""The table of loaders says what is so."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from dgn_explorer.networks import loaders
from dgn_explorer.networks.loaders import LOADERS, by_file
from dgn_explorer.networks.weights import efficientnet_lite, shapes


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.title)
def test_every_row_names_code_that_is_there(loader: loaders.Loader) -> None:
    for code in filter(None, (loader.load, loader.build)):
        module, _, name = code.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
    assert sum(map(bool, (loader.names, loader.prefix, loader.suffixes))) == 1
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in loader.suffixes)


def test_the_names_are_those_of_the_embedded_networks() -> None:
    assert loaders.names() == (*efficientnet_lite.SIZES, shapes.NAME)


def test_files_find_their_loader() -> None:
    assert by_file(Path("a.ONNX")).title == "ONNX"
    assert by_file(Path("model_best.pth.tar")).title == by_file(Path("w.th")).title
    assert by_file(Path("a.tar")) is None and by_file(Path("a")) is None


def test_the_table_imports_nothing_heavy() -> None:
    code = "import sys, dgn_explorer.networks.loaders as l; l.file_filters(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"torch", "PySide6", "numpy"} & set(loaded.stdout.split())
