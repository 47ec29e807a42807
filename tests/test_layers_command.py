"""``dgn-explorer layers``: units, positions, what cannot be read, and what must be known."""

import json
from pathlib import Path

import torch
from click.testing import CliRunner

from dgn_explorer import cli

CODE = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.mix, self.fc = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 8), nn.Linear(8, 5)
    def forward(self, x):
        x = self.stem(x).permute(0, 2, 3, 1)
        y = self.mix(x.reshape(-1, 4, 8)).view(x.shape)
        return self.fc(nn.functional.dropout((x + y).mean((1, 2)), 0.5))
"""


def run(*arguments: str):
    return CliRunner().invoke(cli.group, list(arguments), input="y\n")


def test_layers_that_cannot_be_read_and_notices(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CODE)
    space: dict[str, type[torch.nn.Module]] = {}
    exec(CODE, space)
    torch.save(space["Net"]().state_dict(), tmp_path / "w.pt")
    words = (str(tmp_path / "w.pt"), "--arch", f"{tmp_path / 'net.py'}:Net", "--size", "16")
    result = run("layers", *words)
    assert result.exit_code == 0, result.output
    assert [line.split()[:3] for line in result.stdout.splitlines()[1:]] == [
        ["stem", "Conv2d", "8"],
        ["fc", "Linear", "5"],
    ]
    assert "mix (Linear) cannot be read. It returns 4x4x8: images and positions" in result.stderr
    assert "Two passes over one image differ" in result.stderr
    listed = json.loads(run("layers", *words, "--json").stdout)
    assert [(x["path"], bool(x["unreadable"])) for x in listed] == [
        ("stem", False),
        ("fc", False),
        ("mix", True),
    ]
