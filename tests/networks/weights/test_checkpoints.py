"""The weights that are taken from a checkpoint are the network's, whatever lies beside them."""

import argparse
import json
import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.descriptions import Description, save_description
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from dgn_explorer.networks.weights.state_dicts import choose, flatten

CODE = """
from torch import nn
def make():
    return nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = make()
        self.module = nn.Linear(4, 4)
    def forward(self, x):
        return self.module(self.model(x))
"""
State = dict[str, Tensor]


def state(seed: int) -> State:
    return {
        "0.weight": torch.full((8, 3, 3, 3), float(seed)),
        "0.bias": torch.zeros(8),
        **{f"1.{name}": torch.ones(8) for name in ("weight", "bias", "running_mean")},
        "1.running_var": torch.ones(8),
        "1.num_batches_tracked": torch.tensor(3),
        "5.weight": torch.ones(4, 8),
        "5.bias": torch.zeros(4),
    }


def behind(prefix: str, given: State) -> State:
    return {prefix + key: value for key, value in given.items()}


A, B = state(1), state(2)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "code.py"
    path.write_text(CODE)
    return path


def opened(path: Path | str, code: Path, **options: Any) -> Network:
    given = NetworkOptions(arch=f"{code}:make", size=16, **options)
    return open_network(str(path), options=given, confirm=lambda question: True)


def first(network: Network) -> float:
    """Which seed the first weight is of."""
    return float(network.module.get_submodule("0").weight.flatten()[0])


CHECKPOINTS: dict[str, Any] = {
    "plain": A,
    "wrapped": {"state_dict": behind("module.", A)},
    "compiled": {"model": behind("_orig_mod.module.", A), "epoch": 3},
    "deep": {"checkpoint": {"net": {"weights": A}}},
    "criterion and metrics": {
        "state_dict": {
            **behind("model.", A),
            "criterion.weight": torch.ones(10),
            "accuracy.correct": torch.tensor(3),
            "val_confmat.matrix": torch.ones(4, 4),
        }
    },
    "beside without prefix": {**A, "criterion.weight": torch.ones(4), "n_averaged": torch.ones(1)},
    "averaged": {"n_averaged": torch.tensor(5), **behind("module.", A)},
    "ema nested": {"model": B, "ema": A, "updates": 9},
    "ema module": {"state_dict": B, "model_ema": {"module": A}},
    "timm": {"state_dict": B, "state_dict_ema": A, "optimizer": {"state": {0: torch.ones(2)}}},
    "ema in one dict": {**behind("model.", B), **behind("ema_model.", A)},
    "swa": {"model": B, "swa_model": {"n_averaged": torch.tensor(2), **behind("module.", A)}},
    "student and teacher": {"teacher": B, "student": A},
    "query and key": {**behind("encoder_k.", B), **behind("encoder_q.", A), "queue": torch.ones(9)},
    "online and target": {"online_network": behind("net.", A), "target_network": B},
    "two collapsing prefixes": {
        **behind("model.", A),
        **behind("module.", {"0.weight": B["0.weight"]}),
    },
    "parallel inside": {
        key.replace("0.", "0.module.") if key.startswith("0.") else key: value
        for key, value in A.items()
    },
    "another network": {"discriminator": {"0.weight": torch.ones(8, 6, 3, 3)}, "generator": A},
    "numpy beside": {"state_dict": A, "best": np.float64(91.2), "count": np.int64(3)},
    "arguments beside": {"state_dict": A, "args": argparse.Namespace(lr=0.1, path=Path("x"))},
    "array beside": {"state_dict": A, "history": np.arange(5.0)},
    "list of networks": {"models": [A, B]},
    "ordered": OrderedDict(A),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_the_right_weights_are_taken(name: str, code: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save(CHECKPOINTS[name], path)
    assert first(opened(path, code)) == 1


@pytest.mark.parametrize("ending", [".th", ".pth.tar", ".PTH", ".ckpt", ".bin"])
def test_every_ending_of_a_checkpoint(ending: str, code: Path, tmp_path: Path) -> None:
    torch.save({"state_dict": behind("module.", A)}, tmp_path / f"w{ending}")
    (tmp_path / "w.txt").write_text("ant\nbee\ncat\ndog\n")
    network = opened(tmp_path / f"w{ending}", code)
    assert first(network) == 1 and network.info.labels == ("ant", "bee", "cat", "dog")


def test_what_was_taken_is_said_and_another_can_be(code: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save({"model": B, "ema": A}, path)
    network = opened(path, code)
    said, _ = network.info.notices  # and that its preprocessing is assumed
    assert "weights of ema were taken, not those of model" in said
    for spec, weights in ((f"{path}:model", None), (path, f"{path}:model")):
        other = opened(spec, code, weights=weights)
        assert first(other) == 2
        assert first(open_network(other.info.name, confirm=lambda question: True)) == 2
    assert other.info.fingerprint != network.info.fingerprint
    with pytest.raises(DgnError, match="no weights called 'teacher'") as told:
        opened(f"{path}:teacher", code)
    assert "model" in told.value.hint and "ema" in told.value.hint
    with pytest.raises(DgnError, match="one too many"):
        opened(f"{path}:model", code, weights=f"{path}:ema")
    torch.save(A, path)
    assert not [x for x in opened(path, code).info.notices if "taken" in x]


def test_a_key_is_kept_in_a_description(code: Path, tmp_path: Path) -> None:
    torch.save({"model": B, "ema": A}, tmp_path / "w.pt")
    options = NetworkOptions(arch=f"{code}:make", size=16)
    save_description("keyed", Description(f"{tmp_path / 'w.pt'}:model", options=options))
    assert first(open_network("keyed", confirm=lambda question: True)) == 2


def test_a_key_for_a_library(tmp_path: Path) -> None:
    net = open_network("torchvision:squeezenet1_1 --weights random --size 64").module
    weights = {key: value.clone() for key, value in net.state_dict().items()}
    ones = {key: torch.ones_like(value) for key, value in weights.items()}
    torch.save({"model": behind("module.", weights), "ema": ones}, tmp_path / "w.pt")
    for spec in (
        f"torchvision:squeezenet1_1 --weights {tmp_path / 'w.pt'}:model --size 64",
        f"{tmp_path / 'w.pt'}:model --arch torchvision:squeezenet1_1 --size 64",
    ):
        found = open_network(spec).module.state_dict()
        assert all(torch.equal(found[key], weights[key]) for key in weights)


def test_names_of_wrappers_may_be_the_networks_own(code: Path, tmp_path: Path) -> None:
    """Stripping stops once all keys match: `model.` and `module.` are parts of this network."""
    own = {**behind("model.", A), "module.weight": torch.ones(4, 4), "module.bias": torch.zeros(4)}
    path = tmp_path / "w.safetensors"
    save_file(behind("module.", own), path)
    options = NetworkOptions(arch=f"{code}:Wrapped", size=16)
    network = open_network(str(path), options=options, confirm=lambda question: True)
    assert float(network.module.get_submodule("model.0").weight.mean()) == 1


def test_keys_that_would_become_one_stay_two() -> None:
    wanted = {"a.w": torch.zeros(1), "b.w": torch.zeros(1)}
    twice = {"a.module.w": torch.ones(1), "a._orig_mod.w": torch.zeros(1), "b.w": torch.ones(1)}
    assert "a.w" not in choose(twice, wanted).state
    with pytest.raises(DgnError, match=r"two tensors called a\.w"):
        flatten({"a": {"w": torch.ones(1)}, "a.w": torch.zeros(1)}, "f.pt")


@pytest.mark.parametrize("extra", ["5.scale", "head.weight", "model.3.weight"])
def test_layers_that_the_network_lacks_are_still_an_error(
    extra: str, code: Path, tmp_path: Path
) -> None:
    torch.save({**A, extra: torch.ones(4, 4)}, tmp_path / "w.pt")
    with pytest.raises(DgnError, match=f"unknown {extra}"):
        opened(tmp_path / "w.pt", code)


def test_no_weights_and_code_are_refused(code: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save({"epoch": 3, "args": argparse.Namespace(lr=0.1)}, path)
    with pytest.raises(DgnError, match="holds no weights: it has the keys epoch, args"):
        opened(path, code)
    torch.save({"state_dict": A, "criterion": nn.CrossEntropyLoss()}, path)
    with pytest.raises(DgnError, match="Python would have to run"):
        opened(path, code)


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, (os.environ["EVIL"],)


def test_stand_ins_run_nothing(code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIL", str(tmp_path / "ran"))
    hidden = argparse.Namespace(inside=[Evil()])
    torch.save({"state_dict": A, "args": hidden}, tmp_path / "w.pt")
    with pytest.raises(DgnError, match="Python would have to run"):
        opened(tmp_path / "w.pt", code)
    assert not (tmp_path / "ran").exists()


FILES_BESIDE: dict[str, bytes] = {
    "w.txt": "Größe\n".encode("latin-1"),
    "w.json": b'{"lr": 0.1, "epochs": 3}',
    "w.labels.txt": b"epoch 1\nepoch 2\nepoch 3\nepoch 4\nepoch 5\n",
    "w.labels.json": b"[" * 100_000,
}


@pytest.mark.parametrize("name", FILES_BESIDE)
def test_what_lies_beside_does_not_block(name: str, code: Path, tmp_path: Path) -> None:
    torch.save(A, tmp_path / "w.pt")
    (tmp_path / name).write_bytes(FILES_BESIDE[name])
    assert opened(tmp_path / "w.pt", code).info.labels == ()
    right = ["ant", "bee", "cat", "dog"]
    (tmp_path / ("w.json" if name != "w.json" else "w.labels.txt")).write_text(
        "\n".join(right) if name == "w.json" else json.dumps(right)
    )
    assert opened(tmp_path / "w.pt", code).info.labels == tuple(right)


def test_whole_numbers_are_no_weights(code: Path, tmp_path: Path) -> None:
    whole = {**A, "5.weight": torch.ones(4, 8, dtype=torch.int8)}
    torch.save(whole, tmp_path / "w.pt")
    with pytest.raises(DgnError, match=r"5\.weight holds whole numbers \(int8\)"):
        opened(tmp_path / "w.pt", code)
    torch.save({**A, "5.weight": torch.ones(4, 8, dtype=torch.float16)}, tmp_path / "w.pt")
    assert opened(tmp_path / "w.pt", code).module[5].weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda x: x.to_sparse(), "only some of its numbers"),
        (lambda x: x.to("meta"), "no numbers"),
        (lambda x: x.to(torch.complex64), "complex numbers"),
    ],
)
def test_numbers_that_are_not_all_there_are_no_weights(
    made: Callable[[Tensor], Tensor], said: str, code: Path, tmp_path: Path
) -> None:
    torch.save({**A, "5.weight": made(A["5.weight"])}, tmp_path / "w.pt")
    with pytest.raises(DgnError, match=rf"5\.weight holds {said}"):
        opened(tmp_path / "w.pt", code)
