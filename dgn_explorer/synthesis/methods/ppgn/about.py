"""What is to be known of PPGN without computing anything."""

from dataclasses import dataclass, replace

from dgn_explorer.synthesis.inputs import MASK, PHOTO, PROGRAM, VOCABULARY, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.methods.method import Method, Need
from dgn_explorer.synthesis.parameters import Parameters, choice, number, switch
from dgn_explorer.synthesis.question import Question, Subject
from dgn_explorer.synthesis.targets import Caption, Chain, Maximise

SHARES, PUBLISHED = "shares", "published"
DRAWN_WEIGHT = (1e-6, 1e-2)  # sampler.py of the released code, with its resets
MOST_STEPS = 10_000_000  # of a chain, and so values of its trace


@dataclass(frozen=True)
class PpgnParameters(Parameters):
    """PPGN (Nguyen et al., 2017): the terms of equation 11, and when a sample is taken.

    A step adds up to four terms: prior, condition, noise, and with a photograph to complete the
    context. Under the rule ``shares`` the first two and the last are each divided by their mean
    absolute value, so that the weights are shares of a step; under ``published`` their sum is.
    A cycle begins with a kick, its steps fall, and it ends with a sample.

    ``samples`` counts those that ``threshold`` leaves out, too. ``reset`` puts a random code in the
    place of the one that step 0, ``reset``, 2 ``reset``... led to; under the rule ``published`` the
    weight of the prior term is then drawn anew, too, from `DRAWN_WEIGHT`.
    """

    samples: int = number(8, 1, 10_000, "", "samples of a chain")
    warm: int = number(80, 1, 10_000, "", "steps up to the first sample")
    cycle: int = number(60, 1, 10_000, "", "steps from one sample to the next")
    kick: float = number(0.7, 0.0, 3.0, "sigma", "noise that a code gets after a sample")
    step_start: float = number(0.25, 1e-6, 100.0, "", "size of a cycle's first step")
    step_end: float = number(5e-3, 0.0, 100.0, "", "size of a cycle's last step")
    rule: str = choice(SHARES, (SHARES, PUBLISHED), "how the terms of a step are added up")
    prior_term: float = number(0.5, 0.0, 100.0, "", "weight of the way to the image's own code")
    gate: bool = switch(True, "prior term only as far as the image shows the target")
    highest: float = number(
        0.0, 0.0, 1e9, "", "activation of a hidden unit that opens the gate; 0: the chain's highest"
    )
    condition_term: float = number(1.0, 0.0, 100.0, "", "weight of the way to the target")
    noise_term: float = number(0.0, 0.0, 10.0, "", "spread of the noise in every step")
    context_term: float = number(1.0, 0.0, 100.0, "", "weight of the way to the photograph's rest")
    feather: int = number(4, 0, 64, "px", "how wide a filled hole runs out into the photograph")
    decay: float = number(0.01, 0.0, 0.5, "a step", "share of the code that is lost in a step")
    bounds: float = number(1.0, 0.05, 10.0, "x", "how far codes may go, in the prior's own bounds")
    init_scale: float = number(0.3, 0.0, 10.0, "", "spread of the random first code")
    zoom: float = number(0.2, 0.0, 0.5, "", "how far a step may zoom into a random cut")
    threshold: float = number(
        0.0, 0.0, 1.0, "", "samples that are not more probable are left out; 0: none", since=2
    )
    reset: int = number(
        0, 0, MOST_STEPS, "", "steps from one fresh random code to the next; 0: never", since=2
    )

    @property
    def steps(self) -> int:
        """Steps of the whole chain."""
        return self.warm + (self.samples - 1) * self.cycle


# sampler.py and scripts 1, 2 and 6 of the released code: 201 steps, every fifth is kept
_RELEASED = PpgnParameters(
    samples=41,
    warm=1,
    cycle=5,
    kick=0.0,
    step_start=1.0,
    step_end=1.0,
    rule=PUBLISHED,
    prior_term=1e-5,
    gate=False,
    noise_term=1e-17,
    context_term=1e-9,
    decay=0.0,
    init_scale=1.0,
    zoom=0.0,
)

PPGN = Method(
    name="ppgn",
    title="Samples",
    summary="a chain of different images from one code (Nguyen et al. 2017)",
    parameters=PpgnParameters,
    presets={
        "default": PpgnParameters(),
        "published": _RELEASED,
        # script 3, for hidden units: 1001 steps, every tenth is kept if it is probable enough
        "published-hidden": replace(_RELEASED, samples=101, cycle=10, threshold=0.98, reset=100),
        "inpaint": PpgnParameters(
            samples=4,
            warm=80,
            cycle=80,
            kick=0.2,
            step_start=0.15,
            step_end=0.01,
            context_term=2.0,
            decay=0.0,
            zoom=0.0,
        ),
    },
    targets=(Maximise, Chain, Caption),
    inputs=(
        InputSpec("start", PHOTO, "A photograph to start from", required=False),
        InputSpec("photo", PHOTO, "A photograph with a hole to fill", required=False),
        InputSpec("mask", MASK, "The hole in the photograph, white", required=False),
        InputSpec("captioner", PROGRAM, "A caption network, exported", required=False),
        InputSpec("vocabulary", VOCABULARY, "Its words, one a line", required=False),
    ),
    needs=frozenset({Need.PRIOR, Need.ENCODER}),
    # p (steps,) of the target in every step, and the mean distance of a code to that of its image;
    # sample_steps (N,) counts the steps up to each sample, and context (N,) is how far the
    # generated image is from the photograph around the hole, 0 to 1
    parts=(
        Part("p", "<f4", 1, MOST_STEPS, each=False),
        Part("distance", "<f4", 1, MOST_STEPS, each=False, optional=True),
        Part("sample_steps", "<i4", 1, 10_000),
        Part("context", "<f4", 1, 10_000, optional=True),
        # what the chain needs to go on from its last sample: the state of its random numbers
        # before that step, and the highest activations of the units known then
        Part("rng", "|u1", 1, 1 << 16, each=False, optional=True),
        Part("heights", "<f4", 1, 10_000, each=False, optional=True),
        # and the weight of its prior term, where resets draw it
        Part("weight", "<f4", 1, 1, each=False, optional=True),
    ),
    together=True,
    step_field="step_start",
    photo_step=0.32,
    count_field="samples",
    grows="rng",
    on_published="published",
    question=Question(
        (Subject.UNIT, Subject.MIX),
        "Samples",
        "Different images of the same thing, one after another.",
        paper="PPGN: a chain of samples in the code space (Nguyen et al. 2017)",
        quality="cycle",
        count="samples",
        seconds=45.0,
        example="example-samples.jpg",
    ),
    code="dgn_explorer.synthesis.methods.ppgn.making:make",
)
