"""What is to be known of the study without computing anything."""

from dataclasses import dataclass

from dgn_explorer.studies.study import Study
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import TEXTS, Part
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.question import Question

_ROWS = 1 << 22


@dataclass(frozen=True)
class ValuesParameters(Parameters):
    """There is nothing to choose but the layer."""


VALUES = Study(
    name="values",
    title="Values of a photo",
    summary="what every unit of a layer makes of a photograph, as photo sets are measured",
    parameters=ValuesParameters,
    presets={"default": ValuesParameters()},
    inputs=(InputSpec("photo", PHOTO, "The photograph"),),
    parts=(
        Part("layer", TEXTS, 1, 1 << 26),
        Part("unit", "<i4", 1, _ROWS),
        Part("activation", "<f4", 1, _ROWS),
    ),
    question=Question((), "Values of a photo", "Where the photo lies among those of a set."),
    code="dgn_explorer.studies.values.values:values",
)
