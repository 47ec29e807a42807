"""What is to be known of caricatures without computing anything."""

from dataclasses import dataclass

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.question import Question, Subject
from dgn_explorer.synthesis.targets import Match

ROLES = ("photo", "photo2", "photo3", "photo4")
_IMAGES = 1 << 20


@dataclass(frozen=True)
class CaricatureParameters(Parameters):
    """See `caricature`."""

    steps: int = number(100, 1, 10_000, "", "steps")
    step: float = number(0.05, 1e-6, 10.0, "", "rate of Adam on the spectrum")
    power: float = number(1.0, 0.0, 10.0, "", "how much the direction counts beside the size")
    jitter: int = number(4, 0, 64, "px", "how far the image is shifted before a look")


CARICATURE = Method(
    name="caricature",
    title="Caricature",
    summary="an image that exaggerates what one layer sees in a photograph",
    parameters=CaricatureParameters,
    presets={"default": CaricatureParameters()},
    targets=(Match,),
    inputs=(
        InputSpec(ROLES[0], PHOTO, "The photograph to exaggerate"),
        *(
            InputSpec(role, PHOTO, "Another one: the mean of all is exaggerated", required=False)
            for role in ROLES[1:]
        ),
    ),
    # the features' dot product with the photograph's, that of the photograph itself being 1, and
    # the cosine, (N,)
    parts=(Part("dot", "<f4", 1, _IMAGES), Part("cosine", "<f4", 1, _IMAGES)),
    question=Question(
        (Subject.PHOTO,),
        "Caricature",
        "The photo, with what this layer sees in it exaggerated.",
        paper="Feature caricature: the dot product with a photograph's features (Olah et al. 2018)",
        quality="steps",
        beside=Subject.LAYER,
        seconds=15.0,
        example="example-caricature.jpg",
    ),
    code="dgn_explorer.synthesis.methods.caricature.making:make",
)


def roles_of(photos: int) -> tuple[str, ...]:
    """The roles of so many photographs; raises `DgnError` for too many."""
    if not 1 <= photos <= len(ROLES):
        raise DgnError(
            f"A caricature cannot be of {photos} photographs.", f"Give 1 to {len(ROLES)}."
        )
    return ROLES[:photos]
