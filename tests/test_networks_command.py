"""Opening networks from the command line: options, own networks, checks, and the question."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from dgn_explorer import cli
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.spec_text import FLAGS, parse_spec, read_options, spec_text

FACTORY = """
from pathlib import Path
from torch import nn
Path(__file__).with_suffix(".ran").touch()
def make():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(4, 3))
"""


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli.group, list(arguments), input=answer)


@pytest.fixture
def mine(tmp_path: Path) -> list[str]:
    """The words that open weights with a factory in a file."""
    (tmp_path / "my code.py").write_text(FACTORY)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Flatten(), nn.Linear(4, 3))
    save_file(net.state_dict(), tmp_path / "my w.safetensors")
    (tmp_path / "names.txt").write_text("ant\nbee\ncat\n")
    return [
        *("--network", str(tmp_path / "my w.safetensors"), "--size", "32"),
        *("--arch", f"{tmp_path / 'my code.py'}:make", "--labels", str(tmp_path / "names.txt")),
    ]


def test_options_survive_the_way_through_a_spec(tmp_path: Path) -> None:
    texts = {
        "weights": str(tmp_path),
        "arch": "package.module:make",
        "size": "64",
        "mean": "0.1,0.25,1e-05",
        "std": "2",
        "value_range": "255",
        "channels": "r, g,b,0.5",
        "labels": 'it\'s "quoted".txt',
        "output_layer": "a 'b' \"c\"",
        "crop": "0.9",
        "interpolation": "bicubic",
        "resize": "warp",
    }
    assert texts.keys() == FLAGS.keys()
    options = read_options(texts)
    assert options.mean == (0.1, 0.25, 1e-05)
    text = spec_text("a folder/net.onnx", options)
    assert parse_spec(text) == ("a folder/net.onnx", options)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lite0 --sizes 3", "--sizes"),
        ("lite0 --size", "--size"),
        ("lite0 --size x", "'x'"),
        ("lite0 --labels 'x", "quotation"),
        ("lite0 --size 32 3", "'3'"),
        ("lite0 --size 0", "0 pixels"),
    ],
)
def test_mistakes_in_a_spec(text: str, words: str) -> None:
    with pytest.raises(DgnError, match=words):
        open_network(text)


def test_a_backslash_is_part_of_a_path() -> None:
    assert parse_spec(r"w.pt --labels C:\names\n.txt")[1].labels == r"C:\names\n.txt"


def test_the_name_of_a_network_opens_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    options = NetworkOptions(arch="my code.py:make", size=32, mean=(0.4,), labels="names.txt")
    first = open_network("my w.safetensors", options=options, confirm=lambda question: True)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    again = open_network(first.info.name)
    assert again.info == first.info
    assert again.preprocessing.mean == (0.4, 0.4, 0.4)
    plain = open_network("torchvision:squeezenet1_1 --weights random --size 64")
    assert plain.info.name == "torchvision:squeezenet1_1 --weights random --size 64"


@pytest.mark.parametrize("command", ["visualize", "open", "layers", "train"])
def test_every_command_with_a_network_takes_the_options(command: str) -> None:
    text = run(command, "--help").output
    for name, (flag, _) in FLAGS.items():
        # train has a --size of its own: that of the images
        assert flag in text, (command, name)


def test_the_question_is_asked_once_for_a_file(tmp_path: Path, mine: list[str]) -> None:
    network = mine[1:]
    refused = run("layers", *network, answer="n\n")
    assert isinstance(refused.exception, DgnError)
    assert "needs your permission" in str(refused.exception)
    assert "my code.py" in refused.output
    assert not (tmp_path / "my code.ran").exists()
    silent = run("layers", *network)  # nobody is there to answer
    assert isinstance(silent.exception, DgnError)
    assert not (tmp_path / "my code.ran").exists()
    assert run("layers", *network, answer="y\n").exit_code == 0
    assert (tmp_path / "my code.ran").exists()
    again = run("layers", *network, "--json")
    assert "Run the Python code" not in again.output
    assert [layer["path"] for layer in json.loads(again.stdout)][-1] == "4"


def test_visualize_asks_and_takes_the_options(tmp_path: Path, mine: list[str]) -> None:
    words = ("visualize", "bee", *mine, "--steps", "2", "--out", str(tmp_path), "--json")
    words = (*words, "--set", "step_start=0.3")
    refused = run(*words, answer="n\n")
    assert isinstance(refused.exception, DgnError)
    done = run(*words, answer="y\n")
    assert done.exit_code == 0, done.output
    line = json.loads(done.stdout.splitlines()[-1])
    assert (line["address"], line["label"]) == ("4:1", "bee")
    from dgn_explorer.export.png import read_recipe

    recipe = read_recipe(Path(line["path"]))
    assert recipe is not None
    assert open_network(recipe.network).info.fingerprint == recipe.network_fingerprint
    assert Path(line["path"]).name.startswith("my w.safetensors 4-1 bee")


def test_a_network_of_ones_own_gets_a_name(tmp_path: Path, mine: list[str]) -> None:
    made = run("networks", "add", "flies", *mine, "--alias", "last=4", "--title", "My flies")
    assert isinstance(made.exception, DgnError)  # it would have run code
    made = run(
        *("networks", "add", "flies", *mine, "--alias", "last=4", "--title", "My flies"),
        answer="y\n",
    )
    assert made.exit_code == 0, made.output
    rows = {row["name"]: row for row in json.loads(run("networks", "list", "--json").output)}
    assert rows["flies"]["own"] and not rows["lite0"]["own"]
    info = open_network("flies").info
    assert (info.title, info.input_size, info.labels) == ("My flies", 32, ("ant", "bee", "cat"))
    assert str(info.resolve("last:2")) == "4:2"
    bad = run("networks", "add", "flies2", *mine, "--alias", "last=9")
    assert isinstance(bad.exception, DgnError)
    listed = run("networks", "list").stdout.splitlines()
    assert any(line.startswith("flies  ") and "my w.safetensors" in line for line in listed)


def test_a_broken_description_does_not_hide_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "networks"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text("x = [")
    rows = {row["name"]: row for row in json.loads(run("networks", "list", "--json").output)}
    assert "cannot be read" in rows["broken"]["problem"]
    assert "lite0" in rows


def test_check_prints_top_1_and_a_warning(tmp_path: Path, mine: list[str]) -> None:
    network = open_network(
        mine[1],
        options=NetworkOptions(size=32, arch=mine[5]),
        confirm=lambda question: True,
    )
    folder = tmp_path / "photos"
    generator = torch.Generator().manual_seed(0)
    for i in range(12):
        rgb = torch.rand(1, 3, 1, 1, generator=generator).expand(1, 3, 32, 32)
        image = (rgb * 255).round()
        found = int(network.logits(image / 255).argmax())
        (folder / str(found)).mkdir(parents=True, exist_ok=True)
        pixels = image[0].permute(1, 2, 0).byte().numpy()
        Image.fromarray(pixels).save(folder / str(found) / f"{i}.png")
    report: dict[str, Any] = json.loads(
        run("networks", "check", str(folder), *mine, "--json").stdout
    )
    assert (report["photos"], report["right"], report["top1"]) == (12, 12, 1.0)
    assert report["warning"] == ""
    assert {"name", "top1", "mean", "channels"} <= report["alternatives"][0].keys()
    # Extremely wrong on purpose, so that the right one must win
    wrong = run("networks", "check", str(folder), *mine, "--mean", "1000", "--std", "1e-3")
    assert "The preprocessing looks wrong" in wrong.stderr


@pytest.mark.parametrize("as_list", [False, True])
def test_a_series_is_a_folder_or_a_list(tmp_path: Path, mine: list[str], as_list: bool) -> None:
    files = []
    for run_name, epoch in (("a", 2), ("a", 10), ("b", 2)):
        (tmp_path / run_name).mkdir(exist_ok=True)
        torch.manual_seed(epoch)
        net = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Flatten(), nn.Linear(4, 3)
        )
        files.append(tmp_path / run_name / f"epoch{epoch}.pt")
        torch.save(net.state_dict(), files[-1])
    options = NetworkOptions(arch=mine[5], size=32)
    spec = ",".join(map(str, files)) if as_list else str(tmp_path / "a")
    wanted = ("a/epoch2", "a/epoch10", "b/epoch2") if as_list else ("epoch2", "epoch10")
    last = open_network(spec, options=options, confirm=lambda question: True)
    first = open_network(f"{spec}@{wanted[0]}", options=options)
    assert last.info.positions == ("random", *wanted)
    assert (first.info.position, last.info.position) == (wanted[0], wanted[-1])
    assert [str(n.info.resolve("class:2")) for n in (first, last)] == ["4:2", "4:2"]
    assert open_network(last.info.name).info == last.info
    with pytest.raises(DgnError, match="no checkpoint 'epoch3'"):
        open_network(f"{spec}@epoch3", options=options)
    (tmp_path / "series.toml").write_text(
        f"source = {json.dumps([str(f.relative_to(tmp_path)) for f in files])}\n"
        f"arch = {json.dumps(mine[5])}\nsize = 32\n"
    )
    described = open_network(f"{tmp_path / 'series.toml'}@a/epoch10")
    assert described.info.position == "a/epoch10"
    assert open_network(described.info.name).info == described.info
