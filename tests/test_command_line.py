"""The program as a user starts it: in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dgn_explorer", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=110, cwd=cwd, env=os.environ.copy()
    )


def test_help_needs_neither_torch_nor_qt() -> None:
    code = (
        "import sys, dgn_explorer.cli as cli\n"
        "try: cli.group(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'PySide6', 'h5py'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "visualize" in done.stdout


def test_visualize_then_again_from_the_store(tmp_path: Path) -> None:
    arguments = ("visualize", "volcano", "blocks.5:3", "--steps", "12", "--json", "--out", "made")
    first, second = (run(*arguments, cwd=tmp_path) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    again = [json.loads(line) for line in second.stdout.splitlines()]
    assert [line["address"] for line in lines] == ["fc:980", "blocks.5:3"]
    assert [line["label"] for line in lines] == ["volcano", ""]
    assert [line["cached"] for line in lines + again] == [False, False, True, True]
    assert all(line["activation"] > line["first_activation"] for line in lines)
    assert [line["activation"] for line in lines] == [line["activation"] for line in again]
    assert all(Path(line["path"]).is_absolute() for line in lines)
    assert all(Path(line["path"]).is_file() for line in lines)
    listed = run("cache", "list", "--json", cwd=tmp_path)
    assert len(json.loads(listed.stdout)) == 2
    verified = run("cache", "verify", "--json", cwd=tmp_path)
    assert json.loads(verified.stdout) == {"results": 2, "damaged": 0, "quarantined": []}


def test_units_of_a_layer_are_made_together(tmp_path: Path) -> None:
    arguments = ("visualize", "blocks.0:14-15", "blocks.0:0", "--steps", "3", "--json")
    done = run(*arguments, "--batch", "2", "--out", "made", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["address"] for line in lines] == ["blocks.0:14", "blocks.0:15", "blocks.0:0"]
    assert len(list((tmp_path / "made").glob("*.png"))) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("visualize", "volcanoo"), "Did you mean 'volcano'"),
        (("visualize", "conv9:1"), "no layer 'conv9'"),
        (("visualize", "fc:1000"), "Its units are 0 to 999"),
        (("visualize", "volcano", "--prior", "absent.safetensors"), "absent.safetensors"),
        (("visualize", "volcano", "--set", "steps=0"), "steps cannot be 0"),
        (("visualize", "volcano", "--preset", "published", "--quality", "best"), "two sets"),
        (("visualize", "volcano", "--method", "pixels", "--quality", "best"), "has no --quality"),
        (("visualize", "volcano", "--network", "lite9"), "lite9"),
    ],
)
def test_bad_input_gets_a_sentence_and_a_way_out(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_damaged_result_is_put_aside(tmp_path: Path) -> None:
    arguments = ("visualize", "fc:1", "--steps", "1", "--out", "made")
    assert run(*arguments, cwd=tmp_path).returncode == 0
    (file,) = (Path(os.environ["DGN_EXPLORER_HOME"]) / "data" / "results").rglob("*.h5")
    file.write_bytes(file.read_bytes()[:500])
    assert "cache verify" in run(*arguments, cwd=tmp_path).stderr
    verified = run("cache", "verify", "--json", cwd=tmp_path)
    report = json.loads(verified.stdout)
    assert (verified.returncode, report["results"], report["damaged"]) == (1, 0, 1)
    assert run(*arguments, cwd=tmp_path).returncode == 0


def test_layers_are_listed(tmp_path: Path) -> None:
    layers = json.loads(run("layers", "lite0", "--json", cwd=tmp_path).stdout)
    assert layers[-1]["path"] == "fc"
    assert layers[-1]["channels"] == 1000
