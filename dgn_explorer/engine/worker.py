"""The torch side of the engine: opens networks and priors, and runs what comes from the queue."""

import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from dgn_explorer.engine.answers.decoding import decode
from dgn_explorer.engine.answers.glancing import Glances
from dgn_explorer.engine.answers.inspecting import inspect, list_networks
from dgn_explorer.engine.answers.replaying import replay
from dgn_explorer.engine.answers.step_size import find_step
from dgn_explorer.engine.answers.watching import watch
from dgn_explorer.engine.driver import Frames, drive, frame_of
from dgn_explorer.engine.guard import open_guarded, run_guarded
from dgn_explorer.engine.mailbox import LatestFrame
from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Decode,
    Event,
    FindStep,
    Finished,
    Glance,
    Halted,
    Inspect,
    Lane,
    ListNetworks,
    Opened,
    Ready,
    Replay,
    Started,
    Watch,
)
from dgn_explorer.engine.opened import OpenThings
from dgn_explorer.engine.queue import Asked, OpenRequest, Ordered, Work, WorkQueue
from dgn_explorer.engine.storing import Storing, kept
from dgn_explorer.machine.device import describe
from dgn_explorer.networks.loaded import Confirm, refuse
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.batch_size import best_batch
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.kinds import Top
from dgn_explorer.synthesis.making import make_together
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.progress import Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.verdict import classes_of_images


class Worker:
    """Runs work and tells how it ends; used on the engine's thread alone.

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
        self._store = store
        self._frames = frames
        self._tell = tell
        self._queue = queue
        self._prepare = prepare
        self._open = OpenThings(device, store, confirm or refuse)
        self._glances = Glances(store.inputs.get)
        store.clear_finished_drafts()
        self._settled: list[str] = []  # orders whose drafts nobody needs any more
        self._storing = Storing(store, tell)

    def open(self, request: OpenRequest) -> Opened:
        """Open a network and a prior and keep them."""
        self._glances.forget()
        return self._open.open(request)

    def close(self) -> None:
        """Wait until everything that was made is stored."""
        self._storing.close()

    def run(self, works: tuple[Work, ...]) -> None:
        """Answer a question, or compute orders together: from the store, or by one run.

        What is cancelled keeps what it has made. When the device fails, an unplugged one for
        instance, everything goes on on the CPU.
        """
        device = self._open.device
        try:
            self._run(works)
        except torch.OutOfMemoryError:
            self._open.forget_recordings()  # half of the work is tried again, or other work comes
            raise
        except torch.AcceleratorError:
            if device.type == "cpu":
                raise
            if self._open.device == device:
                self._fall_back()
            self._run(self._queue.unfinished(works))

    def _fall_back(self) -> None:
        lost, cpu = str(self._open.device).upper(), torch.device("cpu")
        self._prepare(cpu)
        self._glances.forget()
        self._open.move(cpu)
        now = describe(cpu)
        self._tell(Ready(now, notice=f"The device {lost} has failed. Now running on: {now}."))

    def _run(self, works: tuple[Work, ...]) -> None:
        new: list[Ordered] = []
        for work in works:
            if work.cancel.is_set():
                self._end(work, Cancelled(work.number))
            elif isinstance(work, Asked):
                self._end(work, self._answer(work))
            elif (stored := self._stored(work)) is not None:
                self._end(work, stored)
            else:
                new.append(work)
        if new:
            bench = self._open.bench(new[0].order)
            if self._queue.unfitted(new):
                self._fit(new[0], bench)
            most = bench.network.info.batch_limit or len(new)
            for at in range(0, len(new), most):
                self._compute(new[at : at + most], bench)

    def _fit(self, work: Ordered, bench: Bench) -> None:
        """Find out how many orders like ``work`` should run at once, more urgent ones first."""
        order, frames = work.order, Frames(self._frames.put)
        if not isinstance(order, Recipe) or not isinstance(order.parameters, DgnAmParameters):
            return
        network, prior = bench.network, bench.prior
        assert prior is not None

        def fitting() -> Generator[None, None, None]:
            self._queue.fit(work, (yield from best_batch(network, prior, order)))

        for _ in fitting():
            self._make_room(work.lane, frames)

    def _stored(self, work: Ordered) -> Finished | None:
        record = None if work.looked else self._store.get(work.order.key)
        if record is None or record.state != DONE:
            return None
        return Finished(work.number, record, self._store.summary(record.key), cached=True)

    def _compute(self, works: list[Ordered], bench: Bench) -> None:
        for work in works:
            self._tell(Started(work.number, work.order))
        left = dict(enumerate(works))
        frames = Frames(self._frames.put, _eye(works, bench))
        newest: Progress[Record] | None = None

        def report(progress: Progress[Record]) -> None:
            nonlocal newest
            newest = progress
            for place, work in left.items():
                if work.stop_after and _steps_of(progress, place) >= work.stop_after:
                    work.cancel.set()
            stopped = {place: work for place, work in left.items() if work.cancel.is_set()}
            if len(stopped) < len(left):
                for place, work in stopped.items():
                    self._end(work, self._part(work, progress, place))
                    del left[place]
            frames.offer(progress, {place: work.number for place, work in left.items()})

        records = drive(
            make_together([work.order for work in works], bench),
            lambda: all(work.cancel.is_set() for work in left.values()),
            report,
            lambda: self._make_room(works[0].lane, frames),
        )
        if records is not None and len(works) > 1:
            self._storing.start([(work, records[place]) for place, work in left.items()])
            for work in left.values():
                self._queue.done(work)
            left.clear()
        for place, work in left.items():
            if records is not None:
                event: Event = self._kept(work, records[place])
            elif newest is not None:
                event = self._part(work, newest, place)
            else:
                event = Cancelled(work.number)
            self._clear_drafts()
            self._end(work, event)
        self._clear_drafts()

    def _part(self, work: Ordered, progress: Progress[Record], place: int) -> Event:
        if progress.partial is None:
            return Cancelled(work.number)
        if not work.drop.is_set():
            last = frame_of(work.number, progress, place)
            self._tell(Halted(replace(last, step=_steps_of(progress, place))))
        record = progress.partial(place)
        if work.drop.is_set():
            self._settled.append(record.key)
            return Finished(work.number, record, None)
        return self._kept(work, record)

    def _clear_drafts(self) -> None:
        """Remove what nobody goes on from; not while others of the same run are at work."""
        for key in self._settled:
            self._store.drafts.clear(key)
        self._settled.clear()

    def _kept(self, work: Ordered, record: Record) -> Finished:
        finished = kept(self._store, work, record)
        if finished.summary is not None:
            self._settled.append(record.key)
        return finished

    def _answer(self, work: Asked) -> Answered | Cancelled:
        frames = Frames(self._frames.put)
        answer = drive(
            self._answering(work),
            work.cancel.is_set,
            lambda progress: frames.offer(progress, {0: work.number}),
            lambda: self._make_room(work.lane, frames),
        )
        return Cancelled(work.number) if answer is None else Answered(work.number, answer)

    def _answering(self, work: Asked) -> Generator[Progress[Any], None, Any]:
        match work.question:
            case Decode() as ask:
                return decode(self._open.prior(ask.prior_fingerprint), ask)
            case Replay() as ask:
                return replay(self._open.bench(ask.recipe), ask)
            case FindStep() as ask:
                network = self._open.network(ask.network_fingerprint)
                return find_step(network, self._open.prior(ask.prior_fingerprint))
            case Glance() as ask:
                return self._glances.answer(self._open.network(ask.network_fingerprint), ask)
            case ListNetworks():
                return list_networks()
            case Inspect() as ask:
                return inspect(self._open, ask)
            case Watch() as ask:
                return watch(self._open.network(ask.network_fingerprint), ask)

    def _end(self, work: Work, event: Event) -> None:
        self._tell(event)
        self._queue.done(work)

    def _make_room(self, lane: Lane, frames: Frames) -> None:
        began = time.monotonic()
        while (urgent := self._queue.next_above(lane)) is not None:
            if isinstance(urgent, OpenRequest):
                open_guarded(self.open, urgent, self._tell)
            else:
                run_guarded(self.run, urgent, self._tell, self._queue)
        frames.pause(time.monotonic() - began)


def _eye(works: list[Ordered], bench: Bench) -> Callable[[np.ndarray], Top] | None:
    """Says what the network sees in an image of ``works`` that somebody watches forming."""
    if works[0].lane is not Lane.INTERACTIVE or not isinstance(works[0].order, Recipe):
        return None

    def seen(image: np.ndarray) -> Top:
        side = image.shape[0] if bench.prior is None else bench.prior.info.image_size
        if image.shape[:2] != (side, side):  # a sheet of several
            return ()
        return classes_of_images(bench.network, image[None], bench.prior)[0]

    return seen


def _steps_of(progress: Progress[Any], place: int) -> int:
    """The steps of the record that there would be if the work ended here."""
    return progress.done if progress.trace is None else len(progress.trace(place))
