"""An atlas on real processes, with failures: a killed worker, scheduler and client."""

import json
import pickle
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
WAIT_S = 200.0  # for an atlas: less than pytest's limit, so that what was waited for is said
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


def in_time() -> Callable[[], bool]:
    """A `stop` that fails the test, with a reason, when an atlas takes too long."""
    until = time.monotonic() + WAIT_S

    def stop() -> bool:
        assert time.monotonic() < until, f"the atlas was not made within {WAIT_S:.0f} s"
        return False

    return stop


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
    for event in make_atlas(atlas, store, prior, **cluster.how, stop=in_time()):
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
    too_long = threading.Timer(WAIT_S, client.kill)  # ends the line below, empty
    too_long.start()
    said = client.stdout.readline().strip()
    too_long.cancel()
    _kill(client)
    client.stdout.close()
    assert said, f"the client stored nothing within {WAIT_S:.0f} s"
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
    for event in make_atlas(atlas, store, prior, **cluster.how, patience_s=120, stop=in_time()):
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


def test_a_scheduler_that_does_not_answer_is_said(
    tmp_path: Path,
    atlas: Atlas,
    prior: str,
    cluster: "_Outside",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that is stopped is still connected, and a question to it would wait for ever."""
    monkeypatch.setattr(connection, "_ANSWER_S", 1.0)
    monkeypatch.setattr(connection, "_CONNECT_S", 1.0)
    cluster.have(1)
    store, said = Store(tmp_path), list[str]()
    with pytest.raises(DgnError, match="has not answered for 3 s"):
        for event in make_atlas(atlas, store, prior, **cluster.how, patience_s=3, stop=in_time()):
            if isinstance(event, Stored) and len(store.keys()) == 1:  # all others are out there
                cluster.signal_scheduler(signal.SIGSTOP)
            if isinstance(event, Said):
                said.append(event.text)
    cluster.signal_scheduler(signal.SIGCONT)
    assert sum("has not answered for 1 s; still waiting" in text for text in said) == 1
    assert store.keys()


def test_that_no_worker_is_there_is_said(
    tmp_path: Path, atlas: Atlas, prior: str, cluster: "_Outside"
) -> None:
    cluster.kill()
    cluster.have(0)
    said = list[str]()
    for event in make_atlas(atlas, Store(tmp_path), prior, **cluster.how, stop=lambda: bool(said)):
        assert isinstance(event, Said)
        said.append(event.text)
    assert f"No worker is at {cluster.address}; waiting for one." in said[0]


def test_no_scheduler_is_said(atlas: Atlas, prior: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_CONNECT_S", 0.5)
    with pytest.raises(DgnError, match="No scheduler answers"):
        list(make_atlas(atlas, open_store(), prior, scheduler=f"tcp://127.0.0.1:{_free_port()}"))
    assert not (data_folder() / "results").exists()


def _free_port() -> int:
    """One that no client is given by chance while the scheduler is away.

    The kernel gives clients ports from 32768 on, and one that asks there again and again could even
    be connected to itself.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("there is no free port")


class _Outside:
    """A scheduler and workers in processes of their own, as somebody's cluster has them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "log.txt"
        self._port = _free_port()
        self.address = f"tcp://127.0.0.1:{self._port}"
        self.how: dict[str, Any] = {"scheduler": self.address, "threads": 1, "device": "cpu"}
        self._scheduler: list[subprocess.Popen[bytes]] = []
        self._workers: list[subprocess.Popen[bytes]] = []

    def have(self, workers: int) -> None:
        """Start what is not there of a scheduler and so many workers."""
        if not self._scheduler:
            where = ("--host", "127.0.0.1", "--port", str(self._port))
            self._scheduler.append(self._dask("scheduler", *where))
            self._wait_for_scheduler()
        while len(self._workers) < workers:
            how = ("--nthreads", "1", "--no-nanny")
            self._workers.append(self._dask("worker", self.address, *how))

    def signal_scheduler(self, number: int) -> None:
        self._scheduler[0].send_signal(number)

    def kill_worker(self) -> None:
        _kill(self._workers.pop())

    def kill(self) -> None:
        for process in (*self._scheduler, *self._workers):
            _kill(process)
        self._scheduler.clear()
        self._workers.clear()

    def _wait_for_scheduler(self) -> None:
        until = time.monotonic() + WAIT_S / 2
        while time.monotonic() < until:
            ended = self._scheduler[0].poll()
            assert ended is None, f"the scheduler ended with {ended}:\n{self._log.read_text()}"
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(f"the scheduler did not start:\n{self._log.read_text()}")

    def _dask(self, *words: str) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *words, "--no-dashboard"],
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )


def _kill(process: "subprocess.Popen[bytes] | subprocess.Popen[str]") -> None:
    process.kill()
    process.wait(timeout=60)
