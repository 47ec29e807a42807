"""What is to be known of both kinds of inversion without computing anything."""

from dataclasses import dataclass

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.methods.method import Method, Need
from dgn_explorer.synthesis.parameters import Parameters, choice, number
from dgn_explorer.synthesis.question import Question, Subject
from dgn_explorer.synthesis.targets import Match

FOURIER, PLAIN = "fourier", "pixels"
NORMALISED, ADAM = "normalised", "adam"
_IMAGES = 1 << 20


@dataclass(frozen=True)
class InversionParameters(Parameters):
    """Inversion without a prior; see `fourier` and `published` of this folder."""

    image: str = choice(FOURIER, (FOURIER, PLAIN), "what is changed: the spectrum, or the pixels")
    steps: int = number(150, 1, 10_000, "", "steps")
    step: float = number(0.05, 1e-6, 10.0, "", "first step: of Adam, or of momentum for pixels")
    jitter: int = number(
        4, 0, 64, "px", "how far the image is shifted before a look, less and less"
    )
    tv: float = number(0.0, 0.0, 1e6, "", "weight of the total variation, for pixels")
    alpha: float = number(0.0, 0.0, 1.0, "", "weight of the sixth power of the values, for pixels")
    momentum: float = number(0.9, 0.0, 0.999, "", "share of the last step kept, for pixels")


@dataclass(frozen=True)
class PriorInversionParameters(Parameters):
    """Inversion through a prior; see `through`."""

    steps: int = number(200, 1, 10_000, "", "steps")
    step: float = number(0.2, 1e-6, 100.0, "", "first step, in standard deviations of the code")
    pull: float = number(0.3, 0.0, 10.0, "x", "pull towards codes that the image itself has")
    decay: float = number(0.005, 0.0, 0.5, "a step", "share of the way back to the mean code")
    spread: float = number(0.1, 0.0, 10.0, "", "how far the first code lies from the mean code")
    bounds: float = number(1.0, 0.05, 10.0, "x", "how far codes may go, in the prior's own bounds")
    rule: str = choice(
        NORMALISED, (NORMALISED, ADAM), "what a step is: all of one mean size, or Adam's", since=2
    )
    starts: int = number(1, 1, 64, "", "first codes, of which the best goes on", since=2)
    scout: int = number(0, 0, 1_000, "", "steps that all of them take first", since=2)


_PHOTO = InputSpec("photo", PHOTO, "The photograph to rebuild")
# both errors are lengths of differences over the length of the photograph's features, (N,); the
# plain one is that of an image in the photograph's mean colour
_PARTS = (
    Part("relative_error", "<f4", 1, _IMAGES),
    Part("cosine", "<f4", 1, _IMAGES),
    Part("plain_error", "<f4", 1, _IMAGES),
)

INVERSION = Method(
    name="inversion",
    title="What a layer keeps",
    summary="a photograph rebuilt from one layer, as pixels (Mahendran & Vedaldi 2015)",
    parameters=InversionParameters,
    presets={
        "default": InversionParameters(),
        # experiments/experiment_cnn.m of the authors' code: weights for the middle of a network
        "published": InversionParameters(
            image=PLAIN, steps=400, step=0.004, jitter=0, tv=10.0, alpha=8e-10, momentum=0.9
        ),
    },
    targets=(Match,),
    inputs=(_PHOTO,),
    parts=_PARTS,
    question=Question(
        (Subject.PHOTO,),
        "What a layer keeps",
        "The photo rebuilt from this layer alone: what the network still knows of it there.",
        paper="Inversion of a representation, as pixels (Mahendran & Vedaldi 2015)",
        quality="steps",
        beside=Subject.LAYER,
        seconds=20.0,
        example="example-layer.jpg",
    ),
    code="dgn_explorer.synthesis.methods.inversion.making:pixels",
)

PRIOR_INVERSION = Method(
    name="prior-inversion",
    title="What a layer keeps, through the prior",
    summary="a photograph rebuilt from one layer through a learned image generator",
    parameters=PriorInversionParameters,
    presets={
        # where the cosine climbs to hangs on where it begins: eight begin, the best goes on
        "default": PriorInversionParameters(
            steps=700, step=0.06, pull=0.0, decay=0.0, spread=0.5, rule=ADAM, starts=8, scout=40
        ),
        "single": PriorInversionParameters(),
    },
    targets=(Match,),
    inputs=(_PHOTO,),
    needs=frozenset({Need.PRIOR}),
    parts=_PARTS,
    question=Question(
        (Subject.PHOTO,),
        "Rebuilt by the generator",
        "The photo rebuilt from this layer by the generator, which fills in what the layer forgot.",
        paper="Inversion through a learned prior (Dosovitskiy & Brox 2016; Nguyen et al. 2016)",
        quality="steps",
        beside=Subject.LAYER,
        seconds=65.0,
        example="example-rebuilt.jpg",
    ),
    code="dgn_explorer.synthesis.methods.inversion.making:through_prior",
)


THROUGH = {"pixels": INVERSION.name, "prior": PRIOR_INVERSION.name}


def inversion_through(what: str) -> str:
    """The method that rebuilds through ``pixels`` or the ``prior``; raises `DgnError`."""
    if what not in THROUGH:
        raise DgnError(
            f"A photograph cannot be rebuilt through {what!r}.",
            f"It can through {' or '.join(THROUGH)}.",
        )
    return THROUGH[what]


def cannot_follow(relative_error: float, plain_error: float) -> str:
    """What to say of an image that is further away than a plain one, or than no features at all.

    Empty for any other. No features at all have the relative error 1.

    >>> cannot_follow(0.4, 0.9), cannot_follow(1.05, 1.2)[:27]
    ('', 'The image does not follow t')
    """
    if relative_error <= min(plain_error, 1.0):
        return ""
    return (
        "The image does not follow the photograph here: its relative error is"
        f" {relative_error:.2f}, that of a plain image in the photograph's mean colour"
        f" {plain_error:.2f}, and without any features 1."
    )
