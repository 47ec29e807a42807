"""A network out of a file asks for no more memory than there is."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks import pass_memory
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.pass_memory import checked_pass, checked_work, watch, watch_like
from dgn_explorer.networks.programs import program_loader
from dgn_explorer.networks.programs.limits import Deadline
from tests.networks import hostile_files as hostile

FREE = 256 << 20


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pass_memory, "free_bytes", lambda: FREE)
    monkeypatch.setattr(pass_memory, "LARGE_BYTES", 1 << 20)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not tried in a process of its own first, which takes seconds."""
    monkeypatch.setattr(program_loader, "require_opens", lambda *args, **kwargs: None)


TRAPS: dict[str, Callable[[Tensor], object]] = {
    "empty": lambda x: torch.empty(1 << 40),
    "zeros": lambda x: torch.zeros(1 << 20, 1 << 20),
    "like": lambda x: torch.zeros_like(x.expand(1 << 30, *x.shape[1:])),
    "new": lambda x: x.new_full((1 << 40,), 1.0),
    "range": lambda x: torch.arange(1 << 40),
    "outer": lambda x: x.new_ones(1 << 15, 1) * x.new_ones(1 << 15),
    "written out": lambda x: x.sum().expand(1 << 40).clone(),
    "hidden in a view": lambda x: x.sum().expand(1 << 40).sort().values,
    "repeat": lambda x: x.repeat(1 << 30, 1, 1, 1),
    "repeat by a tensor": lambda x: torch.ones(1).repeat_interleave(torch.tensor([1 << 40])),
    "padding": lambda x: nn.functional.pad(x, (1 << 20, 1 << 20, 1 << 20, 1 << 20)),
    "enlarged": lambda x: nn.functional.interpolate(x, scale_factor=1e5),
    "classes": lambda x: nn.functional.one_hot(torch.zeros(3, dtype=torch.int64), 1 << 40),
    "pooling": lambda x: nn.functional.adaptive_avg_pool2d(x, 1 << 20),
    "transposed": lambda x: nn.functional.conv_transpose2d(x, x, stride=1 << 20),
    "triangle": lambda x: torch.tril_indices(1 << 20, 1 << 20),
    "filled": lambda x: torch.empty(200 << 20, dtype=torch.uint8).expand(9, -1).clone(),
    "number of an image": lambda x: torch.zeros(int(x.sum() * 0) + (1 << 40)),
}


@pytest.mark.parametrize("name", TRAPS)
def test_no_operation_asks_for_more_than_there_is(name: str) -> None:
    x = torch.rand(1, 1, 4, 4)
    with pytest.raises(DgnError, match=r"asks for .* memory left") as caught, checked_work():
        TRAPS[name](x)
    assert caught.value.hint


def test_what_networks_do_is_left_alone() -> None:
    x = torch.rand(2, 3, 8, 8)
    with checked_work():
        y = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4).eval(), nn.ReLU(True))(x)
        assert y.expand(4, *y.shape).shape[0] == 4
        assert x[x > 2].numel() == 0 and x.nonzero().ndim == 2
        assert torch.zeros(3, device="meta").numel() == 3
        with pytest.raises(RuntimeError, match="expected input"):  # in torch's own words
            nn.Conv2d(3, 4, 3)(x[:, :2])
        view = x.view(-1)
        view += 1
    assert bool((x >= 1).all())


def test_what_was_promised_counts_when_it_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with checked_work():
        kept = [torch.empty(200 << 20, dtype=torch.uint8) for _ in range(9)]
        monkeypatch.setattr(pass_memory, "free_bytes", lambda: 100 << 20)
        with pytest.raises(DgnError, match=r"fill_\S* asks for 200 MiB"):
            kept[0].fill_(1)


def test_many_small_tensors_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter(range(100, 0, -1))
    monkeypatch.setattr(pass_memory, "free_bytes", lambda: next(left) << 12)
    with pytest.raises(DgnError, match="asks for"), checked_work():
        for _ in range(1000):
            torch.ones(50_000)


class Grows(nn.Module):
    """Takes little for one image and two, and everything for three."""

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[0]
        return torch.zeros(1 + (n - 1) * (n - 2) * (1 << 40)).sum() + x


class Asks(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros(int(x.max())).sum() + x


def run(module: nn.Module, x: Tensor) -> None:
    with checked_pass(module, x):
        module(x)


def test_each_new_shape_is_looked_at_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    module = watch(Grows())
    looked: list[object] = []
    look = pass_memory._Room._look

    def noted(self: pass_memory._Room, *rest: Any) -> None:
        looked.append(rest[0])
        look(self, *rest)

    monkeypatch.setattr(pass_memory._Room, "_look", noted)
    run(module, torch.rand(1, 3, 2, 2))
    assert looked
    looked.clear()
    run(module, torch.rand(1, 3, 2, 2))
    assert not looked
    run(module, torch.rand(2, 3, 2, 2))
    assert looked
    for other in (module, copy.deepcopy(module), watch_like(Grows(), module)):
        with pytest.raises(DgnError, match="asks for"):
            run(other, torch.rand(3, 3, 2, 2))


def test_what_depends_on_the_image_is_looked_at_each_time() -> None:
    module = watch(Asks())
    run(module, torch.zeros(1, 3, 2, 2))
    with pytest.raises(DgnError, match="asks for"):
        run(module, torch.full((1, 3, 2, 2), 1e11))


def test_networks_of_the_users_own_are_not_looked_at() -> None:
    run(Asks(), torch.full((1, 3, 2, 2), 1e6))


def test_a_pass_that_is_broken_off_is_looked_at_again() -> None:
    module = watch(Grows())

    class Halt(BaseException):
        pass

    with pytest.raises(Halt), checked_pass(module, torch.rand(3, 3, 2, 2)):
        raise Halt
    with pytest.raises(DgnError, match="asks for"):
        run(module, torch.rand(3, 3, 2, 2))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "text",
    [
        "x = torch.add(x, torch.sum(torch.empty([1000000, 1000000])))",
        "x = torch.add(x, torch.sum(torch.zeros([torch.mul(torch.size(x, 3), 1000000000000)])))",
    ],
)
def test_a_script_that_asks_for_everything(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.pt"
    path.write_bytes(hostile.packed(hostile.text_with(hostile.scripted(), text)))
    with pytest.raises(DgnError, match=r"asks for [35]\d{3,4}.* GiB"):
        open_network(f"{path} --size 16")


@pytest.mark.usefixtures("trusted")
def test_a_script_that_asks_for_everything_later(tmp_path: Path) -> None:
    """Nothing for one image or two, with which it is opened."""
    path = tmp_path / "s.pt"
    text = (
        "n = torch.size(x, 0)\nm = torch.mul(torch.sub(n, 1), torch.sub(n, 2))\n"
        "x = torch.add(x, torch.sum(torch.zeros([torch.mul(m, 1000000000000)])))"
    )
    path.write_bytes(hostile.packed(hostile.text_with(hostile.scripted(), text)))
    network = open_network(f"{path} --size 16")
    network.logits(torch.rand(2, 3, 16, 16))
    for _ in range(2):
        with pytest.raises(DgnError, match="asks for"):
            network.logits(torch.rand(3, 3, 16, 16))
    x = network.preprocessing(torch.rand(3, 3, 16, 16)).bfloat16()
    with pytest.raises(DgnError, match="asks for"), checked_pass(network.half_module, x):
        network.half_module(x)


def test_an_onnx_file_that_asks_for_everything(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    size = helper.make_tensor("n", TensorProto.INT64, [1], [1 << 40])
    nodes = [
        helper.make_node("Mul", ["n", "n"], ["m"]),  # so that no shape can be inferred
        helper.make_node("Cast", ["m"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Sqrt", ["f"], ["r"]),
        helper.make_node("Cast", ["r"], ["k"], to=TensorProto.INT64),
        helper.make_node("ConstantOfShape", ["k"], ["z"]),
        helper.make_node("ReduceSum", ["z"], ["s"]),
        helper.make_node("Add", ["x", "s"], ["y"]),
    ]
    size.int64_data[:] = [1 << 30]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3, 8, 8])],
        [size],
    )
    path = tmp_path / "n.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), str(path))
    with pytest.raises(DgnError, match="asks for"):
        open_network(str(path))


def test_an_operation_that_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pass_memory, "free_bytes", lambda: 1 << 40)
    x = torch.ones(1).expand(1 << 14, 1 << 14)
    with pytest.raises(DgnError, match="given up"), checked_work(Deadline.begin()):
        torch.mm(x, x)


def test_memory_that_is_let_go_can_be_asked_for_again() -> None:
    with checked_work():
        for _ in range(40):
            torch.rand(2, 1 << 20).mul(2)
