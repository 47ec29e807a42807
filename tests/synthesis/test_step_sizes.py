"""Step sizes that suit a network and a prior."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from dgn_explorer import cli
from dgn_explorer.engine.ordering import Wanted
from dgn_explorer.errors import DgnError
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.making import finish
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.methods.method import QUALITIES
from dgn_explorer.synthesis.step_sizes import remember_step, remembered_step
from dgn_explorer.synthesis.step_sweep import FACTORS, best_step, sweep
from tests.tiny import TinyNet, tiny_network, tiny_prior, tiny_prior_file


def test_the_sweep_finds_a_step_that_gains(tmp_path: Path) -> None:
    network, prior = tiny_network(), tiny_prior(tmp_path)
    seen: list[tuple[int, int]] = []
    finding = sweep(network, prior)
    while True:
        try:
            progress = next(finding)
        except StopIteration as end:
            shares = end.value
            break
        seen.append((progress.done, progress.total))
    assert list(shares) == sorted(shares) and len(shares) == len(FACTORS)
    assert max(shares.values()) == 1.0
    done = [step for step, _ in seen]
    assert done == sorted(done) and done[-1] == seen[-1][1]
    assert shares[best_step(shares)] >= 0.85
    assert finish(sweep(network, prior)) == shares  # nothing in it is left to chance


def test_the_step_follows_the_scale_of_the_codes(tmp_path: Path) -> None:
    """A prior whose codes are ten times as large wants steps ten times as large."""
    network, prior = tiny_network(), tiny_prior(tmp_path)

    class Scaled(nn.Module):
        def forward(self, code: torch.Tensor) -> torch.Tensor:
            return prior.generator(code / 10)

    space = prior.space
    wide = CodeSpace(*(10 * t for t in (space.mean, space.scale, space.lower, space.upper)))
    large = Prior(prior.info, Scaled(), wide)
    tried, wider = list(finish(sweep(network, prior))), list(finish(sweep(network, large)))
    assert wider == pytest.approx([10 * size for size in tried])


def test_a_network_that_nothing_moves_is_named(tmp_path: Path) -> None:
    net = TinyNet()
    nn.init.zeros_(net.fc.weight)
    with pytest.raises(DgnError, match="No step size"):
        finish(sweep(tiny_network(net), tiny_prior(tmp_path)))


class _Smooth(nn.Module):
    """Linear from code to image: with a linear network no step depends on how sums are rounded."""

    def __init__(self, size: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.weight = nn.Parameter(torch.randn(size, 3 * 32 * 32) / 100, requires_grad=False)

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        return (0.5 + code @ self.weight).view(-1, 3, 32, 32)


def test_a_network_for_one_image_at_a_time(tmp_path: Path) -> None:
    net = tiny_network().module
    net.relu1 = net.relu2 = nn.Identity()
    network = tiny_network(net)
    single = replace(network, info=replace(network.info, batch_limit=1))
    prior = tiny_prior(tmp_path)
    prior = replace(prior, generator=_Smooth(prior.space.size).to(prior.device))
    several, one = finish(sweep(network, prior)), finish(sweep(single, prior))
    assert one == pytest.approx(several, rel=1e-3)
    assert best_step(one) == best_step(several)


def test_step_sizes_are_remembered(tmp_path: Path) -> None:
    assert remembered_step("net", "prior") is None
    remember_step("net", "prior", 0.25)
    remember_step("net", "other", 8.0)
    assert remembered_step("net", "prior") == 0.25
    file = tmp_path / "data" / "step-sizes.json"
    for damaged in ("{", "[]", '{"net prior": "x"}', '{"net prior": -1.0}', '{"net prior": NaN}'):
        file.write_text(damaged)
        assert remembered_step("net", "prior") is None
    remember_step("net", "prior", 0.5)
    assert remembered_step("net", "prior") == 0.5


def test_visualize_finds_remembers_and_obeys(tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1),"
        " nn.Flatten(), nn.Linear(4, 3))\n"
    )
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Flatten(), nn.Linear(4, 3))
    torch.save(net.state_dict(), tmp_path / "w.pt")
    prior = tiny_prior_file(tmp_path / "p.safetensors")
    words = [
        *("visualize", "4:1", "--network", str(tmp_path / "w.pt"), "--size", "32"),
        *("--arch", f"{tmp_path / 'made.py'}:make", "--prior", str(prior), "--steps", "2"),
        *("--out", str(tmp_path), "--json"),
    ]

    def step_of(*more: str) -> tuple[float, str]:
        from dgn_explorer.export.png import read_recipe

        done = CliRunner().invoke(cli.group, [*words, *more], input="y\n")
        assert done.exit_code == 0, done.output
        recipe = read_recipe(Path(json.loads(done.stdout.splitlines()[-1])["path"]))
        assert recipe is not None
        return recipe.parameters.step_start, done.stderr  # type: ignore[attr-defined]

    found, said = step_of()
    assert f"Step size {found:g}" in said and "found by a sweep" in said
    again, said = step_of()
    assert again == found and "remembered" in said
    for override in (("--step-size", "0.7"), ("--set", "step_start=0.7")):
        used, said = step_of(*override)
        assert used == 0.7 and "Step size" not in said
    assert step_of("--preset", "published")[0] == 8.0


def test_every_quality_takes_its_share_of_the_size_that_was_found() -> None:
    for word, preset in QUALITIES.items():
        wanted = Wanted.of("dgn-am", preset)
        assert wanted.automatic
        fitted = DGN_AM.with_step(wanted.parameters, 2 * DGN_AM.default.step_start)
        assert fitted.step_start == pytest.approx(2 * DGN_AM.qualities[word].step_start)
    assert not Wanted.of("dgn-am", "published").automatic
    assert not Wanted.of("dgn-am", "best", {"step_start": "1"}).automatic
