"""``dgn-explorer export site``."""

import json
from pathlib import Path

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
