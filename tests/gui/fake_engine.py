"""An engine without torch and without a thread: tests say when it steps."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from dgn_explorer.engine.mailbox import LatestFrame
from dgn_explorer.engine.messages import (
    Answered,
    Cancelled,
    Checked,
    Decode,
    Failed,
    FindStep,
    Finished,
    Frame,
    Halted,
    Inspect,
    Lane,
    ListNetworks,
    NetworkCard,
    NetworkNames,
    Opened,
    OpenFailed,
    Question,
    Ready,
    Started,
)
from dgn_explorer.gui.bridge.engine_bridge import EngineBridge
from dgn_explorer.networks.info import LayerInfo, NetworkInfo
from dgn_explorer.priors.info import EncoderInfo, PriorInfo
from dgn_explorer.results.record import Provenance, Record
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.combination import label_of
from dgn_explorer.synthesis.kinds import top_parts
from dgn_explorer.synthesis.progress import SoFar
from dgn_explorer.synthesis.recipe import Recipe

LABELS = ("goldfish", "volcano", "strawberry", "golden retriever", "castle", "tabby", "castle")

NETWORK = NetworkInfo(
    name="tiny",
    title="TinyNet",
    fingerprint="f" * 64,
    layers=(
        LayerInfo("conv1", "Conv2d", 8, (16, 16)),
        LayerInfo("blocks.0.expand", "Conv2d", 12, (8, 8)),
        LayerInfo("blocks.0", "Block", 12, (8, 8)),
        LayerInfo("blocks.1", "Block", 16, (4, 4)),
        LayerInfo("fc", "Linear", len(LABELS), None),
    ),
    labels=LABELS,
    output_layer="fc",
    input_size=32,
    working_size=32,
)

PRIOR = PriorInfo(
    name="default",
    fingerprint="a" * 64,
    architecture="compact",
    code_size=16,
    image_size=8,
    encoder=EncoderInfo("tiny", "f" * 64, "blocks.1", "components", 32),
)


def picture_of(recipe: Recipe, step: int) -> np.ndarray:
    """(8, 8, 3) uint8 that differs from unit to unit and from step to step."""
    unit = recipe.units[0]
    image = np.zeros((8, 8, 3), np.uint8)
    image[..., 0] = 30 * (unit.index % 8)
    image[..., 1] = step % 256
    image[..., 2] = recipe.seed % 256
    return image


@dataclass
class FakeJob:
    number: int
    recipe: Recipe
    lane: Lane
    step: int = 0
    started: bool = False
    trace: list[float] = field(default_factory=list)

    @property
    def steps(self) -> int:
        return getattr(self.recipe.parameters, "steps", 400)  # a set ends when it is full


class FakeEngine:
    """Same methods as the real one; `advance` does what its thread would do."""

    def __init__(
        self,
        store: Store,
        bridge: EngineBridge,
        network: NetworkInfo = NETWORK,
        prior: PriorInfo = PRIOR,
        picture: Callable[[Recipe, int], np.ndarray] = picture_of,
    ) -> None:
        self.frames = LatestFrame()
        self.store, self.tell, self.confirm = store, bridge.listen, bridge.confirm
        self.network, self.prior, self.picture = network, prior, picture
        self.submitted: list[Recipe] = []
        self.queue: list[FakeJob] = []
        self.started = self.closed = False
        self.open_error: OpenFailed | None = None
        self.asked: list[Question] = []
        self.surveys: list[Survey] = []
        self.held: list[int] = []
        self.holds_answers = self.holds_cancels = False
        self.held_cancels: dict[int, bool] = {}
        self.paused = self.on_hold = False
        self.fails: dict[int, Failed] = {}
        self.so_far: SoFar | None = None  # of every frame

    def start(self) -> None:
        self.started = True
        self.tell(Ready("CPU, 2 threads"))

    def open(self, network: str, prior: str) -> None:
        self.tell(self.open_error or Opened(self.network, self.prior))

    def submit(self, order: Order, lane: Lane = Lane.INTERACTIVE, looked: bool = False) -> int:
        if isinstance(order, Survey):
            return self._survey(order)
        self.submitted.append(order)
        job = FakeJob(len(self.submitted), order, lane)
        if lane is Lane.INTERACTIVE:
            self.on_hold = False
            for other in [j for j in self.queue if j.lane is Lane.INTERACTIVE]:
                self.cancel(other.number)
            self.queue.insert(0, job)
        else:
            self.queue.append(job)
        return job.number

    def ask(self, question: Question) -> int:
        """Answers at once, from the picture function."""
        self.asked.append(question)
        number = 100_000 + len(self.asked)
        if self.holds_answers:
            self.held.append(number)
            return number
        self.tell(Answered(number, self.answer(question)))
        return number

    def answer(self, question: Question) -> object:
        if isinstance(question, Decode):
            return np.stack(
                [np.full((8, 8, 3), 9 * n % 256, np.uint8) for n in range(len(question.codes))]
            )
        if isinstance(question, ListNetworks):
            return NetworkNames(("tiny",), ("mine",), ("resnet18", "vit_b_16"), ("convnext_tiny",))
        if isinstance(question, Inspect):
            checked = Checked(200, 0.12, "Caffe, BGR", 0.62, "--channels bgr")
            info = replace(self.network, name=question.spec, title=f"{question.spec} looked at")
            found = checked if question.photos else None
            return NetworkCard(info, "ImageNet mean and std, RGB", 5_300_000, found)
        if isinstance(question, FindStep):
            return 0.12
        steps = np.linspace(1, question.steps, min(question.frames, question.steps))
        return np.stack([self.picture(question.recipe, round(step)) for step in steps])

    def _survey(self, survey: Survey) -> int:
        """Answers at once, unless answers are held."""
        self.surveys.append(survey)
        number = 200_000 + len(self.surveys)
        if self.holds_answers:
            self.held.append(number)
            return number
        self.tell(Started(number, survey))
        parts: dict[str, object] = {
            "class_index": np.array([0, 1], np.int32),
            "probability": np.array([0.5, 0.25], np.float32),
        }
        if survey.study == "strongest":
            rows = [(x.path, n) for x in self.network.layers for n in range(5)]
            parts = {
                "layer": tuple(layer for layer, _ in rows),
                "unit": np.array([n for _, n in rows], np.int32),
                "activation": np.array([9.0 - n for _, n in rows], np.float32),
                "deviations": np.array([3.0 - n for _, n in rows], np.float32),
            }
        if survey.study == "saliency":
            parts = {
                "maps": np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 8, 8),
                "seen": np.full((8, 8, 3), 120, np.uint8),
                "activations": np.ones(1, np.float32),
            }
        made = Provenance(0.1, "cpu", "2026-11-21T12:00:00+00:00")
        record = Record(survey, parts, np.zeros(0, np.float32), "done", made)  # type: ignore[arg-type]
        self.tell(Finished(number, record, self.store.put(record)))
        return number

    def cancel(self, job: int, keep: bool = True) -> None:
        if job in self.held:
            self.held.remove(job)
            self.tell(Cancelled(job))
        if self.holds_cancels:
            self.held_cancels[job] = keep
            return
        for found in [j for j in self.queue if j.number == job]:
            self.queue.remove(found)
            if found.step:
                if keep:
                    self.tell(Halted(self._frame(found)))
                self._finish(found, "stopped", keep)
            else:
                self.tell(Cancelled(job))

    def let_cancels_go(self) -> None:
        """Do now what was asked while `holds_cancels` was on, as after a long step."""
        self.holds_cancels = False
        for job, keep in self.held_cancels.items():
            self.cancel(job, keep)

    def pause_batch(self, on: bool) -> None:
        self.paused = on

    def hold(self, on: bool) -> None:
        self.on_hold = on

    def first(self, job: int) -> None:
        found = next(j for j in self.queue if j.number == job)
        self.queue.remove(found)
        self.queue.insert(sum(j.started for j in self.queue), found)

    def close(self, timeout_s: float = 5.0) -> bool:
        for job in list(self.queue):
            self.cancel(job.number)
        self.closed = True
        return True

    def advance(self, steps: int = 1) -> None:
        """Do up to ``steps`` steps of the job in front."""
        if not self.queue or (self.paused if self.queue[0].lane is Lane.BATCH else self.on_hold):
            return
        job = self.queue[0]
        if not job.started:
            job.started = True
            self.tell(Started(job.number, job.recipe))
        for _ in range(min(steps, job.steps - job.step)):
            job.step += 1
            job.trace.append(1.0 + 10 * (1 - 0.97**job.step))
        self.frames.put(self._frame(job))
        if job.step == job.steps:
            self.queue.remove(job)
            self._finish(job, "done")

    def fail(self, message: str, hint: str, details: str = "") -> None:
        """End the job in front without a result."""
        job = self.queue.pop(0)
        self.tell(Failed(job.number, message, hint, details))

    def _frame(self, job: FakeJob) -> Frame:
        return Frame(
            job.number,
            job.step,
            job.steps,
            self.picture(job.recipe, job.step),
            np.array(job.trace, np.float32),
            (job.steps - job.step) * 0.05,
            so_far=self.so_far,
        )

    def _finish(self, job: FakeJob, state: str, keep: bool = True) -> None:
        unit = job.recipe.units[0]
        labels = self.network.labels
        classes = len(labels)
        top = tuple(((unit.index + i) % classes, 0.9 / 2**i) for i in range(min(5, classes)))
        record = Record(
            order=job.recipe,
            parts={
                "images": self.picture(job.recipe, job.step)[None],
                "codes": np.full((1, 16), job.step, np.float32),
                **top_parts((top,)),
            },
            trace=np.array(job.trace, np.float32),
            state=state,
            provenance=Provenance(
                job.step * 0.05, "cpu", f"2026-11-21T12:00:{len(self.submitted):02d}+00:00"
            ),
            label=label_of(self.network, job.recipe),
        )
        self.tell(Finished(job.number, record, self.store.put(record) if keep else None))
