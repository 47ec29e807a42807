"""From what a page is about and the settings to an order: a recipe or a survey."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dgn_explorer.engine.messages import Opened
from dgn_explorer.engine.ordering import recipe_for
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.studies.questions import About
from dgn_explorer.studies.study import Study
from dgn_explorer.studies.survey import Order, Survey
from dgn_explorer.synthesis.inputs import PHOTO, Input
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.question import Subject
from dgn_explorer.synthesis.start import PHOTO_START, RANDOM, Start
from dgn_explorer.synthesis.targets import Band, InRange, Match, Maximise, Target, Term

_SHARES = (0.4, 0.5)  # of the best activation: well below it there is room for different images


@dataclass(frozen=True)
class Asked:
    """What a question is asked of, or besides: units with weights, a layer, a photograph.

    ``best`` is the highest activation known of the first unit, from which a range is proposed.
    """

    terms: tuple[Term, ...] = ()
    layer: str = ""
    photo: Input | None = None
    best: float | None = None

    @classmethod
    def of(cls, unit: UnitAddress) -> "Asked":
        """One unit, and its layer."""
        return cls((Term(unit),), unit.layer)


def proposed(best: float | None) -> tuple[float, float]:
    """A range below a unit's ``best`` activation so far; 8 to 10, usual for classes, without one.

    >>> proposed(20.0), proposed(None)
    ((8.0, 10.0), (8.0, 10.0))
    """
    if best is None or best <= 0:
        return 8.0, 10.0
    low, high = (float(f"{share * best:.2g}") for share in _SHARES)
    return low, high


def takes_band(about: About) -> bool:
    """Whether a question needs a range of activations."""
    return isinstance(about, Method) and InRange in about.targets and not about.of_units


def order_of(
    about: About,
    parameters: Parameters,
    asked: Asked,
    opened: Opened,
    *,
    seed: int = 0,
    start: Start = RANDOM,
    inputs: Sequence[Input] = (),
    band: tuple[float, float] | None = None,
) -> Order:
    """The order for ``about``, asked of ``asked``; raises `DgnError` while something is missing."""
    if isinstance(about, Study):
        return _survey(about, parameters, asked, opened, inputs)
    target = _target(about, asked, band)
    started = about.with_prior and start != RANDOM
    roles = {spec.role for spec in about.inputs}
    given = [
        one
        for one in inputs
        if one.role in roles and (started or one.role != PHOTO_START.role)
    ]  # fmt: skip
    if isinstance(target, Match):
        given = _with_photo(about, asked, given)
    return recipe_for(
        opened,
        target,
        about.name,
        parameters,
        seed=seed,
        start=start if started else RANDOM,
        inputs=given,
    )


def _target(about: Method, asked: Asked, band: tuple[float, float] | None) -> Target:
    if Maximise in about.targets:
        if not asked.terms:
            raise DgnError("No unit is chosen.", "Choose one at the left, or search.")
        return Maximise(asked.terms)
    if InRange in about.targets:
        if not asked.terms:
            raise DgnError("No unit is chosen.", "Choose one at the left, or search.")
        low, high = band if band is not None else proposed(asked.best)
        raised = [term.unit for term in asked.terms if term.weight > 0]
        if not raised:
            raise DgnError(
                "A set in a range needs a unit with a weight above 0.",
                "Those with a weight below 0 are lowered meanwhile.",
            )
        lowered = tuple(term for term in asked.terms if term.weight < 0)
        return InRange(tuple(Band(unit, low, high) for unit in raised), lowered)
    if Match in about.targets:
        if not asked.layer:
            raise DgnError("No layer is chosen.", "Choose one at the left.")
        return Match(asked.layer, _photo_role(about))
    able = ", ".join(kind.name for kind in about.targets)
    raise DgnError(f"{about.title} cannot be asked here.", f"It makes images for: {able}.")


def _survey(
    about: Study, parameters: Parameters, asked: Asked, opened: Opened, inputs: Sequence[Input]
) -> Survey:
    question = about.asked
    wanted = {*question.of, question.beside}
    roles = {spec.role for spec in about.inputs}
    given = [one for one in inputs if one.role in roles]
    if Subject.PHOTO in question.of:
        given = _with_photo(about, asked, given)
    if Subject.UNIT in wanted and not asked.terms:
        raise DgnError("No unit is chosen.", "Choose the one that the photo is shown to.")
    if Subject.LAYER in wanted and not asked.layer:
        raise DgnError("No layer is chosen.", "Choose one at the left.")
    # what can be asked of a whole layer is asked of the unit's layer, once for all of its units
    alone = Subject.UNIT in wanted and Subject.LAYER not in question.of
    units = tuple(term.unit for term in asked.terms) if alone else ()
    layers = (asked.layer,) if Subject.LAYER in wanted else ()
    return Survey(
        opened.network.name,
        opened.network.fingerprint,
        about.name,
        parameters,
        layers=layers,
        units=units,
        inputs=tuple(given),
        shown_by=opened.prior.fingerprint if about.with_prior else "",
    )


def _photo_role(about: Any) -> str:
    """The role of the photograph that is asked about."""
    photos = [one for one in about.inputs if one.kind == PHOTO]
    needed = [one for one in photos if one.required]
    return str((needed or photos)[0].role)


def _with_photo(about: About, asked: Asked, given: Sequence[Input]) -> list[Input]:
    if asked.photo is None:
        raise DgnError("No photo is open.", "Drop one on the window, or choose File, Open photo.")
    role = _photo_role(about)
    return [replace(asked.photo, role=role), *(one for one in given if one.role != role)]
