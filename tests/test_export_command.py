"""``dgn-explorer export site``."""

import json
from pathlib import Path

import pytest

from dgn_explorer.paths import data_folder
from tests.results.site_making import filled_store
from tests.test_command_line import run


def test_a_site_of_the_store(tmp_path: Path) -> None:
    filled_store(data_folder() / "results")
    done = run("export", "site", "out/mine", "--layer", "fc", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["units"], said["images"]) == (3, 6)
    assert Path(said["path"]) == tmp_path / "out/mine/index.html"
    assert Path(said["path"]).is_file()
    assert "Left out: 3, each of which holds or starts from a photograph" in done.stderr
    again = run("export", "site", "out/mine", cwd=tmp_path)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr


@pytest.mark.parametrize(
    "words",
    [
        "strip fc:0 --network gone --out strip",
        "strip fc:0 --network gone --out strip.png --film film.txt",
        "animate fc:0 --network gone --out film",
        "prior compare fc:0 --network gone --with a --with b --out grid.txt",
        "facets fc:0 --network gone --set . --sheet sheet",
        "photos top fc:0 --network gone --set . --out sheet",
    ],
)
def test_a_file_of_no_kind_is_refused_before_anything_is_made(words: str, tmp_path: Path) -> None:
    """Nor is the network looked for."""
    ran = run(*words.split(), cwd=tmp_path)
    assert ran.returncode == 2
    assert "End " in ran.stderr
    assert "gone" not in ran.stderr
