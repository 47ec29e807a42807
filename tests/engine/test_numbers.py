"""The activation that is reported is what a plain pass of the saved PNG gives, of any network.

The passes here use torch, Pillow and the formulas of each network's preprocessing, and nothing of
the program's own reading.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

import dgn_explorer
from dgn_explorer.api import Explorer
from dgn_explorer.networks.opening import open_network
from dgn_explorer.results.record import Record
from tests.device import DEVICE

GREY = """
import torch
from torch import nn
def make():
    torch.manual_seed(5)
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, 2, 2), nn.BatchNorm2d(16), nn.ReLU(True), nn.Conv2d(16, 32, 3, 2, 1),
        nn.ReLU(True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
"""
NEAR = 0.02  # of the activation
FEW = {"steps": 3, "parameters": {"step_start": 0.25}}  # a given size is not searched for


@dataclass(frozen=True)
class Case:
    """A network as it is opened, and by hand: the module, and what it takes of RGB in [0, 1]."""

    spec: str
    module: nn.Module
    preprocess: Callable[[Tensor], Tensor]
    size: int
    unit: str  # a hidden unit, at its middle position
    other: str  # another one
    score: str  # one of the classifier's

    def value(self, address: str, png: Path) -> float:
        """What the unit gives for the picture; of maps without a position the middle's."""
        pixels = torch.from_numpy(np.array(Image.open(png).convert("RGB")))
        x = pixels.permute(2, 0, 1)[None].float() / 255
        larger = x.shape[-1] > self.size
        x = F.interpolate(x, (self.size,) * 2, mode="bilinear", antialias=larger)
        path, unit = address.split(":")
        number, _, position = unit.partition("@")
        seen: list[Tensor] = []
        handle = self.module.get_submodule(path).register_forward_hook(
            lambda module, given, out: seen.append(out.clone())
        )
        with torch.no_grad():
            self.module(self.preprocess(x.to(next(self.module.parameters()).device)))
        handle.remove()
        found = seen[0][0, int(number)]
        if found.ndim == 0:
            return float(found)
        row, column = map(int, position.split(",")) if position else (n // 2 for n in found.shape)
        return float(found[row, column])


def grey(folder: Path) -> Case:
    (folder / "grey.py").write_text(GREY)
    space: dict[str, Callable[[], nn.Module]] = {}
    exec(GREY, space)
    module = space["make"]().eval()
    torch.save(module.state_dict(), folder / "grey.pt")

    def preprocess(x: Tensor) -> Tensor:
        luma = (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
        return (luma - 0.5) / 0.25

    spec = f"{folder / 'grey.pt'} --arch {folder / 'grey.py'}:make --channels grey --size 64"
    spec += " --mean 0.5 --std 0.25 --range 1"
    return Case(spec, module, preprocess, 64, "0:7", "3:20", "7:3")


def resnet18(folder: Path) -> Case:
    torchvision = pytest.importorskip("dgn_explorer.networks.weights.torchvision_import")
    torch.manual_seed(2)
    module = torchvision.torchvision_models().resnet18().eval()
    torch.save(module.state_dict(), folder / "r.pt")
    numbers = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in numbers)
    spec = f"{folder / 'r.pt'} --arch torchvision:resnet18 --size 64"
    preprocess = lambda x: (x - mean) / std  # noqa: E731
    return Case(spec, module, preprocess, 64, "layer2.0.conv1:11", "layer1.1.conv2:3", "fc:6")


def lite0(folder: Path) -> Case:
    # its weights; the pass through them is torch's own
    module = open_network("lite0").module
    preprocess = lambda x: (x * 255 - 127) / 128  # noqa: E731
    return Case("lite0", module, preprocess, 192, "blocks.10:17", "blocks.5:3", "fc:980")


@pytest.fixture(params=[grey, resnet18, lite0])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    return request.param(tmp_path)


@pytest.fixture
def explorer(case: Case) -> Iterator[Explorer]:
    with dgn_explorer.open(
        case.spec, device=DEVICE, confirm=lambda question: True, progress=False
    ) as opened:
        yield opened


def test_what_is_reported_is_what_the_picture_gives(
    case: Case, explorer: Explorer, tmp_path: Path
) -> None:
    def check(record: Record, weights: dict[str, float]) -> None:
        (png,) = record.save(tmp_path / "picture.png")
        wanted = sum(weight * case.value(unit, png) for unit, weight in weights.items())
        assert record.activation == pytest.approx(wanted, rel=NEAR, abs=1e-4)

    for unit in (case.unit, case.score, f"{case.unit}@1,2"):
        check(explorer.visualize(unit, **FEW), {unit: 1})
    check(
        explorer.visualize(case.unit, method="pixels", steps=3, parameters={"step": 0.05}),
        {case.unit: 1},
    )
    both = {case.unit: 1.0, case.other: -0.5, case.score: 2.0}
    check(explorer.visualize(both, **FEW), both)
    for update in explorer.iterate([case.unit, case.other], seeds=(1, 2), **FEW):
        if update.record is not None:
            check(update.record, {str(update.record.recipe.target.text()): 1})


def test_a_stopped_result_reports_its_own_picture(
    case: Case, explorer: Explorer, tmp_path: Path
) -> None:
    recipe = explorer.recipe(case.unit, steps=5000, parameters={"step_start": 0.25})
    for update in explorer.iterate_orders([recipe]):
        if update.step >= 2:
            break
    record = explorer.get(recipe.key)
    assert record is not None and record.state == "stopped"
    (png,) = record.save(tmp_path / "stopped.png")
    assert record.activation == pytest.approx(case.value(case.unit, png), rel=NEAR, abs=1e-4)
