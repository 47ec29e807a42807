"""How much work goes into an answer, in a few stops that need no number.

They are the sets of parameters behind `QUALITIES` where a method has them; else multiples of the
one parameter that the question names.
"""

from collections.abc import Mapping

from dgn_explorer.studies.questions import About
from dgn_explorer.synthesis.methods.method import GOOD, QUALITIES, Method
from dgn_explorer.synthesis.parameters import ParameterKind, Parameters, ParameterSpec

QUALITY_LEVEL = "quality_level"  # the preference: in stops above the usual quality
LEVELS = {-1: "Quick", 0: "Good", 1: "Best"}
_MULTIPLES = ((0.25, "Sketch"), (0.5, "Draft"), (1.0, "Good"), (2.0, "Fine"), (4.0, "Finest"))
_USUAL = 2  # the place of *Good* among them

Stops = list[tuple[str, Parameters]]  # words and parameters, from the least work to the most


def quality_of(about: About) -> ParameterSpec | None:
    """The parameter behind *Quality*; None where the question names none."""
    name = about.asked.quality
    return next((spec for spec in about.parameters.specs() if spec.name == name), None)


def stops_of(about: About, presets: Mapping[str, Parameters], now: Parameters) -> Stops:
    """The stops of a question, seen from the parameters that there are ``now``.

    >>> from dgn_explorer.studies.questions import question_named
    >>> about = question_named("caricature")
    >>> [word for word, _ in stops_of(about, about.presets, about.default)]
    ['Sketch', 'Draft', 'Good', 'Fine', 'Finest']
    """
    if isinstance(about, Method) and about.qualities:
        return [(word.capitalize(), presets[QUALITIES[word]]) for word in about.qualities]
    spec = quality_of(about)
    if spec is None:
        return []
    usual = getattr(presets["default"], spec.name)
    values = [_value(spec, usual * share) for share, _ in _MULTIPLES]
    return [
        (word, now.changed(**{spec.name: value}))
        for (_, word), value in zip(_MULTIPLES, values, strict=True)
    ]


def at_level(about: About, presets: Mapping[str, Parameters], level: int) -> Parameters:
    """The default parameters, ``level`` stops above the usual one, or below.

    >>> from dgn_explorer.studies.questions import question_named
    >>> about = question_named("caricature")
    >>> at_level(about, about.presets, -1).steps * 2 == about.default.steps
    True
    """
    default = presets["default"]
    stops = stops_of(about, presets, default)
    if not level or not stops:
        return default
    words = [word for word, _ in stops]
    usual = words.index(GOOD.capitalize()) if GOOD.capitalize() in words else _USUAL
    return stops[min(max(usual + level, 0), len(stops) - 1)][1]


def _value(spec: ParameterSpec, value: float) -> int | float:
    value = min(max(value, spec.low), spec.high)
    return round(value) if spec.kind is ParameterKind.INTEGER else value
