"""Operations of programs that need more than a call: attention in one step, cells, lists."""

import io
import math
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs import exported, scripted
from dgn_explorer.networks.programs.loading import EXPORTED, SCRIPTED, Program, open_program
from dgn_explorer.networks.programs.torchscript import _Writer
from dgn_explorer.networks.weights.torchvision_import import torchvision_models
from tests.networks.making import close, image, opened, wrong_layers

pytestmark = pytest.mark.usefixtures("no_gradients")


@pytest.fixture
def no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


class Tokens(nn.Module):
    """A stem, what its 64 tokens go through, and a classifier over 8 units."""

    def __init__(self, between: nn.Module, call: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.between, self.fc = nn.Conv2d(3, 8, 3, 2, 1), between, nn.Linear(8, 5)
        self.call = call

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.stem(x).flatten(2).transpose(1, 2)
        return self.fc(self.call(self.between, tokens).mean(1))


def traced(module: nn.Module) -> Program:
    """The program of a trace in eval mode, as it is opened."""
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(module.eval(), image(), check_trace=False), file)
    archive = scripted.harmless(file.getvalue(), "file").getvalue()
    return open_program(SCRIPTED, archive, 3, 16)


def layer(**options: object) -> nn.Module:
    torch.manual_seed(1)
    made = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **options)
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.4)  # those of norms are 1 and 0 else
    return made


def attention() -> nn.Module:
    torch.manual_seed(1)
    made = nn.MultiheadAttention(8, 2, batch_first=True)
    nn.init.normal_(made.in_proj_bias)
    return made


AT_ONCE = {
    "attention": (attention, lambda m, x: m(x, x, x)[0]),
    "attention that shows no weights": (attention, lambda m, x: m(x, x, x, need_weights=False)[0]),
    "attention with its weights used": (
        attention,
        lambda m, x: (lambda out, seen: out + seen @ x)(*m(x, x, x)),
    ),
    "attention with weights of each head": (
        attention,
        lambda m, x: (lambda out, seen: out + seen.sum(1) @ x)(
            *m(x, x, x, average_attn_weights=False)
        ),
    ),
    "encoder": (layer, lambda m, x: m(x)),
    "encoder with norms first and GELU": (
        lambda: layer(norm_first=True, activation="gelu"),
        lambda m, x: m(x),
    ),
}


@pytest.mark.parametrize("name", AT_ONCE)
def test_attention_in_one_step_is_written_out(name: str) -> None:
    """Torch's own has no gradient: no image could be made for the classes behind it."""
    made, call = AT_ONCE[name]
    module = Tokens(made(), call).requires_grad_(False)
    program = traced(module)
    network = opened(program.module)
    with torch.no_grad():
        wanted = module(image())
    assert close(network.module(image()), wanted)
    assert wrong_layers(network, image()) == []
    assert (network.info.output_layer, network.info.notices) == ("fc", ())
    x, y = image().requires_grad_(), image().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(network.module(x).square().sum(), x)
        (right,) = torch.autograd.grad(module(y).square().sum(), y)
    assert float(right.abs().max()) > 0 and close(gradient, right)


def test_the_layer_of_one_step_has_the_name_of_its_module() -> None:
    info = opened(traced(Tokens(layer(), lambda m, x: m(x))).module).info
    assert (info.layer("between").channels, info.layer("between").spatial) == (8, (64, 1))


def test_attention_with_a_mask_is_refused_by_name() -> None:
    mask = torch.triu(torch.ones(64, 64, dtype=torch.bool), 1)
    module = Tokens(attention(), lambda m, x: m(x, x, x, attn_mask=mask)[0])
    with pytest.raises(DgnError, match="_native_multi_head_attention with a mask"):
        traced(module)


class Padded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 4, padding="same")
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).relu().mean((2, 3)))


def test_a_convolution_that_pads_by_name() -> None:
    module = Padded()
    assert close(traced(module).module(image()), module(image()))


class Listed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x) * torch.tensor([1.0, 2.0] * 4).view(1, 8, 1, 1)
        return y.mean((2, 3))[:, torch.tensor([7, 0, 3])]


def test_tensors_made_of_lists() -> None:
    module, file = Listed().eval(), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module), file)
    archive = scripted.harmless(file.getvalue(), "file").getvalue()
    program = open_program(SCRIPTED, archive, 3, 16)
    assert close(program.module(image()), module(image()))


class Cells(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.cell, self.fc = nn.Conv2d(3, 8, 3), nn.LSTMCell(8, 8), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        state = self.cell(self.conv(x).mean((2, 3)))
        return self.fc(state[0])


def test_cells_of_recurrent_networks() -> None:
    module, file = Cells().eval(), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module, (image(),)), file)
    archive = exported.harmless(file.getvalue(), "file").getvalue()
    program = open_program(EXPORTED, archive, 0, 0)
    assert close(program.module(image()), module(image()))


def test_every_layer_of_a_scripted_transformer_can_be_read() -> None:
    """It folds images and tokens into one axis, and takes them apart again."""
    torchvision_models()
    from torchvision.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    module, file = VisionTransformer(16, 4, 2, 2, 16, 32, num_classes=5).eval(), io.BytesIO()
    nn.init.normal_(module.heads.head.weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module), file)
    archive = scripted.harmless(file.getvalue(), "file").getvalue()
    network = opened(open_program(SCRIPTED, archive, 3, 16).module)
    assert close(network.module(image()), module(image()))
    assert wrong_layers(network, image()) == []
    info = network.info
    assert (info.output_layer, info.notices, info.batch_limit) == ("heads.head", (), None)
    assert info.layer("encoder.layers.encoder_layer_1.mlp.3").spatial == (17, 1)


def test_a_constant_that_stands_twice_takes_no_other_ones_place() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        script = torch.jit.script(nn.ReLU())
    writer = _Writer(script, other=False, until=math.inf)
    writer._root.register_buffer("constant_2", torch.tensor(0))  # of the network's own
    seven, four = torch.tensor(7), torch.tensor(4)
    names = [writer._constant(x).target for x in (seven, seven, four)]
    assert [int(getattr(writer._root, name)) for name in (*names, "constant_2")] == [7, 7, 4, 0]


class Sizes(nn.Module):
    """What is done with sizes: parts of lists of them, and differences from the right."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 1), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        sides = y.shape[-2:]
        rest = (20 - sides[0]) % 6
        y = torch.nn.functional.pad(y, [0, rest, rest // 2, 0])
        return self.fc(y.mean((2, 3)) * (sides[1] / 4) + int(sides[0] / 5))


@pytest.mark.parametrize("script", [True, False])
def test_numbers_made_of_sizes(script: bool) -> None:
    module, file = Sizes().eval(), io.BytesIO()
    if script:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.jit.save(torch.jit.script(module), file)
        archive = scripted.harmless(file.getvalue(), "file").getvalue()
        program = open_program(SCRIPTED, archive, 3, 16)
    else:
        program = traced(module)
    assert close(program.module(image()), module(image()))


class Outputs(NamedTuple):
    aux: Tensor | None
    logits: Tensor


class Collections(nn.Module):
    """Dictionaries that are filled, asked and emptied, lists that are turned, a named tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 1), nn.Linear(8, 5)
        self.parts = nn.ModuleDict({"one": nn.Conv2d(8, 8, 1), "two": nn.Conv2d(8, 8, 1)})

    def forward(self, x: Tensor) -> Outputs:
        y = self.conv(x)
        found: dict[str, Tensor] = {}
        for name, part in self.parts.items():
            found[name] = part(y)
        total = found["one"] - found.pop("two")
        for name, one in found.items():
            if name in found and len(found) == 1:
                total = total + one * 2
        sides = [4, 8]
        sides.reverse()
        turned = list(sides)
        sides.clear()
        pooled = torch.nn.functional.adaptive_avg_pool2d(total, turned).amax(2).mean(2)
        return Outputs(None, self.fc(pooled))


def test_dictionaries_lists_and_named_tuples() -> None:
    module, file = Collections().eval(), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module), file)
    archive = scripted.harmless(file.getvalue(), "file").getvalue()
    network = opened(open_program(SCRIPTED, archive, 3, 16).module)
    assert close(network.logits(image()), module(image()).logits)
    assert wrong_layers(network, image()) == []
    plain = opened(module)
    assert close(plain.logits(image()), module(image()).logits)
    assert (plain.info.output_layer, plain.info.layer("parts.two").channels) == ("fc", 8)
