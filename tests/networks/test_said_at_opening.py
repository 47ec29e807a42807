"""What files leave open is said when they are opened, and refusals name the true reason."""

from pathlib import Path
from typing import Any

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.programs import program_loader
from tests.networks.onnx_files import write_onnx
from tests.networks.programs.test_scripts import Usual, saved

FACTORY = """
import torch
def make():
    torch.manual_seed(5)
    nn = torch.nn
    return nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.Conv2d(4, 5, 3))
"""


def weights(folder: Path) -> tuple[Path, dict[str, Any]]:
    (folder / "net.py").write_text(FACTORY)
    space: dict[str, Any] = {}
    exec(FACTORY, space)
    torch.save(space["make"]().state_dict(), folder / "w.pt")
    return folder / "w.pt", {"arch": f"{folder / 'net.py'}:make"}


def opened(path: Path, **options: Any) -> Network:
    given = NetworkOptions(**{"size": 16, **options})
    return open_network(str(path), options=given, confirm=lambda question: True)


@pytest.mark.parametrize("kind", ["onnx", "script", "weights"])
def test_an_assumed_preprocessing_is_said(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_loader, "require_opens", lambda *args, **kwargs: None)
    more: dict[str, Any] = {}
    if kind == "onnx":
        path = write_onnx(tmp_path / "n.onnx")
    elif kind == "script":
        path = saved(Usual().eval(), tmp_path, "trace")
    else:
        path, more = weights(tmp_path)
    (said,) = opened(path, **more).info.notices
    assert "does not say how images are prepared" in said and "--mean" in said
    for told in ({"mean": (0.0,)}, {"std": (0.5,)}, {"value_range": 255.0}):
        assert opened(path, **more, **told).info.notices == ()


def test_what_a_library_knows_is_not_assumed() -> None:
    options = NetworkOptions(weights="random", size=32)
    assert open_network("torchvision:resnet18", options=options).info.notices == ()


def test_an_onnx_value_without_a_shape_is_no_fault(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    path = write_onnx(tmp_path / "n.onnx")
    usual = opened(path).module(torch.ones(1, 3, 16, 16))
    model = onnx.load(str(path))
    model.graph.output[0].type.tensor_type.ClearField("shape")
    onnx.save(model, str(path))
    assert torch.equal(opened(path).module(torch.ones(1, 3, 16, 16)), usual)
    model.graph.input[0].type.tensor_type.ClearField("shape")
    onnx.save(model, str(path))
    with pytest.raises(DgnError, match=r"inputs \[\[\]\]") as refused:
        opened(path)
    assert "cut off" not in str(refused.value)


def test_an_onnx_file_that_breaks_a_rule_is_not_called_cut_off(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    path = write_onnx(tmp_path / "n.onnx")
    model = onnx.load(str(path))
    model.graph.node[1].input[0] = "nobody"
    onnx.save(model, str(path))
    with pytest.raises(DgnError, match="no valid ONNX file") as refused:
        opened(path)
    assert "onnx.checker" in refused.value.hint
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DgnError) as refused:
        opened(path)
    assert "cut off" in refused.value.hint
