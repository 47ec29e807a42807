"""Networks of the kinds of code that spoiled what was read of a layer, each in a few lines."""

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    """A stem, what is between, and a classifier over 8 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.mid = nn.Conv2d(8, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)

    def end(self, x):
        return self.fc(x.mean((2, 3)))


class FunctionalInPlace(Net):
    def forward(self, x):
        x = F.relu(self.bn(self.stem(x)), inplace=True)
        return self.end(F.silu(self.mid(x), inplace=True))


class AddedTo(Net):
    def forward(self, x):
        y = self.stem(x)
        z = self.mid(y)
        z += y
        z *= 0.5
        return self.end(torch.relu_(z))


class Gate(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        gate = self.one(x)
        return x * gate.sigmoid_()


class Gated(Net):
    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()

    def forward(self, x):
        return self.end(self.gate(self.mid(self.stem(x))) + 1)


class WrittenOut(Net):
    """``out=`` writes into a layer's output once it is done with."""

    def forward(self, x):
        y = self.stem(x)
        z = self.mid(y + 0)
        with torch.no_grad():
            torch.add(y, 1, out=y)
        return self.end(z) + self.fc(y.detach().mean((2, 3)))


class Changed(Net):
    """A slice, a view, and ``.data``, of which torch keeps no count."""

    def forward(self, x):
        y = self.stem(x)
        z = self.bn(self.mid(y + 0))
        y.flatten(2)[:, 1:3] = 0
        z.data.clamp_(-0.1, 0.1)
        return self.end(z + y)


class Shared(Net):
    def __init__(self) -> None:
        super().__init__()
        self.again = self.mid

    def forward(self, x):
        x = F.relu(self.mid(self.stem(x)))
        return self.end(F.relu(self.mid(self.again(x)), inplace=True))


class Several(nn.Module):
    def forward(self, x):
        return {"features": x * 2, "logits": x.mean((2, 3))} if x.ndim == 4 else (x * 3, x)


class TuplesAndDicts(Net):
    def __init__(self) -> None:
        super().__init__()
        self.several = Several()
        self.pair = Several()

    def forward(self, x):
        first, second = self.pair(self.several(self.mid(self.stem(x)))["logits"])
        return {"aux": x.sum(), "logits": self.fc(first + second)}


class Sequences(Net):
    """Sequence-first attention, a whole encoder layer, a recurrent network, and a row."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2)
        self.layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=False)
        self.norm = nn.LayerNorm(8)
        self.memory = nn.GRU(8, 6)
        self.row = nn.Sequential(nn.Conv1d(6, 7, 3, padding=1), nn.BatchNorm1d(7), nn.ReLU())
        self.pool = nn.AvgPool1d(2)
        self.last = nn.Linear(7, 5)

    def forward(self, x):
        x = self.stem(x).flatten(2).permute(2, 0, 1)
        x = self.norm(x + self.attention(x, x, x)[0])
        x, _ = self.memory(self.layer(x))
        return self.last(self.pool(self.row(x.permute(1, 2, 0))).mean(2))


class ReturnsItsBuffer(Net):
    def __init__(self) -> None:
        super().__init__()
        self.keep = Keep()

    def forward(self, x):
        return self.end(self.keep(self.mid(self.stem(x))))


class Keep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("last", torch.zeros(1, 8, 8, 8))

    def forward(self, x):
        self.last = self.last.detach()
        if len(x) != len(self.last):
            return x * 1
        return self.last.copy_(x).view_as(x)


class Squeezed(Net):
    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.mid(self.stem(x)), 1).squeeze()
        return self.fc(x)


class Buffers(Net):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(8, affine=True, track_running_stats=True)
        self.register_buffer("order", torch.tensor([3, 2, 1, 0, 7, 6, 5, 4]))
        self.norm.running_mean += 0.5

    def forward(self, x):
        return self.end(self.norm(self.mid(self.stem(x)))[:, self.order])


class Normed(Net):
    """Weights that are computed in every pass."""

    def __init__(self) -> None:
        super().__init__()
        nn.utils.parametrizations.weight_norm(self.mid)
        nn.utils.parametrizations.spectral_norm(self.stem)

    def forward(self, x):
        return self.end(self.mid(self.stem(x)))


KINDS = [
    *(FunctionalInPlace, AddedTo, Gated, WrittenOut, Changed, Shared, TuplesAndDicts, Sequences),
    *(ReturnsItsBuffer, Squeezed, Buffers, Normed),
]
