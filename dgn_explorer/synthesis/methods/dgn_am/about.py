"""What is to be known of DGN-AM without computing anything."""

from dataclasses import dataclass, replace

from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.methods.method import Method, Need
from dgn_explorer.synthesis.parameters import Parameters, choice, number
from dgn_explorer.synthesis.question import Question, Subject
from dgn_explorer.synthesis.targets import Target

RAW, CLAMPED = "raw", "clamped"
_FURTHEST = 0.85  # of the way down to the last step: smaller ones lose to the decay


@dataclass(frozen=True)
class DgnAmParameters(Parameters):
    """DGN-AM (Nguyen et al., 2016): the defaults are tuned for the built-in prior.

    >>> DgnAmParameters(steps=0)
    Traceback (most recent call last):
    dgn_explorer.errors.DgnError: steps cannot be 0. It goes from 1 to 10000: ascent steps.
    """

    steps: int = number(250, 1, 10_000, "", "ascent steps")
    step_start: float = number(0.25, 1e-6, 100.0, "", "size of the first step, in code units")
    step_end: float = number(1e-3, 0.0, 100.0, "", "size of the last step, in code units")
    decay: float = number(0.01, 0.0, 0.5, "a step", "share of the code that is lost in a step")
    bounds: float = number(1.0, 0.05, 10.0, "x", "how far codes may go, in the prior's own bounds")
    init_scale: float = number(0.3, 0.0, 10.0, "", "spread of the random first code")
    zoom: float = number(0.2, 0.0, 0.5, "", "how far a step may zoom into a random cut")
    sees: str = choice(
        RAW,
        (RAW, CLAMPED),
        "the image as the generator makes it, or cut off at black and white as it is kept",
        since=2,
    )
    starts: int = number(
        1, 1, 64, "", "random starts, of which the one that is highest in the end is kept", since=2
    )
    coarse: float = number(
        0.0,
        0.0,
        1.0,
        "",
        "share of the steps, from the first, in which the network sees two thirds of its pixels",
        since=2,
    )
    code_share: float = number(
        0.0,
        0.0,
        1.0,
        "",
        "share of the steps, from the first, that follow the unit in the code itself as well",
        since=2,
    )


def continued(before: DgnAmParameters, steps_done: int, wanted: DgnAmParameters) -> DgnAmParameters:
    """``wanted`` for going on from a run with the parameters ``before`` after ``steps_done`` steps.

    Step sizes and number of steps are the rest of that run; of a finished one its last seventh
    comes once more, because an image does not outlive as many steps as it took to form. There are
    two at least: the last step of a run only looks. Steps that are coarse, or led by the code, are
    not done again.

    >>> before = DgnAmParameters(steps=100, step_start=8.0, step_end=0.0)
    >>> after = [continued(before, done, before) for done in (50, 100)]
    >>> [(p.steps, round(p.step_start, 6)) for p in after]
    [(50, 4.0), (15, 1.2)]
    >>> continued(DgnAmParameters(steps=7), 7, DgnAmParameters(steps=7)).steps
    2
    >>> p = DgnAmParameters(steps=100, coarse=0.75)
    >>> [continued(p, done, p).coarse for done in (0, 50, 100)]
    [0.75, 0.5, 0.0]
    >>> continued(p, 50, p.changed(code_share=0.75)).code_share
    0.5
    """
    done = min(steps_done / before.steps, _FURTHEST)
    steps = max(2, round(wanted.steps * (1 - done)))
    start = wanted.step_start - done * (wanted.step_start - wanted.step_end)
    coarse, code = (
        max(0.0, share - done) / (1 - done) for share in (wanted.coarse, wanted.code_share)
    )
    return replace(wanted, steps=steps, step_start=start, starts=1, coarse=coarse, code_share=code)


def code_leads(network: NetworkInfo, prior: PriorInfo, target: Target) -> bool:
    """Whether the code itself may say something of the units of ``target``.

    The network has to be the one whose layer the prior inverts, codes have to be components of that
    layer's values, and the units have to lie above it; one at a position would be another one in
    the encoder's map.
    """
    encoder = prior.encoder
    if network.fingerprint != encoder.fingerprint or encoder.kind != "components":
        return False
    paths = [layer.path for layer in network.layers]
    above = paths[paths.index(encoder.layer) + 1 :] if encoder.layer in paths else []
    return all(unit.position is None and unit.layer in above for unit in target.units)


PLAIN = DgnAmParameters()  # the default of earlier versions
_LED = DgnAmParameters(steps=140, sees=CLAMPED, coarse=0.7, code_share=0.6)


DGN_AM = Method(
    name="dgn-am",
    title="Best image",
    summary="ascent in the code space of a learned image generator (Nguyen et al. 2016)",
    parameters=DgnAmParameters,
    presets={
        "quick": replace(_LED, steps=130),  # half the time of a plain one
        "default": replace(_LED, starts=2),
        "best": replace(_LED, starts=4),
        "plain": PLAIN,
        # Script 1 of the released code: 200 steps of 8 to 1e-10 in units of the code, L2 0.99,
        # from normally distributed numbers.
        "published": DgnAmParameters(
            steps=200, step_start=8.0, step_end=1e-10, decay=0.01, init_scale=1.0, zoom=0.0
        ),
    },
    inputs=(InputSpec("start", PHOTO, "A photograph to start from", required=False),),
    needs=frozenset({Need.PRIOR}),
    together=True,
    continued=continued,
    step_field="step_start",
    photo_step=1 / 8,  # the published run from a photograph takes 1 instead of 8
    question=Question(
        (Subject.UNIT, Subject.MIX),
        "Best image",
        "The image that excites it most, drawn by the generator.",
        paper="DGN-AM: gradient ascent in the code space of a generator (Nguyen et al. 2016)",
        quality="steps",
        seconds=13.0,
        example="example-best.jpg",
    ),
    starts_field="starts",
    plainly={"default": PLAIN, "best": replace(PLAIN, starts=2)},
    leads=code_leads,
    code="dgn_explorer.synthesis.methods.dgn_am.making:make",
)
