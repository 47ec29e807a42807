"""What is to be known of the study without computing anything."""

from dataclasses import dataclass

from dgn_explorer.studies.study import Study
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.parameters import Parameters, choice, number, switch
from dgn_explorer.synthesis.question import Question, Subject

GRADIENT, TIMES_INPUT, SMOOTHGRAD = "gradient", "gradient-input", "smoothgrad"
INTEGRATED, GUIDED, DECONVNET = "integrated", "guided", "deconvnet"
GRAD_CAM, OCCLUSION = "grad-cam", "occlusion"
# whose map of a unit is one backward pass, so that a kept forward pass serves all units of a layer
AT_ONCE = (GRAD_CAM, GRADIENT, TIMES_INPUT, GUIDED, DECONVNET)
HOWS = (GRAD_CAM, GRADIENT, TIMES_INPUT, SMOOTHGRAD, INTEGRATED, GUIDED, DECONVNET, OCCLUSION)

_PIXELS = 1 << 28
_CURVE = 1 << 20


@dataclass(frozen=True)
class SaliencyParameters(Parameters):
    """See `making`; ``samples``, ``steps`` and the like serve one family each."""

    how: str = choice(GRAD_CAM, HOWS, "how the map is made")
    samples: int = number(16, 1, 1_000, "", "noisy photographs of smoothgrad")
    noise: float = number(0.15, 0.0, 1.0, "", "their noise, as a share of the range of the pixels")
    steps: int = number(64, 2, 1_000, "", "points on the way of integrated")
    window: int = number(32, 1, 512, "px", "side of the grey square of occlusion")
    stride: int = number(16, 1, 512, "px", "how far the square moves")
    randomise: float = number(
        0.0, 0.0, 1.0, "", "share of the layers above which a second map finds at random"
    )
    deletion: bool = switch(False, "measure what is left when the top of the map is blurred")
    seed: int = number(0, 0, 2**31 - 1, "", "of noise, random layers and random orders")


SALIENCY = Study(
    name="saliency",
    title="Where it looks",
    summary="which pixels of a photograph a unit answers to",
    parameters=SaliencyParameters,
    presets={
        "default": SaliencyParameters(),
        **{how: SaliencyParameters(how=how) for how in HOWS},
        "checked": SaliencyParameters(randomise=0.5, deletion=True),
    },
    inputs=(InputSpec("photo", PHOTO, "The photograph"),),
    makes="maps",
    parts=(
        # the middle square as the network saw it (S, S, 3)
        Part("seen", "|u1", 3, _PIXELS, each=False),
        # the unit's value for it (N,), and a map for each colour (N, 3, S, S) where there is one
        Part("activations", "<f4", 1, _CURVE),
        Part("colours", "<f4", 4, _PIXELS, optional=True),
        # Integrated Gradients: |sum of the map - what it should be| / |what it should be| (N,)
        Part("completeness_error", "<f4", 1, _CURVE, optional=True),
        # the same maps of a network whose upper layers are random, and their likeness (N,)
        Part("randomised", "<f4", 3, _PIXELS, optional=True),
        Part("likeness", "<f4", 1, _CURVE, optional=True),
        # shares of the pixels (K,), and what is left of the unit's answer (N, K)
        Part("deleted", "<f4", 1, _CURVE, each=False, optional=True),
        Part("left", "<f4", 2, _CURVE, optional=True),
        Part("left_at_random", "<f4", 2, _CURVE, optional=True),
    ),
    question=Question(
        (Subject.PHOTO,),
        "Where it looks",
        "The parts of the photo that this unit answers to.",
        paper="Saliency: Grad-CAM (Selvaraju et al. 2017) and seven other maps",
        beside=Subject.UNIT,
        seconds=1.0,
        example="example-where.jpg",
        place=3,
    ),
    code="dgn_explorer.studies.saliency.making:saliency",
)
