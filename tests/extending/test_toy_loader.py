"""A loader of one's own: one file (this one) and one row, driven in every way there is.

The toy opens ``.stripes`` files, text that says how wide the stripes are that a unit likes, and
``stripes:NAME``.
"""

import json
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from dgn_explorer import cli
from dgn_explorer.errors import DgnError
from dgn_explorer.networks import loaders
from dgn_explorer.networks.loaded import Loaded, Request
from dgn_explorer.networks.loaders import Loader
from dgn_explorer.networks.opening import network_names, open_network
from dgn_explorer.networks.preprocessing import Preprocessing

SIZE = 32


class Stripes(nn.Module):
    """Images (N, 3, S, S) to how much each unit likes them, (N, units)."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.like = nn.Conv2d(3, len(widths), 8)
        self.pool = nn.AdaptiveAvgPool2d(1)
        place = torch.arange(8)
        rows = torch.stack([torch.where(place // width % 2 == 0, 1.0, -1.0) for width in widths])
        with torch.no_grad():
            self.like.weight.copy_(rows[:, None, None, :].expand(-1, 3, 8, 8) / 64)
            self.like.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.pool(self.like(x).relu()).flatten(1)
        return found


def load(source: str | Path, request: Request) -> Loaded:
    """What a loader owes: a module, and how it is fed and named."""
    text = source.read_text() if isinstance(source, Path) else {"fine": "1 2"}.get(source, "")
    if not text or not all(word.isdecimal() for word in text.split()):
        raise DgnError(f"{source} holds no widths of stripes.", "Write 1 2 4.")
    module = Stripes([int(word) for word in text.split()])
    return Loaded(
        module=module,
        name=str(source) if isinstance(source, Path) else f"stripes:{source}",
        title="Stripes",
        preprocessing=Preprocessing((0.5,) * 3, (0.5,) * 3, 1.0),
        input_size=request.options.size or SIZE,
        labels=tuple(f"stripes of {word} px" for word in text.split()),
    )


ROW = Loader(
    title="Stripes",
    example="stripes:NAME",
    load=f"{__name__}:load",
    prefix="stripes:",
    suffixes=(".stripes",),
)


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "LOADERS", (*loaders.LOADERS, ROW))
    assert __name__ in sys.modules


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "my.stripes"
    made.write_text("1 2 4")
    return made


def run(*words: str) -> str:
    result = CliRunner().invoke(cli.group, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_library_opens_it(path: Path) -> None:
    network = open_network(str(path))
    assert network.info.labels[2] == "stripes of 4 px" and network.info.input_size == SIZE
    assert open_network(network.info.name).info.fingerprint == network.info.fingerprint
    assert len(open_network("stripes:fine", options=None).info.labels) == 2
    with pytest.raises(DgnError, match="no widths"):
        open_network("stripes:none")


def test_the_command_line_opens_names_and_lists_it(path: Path) -> None:
    rows = json.loads(run("layers", str(path), "--size", "24", "--json"))
    assert (rows[0]["path"], rows[0]["channels"]) == ("like", 3)
    run("networks", "add", "mine", "--network", str(path))
    assert "mine" in network_names()
    assert json.loads(run("layers", "mine", "--json"))[-1]["channels"] == 3


def test_an_image_of_a_unit_is_made(path: Path, tmp_path: Path) -> None:
    words = ("visualize", "like:1", "--network", str(path), "--method", "pixels", "--json")
    out = ("--out", str(tmp_path))
    first = Path(json.loads(run(*words, *out, "--steps", "2"))["path"])
    assert first.is_absolute() and first.is_file()
    before = first.read_bytes()
    other = Path(json.loads(run(*words, *out, "--steps", "3"))["path"])
    assert other.name == f"{first.stem} (2).png"  # the first one stays
    assert first.read_bytes() == before != other.read_bytes()
    assert Path(json.loads(run(*words, *out, "--steps", "2"))["path"]) == first


def test_hints_and_dialogs_know_it(tmp_path: Path) -> None:
    with pytest.raises(DgnError) as told:
        open_network("nonesuch")
    assert "stripes:NAME" in told.value.hint
    (tmp_path / "a.xyz").touch()
    with pytest.raises(DgnError) as told:
        open_network(str(tmp_path / "a.xyz"))
    assert ".stripes" in told.value.hint
    assert "stripes:NAME" in loaders.spec_examples()
    filters = loaders.file_filters()
    assert "*.stripes" in filters[0] and "Stripes (*.stripes)" in filters


def test_names_that_it_has_cannot_be_given_away(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = Loader("Named", "zebra", ROW.load, names=("zebra",))
    monkeypatch.setattr(loaders, "LOADERS", (*loaders.LOADERS, named))
    for name, reason in (("zebra", "built in"), ("Lite0", "built in"), ("a.stripes", "a file")):
        words = ["networks", "add", name, "--network", str(path)]
        result = CliRunner().invoke(cli.group, words)
        assert isinstance(result.exception, DgnError) or result.exit_code == 2
        assert reason in (result.output + str(result.exception))
