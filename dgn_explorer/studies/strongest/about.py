"""What is to be known of the study without computing anything."""

from dataclasses import dataclass

from dgn_explorer.studies.study import Study
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import TEXTS, Part
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.question import Question, Subject

_ROWS = 1 << 22


@dataclass(frozen=True)
class StrongestParameters(Parameters):
    """See `strongest`."""

    count: int = number(5, 1, 1_000, "", "units a layer")


STRONGEST = Study(
    name="strongest",
    title="Strongest units",
    summary="the units of every layer that a photograph excites most",
    parameters=StrongestParameters,
    presets={"default": StrongestParameters()},
    inputs=(InputSpec("photo", PHOTO, "The photograph"),),
    parts=(
        Part("layer", TEXTS, 1, 1 << 24),
        Part("unit", "<i4", 1, _ROWS),
        Part("activation", "<f4", 1, _ROWS),
        Part("deviations", "<f4", 1, _ROWS),
    ),
    question=Question(
        (Subject.PHOTO,),
        "Strongest units",
        "The units of every layer that the photo excites most, against what is usual there.",
        paper="Activations in standard deviations of their layer",
        count="count",
        seconds=1.0,
        example="example-strongest.jpg",
        place=1,
    ),
    code="dgn_explorer.studies.strongest.strongest:strongest",
)
