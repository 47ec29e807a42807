"""Training from the window: a process of its own, watched through its folder."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QDialog

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.features.training.generator_guide import GeneratorGuide
from dgn_explorer.gui.features.training.training_dialog import TrainingDialog
from dgn_explorer.gui.features.training.training_panel import TrainingPanel
from dgn_explorer.gui.features.training.training_run import TrainingOrder
from dgn_explorer.training.running.folder import Status, read_status, write_status
from dgn_explorer.training.running.lock import alone_in, is_alive
from tests.gui.conftest import Explorer


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(12):
        pixels = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


def page(explorer: Explorer) -> TrainingPanel:
    assert explorer.book.view == "training"
    return explorer.training_panel


def test_the_dialog_asks_for_what_the_command_needs(explorer: Explorer, tmp_path: Path) -> None:
    explorer.desk.table["train"].trigger()
    dialog = explorer.window.findChild(TrainingDialog)
    assert not dialog.go.isEnabled()
    dialog.add_sources([str(tmp_path / "a.zip")])
    assert dialog.go.isEnabled()
    dialog.name.setText("birds/2")
    dialog.licence.setText("CC0")
    order = dialog.order
    assert order.folder.name == "birds-2"
    assert order.arguments()[:3] == ["-m", "dgn_explorer", "train"]
    assert order.arguments()[-4:] == ["--licence", "CC0", "--", str(tmp_path / "a.zip")]
    dialog.name.clear()
    assert not dialog.go.isEnabled()
    dialog.done(QDialog.DialogCode.Rejected)
    assert explorer.training.view is None


def test_a_run_of_another_process_is_followed(explorer: Explorer, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "samples").mkdir(parents=True)
    Image.new("RGB", (60, 30), (200, 0, 0)).save(folder / "samples" / "00000001.png")
    write_status(folder, Status("training", step=1200, share=0.25, rate=31.5, left_s=90))
    text = (folder / "status.json").read_text()
    written = read_status(folder).written
    (folder / "status.json").write_text(text.replace(str(written), str(written - 10_000)))
    with alone_in(folder):  # silent for hours, and alive
        follow(explorer, folder)


def follow(explorer: Explorer, folder: Path) -> None:
    explorer.training.watch(folder)
    explorer.desk.table["page_prior"].trigger()
    explorer.until(lambda: page(explorer).title.text() == "Training")
    panel = page(explorer)
    assert "Step 1,200 · 25.0%" in panel.state.text()
    assert "31.5 images a second, 1 min 30 s left" in panel.state.text()
    assert panel.samples.has_image and not panel.curves.has_image
    table = explorer.desk.table
    assert table["train_stop"].isEnabled() and not table["train_load"].isEnabled()
    table["train_stop"].trigger()
    assert (folder / "stop").exists()
    order = TrainingOrder(("a.zip",), folder, "lite0", 1.0, "mine", "")
    with pytest.raises(DgnError, match="training is under way"):
        explorer.training.start(order)
    assert read_status(folder).step == 1200

    (folder / "prior.safetensors").write_bytes(b"x")
    write_status(folder, Status("stopped", step=1201, share=0.25))
    explorer.until(lambda: panel.title.text() == "Stopped")
    assert not table["train_stop"].isEnabled()
    table["train_load"].trigger()
    assert explorer.session.asked == ("tiny", str(folder / "prior.safetensors"))


HOLD = """
import sys
from pathlib import Path
from dgn_explorer.training.running.lock import alone_in

with alone_in(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_run_of_a_living_process_is_alive_however_silent_and_dead_when_it_dies(
    explorer: Explorer, tmp_path: Path
) -> None:
    """Two processes: one trains and says nothing for hours, the other is this window."""
    folder = tmp_path / "run"
    folder.mkdir()
    write_status(folder, Status("training", step=7, share=0.5))
    text, written = (folder / "status.json").read_text(), read_status(folder).written
    (folder / "status.json").write_text(text.replace(str(written), str(written - 90_000)))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        explorer.training.watch(folder)
        explorer.desk.table["page_prior"].trigger()
        explorer.until(lambda: page(explorer).title.text() == "Training")
        before = {path: path.read_bytes() for path in folder.iterdir()}
        order = TrainingOrder(("a.zip",), folder, "lite0", 1.0, "mine", "")
        with pytest.raises(DgnError, match="training is under way"):
            explorer.training.start(order)
        assert {path: path.read_bytes() for path in folder.iterdir()} == before
        other.kill()
        other.wait()
        explorer.until(lambda: "without a word" in page(explorer).title.text())
    assert not is_alive(folder)


def test_a_process_that_has_died_is_called_dead_at_once(explorer: Explorer, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    write_status(folder, Status("training", step=7))
    (folder / ".lock").write_text('{"pid": 7}')
    explorer.training.watch(folder)
    explorer.desk.table["page_prior"].trigger()
    explorer.until(lambda: "without a word" in page(explorer).title.text())


def test_a_real_run_starts_and_fails_with_a_reason(
    explorer: Explorer, tmp_path: Path, photos: Path
) -> None:
    """The process is real; a network that does not exist ends it before any training."""
    order = TrainingOrder((str(photos),), tmp_path / "run", "no-such-network", 0.01, "mine", "")
    explorer.training.start(order)
    explorer.desk.table["page_prior"].trigger()
    explorer.qtbot.waitUntil(
        lambda: page(explorer).title.text() == "The training failed", timeout=60_000
    )
    assert "no-such-network" in page(explorer).state.text()
    assert not explorer.desk.table["train_stop"].isEnabled()


def test_generators_and_runs_are_listed_beside_the_page(explorer: Explorer, home: Path) -> None:
    (home / "data" / "priors").mkdir(parents=True)
    (home / "data" / "priors" / "mine.safetensors").write_bytes(b"")
    run = home / "data" / "runs" / "first"
    run.mkdir(parents=True)
    run.joinpath("status.json").write_text("{}")
    explorer.desk.table["page_prior"].trigger()
    guide = explorer.part(GeneratorGuide)
    explorer.until(lambda: guide.generators.count() == 2)
    assert [guide.generators.item(n).text() for n in range(2)] == ["default", "mine"]
    asked: list[tuple[str, str]] = []
    explorer.engine.open = lambda network, prior: asked.append((network, prior))
    guide.generators.itemActivated.emit(guide.generators.item(1))
    assert asked == [("tiny", "mine")]
    guide.runs.itemActivated.emit(guide.runs.item(0))
    assert explorer.training.view.folder == run
