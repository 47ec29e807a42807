"""The Python of the README runs as it stands, with few steps."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.export.png import read_recipe
from dgn_explorer.results.store import open_store
from dgn_explorer.synthesis.methods.table import METHODS

README = Path(__file__).parent.parent / "README.md"
PHOTO = "dog.jpg"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def test_its_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    presets = METHODS[0].presets
    assert isinstance(presets, dict)
    few = METHODS[0].default.changed(steps=2)
    monkeypatch.setitem(presets, "default", few)
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(3).integers(0, 256, (96, 128, 3), np.uint8)
    Image.fromarray(pixels).save(PHOTO)
    (code,) = examples()
    exec(compile(code, str(README), "exec"), {})
    told = capsys.readouterr().out.splitlines()
    asked = set(re.findall(r'explorer\.\w+\("?([^")]*)', code))
    assert {"volcano", PHOTO} <= asked, "the example is another one: look at this test again"
    (saved,) = tmp_path.glob("*.png")
    recipe = read_recipe(saved)
    assert recipe is not None
    kept = {item.key: item for item in open_store().list() if item.kind == "images"}
    assert kept[recipe.key].label == "volcano"
    assert {"fc:0", "fc:9"} <= {item.address for item in kept.values()}
    assert all(f"fc:{index} 2 2" in told for index in range(10))
    assert told[-1].startswith("[{") and told[-1].count("'unit'") == 3
