"""The torch side of the engine: opens networks and priors and runs one job at a time."""

import datetime
from collections.abc import Callable

import numpy as np
import torch

import dgn_explorer
from dgn_explorer.engine import answers
from dgn_explorer.engine.ascending import Made, ascend
from dgn_explorer.engine.guard import run_guarded
from dgn_explorer.engine.mailbox import LatestFrame
from dgn_explorer.engine.messages import (
    Answer,
    Answered,
    Cancelled,
    Decode,
    Encode,
    Event,
    FindStep,
    Finished,
    Frame,
    Judge,
    Lane,
    Opened,
    Ready,
    Replay,
    Started,
)
from dgn_explorer.engine.queue import Job, OpenRequest, Task, Work, WorkQueue
from dgn_explorer.errors import DgnError
from dgn_explorer.machine.device import describe
from dgn_explorer.networks.loaded import Confirm, refuse
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.precision import best_numeric
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.result import Result
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.combination import label_of
from dgn_explorer.synthesis.parameters import WITHOUT_PRIOR
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import CODE, RANDOM, read_code

RESULT = "result:"


class Worker:
    """Holds what is open, by fingerprint; used on the engine's thread alone.

    ``prepare`` is called with the device that takes over if the first one fails.
    """

    def __init__(
        self,
        device: torch.device,
        store: Store,
        frames: LatestFrame,
        tell: Callable[[Event], None],
        queue: WorkQueue,
        prepare: Callable[[torch.device], None],
        confirm: Confirm | None = None,
    ) -> None:
        self._device = device
        self._store = store
        self._frames = frames
        self._tell = tell
        self._queue = queue
        self._prepare = prepare
        self._confirm = confirm or refuse
        self._requests: dict[OpenRequest, None] = {}  # in order
        self._networks: dict[str, Network] = {}
        self._priors: dict[str, Prior] = {}

    def open(self, request: OpenRequest) -> Opened:
        """Open a network and a prior and keep them."""
        network = open_network(request.network, self._device, confirm=self._confirm)
        prior = open_prior(request.prior, self._device)
        self._networks[network.info.fingerprint] = network
        self._priors[prior.info.fingerprint] = prior
        self._requests[request] = None
        return Opened(network.info, prior.info, best_numeric(self._device))

    def run(self, work: tuple[Work, ...]) -> None:
        """Answer a question, or run jobs together: from the store, or by one ascent.

        A cancelled job keeps what it has made. When the device fails, an unplugged one for
        instance, everything goes on on the CPU.
        """
        device = self._device
        try:
            self._run(work)
        except torch.AcceleratorError:
            if device.type == "cpu":
                raise
            if self._device == device:
                self._fall_back()
            self._run(self._queue.unfinished(work))

    def _fall_back(self) -> None:
        lost = str(self._device).upper()
        self._device = torch.device("cpu")
        self._prepare(self._device)
        self._networks.clear()  # what the device held cannot be read any more
        self._priors.clear()
        for request in self._requests:
            self.open(request)
        now = describe(self._device)
        self._tell(Ready(now, notice=f"The device {lost} has failed. Now running on: {now}."))

    def _run(self, work: tuple[Work, ...]) -> None:
        new: list[Job] = []
        for one in work:
            if one.cancel.is_set():
                self._end(one, Cancelled(one.number))
            elif isinstance(one, Task):
                self._end(one, self._answer(one))
            else:
                stored = self._store.get(one.recipe.key)
                if stored is not None and stored.state == "done":
                    self._end(one, Finished(one.number, stored, cached=True))
                else:
                    new.append(one)
        if new:
            network, prior = self._opened(new[0].recipe)
            most = network.info.batch_limit or len(new)
            for at in range(0, len(new), most):
                self._compute(new[at : at + most], network, prior)

    def _compute(self, jobs: list[Job], network: Network, prior: Prior | None) -> None:
        for job in jobs:
            self._tell(Started(job.number, job.recipe))
        first = jobs[0]
        start = self._start(first.recipe)
        between = self._make_room if first.lane is Lane.BATCH else _go_on
        for made in ascend(jobs, network, prior, start, self._frames.put, between):
            self._end(made.job, self._kept(made, network))
        for unmade in self._queue.unfinished(jobs):
            self._end(unmade, Cancelled(unmade.number))

    def _kept(self, made: Made, network: Network) -> Finished:
        recipe = made.job.recipe
        result = Result(
            recipe=recipe,
            image=made.image,
            code=made.code,
            trace=made.trace,
            state="done" if made.complete else "stopped",
            seconds=made.seconds,
            device=str(self._device),
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            top=made.top,
            label=label_of(network.info, recipe),
            versions={"dgn-explorer": dgn_explorer.__version__, "torch": torch.__version__},
        )
        number = made.job.number
        if made.job.drop.is_set() and not made.complete:
            return Finished(number, result, cached=False, saved=False)
        try:
            self._store.put(result)
        except DgnError as error:  # the picture is still shown, and can still be exported
            return Finished(number, result, cached=False, saved=False, notice=str(error))
        return Finished(number, result, cached=False)

    def _end(self, work: Work, event: Event) -> None:
        self._tell(event)
        self._queue.done(work)

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

    def _answer(self, task: Task) -> Answered | Cancelled:
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
        elif isinstance(ask, FindStep):
            network = self._network(ask.network_fingerprint)
            answer = answers.find_step(network, self._prior(ask.prior_fingerprint), cancel, show)
        elif isinstance(ask, Judge):
            judges = [self._network(fingerprint) for fingerprint in ask.network_fingerprints]
            made_by = self._priors.get(ask.prior_fingerprint)
            answer = answers.judge(judges, made_by, ask, cancel)
        elif isinstance(ask, Replay):
            network, prior = self._opened(ask.recipe)
            answer = answers.replay(network, prior, ask, self._start(ask.recipe), cancel, show)
        else:
            answer = answers.strongest(self._network(ask.network_fingerprint), ask, cancel)
        return Cancelled(task.number) if answer is None else Answered(task.number, answer)

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
        while urgent := self._queue.next_interactive():
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


def _go_on() -> None:
    """Interactive jobs make room for none."""
