"""What is to be known of the study without computing anything."""

from dataclasses import dataclass

from dgn_explorer.studies.study import Study
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.question import Question, Subject


@dataclass(frozen=True)
class MapsParameters(Parameters):
    """There is nothing to choose but the layer."""


MAPS = Study(
    name="maps",
    title="All maps of a layer",
    summary="what every unit of a layer answers at every place of a photograph",
    parameters=MapsParameters,
    presets={"default": MapsParameters()},
    inputs=(InputSpec("photo", PHOTO, "The photograph"),),
    makes="maps",
    parts=(
        # the middle square as the network saw it (S, S, 3)
        Part("seen", "|u1", 3, 1 << 28, each=False),
        # of each unit's map, (N,)
        Part("means", "<f4", 1, 1 << 22),
        Part("highest", "<f4", 1, 1 << 22),
    ),
    question=Question(
        (Subject.PHOTO,),
        "All maps",
        "What every unit of the layer answers at every place of the photo.",
        paper="Deep Visualization Toolbox (Yosinski et al. 2015)",
        beside=Subject.LAYER,
        seconds=1.0,
        example="example-maps.jpg",
    ),
    code="dgn_explorer.studies.maps.maps:maps",
)
