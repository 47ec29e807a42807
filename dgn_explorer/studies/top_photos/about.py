"""What is to be known of the study without computing anything."""

from dataclasses import dataclass

from dgn_explorer.studies.study import Study
from dgn_explorer.synthesis.inputs import PHOTOS, InputSpec
from dgn_explorer.synthesis.kinds import TEXTS, Part
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.question import Question, Subject

MOST_UNITS = 1 << 18
MOST_TOP = 100
BINS = 64
# Whole percents, and the ends where a unit's meaning lies
LEVELS = tuple(sorted({*(n / 100 for n in range(101)), 0.001, 0.005, 0.995, 0.999}))

_TOPS = MOST_UNITS * MOST_TOP
_PHOTOS = 1 << 24


@dataclass(frozen=True)
class TopPhotosParameters(Parameters):
    """See `top_photos`."""

    count: int = number(9, 1, MOST_TOP, "", "photographs a unit")
    thumbnail: int = number(96, 16, 512, "px", "side of the small pictures that are kept of them")


TOP_PHOTOS = Study(
    name="top-photos",
    title="Real photos",
    summary="the photographs of a set that excite every unit most, with its quantiles",
    parameters=TopPhotosParameters,
    presets={"default": TopPhotosParameters()},
    question=Question(
        (Subject.UNIT, Subject.LAYER),
        "Real photos",
        "The photos of a set that excite it most, and how all of them spread.",
        paper="Top images of a unit (Deep Visualization Toolbox, Yosinski et al. 2015)",
        count="count",
        seconds=25.0,
        example="example-photos.jpg",
        drawn=True,
    ),
    inputs=(InputSpec("photos", PHOTOS, "The folder or zip of photographs"),),
    parts=(
        # a row a unit; what a unit makes of a photograph is the highest over its places
        Part("layer", TEXTS, 1, 1 << 26),
        Part("unit", "<i4", 1, MOST_UNITS),
        # the strongest photographs, best first: numbers of `names`, -1 where there are fewer
        Part("photos", "<i4", 2, _TOPS),
        Part("activations", "<f4", 2, _TOPS),
        # row and column in the unit's map (-1 without maps), and the part of the square of `side`
        # px that it looks at from there: top, left, bottom, right
        Part("positions", "<i4", 3, 2 * _TOPS),
        Part("fields", "<i4", 3, 4 * _TOPS),
        # exact quantiles over all photographs at `levels`, and how many lie in each of BINS equal
        # steps from the lowest to the highest
        Part("quantiles", "<f4", 2, MOST_UNITS * len(LEVELS)),
        Part("histogram", "<i4", 2, MOST_UNITS * BINS),
        Part("levels", "<f8", 1, len(LEVELS), each=False),
        Part("side", "<i4", 1, 1, each=False),
        # of all photographs that are a top one of some unit
        Part("names", TEXTS, 1, 1 << 28, each=False),
        Part("folders", TEXTS, 1, 1 << 28, each=False),
        Part("sha256", TEXTS, 1, 1 << 28, each=False),
        # their middle squares as JPEGs, one behind the other, and where each ends
        Part("thumbnails", "|u1", 1, 1 << 30, each=False),
        Part("thumbnail_ends", "<i8", 1, _PHOTOS, each=False),
        Part("counted", "<i4", 1, 1, each=False),  # photographs that were measured
        Part("unreadable", TEXTS, 1, 1 << 26, each=False),  # a sentence for each that was not
    ),
    long=True,
    code="dgn_explorer.studies.top_photos.top_photos:top_photos",
)
