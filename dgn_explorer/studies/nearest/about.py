"""What is to be known of the study without computing anything."""

from dataclasses import dataclass

from dgn_explorer.studies.study import Study
from dgn_explorer.synthesis.inputs import PHOTO, PHOTOS, InputSpec
from dgn_explorer.synthesis.kinds import TEXTS, Part
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.question import Question, Subject

MOST = 1_000
MOST_SAMPLED = 100_000
_BYTES = 1 << 28


@dataclass(frozen=True)
class NearestParameters(Parameters):
    """See `nearest`."""

    count: int = number(9, 1, MOST, "", "photographs that are nearest")
    sample: int = number(1_000, 2, MOST_SAMPLED, "", "photographs whose own nearest one is sought")
    controls: int = number(16, 0, MOST, "", "photographs that are rebuilt from their codes")
    thumbnail: int = number(128, 16, 512, "px", "side of the small pictures that are kept")


NEAREST = Study(
    name="nearest",
    title="Memory or invention",
    summary="the photographs nearest to a picture, beside how near photographs are to each other",
    parameters=NearestParameters,
    presets={"default": NearestParameters()},
    question=Question(
        (Subject.PHOTO,),
        "Memory or invention",
        "The photos of a set that are nearest to this picture, and whether that is suspicious.",
        paper="Nearest photographs in features (Nguyen et al. 2016, supplement)",
        count="count",
        seconds=25.0,
        example="example-memory.jpg",
        drawn=True,
    ),
    with_prior=True,
    inputs=(
        InputSpec("picture", PHOTO, "The picture"),
        InputSpec("photos", PHOTOS, "The folder or zip of photographs"),
    ),
    parts=(
        # a row a photograph, the nearest first; distances are cosine distances of pooled features
        Part("photo", TEXTS, 1, 1 << 20),
        Part("distance", "<f4", 1, MOST),
        Part("folder", TEXTS, 1, 1 << 20),
        Part("sha256", TEXTS, 1, 1 << 20),
        # from photographs to the nearest other one: the distances, sorted
        Part("own_distances", "<f4", 1, MOST_SAMPLED, each=False),
        # of rebuilt photographs to the nearest photograph, and whether that is the one itself
        Part("control_distances", "<f4", 1, MOST, each=False),
        Part("control_found", "|u1", 1, MOST, each=False),
        Part("counted", "<i4", 1, 1, each=False),
        # the picture (S, S, 3), and its nearest photographs as JPEGs one behind the other
        Part("picture", "|u1", 3, _BYTES, each=False),
        Part("thumbnails", "|u1", 1, _BYTES, each=False),
        Part("thumbnail_ends", "<i8", 1, MOST, each=False),
        Part("unreadable", TEXTS, 1, 1 << 26, each=False),
    ),
    long=True,
    code="dgn_explorer.studies.nearest.nearest:nearest",
)
