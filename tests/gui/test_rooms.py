"""The rooms of the window: what each may import, and features as the only thing it is made of."""

import ast
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from dgn_explorer.gui.features.table import FEATURES
from tests.gui.conftest import Explorer

GUI = Path(str(resources.files("dgn_explorer.gui")))
MOST_MODULES = 25


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def reached(files: list[Path]) -> set[Path]:
    """``files`` and all modules of the window that they import, directly or not."""
    seen, waiting = set(), list(files)
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in imports(file):
            if name.startswith("dgn_explorer.gui."):
                path = GUI.joinpath(*name.split(".")[2:]).with_suffix(".py")
                if path.is_file():
                    waiting.append(path)
    return seen


def test_state_needs_no_widgets() -> None:
    files = sorted(GUI.joinpath("state").glob("*.py"))
    assert len(files) > 10
    for file in reached(files):
        assert not any(name.startswith("PySide6.QtWidgets") for name in imports(file)), file


def test_no_room_is_crowded() -> None:
    for folder in {file.parent for file in GUI.rglob("*.py")}:
        assert len(list(folder.glob("*.py"))) <= MOST_MODULES, folder


def test_a_window_without_features_opens_and_closes(
    make_explorer: Callable[..., Explorer],
) -> None:
    bare = make_explorer(features=())
    table = bare.desk.table
    assert {feature.name for feature in bare.window.features} == {"frame"}
    assert {action.id for action in table.actions} >= {"open", "close", "undo", "palette"}


def test_every_feature_is_a_row(explorer: Explorer) -> None:
    names = [feature.name for feature in explorer.window.features]
    assert len(set(names)) == len(names) == len(FEATURES) + 1
