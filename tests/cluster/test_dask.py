"""An atlas on real processes, with failures: a killed worker, scheduler and client."""

import json
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dgn_explorer import api, cli
from dgn_explorer.cluster import connection
from dgn_explorer.cluster.atlas import AtlasEvent, Said, Stored
from dgn_explorer.cluster.opening import Atlas, atlas_of, make_atlas
from dgn_explorer.engine.ordering import Wanted
from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store, open_store
from tests.tiny import tiny_prior_file

pytest.importorskip("distributed", reason="needs the extra cluster")
pytestmark = pytest.mark.timeout(300)

NETWORK = "torchvision:squeezenet1_1 --weights random --size 32"
STEPS, UNITS = 4, 12
CLIENT = """
import pickle, sys
from dgn_explorer.cluster.atlas import Stored
from dgn_explorer.cluster.opening import make_atlas
from dgn_explorer.results.store import open_store

atlas, prior, how = pickle.load(open(sys.argv[1], "rb"))
for event in make_atlas(atlas, open_store(), prior, **how):
    if isinstance(event, Stored):
        print(event.key, flush=True)
"""


@pytest.fixture(scope="module")
def prior(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_prior_file(tmp_path_factory.mktemp("prior") / "tiny.safetensors"))


@pytest.fixture(scope="module")
def atlas(prior: str) -> Atlas:
    wanted = Wanted.of("dgn-am", changes={"steps": STEPS, "step_start": 0.25})
    with api.open(NETWORK, prior, device="cpu", threads=1, progress=False) as explorer:
        return atlas_of(explorer, ["classifier.3:0-11"], wanted)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator["_Outside"]:
    outside = _Outside(tmp_path_factory.mktemp("cluster"))
    yield outside
    outside.kill()


def stored(events: list[AtlasEvent]) -> list[Stored]:
    return [event for event in events if isinstance(event, Stored) and not event.cached]


def test_an_atlas_is_what_the_queue_makes(tmp_path: Path, atlas: Atlas, prior: str) -> None:
    """The same bytes, but for when they were made: same machine, same threads."""
    store = Store(tmp_path)
    events = list(make_atlas(atlas, store, prior, workers=1, threads=1, device="cpu"))
    assert len(stored(events)) == UNITS
    recipe = next(atlas.recipes())
    with api.open(NETWORK, prior, device="cpu", threads=1, progress=False) as explorer:
        plain = explorer.make(recipe)
    mine = store.get(recipe.key)
    assert isinstance(mine, Record)
    assert mine.codes.tobytes() == plain.codes.tobytes()
    assert mine.images.tobytes() == plain.images.tobytes()
    assert mine.provenance.versions == plain.provenance.versions


def test_a_killed_worker_loses_nothing(
    tmp_path: Path, atlas: Atlas, prior: str, cluster: "_Outside"
) -> None:
    cluster.have(2)
    store = Store(tmp_path)
    events: list[AtlasEvent] = []
    killed = False
    for event in make_atlas(atlas, store, prior, **cluster.how):
        events.append(event)
        if not killed and stored(events):
            killed = True
            cluster.kill_worker()
    assert killed
    keys = [event.key for event in stored(events)]
    assert sorted(keys) == sorted(recipe.key for recipe in atlas.recipes())  # each once
    assert frozenset(keys) == store.keys()
    assert store.verify().results == UNITS


def test_a_client_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, atlas: Atlas, prior: str, cluster: "_Outside"
) -> None:
    cluster.have(1)
    (tmp_path / "atlas").write_bytes(pickle.dumps((atlas, prior, cluster.how)))
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, tmp_path / "atlas"], stdout=subprocess.PIPE, text=True
    )
    assert client.stdout is not None
    said = client.stdout.readline().strip()
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdout.close()
    kept = open_store().keys()
    assert said in kept
    again = CliRunner().invoke(
        cli.group,
        [
            *("atlas", "classifier.3:0-11", "--network", NETWORK, "--prior", prior, "--json"),
            *("--steps", str(STEPS), "--step-size", "0.25", "--device", "cpu", "--threads", "1"),
            *("--scheduler", cluster.address),
        ],
        catch_exceptions=False,
    )
    assert again.exit_code == 0, again.stderr
    lines = [json.loads(text) for text in again.stdout.splitlines()]
    assert {one["key"] for one in lines} == {recipe.key for recipe in atlas.recipes()}
    assert {one["key"] for one in lines if one["cached"]} == kept
    assert len(open_store().keys()) == len(lines) == UNITS
    made = f"{UNITS - len(kept)} made, {len(kept)} were in the store, 0 could not"
    assert made in again.stderr


def test_a_scheduler_that_comes_back_is_waited_for(
    tmp_path: Path, atlas: Atlas, prior: str, cluster: "_Outside"
) -> None:
    """Dask may come back to it by itself before we look: that is said too."""
    cluster.have(1)
    store, events = Store(tmp_path / "store"), list[AtlasEvent]()
    restarted = False
    for event in make_atlas(atlas, store, prior, **cluster.how, patience_s=120):
        events.append(event)
        if not restarted and stored(events):
            restarted = True
            cluster.kill()
            cluster.have(1)
    assert restarted
    keys = [event.key for event in stored(events)]
    assert sorted(keys) == sorted(recipe.key for recipe in atlas.recipes())
    said = [event.text for event in events if isinstance(event, Said)]
    assert sum("has gone; waiting for it to come back" in text for text in said) == 1
    assert said.count("The scheduler is back.") == 1


def test_no_scheduler_is_said(atlas: Atlas, prior: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_CONNECT_S", 0.5)
    with pytest.raises(DgnError, match="No scheduler answers"):
        list(make_atlas(atlas, open_store(), prior, scheduler=f"tcp://127.0.0.1:{_free_port()}"))
    assert not (data_folder() / "results").exists()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class _Outside:
    """A scheduler and workers in processes of their own, as somebody's cluster has them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self.address = f"tcp://127.0.0.1:{self._port}"
        self.how = {"scheduler": self.address, "threads": 1, "device": "cpu"}
        self._scheduler: list[subprocess.Popen[bytes]] = []
        self._workers: list[subprocess.Popen[bytes]] = []

    def have(self, workers: int) -> None:
        """Start what is not there of a scheduler and so many workers."""
        if not self._scheduler:
            where = ("--host", "127.0.0.1", "--port", str(self._port))
            self._scheduler.append(self._dask("scheduler", *where))
            _wait_for(self._port)
        while len(self._workers) < workers:
            how = ("--nthreads", "1", "--no-nanny")
            self._workers.append(self._dask("worker", self.address, *how))

    def kill_worker(self) -> None:
        _kill(self._workers.pop())

    def kill(self) -> None:
        for process in (*self._scheduler, *self._workers):
            _kill(process)
        self._scheduler.clear()
        self._workers.clear()

    def _dask(self, *words: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--no-dashboard"],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the scheduler did not start")
