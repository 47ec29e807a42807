"""What is to be known of facets without computing anything."""

from dataclasses import dataclass

from dgn_explorer.synthesis.inputs import PHOTOS, InputSpec
from dgn_explorer.synthesis.kinds import TEXTS, Part
from dgn_explorer.synthesis.methods.method import Method, Need
from dgn_explorer.synthesis.parameters import Parameters, choice, number, words
from dgn_explorer.synthesis.question import Question, Subject
from dgn_explorer.synthesis.targets import Maximise

ASCENT, PPGN, PIXELS = "ascent", "ppgn", "pixels"
MOST_FACETS = 32
MOST_PHOTOS = 2_000
EXAMPLES = 3  # photographs of each facet that are kept beside it
NEAREST = 15  # photographs that a facet's mean image and features are of (Nguyen et al. 2016)
FLAGGED = 0.5  # of the best facet's activation: below it is hardly a facet of this unit

_IMAGES = 1 << 28


@dataclass(frozen=True)
class FacetsParameters(Parameters):
    """Which photographs are grouped, into how many kinds, and how an image of each is found."""

    facets: int = number(0, 0, MOST_FACETS, "", "facets; 0: as many as are most stable, 4 to 10")
    folder: str = words("", "only photographs of this class folder", most=1_000)
    most: int = number(1_000, 10, MOST_PHOTOS, "", "photographs of a class at most")
    crops: int = number(80, 10, MOST_PHOTOS, "", "photographs of a hidden unit, cut to its field")
    components: int = number(50, 2, 500, "", "principal components that are grouped")
    synthesiser: str = choice(ASCENT, (ASCENT, PPGN, PIXELS), "how the images are found")
    steps: int = number(150, 1, 10_000, "", "ascent steps")
    warm: int = number(80, 1, 10_000, "", "steps up to the first sample of ppgn")
    cycle: int = number(60, 1, 10_000, "", "steps from one sample of ppgn to the next")
    kick: float = number(0.7, 0.0, 3.0, "sigma", "noise that a code gets after a sample of ppgn")
    step_start: float = number(0.25, 1e-6, 100.0, "", "size of the first step")
    step_end: float = number(1e-3, 0.0, 100.0, "", "size of the last step")
    pull: float = number(1.0, 0.0, 100.0, "", "weight of the way to the facet's mean features")
    prior_term: float = number(0.5, 0.0, 100.0, "", "weight of the way to the image's own code")
    decay: float = number(0.01, 0.0, 0.5, "a step", "share of the code that is lost in a step")
    bounds: float = number(1.0, 0.05, 10.0, "x", "how far codes may go, in the prior's own bounds")
    zoom: float = number(0.2, 0.0, 0.5, "", "how far a step may zoom into a random cut")
    contrast: float = number(
        0.0,
        0.0,
        1.0,
        "",
        "share of what all facets have in common that the pull leaves out",
        since=2,
    )
    begin: int = number(
        15, 1, 15, "", "photographs of a facet whose mean code its image starts from", since=2
    )
    starts: int = number(
        1, 1, 16, "", "first codes of each facet, of which the best goes on", since=2
    )
    scout: int = number(0, 0, 1_000, "", "steps that all of them take first", since=2)
    pull_hidden: float = number(
        0.0,
        0.0,
        100.0,
        "",
        "pull of hidden units, without contrast; 0: pull and contrast are as for classes",
        since=2,
    )


FACETS = Method(
    name="facets",
    title="Kinds",
    summary="the kinds of photographs that excite a unit, an image of each (Nguyen et al. 2016)",
    parameters=FacetsParameters,
    presets={
        # What all facets of a class have in common is what its own gradient gives anyway; that of
        # a hidden unit does not
        "default": FacetsParameters(contrast=1.0, pull=0.5, pull_hidden=1.0),
        # PPGN instead of the plain ascent is what the paper of PPGN proposes for facets
        "ppgn": FacetsParameters(synthesiser=PPGN, steps=200, step_end=5e-3),
        # From the mean image, in pixels, smoothed by total variation, in four octaves
        "published": FacetsParameters(facets=10, synthesiser=PIXELS),
    },
    targets=(Maximise,),
    inputs=(InputSpec("photos", PHOTOS, "The folder or zip of photographs"),),
    needs=frozenset({Need.PRIOR, Need.ENCODER}),
    parts=(
        # by facet, the largest first: its share of the photographs, how surely it is found again
        # in part of them, what the unit makes of its photographs on average
        Part("shares", "<f4", 1, MOST_FACETS),
        Part("stability", "<f4", 1, MOST_FACETS),
        Part("photo_activations", "<f4", 1, MOST_FACETS),
        # how near the finished image is to its facet in the network's features, and which facet is
        # the nearest one
        Part("cosines", "<f4", 1, MOST_FACETS),
        Part("nearest_facet", "<i4", 1, MOST_FACETS),
        # its nearest photographs, numbers of `names`, -1 where there are fewer
        Part("nearest", "<i4", 2, MOST_FACETS * NEAREST),
        Part("mean_images", "|u1", 4, _IMAGES),
        Part("examples", "|u1", 5, _IMAGES),
        # by photograph: its name, facet, activation and place on a map on which like lies near like
        Part("names", TEXTS, 1, 1 << 26, each=False),
        Part("facet_of", "<i4", 1, MOST_PHOTOS, each=False),
        Part("values", "<f4", 1, MOST_PHOTOS, each=False),
        Part("map", "<f4", 2, 2 * MOST_PHOTOS, each=False),
        # how alike the groups of parts of the photographs are, for each number of facets tried
        Part("tried", "<i4", 1, MOST_FACETS, each=False),
        Part("scores", "<f4", 1, MOST_FACETS, each=False),
        Part("unreadable", TEXTS, 1, 1 << 26, each=False),
    ),
    question=Question(
        (Subject.UNIT,),
        "Kinds",
        "The different kinds of photos that excite it, and an image of each kind.",
        paper="Multifaceted feature visualization (Nguyen et al. 2016), through a generator",
        quality="steps",
        count="facets",
        seconds=60.0,
        example="example-kinds.jpg",
        drawn=True,
    ),
    long=True,
    code="dgn_explorer.synthesis.methods.facets.making:make",
)
