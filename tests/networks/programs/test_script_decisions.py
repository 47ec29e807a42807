"""TorchScript that decides something on its way: by a size, by weights, or by the image."""

from pathlib import Path

import pytest
import torch
from torch import nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs import program_loader
from tests.networks.making import close, image, wrong_layers
from tests.networks.programs.test_scripts import Base, opened, saved, scores


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_loader, "require_opens", lambda *args, **kwargs: None)


class ByImage(Base):
    def forward(self, x):
        y = self.stem(x)
        if bool(y.mean() > 0.1):
            y = self.mid(y)
        return self.fc(y.mean((2, 3)))


class WhileLoud(Base):
    def forward(self, x):
        y = self.stem(x)
        n = 0
        while bool(y.abs().max() > 0.5) and n < 20:
            y = y * 0.9
            n += 1
        return self.fc(y.mean((2, 3)))


class AsOften(Base):
    def forward(self, x):
        y = self.stem(x)
        for _ in range(int(x.max().item() * 10)):
            y = y + 0.1
        return self.fc(y.mean((2, 3)))


@pytest.mark.parametrize("kind", [ByImage, WhileLoud, AsOften])
def test_what_the_image_decides_is_refused(tmp_path: Path, kind: type[Base]) -> None:
    with pytest.raises(DgnError, match="decides by what an image shows"):
        opened(saved(kind().eval(), tmp_path, "script"))


class BySize(Base):
    def forward(self, x):
        y = self.stem(x)
        if y.dim() == 4 and y.shape[2] > 4:
            y = self.mid(y)
        for _ in range(y.size(3) // 4):
            y = self.bn(y)
        return self.fc(y.mean((2, 3)))


class CopiesLists(Base):
    def forward(self, x):
        sizes = [1, 2]
        more = sizes.copy()
        more.append(3)
        y = self.stem(x)
        for n in more:
            y = y + n
        return self.fc(y.mean((2, 3)) * len(sizes))


class ByWeights(Base):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("deep", torch.tensor(True))

    def forward(self, x):
        y = self.stem(x)
        if bool(self.deep):
            y = self.mid(y)
        return self.fc(y.mean((2, 3)))


class Complains(Base):
    def forward(self, x):
        y = self.stem(x)
        if bool(y.isnan().any()):
            raise ValueError("no numbers")
        return self.fc(y.mean((2, 3)))


class Several(Base):
    """Operations that give several tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = nn.GRU(8, 8, batch_first=True)

    def forward(self, x):
        y = self.mid(self.stem(x)).flatten(2)
        best, _ = y.topk(3, dim=2)
        most = y.max(dim=2)[0]
        order = y.sort(dim=2)[0]
        z, last = self.memory(y.transpose(1, 2))
        return self.fc(best.mean(2) + most + order[:, :, 0] + z.mean(1) + last[0])


@pytest.mark.parametrize("how", ["script", "trace"])
@pytest.mark.parametrize("kind", [BySize, ByWeights, CopiesLists, Complains, Several])
def test_what_sizes_and_weights_decide_is_done(tmp_path: Path, kind: type[Base], how: str) -> None:
    if how == "trace" and kind is Complains:
        pytest.skip("tracing leaves it out, with a warning")
    plain = kind().eval()
    network = opened(saved(plain, tmp_path, how))
    for x in (image(), image() * 0.1 + 0.5):
        assert close(scores(network, x), plain(x).detach())
    assert wrong_layers(network, image()) == []
