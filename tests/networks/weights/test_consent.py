"""The code that was asked about is the code that runs."""

import py_compile
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.weights.own_code import read_code

NET = """
from torch import nn
{imports}
def make():
    {inside}
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
"""
SPRING = "with open({path!r}, 'a') as file: file.write('{word} ')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    torch.save(net.state_dict(), tmp_path / "w.pt")
    (tmp_path / "code").mkdir()
    return tmp_path


def spring(folder: Path, word: str) -> str:
    """Code that writes down that it ran."""
    return SPRING.format(path=str(folder / "ran"), word=word)


def ran(folder: Path) -> list[str]:
    path = folder / "ran"
    words = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return words


def write(folder: Path, name: str, imports: str = "", inside: str = "pass") -> Path:
    path = folder / "code" / name
    path.write_text(NET.format(imports=imports, inside=inside))
    return path


def opened(folder: Path, confirm: Callable[[str], bool], arch: str = "") -> None:
    arch = arch or f"{folder / 'code' / 'mine.py'}:make"
    open_network(str(folder / "w.pt"), options=NetworkOptions(arch=arch, size=16), confirm=confirm)


def yes(question: str) -> bool:
    return True


def never(question: str) -> bool:
    raise AssertionError(question)


def test_an_unchecked_pyc_does_not_run(folder: Path) -> None:
    evil = folder / "evil.py"
    evil.write_text(NET.format(imports=spring(folder, "evil"), inside="pass"))
    path = write(folder, "mine.py", "import helper")
    helper = folder / "code" / "helper.py"
    helper.write_text(spring(folder, "helper"))
    for source in (path, helper):
        cached = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        for target in (cached, source.with_suffix(".pyc")):
            py_compile.compile(
                str(evil),
                str(target),
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
    opened(folder, yes)
    assert ran(folder) == ["helper"]


def test_a_file_that_is_exchanged_while_the_question_is_shown_does_not_run(folder: Path) -> None:
    write(folder, "mine.py", spring(folder, "asked"))

    def exchange(question: str) -> bool:
        write(folder, "mine.py", spring(folder, "exchanged"))
        return True

    with pytest.raises(DgnError, match="changed while you were asked"):
        opened(folder, exchange)
    assert ran(folder) == []
    with pytest.raises(DgnError, match="permission"):
        opened(folder, lambda question: False)
    write(folder, "mine.py", spring(folder, "asked"))
    opened(folder, never)  # what was asked about is what was agreed to
    assert ran(folder) == ["asked"]


@pytest.mark.parametrize(
    ("imports", "inside", "file"),
    [
        ("import helper", "pass", "helper.py"),
        ("from helper import *", "pass", "helper.py"),
        ("", "import helper", "helper.py"),
        ("import pack.helper", "pack.helper", "pack/helper.py"),
        ("from pack import helper as h", "h", "pack/helper.py"),
        ("import pack", "pack", "pack/__init__.py"),
        ("from pack.deep.helper import x", "x", "pack/deep/helper.py"),
        ("from .helper import x", "x", "helper.py"),
    ],
)
def test_what_is_imported_beside_it_is_asked_about(
    folder: Path, imports: str, inside: str, file: str
) -> None:
    write(folder, "mine.py", imports, inside)
    helper = folder / "code" / file
    helper.parent.mkdir(parents=True, exist_ok=True)
    if "pack" in file:
        (folder / "code" / "pack" / "__init__.py").touch()
    helper.write_text("x = 1\n" + spring(folder, "one"))
    questions: list[str] = []
    opened(folder, lambda question: not questions.append(question))
    assert file in questions[0] and len(questions) == 1
    assert ran(folder) == ["one"]
    opened(folder, never)
    assert ran(folder) == ["one"]
    helper.write_text("x = 1\n" + spring(folder, "two"))
    with pytest.raises(DgnError, match="permission"):
        opened(folder, lambda question: False)
    assert ran(folder) == []
    opened(folder, yes)
    assert ran(folder) == ["two"]


def test_what_its_imports_import_is_asked_about_too(folder: Path) -> None:
    write(folder, "mine.py", "import first")
    (folder / "code" / "first.py").write_text("import second")
    (folder / "code" / "second.py").write_text(spring(folder, "one"))
    (folder / "code" / "unused.py").write_text(spring(folder, "unused"))
    opened(folder, yes)
    (folder / "code" / "second.py").write_text(spring(folder, "two"))
    with pytest.raises(DgnError, match="permission"):
        opened(folder, lambda question: False)
    (folder / "code" / "second.py").write_text(spring(folder, "one"))
    (folder / "code" / "unused.py").write_text("changed")
    opened(folder, never)


@pytest.mark.parametrize("where", ["above", "inside"])
def test_no_file_beside_it_is_imported_by_other_ways(folder: Path, where: str) -> None:
    way = (
        "import sys, importlib; sys.path.insert(0, {code!r});"
        " importlib.invalidate_caches(); importlib.import_module('sec' + 'ret')"
    ).format(code=str(folder / "code"))
    write(folder, "mine.py", way if where == "above" else "", way if where == "inside" else "pass")
    (folder / "code" / "secret.py").write_text(spring(folder, "secret"))
    before = list(sys.path)
    try:
        with pytest.raises(DgnError, match=r"secret\.py is not among the files"):
            opened(folder, yes)
    finally:
        sys.path[:] = before
    assert ran(folder) == []


def test_a_module_in_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "code")
    pack = folder / "code" / "ownpack"
    pack.mkdir()
    (pack / "__init__.py").write_text(spring(folder, "above"))
    (pack / "net.py").write_text(NET.format(imports="from .parts import x", inside="pass"))
    (pack / "parts.py").write_text("x = 1\n" + spring(folder, "one"))
    opened(folder, yes, "ownpack.net:make")
    assert ran(folder) == ["above", "one"]
    (pack / "parts.py").write_text("x = 1\n" + spring(folder, "two"))
    with pytest.raises(DgnError, match="permission"):
        opened(folder, lambda question: False, "ownpack.net:make")
    opened(folder, yes, "ownpack.net:make")
    assert ran(folder) == ["above", "two"]
    assert not any(name.split(".")[0] == "ownpack" for name in sys.modules)


def test_two_folders_with_the_same_names(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        place = tmp_path / name
        place.mkdir()
        (place / "helper.py").write_text(spring(folder, name))
        (place / "mine.py").write_text(NET.format(imports="import helper", inside="pass"))
        opened(folder, yes, f"{place / 'mine.py'}:make")
    assert ran(folder) == ["one", "two"]


LATE = """
class Late(nn.Identity):
    def forward(self, x):
        import helper
        return x * helper.factor
"""


def test_imports_later_on_are_of_what_was_read(folder: Path) -> None:
    path = write(folder, "mine.py", LATE)
    path.write_text(
        path.read_text().replace("AdaptiveAvgPool2d(1)", "AdaptiveAvgPool2d(1), Late()")
    )
    net = nn.Sequential(
        *(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Identity()),
        *(nn.Flatten(), nn.Linear(4, 3)),
    )
    torch.save(net.state_dict(), folder / "w.pt")
    helper = folder / "code" / "helper.py"
    helper.write_text("factor = 2")
    code = read_code(folder / "code", "mine")
    with code.alone():
        module = code.load().make()
    helper.write_text(spring(folder, "exchanged"))
    assert torch.equal(module[2](torch.ones(1)), torch.full((1,), 2.0))
    assert ran(folder) == []


@pytest.mark.parametrize("arch", ["no_such_module:make", "torchvision.models.nothing:make"])
def test_modules_that_are_not_there(folder: Path, arch: str) -> None:
    with pytest.raises(DgnError, match="no Python module"):
        opened(folder, never, arch)


def test_an_installed_module_is_asked_about_and_imported_as_ever(folder: Path) -> None:
    questions: list[str] = []
    with pytest.raises(DgnError, match="permission"):
        opened(folder, lambda q: bool(questions.append(q)), "torch.nn.modules.linear:Identity")
    assert "linear.py" in questions[0]
