import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dgn_explorer.priors.files import load_prior
from dgn_explorer.training.learning.world import SharedBatchNorm2d, World
from dgn_explorer.training.running.run import train
from tests.training import tiny
from tests.training.tiny import open_tiny, tiny_settings

ROOT = Path(__file__).parents[2]


def on_machines(machines: int, arguments: list[str]) -> None:
    """Run two processes with torchrun: both on this machine, or as if on one machine each."""
    command = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={2 // machines}"]
    how = [["--standalone"]]
    if machines > 1:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        meet = [f"--nnodes={machines}", "--master-addr=127.0.0.1", f"--master-port={port}"]
        how = [[*meet, f"--node-rank={rank}"] for rank in range(machines)]
    running = [
        subprocess.Popen(
            [*command, *one, "-m", tiny.__name__, *arguments],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for one in how
    ]
    try:
        for process in running:
            _, said = process.communicate(timeout=100)
            assert process.returncode == 0, said
    finally:
        for process in running:
            process.kill()


@pytest.mark.parametrize("machines", [1, 2])
def test_two_processes_give_the_losses_of_one_with_the_doubled_batch(
    photos: Path, tmp_path: Path, machines: int
) -> None:
    changes = {"adversarial_start": 0.3, "code_weight": 0.1, "batch": 4}
    log = tmp_path / "log"
    on_machines(machines, [str(photos), str(tmp_path / "two"), json.dumps(changes), str(log)])
    found = [tuple(map(float, line.split()[1:])) for line in log.read_text().splitlines()]
    expected: list[tuple[float, float, float]] = []
    train(
        tiny_settings(photos, **{**changes, "batch": 8}),
        tmp_path / "one",
        name="tiny",
        save_every_s=1e9,
        progress=lambda *_: None,
        report=lambda *x: expected.append((x[-1].image, x[-1].feature, x[-1].discriminator)),
        device="cpu",
        opener=open_tiny,
    )
    assert len(found) == len(expected) == 6  # the first process alone has told
    for a, b in zip(found, expected, strict=True):
        assert a == pytest.approx(b, rel=2e-4, nan_ok=True)
    one, two = (load_prior(tmp_path / x / "prior.safetensors") for x in ("one", "two"))
    assert two.info.card["processes"] == 2
    assert two.info.card["images_seen"] == one.info.card["images_seen"] == 48
    code = torch.randn(4, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(one.image(code), two.image(code), atol=5e-3, rtol=0)


def test_a_lone_process_sends_nothing() -> None:
    world = World()
    values = torch.tensor([1.0, 2.0])
    assert world.mean(values) is values
    assert world.agree([0.5, 1.0], torch.device("cpu")) == [0.5, 1.0]
    world.wait()
    parameter = torch.nn.Parameter(values)
    parameter.grad = torch.ones(2)
    world.average_gradients([parameter])
    assert parameter.grad.tolist() == [1, 1]


def test_shared_batch_norm_in_one_process_is_batch_norm(tmp_path: Path) -> None:
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1
    )
    try:
        torch.manual_seed(0)
        own, torchs = SharedBatchNorm2d(3), torch.nn.BatchNorm2d(3)
        for norm in (own, torchs):
            torch.nn.init.constant_(norm.weight, 1.5)
        x, y = (torch.randn(4, 3, 5, 5).mul(2).add(7).requires_grad_() for _ in range(2))
        with torch.no_grad():
            y.copy_(x)
        a, b = own(x), torchs(y)
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
        a.square().sum().backward()
        (b.square() * 1.0).sum().backward()
        a_weight, b_weight = own.weight.grad, torchs.weight.grad
        torch.testing.assert_close(a_weight, b_weight, atol=1e-3, rtol=1e-4)
        torch.testing.assert_close(own.running_mean, torchs.running_mean)
        torch.testing.assert_close(own.running_var, torchs.running_var, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(own.eval()(x), torchs.eval()(y), atol=1e-5, rtol=1e-5)
    finally:
        torch.distributed.destroy_process_group()
