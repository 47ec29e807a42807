import json
import math
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.files import load_prior
from dgn_explorer.training.learning.trainer import Losses, Trainer
from dgn_explorer.training.running import run as runs
from dgn_explorer.training.running.checkpoint import read_checkpoint, write_checkpoint
from dgn_explorer.training.running.folder import newest_samples, read_status, request_stop
from dgn_explorer.training.running.lock import is_alive
from dgn_explorer.training.running.metrics import read_metrics
from dgn_explorer.training.running.run import run_settings, train
from dgn_explorer.training.settings import TrainSettings
from tests import device
from tests.training import tiny
from tests.training.tiny import open_tiny, tiny_settings, write_photos

ROOT = Path(__file__).parents[2]


class Log:
    """Collects what a run reports; asks for a stop after ``stop_after`` steps."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.steps: list[int] = []
        self.losses: dict[int, Losses] = {}
        self.shares: list[float] = []
        self.left: list[float] = []
        self.stop_after = stop_after

    def __call__(self, step: int, share: float, rate: float, left: float, loss: Losses) -> None:
        assert rate > 0
        self.steps.append(step)
        self.losses[step] = loss
        self.shares.append(share)
        self.left.append(left)

    def stop(self) -> bool:
        return len(self.steps) >= self.stop_after


def start(settings: TrainSettings, folder: Path, log: Log, **more: object) -> Path:
    return train(
        settings,
        folder,
        name="tiny",
        save_every_s=more.pop("save_every_s", 1e9),
        progress=more.pop("progress", lambda *_: None),
        report=log,
        stop=log.stop,
        device=device.DEVICE,
        opener=open_tiny,
        **more,
    )


def test_a_run_leaves_a_prior_with_card_samples_metrics_and_curves(
    photos: Path, tmp_path: Path
) -> None:
    settings = tiny_settings(photos, held_out_share=0.3, data_licence="CC0")
    log, told = Log(), []
    path = start(settings, tmp_path / "run", log, progress=lambda *x: told.append(x))
    assert log.steps == [1, 2, 3, 4, 5, 6]
    assert log.shares[-1] == 1 and log.left[-1] == 0
    assert told[-1] == ("Code statistics", told[-1][2], told[-1][2])
    prior = load_prior(path)
    assert prior.info.name == "tiny"
    assert (prior.info.encoder.layer, prior.info.encoder.kind) == ("conv3", "components")
    assert prior.info.encoder.input_size == 32
    card = prior.info.card
    assert card["images_seen"] == 24 and card["data_licence"] == "CC0"
    assert card["photographs"] + card["held_out_photographs"] == 80
    assert card["settings"]["sources"] == [photos.name]  # no whole path goes into a file to share
    assert 0 < card["held_out"]["mean_absolute_error"] < 0.5
    assert 0 < card["held_out"]["feature_distance"] < 4
    page = (tmp_path / "run" / "prior.md").read_text()
    assert "CC0" in page and "24 images seen" in page and str(photos) not in page
    with Image.open(tmp_path / "run" / "samples" / "00000006.png") as sheet:
        assert sheet.size == (12 * 32, 3 * 32)
        assert np.asarray(sheet).std() > 5
    (row,) = read_metrics(tmp_path / "run" / "metrics.csv")
    assert row["step"] == 6 and row["image"] > 0
    assert (tmp_path / "run" / "curves.png").stat().st_size > 500


def test_the_window_may_load_the_prior_of_a_flat_layer(photos: Path, tmp_path: Path) -> None:
    path = start(tiny_settings(photos, layer="fc6"), tmp_path / "run", Log())
    prior = load_prior(path)
    assert prior.info.encoder.kind == "activations"
    assert (prior.space.lower == 0).all()
    torch.testing.assert_close(prior.space.upper, prior.space.mean + 3 * prior.space.scale)
    assert prior.space.scale.std() > 0


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(photos: Path, tmp_path: Path) -> None:
    settings = tiny_settings(photos)
    whole, first, second = Log(), Log(stop_after=3), Log()
    start(settings, tmp_path / "whole", whole)
    start(settings, tmp_path / "parts", first)
    start(settings, tmp_path / "parts", second)
    assert first.steps == [1, 2, 3] and second.steps == [4, 5, 6]
    for step in (4, 5, 6):
        assert second.losses[step] == whole.losses[step]
    a, b = (load_prior(tmp_path / x / "prior.safetensors") for x in ("whole", "parts"))
    assert torch.equal(a.generator.image.weight, b.generator.image.weight)


def test_a_killed_run_goes_on_from_its_last_checkpoint(photos: Path, tmp_path: Path) -> None:
    changes = {"steps": 40, "statistics_images": 40}
    folder, told = tmp_path / "run", tmp_path / "log"
    arguments = [str(photos), str(folder), json.dumps(changes), str(told)]
    process = subprocess.Popen([sys.executable, "-m", tiny.__name__, *arguments], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not told.exists() or told.read_text().count("\n") < 8:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    saved = read_checkpoint(folder)
    assert saved is not None
    done = saved[1]["index"]
    assert 7 <= done < 40
    load_prior(folder / "prior.safetensors")
    rest, whole = Log(), Log()
    start(tiny_settings(photos, **changes), folder, rest)
    start(tiny_settings(photos, **changes), tmp_path / "whole", whole)
    assert rest.steps == list(range(done + 1, 41))
    for step in rest.steps:
        assert rest.losses[step].image == pytest.approx(whole.losses[step].image, rel=1e-5)
        assert rest.losses[step].feature == pytest.approx(whole.losses[step].feature, rel=1e-4)
    steps = [row["step"] for row in read_metrics(folder / "metrics.csv")]
    assert steps == sorted(set(steps)) and steps[-1] == 40


def test_a_time_budget_ends_the_run_with_the_rate_annealed_to_it(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, rates = [0.0], []
    original = Trainer.step

    def slow(self: Trainer, pixels: torch.Tensor, share: float, sides: None) -> Losses:
        now[0] += 60.0  # a minute a step
        losses = original(self, pixels, share, sides)
        rates.append(self.learning_rate)
        return losses

    monkeypatch.setattr(Trainer, "step", slow)
    log = Log()
    settings = tiny_settings(photos, steps=0, hours=0.5, anneal=0.5, learning_rate=1e-3)
    start(settings, tmp_path / "run", log, clock=lambda: now[0])
    assert log.steps[-1] == 30
    assert log.left[0] == pytest.approx(29 * 60) and log.left[-1] == 0
    assert rates[:16] == [1e-3] * 16
    assert all(a > b for a, b in pairwise(rates[15:]))
    assert 0 < rates[-1] < 2e-5


def test_a_stop_file_ends_the_run_of_another_process(photos: Path, tmp_path: Path) -> None:
    folder, log = tmp_path / "run", Log()

    class Asking(Log):
        def __call__(self, step: int, *rest: object) -> None:
            super().__call__(step, *rest)
            if step == 2:
                request_stop(folder)

    log = Asking()
    start(tiny_settings(photos), folder, log)
    assert log.steps == [1, 2]
    status = read_status(folder)
    assert (status.state, status.step, is_alive(folder)) == ("stopped", 2, False)
    assert status.share == pytest.approx(2 / 6)
    again = Log()
    start(tiny_settings(photos), folder, again)  # an old request does not stop a new run
    assert again.steps == [3, 4, 5, 6]
    assert read_status(folder).state == "done"


def test_others_see_how_far_a_run_is_and_why_it_failed(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    seen = []

    class Looking(Log):
        def __call__(self, step: int, *rest: object) -> None:
            super().__call__(step, *rest)
            seen.append(read_status(folder))
            assert is_alive(folder)

    start(tiny_settings(photos), folder, Looking())
    assert {s.state for s in seen} == {"preparing", "training"}
    assert not is_alive(folder)
    assert newest_samples(folder).name.startswith("000000")
    with pytest.raises(DgnError):
        start(tiny_settings(tmp_path / "nothing"), tmp_path / "bad", Log())
    status = read_status(tmp_path / "bad")
    assert status.state == "failed" and "nothing" in status.message
    (folder / "status.json").write_text("{")
    assert read_status(folder) is None


def test_a_stop_during_decoding_ends_at_once(photos: Path, tmp_path: Path) -> None:
    log = Log(stop_after=0)
    path = start(tiny_settings(photos), tmp_path / "run", log)
    assert log.steps == [] and not path.exists()
    assert start(tiny_settings(photos), tmp_path / "run", Log()).exists()


def test_a_run_under_way_keeps_its_code_and_takes_a_new_rate(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    start(tiny_settings(photos), folder, Log(stop_after=2))
    with pytest.raises(DgnError, match="started with components 16, not 8"):
        start(tiny_settings(photos, components=8), folder, Log())
    more = write_photos(tmp_path / "more", 10, seed=9)
    settings = run_settings(
        folder, (str(photos), str(more)), (1.0, 2.0), {"learning_rate": 1e-4, "steps": 8}
    )
    log = Log()
    start(settings, folder, log)
    assert log.steps == [3, 4, 5, 6, 7, 8]
    saved = read_checkpoint(folder)
    assert saved is not None and saved[0].learning_rate == 1e-4 and len(saved[0].sources) == 2
    assert run_settings(folder, (), (), {}) == settings


def test_a_fresh_folder_takes_the_preset(tmp_path: Path) -> None:
    settings = run_settings(tmp_path, ("a",), (1.0,), {"hours": 1.0}, "deepsim")
    assert (settings.generator, settings.hours) == ("upconv", 1.0)


def test_statistics_are_never_made_again_under_a_checkpoint(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    start(tiny_settings(photos), folder, Log(stop_after=2))
    (folder / "encoder.safetensors").unlink()
    with pytest.raises(DgnError, match=r"statistics .* are gone"):
        start(tiny_settings(photos), folder, Log())


def test_statistics_of_another_layer_are_not_taken(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    start(tiny_settings(photos), folder, Log(stop_after=2))
    (folder / "checkpoint.pt").unlink()
    path = start(tiny_settings(photos, layer="conv2", components=20), folder, Log())
    assert load_prior(path).info.code_size == 20


def test_few_photographs_give_a_shorter_code_that_more_of_them_leave_alone(tmp_path: Path) -> None:
    few, more = write_photos(tmp_path / "few", 20), write_photos(tmp_path / "more", 10, seed=9)
    folder = tmp_path / "run"
    settings = tiny_settings(few, components=0, held_out_share=0.0)
    start(settings, folder, Log(stop_after=2))
    sources = (str(few), str(more))
    path = start(run_settings(folder, sources, (1.0, 1.0), {}), folder, Log())
    info = load_prior(path).info
    assert info.code_size == info.card["code_size"] == 20
    assert "The code's 20 values keep" in path.with_suffix(".md").read_text()


@pytest.mark.parametrize("name", ["checkpoint.pt", "encoder.safetensors"])
def test_a_damaged_file_of_a_run_is_named(photos: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    start(tiny_settings(photos), folder, Log(stop_after=2))
    path = folder / name
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DgnError, match=name):
        start(tiny_settings(photos), folder, Log())


@pytest.mark.parametrize("old", [b'{\\"network', b'"kept"', b'"mean"'])
def test_a_damaged_header_of_the_statistics_is_named(
    photos: Path, tmp_path: Path, old: bytes
) -> None:
    folder = tmp_path / "run"
    start(tiny_settings(photos), folder, Log(stop_after=2))
    path = folder / "encoder.safetensors"
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, b"[" + old[1:] if old[:1] == b"{" else old.upper()))
    with pytest.raises(DgnError, match=r"encoder\.safetensors"):
        start(tiny_settings(photos), folder, Log())


def test_what_a_killed_run_left_half_written_goes(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    start(tiny_settings(photos), folder, Log(stop_after=2))
    names = (
        ".prior.safetensors.4711.tmp",
        "samples/.00000001.png.4711.tmp",
        "cache/.old-1.pixels.4711.tmp",
    )
    for name in names:
        (folder / name).write_bytes(b"half")
    start(tiny_settings(photos), folder, Log())
    assert not any((folder / name).exists() for name in names)


def test_weights_that_are_not_finite_never_replace_a_checkpoint(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    start(tiny_settings(photos), folder, Log(stop_after=2))
    before = {p: p.read_bytes() for p in folder.iterdir() if p.suffix in (".pt", ".safetensors")}
    monkeypatch.setattr(Trainer, "finite", lambda self: False)
    with pytest.raises(DgnError, match="not finite"):
        start(tiny_settings(photos), folder, Log())
    assert all(p.read_bytes() == content for p, content in before.items())


def test_a_full_disk_keeps_the_older_checkpoint(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny_settings(photos)
    write_checkpoint(tmp_path, settings, {"index": 1})

    def full(content: object, file) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(DgnError, match="Make room"):
        write_checkpoint(tmp_path, settings, {"index": 2})
    assert read_checkpoint(tmp_path) == (settings, {"index": 1})
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_no_held_out_photographs_is_no_error(photos: Path, tmp_path: Path) -> None:
    path = start(tiny_settings(photos, held_out_share=0.0), tmp_path / "run", Log())
    assert load_prior(path).info.card["held_out"] == {}
    with Image.open(tmp_path / "run" / "samples" / "00000006.png") as sheet:
        assert sheet.size == (12 * 32, 32)


def test_an_unknown_device_is_named(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DgnError, match="device 'tpu9'"):
        train(
            tiny_settings(photos),
            tmp_path,
            name="x",
            save_every_s=1.0,
            progress=lambda *_: None,
            report=Log(),
            device="tpu9",
        )


def test_the_losses_of_a_run_fall(photos: Path, tmp_path: Path) -> None:
    log = Log()
    settings = tiny_settings(photos, steps=60, learning_rate=3e-3, adversarial_start=0.8, width=0.1)
    start(settings, tmp_path / "run", log)
    first = np.mean([log.losses[i].feature for i in range(1, 6)])
    last = np.mean([log.losses[i].feature for i in range(56, 61)])
    assert last < 0.75 * first
    assert math.isnan(log.losses[47].discriminator) and log.losses[49].discriminator > 0
    assert runs.PRIOR_NAME == "prior.safetensors"
