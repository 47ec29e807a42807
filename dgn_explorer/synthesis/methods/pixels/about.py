"""What is to be known of the ascent without a prior, without computing anything."""

from dataclasses import dataclass, replace

from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.parameters import Parameters, number
from dgn_explorer.synthesis.question import Question, Subject


@dataclass(frozen=True)
class PixelsParameters(Parameters):
    """Ascent without a prior, after Lucid and Lucent; see `pixels`."""

    steps: int = number(256, 1, 10_000, "", "ascent steps")
    step: float = number(0.05, 1e-6, 10.0, "", "learning rate of Adam")
    jitter: float = number(6.0, 0.0, 64.0, "px", "how far the image is shifted before a look")
    scale: float = number(0.1, 0.0, 0.5, "", "how much it is scaled before a look")
    rotate: float = number(10.0, 0.0, 180.0, "degrees", "how far it is turned before a look")


def continued(
    before: PixelsParameters, steps_done: int, wanted: PixelsParameters
) -> PixelsParameters:
    """``wanted``: the learning rate is the same in every step, so a run goes on as it began.

    The last step of a run only looks, so a run that is to go further takes two at least.

    >>> continued(PixelsParameters(), 9, PixelsParameters(steps=1)).steps
    2
    """
    return replace(wanted, steps=max(2, wanted.steps))


PIXELS = Method(
    name="pixels",
    title="Without a prior",
    summary="ascent on the spectrum of the image itself, for comparison (Olah et al. 2017)",
    parameters=PixelsParameters,
    presets={"default": PixelsParameters()},
    together=True,
    continued=continued,
    question=Question(
        (Subject.UNIT, Subject.MIX),
        "Without a generator",
        "What excites it most when nothing makes the image look natural: texture and fragments.",
        paper="Feature visualisation on the spectrum of the image (Olah et al. 2017)",
        quality="steps",
        seconds=12.0,
        example="example-pixels.jpg",
    ),
    code="dgn_explorer.synthesis.methods.pixels.making:make",
)
