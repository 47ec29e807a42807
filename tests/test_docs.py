"""What the pages say of files and commands is there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from dgn_explorer.cli import group

ROOT = Path(__file__).parent.parent
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("resources/*.md")})


def test_pages_are_there() -> None:
    assert len(PAGES) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        if target.startswith("http"):
            continue
        found = page.parent / path if path else page
        assert found.exists(), target
        if anchor:
            assert anchor in _anchors(found), target


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_every_picture_is_shown() -> None:
    text = "".join(page.read_text() for page in PAGES)
    for picture in (ROOT / "docs/images").iterdir():
        assert picture.name in text, picture.name
        assert picture.stat().st_size < 2 * 2**20


def test_continuous_integration_runs_the_test_line_of_the_readme() -> None:
    line = re.search(r"## Test\n\n```sh\n(.+)\n```", (ROOT / "README.md").read_text())
    assert line is not None and line.group(1) in (ROOT / ".ci/run").read_text().splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_understood(page: Path) -> None:
    for line in _commands(page.read_text()):
        words = shlex.split(line.replace("[", "").replace("]", ""), comments=True)[1:]
        with click.Context(group) as context:
            command = group.get_command(context, words[0])
            assert command is not None or words[0] in ("--help", "--version"), line
            while isinstance(command, click.Group):
                words = words[1:]
                command = command.get_command(context, words[0])
                assert command is not None, line
            known = {name for option in command.params for name in option.opts} if command else ()
            for word in words:
                name = word.partition("=")[0]
                assert not name.startswith("--") or name in {*known, "--help"}, f"{word} in {line}"


def _commands(text: str) -> list[str]:
    """The lines of code blocks that call the program, continued ones joined."""
    blocks = "\n".join(re.findall(r"```(?:sh)?\n(.*?)```", text, re.S)).replace("\\\n", " ")
    return [line for line in blocks.splitlines() if line.startswith("dgn-explorer ")]


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}
