"""An atlas on real processes, with failures: a killed worker, scheduler and client."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dgn_explorer import api
from dgn_explorer.cluster.atlas import AtlasEvent, Said, Stored
from dgn_explorer.cluster.opening import Atlas, atlas_of, make_atlas
from dgn_explorer.engine.ordering import Wanted
from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store, open_store
from tests.tiny import tiny_prior_file

pytest.importorskip("distributed", reason="needs the extra cluster")
if not Path("/proc").is_dir():
    pytest.skip("finds the processes to kill in /proc", allow_module_level=True)
pytestmark = pytest.mark.timeout(300)

NETWORK = "torchvision:squeezenet1_1 --weights random --size 32"
STEPS = 4


@pytest.fixture(scope="module")
def prior(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_prior_file(tmp_path_factory.mktemp("prior") / "tiny.safetensors"))


@pytest.fixture(scope="module")
def atlas(prior: str) -> Atlas:
    wanted = Wanted.of("dgn-am", changes={"steps": STEPS, "step_start": 0.25})
    with api.open(NETWORK, prior, device="cpu", threads=1, progress=False) as explorer:
        return atlas_of(explorer, ["classifier.3:0-11"], wanted)


def stored(events: list[AtlasEvent]) -> list[Stored]:
    return [event for event in events if isinstance(event, Stored) and not event.cached]


def test_an_atlas_is_what_the_queue_makes(tmp_path: Path, atlas: Atlas, prior: str) -> None:
    """The same bytes, but for when they were made: same machine, same threads."""
    store = Store(tmp_path)
    events = list(make_atlas(atlas, store, prior, workers=1, threads=1, device="cpu"))
    assert len(stored(events)) == 12
    recipe = next(atlas.recipes())
    with api.open(NETWORK, prior, device="cpu", threads=1, progress=False) as explorer:
        plain = explorer.make(recipe)
    mine = store.get(recipe.key)
    assert isinstance(mine, Record)
    assert mine.codes.tobytes() == plain.codes.tobytes()
    assert mine.images.tobytes() == plain.images.tobytes()
    assert mine.provenance.versions == plain.provenance.versions


def test_a_killed_worker_loses_nothing(tmp_path: Path, atlas: Atlas, prior: str) -> None:
    store = Store(tmp_path)
    events: list[AtlasEvent] = []
    killed = 0
    for event in make_atlas(atlas, store, prior, workers=2, threads=1, device="cpu"):
        events.append(event)
        if not killed and stored(events):
            killed = next(one for one in _children(os.getpid()) if "spawn_main" in _words(one))
            os.kill(killed, signal.SIGKILL)
    assert killed
    keys = [event.key for event in stored(events)]
    assert sorted(keys) == sorted(recipe.key for recipe in atlas.recipes())  # each once
    assert frozenset(keys) == store.keys()
    assert store.verify().results == 12


def test_a_scheduler_that_comes_back_is_waited_for(
    tmp_path: Path, atlas: Atlas, prior: str, free_port: int
) -> None:
    store, events = Store(tmp_path / "store"), list[AtlasEvent]()
    with _Outside(tmp_path, free_port) as outside:
        outside.start()
        made = make_atlas(
            atlas,
            store,
            prior,
            scheduler=f"tcp://127.0.0.1:{free_port}",
            threads=1,
            device="cpu",
            patience_s=120,
        )
        restarted = False
        for event in made:
            events.append(event)
            if not restarted and stored(events):
                restarted = True
                outside.kill()
                outside.start()
    assert restarted
    keys = [event.key for event in stored(events)]
    assert sorted(keys) == sorted(recipe.key for recipe in atlas.recipes())
    said = " ".join(event.text for event in events if isinstance(event, Said))
    assert "has gone; waiting for it to come back" in said
    assert "The scheduler is back." in said


def test_a_client_that_was_killed_goes_on_where_it_was(tmp_path: Path, prior: str) -> None:
    command = [
        *(sys.executable, "-m", "dgn_explorer", "atlas", "classifier.3:0-5"),
        *("--network", NETWORK, "--prior", prior, "--steps", str(STEPS), "--step-size", "0.25"),
        *("--device", "cpu", "--threads", "1", "--json"),
    ]
    first = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    line = json.loads(first.stdout.readline())
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    kept = open_store().keys()
    assert line["key"] in kept
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    lines = [json.loads(text) for text in again.stdout.splitlines()]
    assert len(lines) == 6
    assert {one["key"] for one in lines if one["cached"]} == kept
    assert len(open_store().keys()) == 6
    assert f"{6 - len(kept)} made, {len(kept)} were in the store, 0 could not" in again.stderr


def test_no_scheduler_is_said(atlas: Atlas, prior: str, free_port: int) -> None:
    with pytest.raises(DgnError, match="No scheduler answers"):
        list(make_atlas(atlas, open_store(), prior, scheduler=f"tcp://127.0.0.1:{free_port}"))
    assert not (data_folder() / "results").exists()


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class _Outside:
    """A scheduler and a worker in processes of their own, as somebody's cluster has them."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._address = f"127.0.0.1:{port}"
        self._port = port
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        dask = [sys.executable, "-m", "dask"]
        scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(self._port)]
        worker = [*dask, "worker", f"tcp://{self._address}", "--nthreads", "1", "--no-nanny"]
        for command in ([*scheduler, "--no-dashboard"], [*worker, "--no-dashboard"]):
            self._running.append(
                subprocess.Popen(
                    command,
                    cwd=self._folder,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        _wait_for(self._port)

    def kill(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()
        self._running.clear()

    def __enter__(self) -> "_Outside":
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()


def _wait_for(port: int) -> None:
    import socket

    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the scheduler did not start")


def _children(parent: int) -> Iterator[int]:
    """Every process below ``parent``; from Linux's /proc."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent:
                yield int(folder.name)


def _words(process: int) -> str:
    try:
        return (Path("/proc") / str(process) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
