"""From a survey to its maps, one unit after another."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.studies.saliency import deletion, grad_cam, gradients, occlusion, rules
from dgn_explorer.studies.saliency.about import (
    DECONVNET,
    GRAD_CAM,
    GRADIENT,
    GUIDED,
    INTEGRATED,
    OCCLUSION,
    SMOOTHGRAD,
    TIMES_INPUT,
    SaliencyParameters,
)
from dgn_explorer.studies.saliency.randomising import likeness, randomised
from dgn_explorer.studies.saliency.scene import Attribution, Forward, Pass, Scene, Work
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.progress import Made, Parts, Progress

FORWARDS: dict[str, Callable[[Scene, str], Forward]] = {
    GRADIENT: gradients.gradient,
    TIMES_INPUT: gradients.times_input,
    GUIDED: rules.guided,
    DECONVNET: rules.deconvnet,
    GRAD_CAM: grad_cam.grad_cam,
}
FAMILIES: dict[str, Callable[[Scene, SaliencyParameters, str], Work]] = {
    SMOOTHGRAD: gradients.smoothgrad,
    INTEGRATED: gradients.integrated,
    OCCLUSION: occlusion.occlusion,
}


def saliency(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    """A map (S, S) for each of the survey's units, of the photograph's middle square.

    S is the network's working size. What a map's numbers are is said by its family; nothing is
    normalised, and maps of families that tell colours apart are sums over the three with their
    sign. ``survey.layers`` may name the layer of Grad-CAM. A stop keeps the units that are done,
    and of SmoothGrad and occlusion what they have so far. Raises `DgnError`.
    """
    p, photo = survey.parameters, survey.input("photo")
    assert isinstance(p, SaliencyParameters) and photo is not None
    layer = _layer(survey, p)
    if not survey.units:
        raise DgnError("No unit is named.", "Say whose map it shall be, such as --unit volcano.")
    units = [bench.network.info.resolve(str(unit)) for unit in survey.units]
    seen = middle_square(bench.photo(photo), bench.network.info.working_size)
    kept = _Kept(seen)
    for place, unit in enumerate(units):
        scene = Scene(bench.network, unit, seen)
        work = _unit(scene, p, layer)
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                kept.add(scene, end.value)
                break
            total = max(1, step.total) * len(units)
            done = min(place * step.total + step.done, total - 1)
            yield Progress(done, total, partial=_partial(kept, scene, step))
    return Made(kept.parts())


@dataclass(frozen=True)
class _Found:
    """All that is known of one unit's map."""

    attribution: Attribution
    random: Attribution | None = None
    left: tuple[float, ...] = ()
    left_at_random: tuple[float, ...] = ()


@dataclass
class _Kept:
    """What there is so far."""

    seen: np.ndarray
    found: list[_Found] = field(default_factory=list)
    activations: list[float] = field(default_factory=list)

    def add(self, scene: Scene, found: _Found) -> None:
        """One more unit."""
        self.found.append(found)
        self.activations.append(float(scene.score(scene.rgb)))

    def parts(self) -> Parts:
        """As the study declares them; of the further parts only those that every unit has."""
        made = [one.attribution for one in self.found]
        parts: dict[str, np.ndarray] = {
            "maps": _stacked([one.map for one in made]),
            "seen": self.seen,
            "activations": np.array(self.activations, np.float32),
        }
        colours = [one.colours for one in made if one.colours is not None]
        if len(colours) == len(made):
            parts["colours"] = _stacked(colours)
        errors = [one.error for one in made if one.error is not None]
        if len(errors) == len(made):
            parts["completeness_error"] = np.array(errors, np.float32)
        random = [one.random.map for one in self.found if one.random is not None]
        if len(random) == len(made):
            parts["randomised"] = _stacked(random)
            likes = [likeness(one.map, two) for one, two in zip(made, random, strict=True)]
            parts["likeness"] = np.array(likes, np.float32)
        if all(one.left for one in self.found):
            parts["deleted"] = np.array(deletion.SHARES, np.float32)
            parts["left"] = np.array([one.left for one in self.found], np.float32)
            at_random = [one.left_at_random for one in self.found]
            parts["left_at_random"] = np.array(at_random, np.float32)
        return parts


def _unit(scene: Scene, p: SaliencyParameters, layer: str) -> Generator[Pass, None, _Found]:
    """The map of one unit, and what the parameters ask for besides."""
    family = FAMILIES.get(p.how, _at_once)
    found = yield from _shifted(family(scene, p, layer), p, 0)
    random: Attribution | None = None
    left: list[float] = []
    at_random: list[float] = []
    if p.randomise:
        other = randomised(scene, p.randomise, p.seed)
        random = yield from _shifted(family(other, p, layer), p, 1)
    if p.deletion:
        done, total = _RUN * (1 + bool(p.randomise)), _total(p)
        curve = len(deletion.SHARES)
        left = yield from deletion.deletion(scene, deletion.order_of(found), done, total)
        noise = deletion.random_order(scene, p.seed)
        at_random = yield from deletion.deletion(scene, noise, done + curve, total)
    return _Found(found, random, tuple(left), tuple(at_random))


def _at_once(scene: Scene, p: SaliencyParameters, layer: str) -> Work:
    """A family that needs one pass there and one back."""
    yield Pass(0, 1)
    return FORWARDS[p.how](scene, layer).map_of(scene.unit)


_RUN = 1000  # what one run of a family counts, whatever its passes, in a unit's progress


def _total(p: SaliencyParameters) -> int:
    return _RUN * (1 + bool(p.randomise)) + 2 * len(deletion.SHARES) * p.deletion


def _shifted(
    work: Work, p: SaliencyParameters, runs_before: int
) -> Generator[Pass, None, Attribution]:
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            found: Attribution = end.value
            return found
        done = _RUN * runs_before + _RUN * step.done // step.total
        yield Pass(done, _total(p), None if runs_before else step.so_far)


def _partial(kept: _Kept, scene: Scene, step: Pass) -> Callable[[int], Made] | None:
    if step.so_far is None:
        return (lambda place: Made(kept.parts())) if kept.found else None
    so_far = step.so_far

    def partial(place: int) -> Made:
        more = _Kept(kept.seen, list(kept.found), list(kept.activations))
        more.add(scene, _Found(so_far()))
        return Made(more.parts())

    return partial


def _layer(survey: Survey, p: SaliencyParameters) -> str:
    if survey.layers and p.how != GRAD_CAM:
        raise DgnError(
            f"{p.how} is of the photograph's pixels and takes no layer.",
            "Leave the layer out, or choose grad-cam.",
        )
    if len(survey.layers) > 1:
        raise DgnError("Grad-CAM takes one layer.", "Name one layer, or none for the last maps.")
    return survey.layers[0] if survey.layers else ""


def _stacked(maps: list[Tensor]) -> np.ndarray:
    return np.stack([one.detach().float().cpu().numpy() for one in maps])
