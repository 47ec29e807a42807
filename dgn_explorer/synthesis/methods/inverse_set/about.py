"""What is to be known of the inverse set without computing anything."""

from dataclasses import dataclass

from dgn_explorer.synthesis.kinds import TEXTS, Part
from dgn_explorer.synthesis.methods.method import Method, Need
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.question import Question, Subject
from dgn_explorer.synthesis.targets import InRange

MOST = 1_000
JOINT, GROWN = "joint", "grown"


@dataclass(frozen=True)
class InverseSetParameters(Parameters):
    """Steps are in standard deviations of the code; the defaults suit the built-in prior."""

    count: int = number(8, 1, MOST, "", "images in the set")
    together: int = number(8, 1, 64, "", "images that are made at the same time")
    tries: int = number(4, 1, 100, "", "rounds in a row without a new image that end the search")
    ascend: int = number(50, 0, 10_000, "", "steps that lead the first images into the ranges")
    spread: int = number(30, 0, 10_000, "", "steps in which the first images move apart there")
    walk: int = number(15, 0, 10_000, "", "steps that lead further images away from earlier ones")
    settle: int = number(30, 1, 10_000, "", "steps on the rounded image")
    step: float = number(0.2, 1e-6, 10.0, "sigma", "size of a step into the ranges")
    stride: float = number(0.08, 0.0, 10.0, "sigma", "size of a step that moves images apart")
    kick: float = number(0.7, 0.0, 10.0, "sigma", "noise that begins a further image")
    prior: float = number(0.5, 0.0, 10.0, "", "weight of what the prior can draw again")
    diversity: float = number(0.2, 0.0, 10.0, "", "weight of being unlike the others")
    pull: float = number(0.3, 0.0, 10.0, "", "weight of the units that are raised or lowered")
    decay: float = number(0.01, 0.0, 0.5, "a step", "share of the code that is lost in a step")
    zoom: float = number(0.2, 0.0, 0.5, "", "how far a step may zoom into a random cut")
    apart: float = number(0.1, 0.0, 2.0, "", "least cosine distance of two images' features")
    bounds: float = number(1.0, 0.05, 10.0, "x", "how far codes may go, in the prior's own bounds")
    init_scale: float = number(0.3, 0.0, 10.0, "sigma", "spread of the random first codes")


INVERSE_SET = Method(
    name="inverse-set",
    title="Set of images in a range",
    summary="images that excite units to given ranges (Hada & Carreira-Perpinan 2021)",
    parameters=InverseSetParameters,
    presets={"default": InverseSetParameters()},
    targets=(InRange,),
    needs=frozenset({Need.PRIOR}),
    parts=(
        # cosine distances of the stored images' pooled features
        Part("distances", "<f4", 2, MOST * MOST),
        Part("phases", TEXTS, 1, MOST * 8),  # JOINT or GROWN
        Part("parents", "<i4", 1, MOST),  # the image that it grew from, -1 for none
        Part("tries", "<i4", 1, MOST),  # how often it was drawn until it was kept
    ),
    draft=(
        Part("features", "<f4", 2, 1 << 26),
        Part("open", "<i4", 1, MOST),  # of each image that is missing, how often it was drawn
        Part("dry", "<i4", 1, 1),  # rounds in a row without a new image
        Part("rng", "|u1", 1, 1 << 16),
        Part("reached", "<f4", 2, 1 << 20),  # what all images of a round came to
    ),
    question=Question(
        (Subject.UNIT, Subject.MIX),
        "A range",
        "Different images that excite it to the same degree, neither more nor less.",
        paper="Inverse set of an activation range (Hada & Carreira-Perpiñán 2021)",
        count="count",
        seconds=60.0,
        example="example-range.jpg",
        drawn=True,
    ),
    code="dgn_explorer.synthesis.methods.inverse_set.making:make",
)
