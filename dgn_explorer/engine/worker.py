"""The torch side of the engine: opens networks and priors and runs one job at a time."""

import datetime
import time
from collections.abc import Callable
from contextlib import closing

import numpy as np
import torch

import dgn_explorer
from dgn_explorer.engine import answers
from dgn_explorer.engine.guard import run_guarded
from dgn_explorer.engine.halting import until_cancelled
from dgn_explorer.engine.mailbox import LatestFrame
from dgn_explorer.engine.messages import (
    Answer,
    Answered,
    Cancelled,
    Decode,
    Encode,
    Event,
    Finished,
    Frame,
    Judge,
    Lane,
    Opened,
    Replay,
    Started,
)
from dgn_explorer.engine.queue import Job, OpenRequest, Task, Work, WorkQueue
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaded import Confirm, refuse
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.result import Result
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.combination import label_of
from dgn_explorer.synthesis.methods import RUNNERS
from dgn_explorer.synthesis.parameters import WITHOUT_PRIOR
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import CODE, RANDOM, read_code
from dgn_explorer.synthesis.step import Step

FRAME_INTERVAL_S = 1 / 30
RESULT = "result:"


class Worker:
    """Holds what is open, by fingerprint; used on the engine's thread alone."""

    def __init__(
        self,
        device: torch.device,
        store: Store,
        frames: LatestFrame,
        tell: Callable[[Event], None],
        queue: WorkQueue,
        confirm: Confirm | None = None,
    ) -> None:
        self._device = device
        self._store = store
        self._frames = frames
        self._tell = tell
        self._queue = queue
        self._confirm = confirm or refuse
        self._networks: dict[str, Network] = {}
        self._priors: dict[str, Prior] = {}

    def open(self, request: OpenRequest) -> Opened:
        """Open a network and a prior and keep them."""
        network = open_network(request.network, self._device, confirm=self._confirm)
        prior = open_prior(request.prior, self._device)
        self._networks[network.info.fingerprint] = network
        self._priors[prior.info.fingerprint] = prior
        return Opened(network.info, prior.info, best_numeric(self._device))

    def run(self, job: Work) -> None:
        """Run ``job`` from the store or by ascent; a cancelled one keeps what it has made."""
        if job.cancel.is_set():
            self._tell(Cancelled(job.number))
            return
        if isinstance(job, Task):
            self._answer(job)
            return
        stored = self._store.get(job.recipe.key)
        if stored is not None and stored.state == "done":
            self._tell(Finished(job.number, stored, cached=True))
            return
        self._tell(Started(job.number, job.recipe))
        network, prior = self._opened(job.recipe)
        started = time.monotonic()
        done = self._ascend(job, network, prior)
        if done is None:
            self._tell(Cancelled(job.number))
            return
        step, trace, finished = done
        image = step.images()[0]
        top = answers.top_classes(network, image, prior)
        result = Result(
            recipe=job.recipe,
            image=image,
            code=step.codes()[0],
            trace=trace,
            state="done" if finished else "stopped",
            seconds=time.monotonic() - started,
            device=str(self._device),
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            top=top,
            label=label_of(network.info, job.recipe),
            versions={"dgn-explorer": dgn_explorer.__version__, "torch": torch.__version__},
        )
        try:
            self._store.put(result)
        except DgnError as error:  # the picture is still shown, and can still be exported
            self._tell(Finished(job.number, result, cached=False, saved=False, notice=str(error)))
        else:
            self._tell(Finished(job.number, result, cached=False))

    def _opened(self, recipe: Recipe) -> tuple[Network, Prior | None]:
        network = self._networks.get(recipe.network_fingerprint)
        prior = self._priors.get(recipe.prior_fingerprint)
        if network is None:
            raise DgnError(
                f"The network {recipe.network!r} of this recipe is not open.", "Open it first."
            )
        if prior is None and recipe.method not in WITHOUT_PRIOR:
            raise DgnError(
                f"The prior {recipe.prior!r} of this recipe is not open.", "Open it first."
            )
        return network, prior

    def _ascend(
        self, job: Job, network: Network, prior: Prior | None
    ) -> tuple[Step, np.ndarray, bool] | None:
        """The last step, the trace, and whether it ran to the end; None without any step."""
        activations: list[torch.Tensor] = []
        last: Step | None = None
        started = time.monotonic()
        next_frame = 0.0
        recipe = job.recipe
        start = self._start(recipe)
        with closing(RUNNERS[recipe.method](network, prior, [recipe], start)) as steps:
            for step in until_cancelled(steps, job.cancel):
                last = step
                activations.append(step.activations)
                now = time.monotonic()
                if now >= next_frame:
                    next_frame = now + FRAME_INTERVAL_S
                    elapsed = now - started
                    left = elapsed / (step.index + 1) * (step.total - step.index - 1)
                    trace = torch.cat(activations).float().cpu().numpy()
                    image = step.preview()[0]
                    frame = Frame(job.number, step.index + 1, step.total, image, trace, left)
                    self._frames.put(frame)
                if job.lane is Lane.BATCH:
                    self._make_room()
        if last is None:
            return None
        trace = torch.cat(activations).float().cpu().numpy()
        return last, trace, last.index + 1 == last.total

    def _answer(self, task: Task) -> None:
        def show(done: int, total: int, picture: np.ndarray) -> None:
            empty = np.zeros(0, np.float32)
            self._frames.put(Frame(task.number, done, total, picture, empty, 0.0))

        ask, cancel = task.question, task.cancel
        answer: Answer | None
        if isinstance(ask, Decode):
            answer = answers.decode(self._prior(ask.prior_fingerprint), ask, cancel, show)
        elif isinstance(ask, Encode):
            asked = self._prior(ask.prior_fingerprint)
            answer = answers.encode_photo(asked, self._encoder(asked), ask)
        elif isinstance(ask, Judge):
            judges = [self._network(fingerprint) for fingerprint in ask.network_fingerprints]
            made_by = self._priors.get(ask.prior_fingerprint)
            answer = answers.judge(judges, made_by, ask, cancel)
        elif isinstance(ask, Replay):
            network, prior = self._opened(ask.recipe)
            answer = answers.replay(network, prior, ask, self._start(ask.recipe), cancel, show)
        else:
            answer = answers.strongest(self._network(ask.network_fingerprint), ask, cancel)
        if answer is None:
            self._tell(Cancelled(task.number))
        else:
            self._tell(Answered(task.number, answer))

    def _network(self, fingerprint: str) -> Network:
        if fingerprint not in self._networks:
            raise DgnError(f"The network {fingerprint[:8]} is not open.", "Open it first.")
        return self._networks[fingerprint]

    def _encoder(self, prior: Prior) -> Network | None:
        """The network that ``prior`` inverts, opened if need be; None if that cannot be."""
        info = prior.info.encoder
        if info.fingerprint not in self._networks:
            try:
                opened = open_network(info.network, self._device, confirm=self._confirm)
            except DgnError:
                return None
            self._networks[opened.info.fingerprint] = opened
        return self._networks.get(info.fingerprint)

    def _prior(self, fingerprint: str) -> Prior:
        if fingerprint not in self._priors:
            raise DgnError(f"The prior {fingerprint[:8]} is not open.", "Open it first.")
        return self._priors[fingerprint]

    def _make_room(self) -> None:
        while (urgent := self._queue.next_interactive()) is not None:
            run_guarded(self.run, urgent, self._tell, self._queue)

    def _start(self, recipe: Recipe) -> np.ndarray | None:
        if recipe.start == RANDOM:
            return None
        if recipe.start.startswith(CODE):
            return read_code(recipe.start)[None]
        key = recipe.start.removeprefix(RESULT)
        stored = self._store.get(key) if recipe.start.startswith(RESULT) else None
        if stored is None:
            raise DgnError(
                f"The starting point {recipe.start!r} is not in the store.",
                "Start from a random code instead.",
            )
        return stored.code[None]
