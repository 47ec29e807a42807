"""From what is open and what is wanted to an order; free of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dgn_explorer.engine.messages import FindStep, Opened
from dgn_explorer.engine.session import EngineSession, Show
from dgn_explorer.priors.info import FLOAT32
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.choosing import changed, has_parameter, preset_of
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.methods.method import QUALITIES
from dgn_explorer.synthesis.methods.table import method_named
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.recipe import Recipe, continue_from
from dgn_explorer.synthesis.start import RANDOM, Start
from dgn_explorer.synthesis.step_sizes import is_tuned, remember_step, remembered_step
from dgn_explorer.synthesis.targets import Target


@dataclass(frozen=True)
class Wanted:
    """How images are to be found: the method, its parameters, and whether a step size was named.

    >>> Wanted.of("dgn-am", changes={"steps": "50"}).parameters.steps
    50
    """

    method: str
    parameters: Parameters
    automatic: bool = True

    @classmethod
    def of(
        cls, method: str, preset: str = "default", changes: Mapping[str, Any] | None = None
    ) -> "Wanted":
        """A preset with changes, values or texts by name; raises `DgnError`."""
        about = method_named(method)
        changes = changes or {}
        parameters = changed(about, preset_of(about, preset), changes)
        automatic = preset in QUALITIES.values() and about.step_field not in changes
        return cls(method, parameters, automatic and bool(about.step_field))


@dataclass(frozen=True)
class StepSize:
    """The first step size that is used, and where it comes from, as a clause."""

    size: float
    source: str


def with_step_size(
    session: EngineSession,
    opened: Opened,
    wanted: Wanted,
    show: Show = lambda frame: None,
) -> tuple[Parameters, StepSize | None]:
    """The parameters, with the step size that suits what is open unless the user has named one.

    One that is not known is found by a short sweep in the engine, and remembered.
    """
    about = method_named(wanted.method)
    tuned = is_tuned(opened.network.name, opened.prior.name)
    if not wanted.automatic or tuned:
        return wanted.parameters, None
    pair = opened.network.fingerprint, opened.prior.fingerprint
    size, source = remembered_step(*pair), "remembered"
    if size is None:
        size, source = float(session.answer(FindStep(*pair), show)), "found by a sweep"
        remember_step(*pair, size)
    return about.with_step(wanted.parameters, size), StepSize(size, source)


def gentler(wanted: Wanted, parameters: Parameters) -> Parameters:
    """``parameters`` for a start from a photograph, which larger steps would wipe out."""
    about = method_named(wanted.method)
    if not wanted.automatic or about.photo_step == 1:
        return parameters
    size = getattr(parameters, about.step_field) * about.photo_step
    return changed(about, parameters, {about.step_field: size})


def recipe_for(
    opened: Opened,
    target: Target,
    method: str,
    parameters: Parameters,
    *,
    seed: int = 0,
    start: Start = RANDOM,
    inputs: Sequence[Input] = (),
) -> Recipe:
    """The recipe for ``target`` with what is open, and a preset's parameters as they suit it."""
    about = method_named(method)
    with_prior = about.with_prior
    suited = about.suited(parameters, opened.network, opened.prior, target, start)
    return Recipe(
        network=opened.network.name,
        network_fingerprint=opened.network.fingerprint,
        prior=opened.prior.name if with_prior else "",
        prior_fingerprint=opened.prior.fingerprint if with_prior else "",
        target=target,
        method=method,
        parameters=suited,
        seed=seed,
        start=start,
        inputs=tuple(inputs),
        numeric=opened.numeric if with_prior else FLOAT32,
    )


def continuation(record: Record, wanted: Parameters) -> Recipe:
    """The recipe of more steps from ``record``; ``wanted`` are the parameters on show.

    Raises `DgnError` for a method that cannot go on.
    """
    recipe = record.recipe
    parameters = continue_from(recipe, record.steps, wanted)
    return replace(recipe, parameters=parameters).with_start(record.next_start)


def with_steps(wanted: Wanted, steps: int) -> Wanted:
    """The same with another number of steps, for methods that have one."""
    about = method_named(wanted.method)
    if not has_parameter(about, "steps"):
        return wanted
    return replace(wanted, parameters=changed(about, wanted.parameters, {"steps": steps}))
