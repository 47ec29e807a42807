"""What is to be known of the study without computing anything."""

from dataclasses import dataclass

from dgn_explorer.studies.study import Study
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.question import Question, Subject

_ROWS = 1 << 20


@dataclass(frozen=True)
class VerdictParameters(Parameters):
    """See `verdict`."""

    count: int = number(5, 1, 1_000, "", "classes")


VERDICT = Study(
    name="verdict",
    title="What it sees",
    summary="the classes that a network sees in a picture, with their probabilities",
    parameters=VerdictParameters,
    presets={"default": VerdictParameters()},
    inputs=(InputSpec("picture", PHOTO, "The picture"),),
    parts=(Part("class_index", "<i4", 1, _ROWS), Part("probability", "<f4", 1, _ROWS)),
    question=Question(
        (Subject.PHOTO,),
        "What it sees",
        "What the network takes the photo for, and how sure it is.",
        paper="Class probabilities (softmax of the class scores)",
        count="count",
        seconds=1.0,
        example="example-verdict.jpg",
        place=2,
    ),
    code="dgn_explorer.studies.verdict.verdict:verdict",
)
