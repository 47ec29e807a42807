"""What is to be known of the study without computing anything."""

from dataclasses import dataclass

from dgn_explorer.studies.study import Study
from dgn_explorer.synthesis.inputs import CONCEPTS, InputSpec
from dgn_explorer.synthesis.kinds import TEXTS, Part
from dgn_explorer.synthesis.parameters import Parameters, number, switch
from dgn_explorer.synthesis.question import Question, Subject

_ROWS = 1 << 20
_CHARACTERS = 1 << 26


@dataclass(frozen=True)
class DissectionParameters(Parameters):
    """See `dissecting`."""

    side: int = number(56, 7, 224, "", "cells a side of the grid that maps and masks are laid on")
    quantile: float = number(0.005, 1e-5, 0.5, "", "share of all places that count as active")
    least: float = number(0.04, 0.0, 1.0, "", "intersection over union of a detector")
    colours: bool = switch(True, "compute eleven colours, where the set names none")


DISSECTION = Study(
    name="dissect",
    title="Dissection",
    summary="the named things that the units of a layer answer to",
    parameters=DissectionParameters,
    presets={
        "default": DissectionParameters(),
        "bau2020": DissectionParameters(quantile=0.01),
        "fine": DissectionParameters(side=112),
    },
    inputs=(InputSpec("concepts", CONCEPTS, "A folder or zip of pictures with masks of concepts"),),
    parts=(
        Part("layer", TEXTS, 1, _CHARACTERS),
        Part("unit", "<i4", 1, _ROWS),
        # the concept with the largest intersection over union; empty if all are 0
        Part("concept", TEXTS, 1, _CHARACTERS),
        Part("category", TEXTS, 1, _CHARACTERS),
        Part("iou", "<f4", 1, _ROWS),
        # of that concept on every second picture of each source, and on the others
        Part("iou_first", "<f4", 1, _ROWS),
        Part("iou_second", "<f4", 1, _ROWS),
        # whether the concept is the best one in both halves too
        Part("stable", "|u1", 1, _ROWS),
        # what the unit's activation exceeds at the share ``quantile`` of all places
        Part("threshold", "<f4", 1, _ROWS),
        # how many pictures were used (1,), and a sentence for each that could not be
        Part("pictures", "<i4", 1, 1, each=False),
        Part("left_out", TEXTS, 1, _CHARACTERS, each=False),
    ),
    question=Question(
        (Subject.LAYER,),
        "Labels",
        "Which named things the units of this layer answer to.",
        paper="Network Dissection (Bau et al. 2017)",
        seconds=30.0,
        example="example-labels.jpg",
        drawn=True,
    ),
    long=True,
    code="dgn_explorer.studies.dissection.dissecting:dissect",
)
