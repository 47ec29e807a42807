"""Names from strangers: what reaches the terminal, JSON, and a line to paste."""

import ast
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dgn_explorer import cli
from dgn_explorer.commands.terminal import StatusLine, ask, print_json, say
from dgn_explorer.disk import write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.export.script import Script, command_line
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.paths import config_folder, data_folder
from dgn_explorer.plain_text import has_control, json_line, printable, shell_command
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.targets import Maximise, Term
from tests.results.making import make_recipe, make_result

ROOT = Path(__file__).parent.parent
HOSTILE = "x\x1b]0;own\x07\x1b[2J\r\n\u202egpj.\u2028\x9b\x7f\ud800$(touch owned)'\"`;-"
CONTROLS = "".join(chr(n) for n in (*range(32), *range(127, 160), 0x202E, 0x2066, 0xFEFF, 0xDC9B))
TEXTS = st.text(st.characters() | st.sampled_from(CONTROLS))
bash = pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DGN_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The command line as a user's shell calls it: exit code, stdout, stderr."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["dgn-explorer", *words])
        cli.run()
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, said.out, said.err


def assert_plain(text: str) -> None:
    for line in text.split("\n"):
        assert not has_control(line), line


@given(TEXTS)
def test_printable_text_is_one_line_without_control_characters(text: str) -> None:
    shown = printable(text)
    assert not has_control(shown)
    assert set(CONTROLS).isdisjoint(shown)
    shown.encode()
    if not has_control(text):
        assert shown == text


@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_json_stays_the_same_value_in_one_plain_line(value: object) -> None:
    line = json_line(value)
    assert not has_control(line)
    line.encode()
    assert json.loads(line) == value


@bash
@settings(max_examples=25)
@given(st.lists(st.text(st.characters(exclude_characters="\0") | st.sampled_from(CONTROLS[1:]))))
def test_a_shell_reads_back_the_words_of_a_copied_line(words: list[str]) -> None:
    words = [word for word in words if _is_a_file_name(word)]
    line = shell_command(["printf", r"%s\0", *words])
    assert not has_control(line)
    said = subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout
    wanted = [word.encode(errors="surrogateescape") for word in words] or [b""]
    assert said.split(b"\0")[:-1] == wanted


def _is_a_file_name(word: str) -> bool:
    try:
        word.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def test_the_units_of_a_copied_command_are_no_options() -> None:
    terms = (Term(UnitAddress("--out", 1)), Term(UnitAddress(HOSTILE[:-2], 2), -0.5))
    for some in (terms[:1], terms):
        line = command_line(Script(make_recipe(target=Maximise(some))))
        assert not has_control(line)
        assert line.index(" -- ") < line.index("--out:1")
        assert "--seed 0 -- " in line


def test_nothing_but_the_terminal_module_writes_to_the_terminal() -> None:
    files = [*ROOT.joinpath("dgn_explorer").rglob("*.py"), *ROOT.joinpath("training").rglob("*.py")]
    assert len(files) > 100
    for file in files:
        if file.name == "terminal.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                written = name in ("print", "sys.stdout.write", "sys.stderr.write")
                asked = name.startswith("click.") and name.split(".")[1] in (
                    *("echo", "secho", "confirm", "prompt", "echo_via_pager"),
                )
                assert not written and not asked, f"{file}:{node.lineno} calls {name}"


def test_what_is_said_is_plain(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(HOSTILE, "second", err=True)
    print_json({HOSTILE: HOSTILE})
    line = StatusLine()
    line.say(HOSTILE, last=True)
    line.end()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert ask(HOSTILE) is False
    said = capsys.readouterr()
    assert_plain(said.err)
    assert json.loads(said.out) == {HOSTILE: HOSTILE}
    assert_plain(said.out)
    assert said.err.count(r"\x1b]0;own\x07\x1b[2J\r\n\u202egpj.") == 3


def test_hostile_names_in_the_home_are_listed_plainly(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = config_folder() / "networks"
    folder.mkdir(parents=True)
    for name in ("a\x1b[2Jb.toml", "c\nd\u202e.toml"):
        write_file(folder / name, b'source = "x\\u001b[2J"')
    recipe = make_recipe(network="n\x1b[2J", target=Maximise.of(UnitAddress("l\x1b[1m", 1)))
    Store(data_folder() / "results").put(make_result(recipe=recipe, label="volc\u202eano\n"))
    for words in (["networks", "list"], ["cache", "list"], ["cache", "verify"], ["info"]):
        code, out, err = run(capsys, *words)
        assert code == 0, err
        assert_plain(out + err)
        if words[1:]:
            code, out, err = run(capsys, *words, "--json")
            assert_plain(out)
            assert json.loads(out)
    assert "volc\u202eano\n" in run(capsys, "cache", "list", "--json")[1].encode().decode(
        "unicode_escape"
    )


@pytest.mark.parametrize(
    "words",
    [
        [HOSTILE],
        ["networks", HOSTILE],
        [f"--{HOSTILE}"],
        ["cache", "list", HOSTILE],
        ["train", "--hours", HOSTILE],
        ["visualize", "fc:1", "--fit", HOSTILE],
        ["networks", "add", HOSTILE, "x.pt"],
        ["cache", "unpack", "a\x1b[2J\nb.h5"],
        ["layers", "a\x1b[2J\nb\u202e.pt"],
        ["layers", "lite0", "--arch", HOSTILE],
        ["prior", "info", "a\x1b[2J\nb.safetensors"],
    ],
)
def test_errors_quote_hostile_arguments_plainly(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    code, out, err = run(capsys, *words)
    assert code == 2 and "Error: " in err
    assert_plain(out + err)
    assert len(err.splitlines()) <= 5


def test_a_disk_that_fails_where_nobody_expected_it_is_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        raise OSError(30, "Read-only file system", "/a\x1b[2J")

    monkeypatch.setattr("dgn_explorer.commands.stored.cache.open_store", failing)
    code, out, err = run(capsys, "cache", "list")
    assert (code, out) == (2, "")
    assert err.startswith(r"Error: It is not allowed to use /a\x1b[2J (Read-only file system).")
    assert "DGN_EXPLORER_HOME" in err


def test_a_broken_pipe_is_silent(home: Path) -> None:
    script = "import sys; sys.argv[1:] = ['info']; from dgn_explorer.cli import run; run()"
    program = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert program.stdout is not None and program.stderr is not None
    program.stdout.close()
    assert program.stderr.read() == b""
    program.stderr.close()
    assert program.wait(60) == 1


def test_an_error_that_users_can_put_right_has_two_lines(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        raise DgnError(f"{HOSTILE} is bad.", "Rename it.")

    monkeypatch.setattr("dgn_explorer.commands.stored.cache.open_store", failing)
    code, _, err = run(capsys, "cache", "list")
    assert code == 2
    assert err.splitlines() == [f"Error: {printable(HOSTILE)} is bad.", "Rename it."]
