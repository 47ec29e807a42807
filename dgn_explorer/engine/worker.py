"""The torch side of the engine: opens networks and priors and runs one job at a time."""

import datetime
import time
from collections.abc import Callable
from contextlib import closing

import numpy as np
import torch

import dgn_explorer
from dgn_explorer.engine.guard import run_guarded
from dgn_explorer.engine.mailbox import LatestFrame
from dgn_explorer.engine.messages import Cancelled, Event, Finished, Frame, Lane, Opened, Started
from dgn_explorer.engine.queue import Job, OpenRequest, WorkQueue
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.networks.opening import open_network
from dgn_explorer.priors.opening import open_prior
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.result import Result
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.methods import RUNNERS
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import Step, from_uint8

FRAME_INTERVAL_S = 1 / 30
RESULT = "result:"
TOP_CLASSES = 5


class Worker:
    """Holds what is open, by fingerprint; used on the engine's thread alone."""

    def __init__(
        self,
        device: torch.device,
        store: Store,
        frames: LatestFrame,
        tell: Callable[[Event], None],
        queue: WorkQueue,
    ) -> None:
        self._device = device
        self._store = store
        self._frames = frames
        self._tell = tell
        self._queue = queue
        self._networks: dict[str, Network] = {}
        self._priors: dict[str, Prior] = {}

    def open(self, request: OpenRequest) -> Opened:
        """Open a network and a prior and keep them."""
        network = open_network(request.network, self._device)
        prior = open_prior(request.prior, self._device)
        self._networks[network.info.fingerprint] = network
        self._priors[prior.info.fingerprint] = prior
        return Opened(network.info, prior.info)

    def run(self, job: Job) -> None:
        """Run ``job`` from the store or by ascent; a cancelled one keeps what it has made."""
        if job.cancel.is_set():
            self._tell(Cancelled(job.number))
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
        top = top_classes(network, image)
        address = job.recipe.objective[0].unit
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
            label=network.info.label(address),
            versions={"dgn-explorer": dgn_explorer.__version__, "torch": torch.__version__},
        )
        try:
            self._store.put(result)
        except DgnError as error:  # the picture is still shown, and can still be exported
            self._tell(Finished(job.number, result, cached=False, saved=False, notice=str(error)))
        else:
            self._tell(Finished(job.number, result, cached=False))

    def _opened(self, recipe: Recipe) -> tuple[Network, Prior]:
        network = self._networks.get(recipe.network_fingerprint)
        prior = self._priors.get(recipe.prior_fingerprint)
        if network is None:
            raise DgnError(
                f"The network {recipe.network!r} of this recipe is not open.", "Open it first."
            )
        if prior is None:
            raise DgnError(
                f"The prior {recipe.prior!r} of this recipe is not open.", "Open it first."
            )
        return network, prior

    def _ascend(
        self, job: Job, network: Network, prior: Prior
    ) -> tuple[Step, np.ndarray, bool] | None:
        """The last step, the trace, and whether it ran to the end; None without any step."""
        activations: list[torch.Tensor] = []
        last: Step | None = None
        started = time.monotonic()
        next_frame = 0.0
        recipe = job.recipe
        start = self._start(recipe)
        with closing(RUNNERS[recipe.method](network, prior, [recipe], start)) as steps:
            for step in steps:
                last = step
                activations.append(step.activations)
                if job.cancel.is_set():
                    break
                now = time.monotonic()
                if now >= next_frame:
                    next_frame = now + FRAME_INTERVAL_S
                    elapsed = now - started
                    left = elapsed / (step.index + 1) * (step.total - step.index - 1)
                    trace = torch.cat(activations).float().cpu().numpy()
                    image = step.images()[0]
                    frame = Frame(job.number, step.index + 1, step.total, image, trace, left)
                    self._frames.put(frame)
                if job.lane is Lane.BATCH:
                    self._make_room()
        if last is None:
            return None
        trace = torch.cat(activations).float().cpu().numpy()
        return last, trace, last.index + 1 == last.total

    def _make_room(self) -> None:
        while (urgent := self._queue.next_interactive()) is not None:
            run_guarded(self.run, urgent, self._tell, self._queue)

    def _start(self, recipe: Recipe) -> np.ndarray | None:
        if recipe.start == "random":
            return None
        key = recipe.start.removeprefix(RESULT)
        stored = self._store.get(key) if recipe.start.startswith(RESULT) else None
        if stored is None:
            raise DgnError(
                f"The starting point {recipe.start!r} is not in the store.",
                "Start from a random code instead.",
            )
        return stored.code[None]


def top_classes(network: Network, image: np.ndarray) -> tuple[tuple[int, float], ...]:
    """The best classes of ``image`` (H, W, 3) uint8 with their probabilities, best first."""
    if not network.info.labels:
        return ()
    with torch.no_grad():
        logits = network.logits(from_uint8(image[None], network.device))[0]
        best = logits.float().softmax(0).topk(min(TOP_CLASSES, logits.numel()))
    return tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True))
