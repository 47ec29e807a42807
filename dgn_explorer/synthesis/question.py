"""How a method or study is asked for at the window: of what, in which words, with what in sight.

Free of torch and of Qt. Every row of `METHODS` and `STUDIES` is a *question*: the window makes a
chip of it on each page whose subject it can be asked of, and the controls beside it from its
parameters. A row that says nothing gets a question from its title, targets and inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.targets import InRange, Match, Maximise, Target


class Subject(Enum):
    """What can be asked about; each is the subject of the page of that name."""

    UNIT = "unit"
    LAYER = "layer"
    PHOTO = "photo"
    MIX = "mix"  # several units with weights
    PRIOR = "prior"


@dataclass(frozen=True)
class Question:
    """One chip.

    ``of`` are the subjects that it can be asked of; none makes no chip. ``word`` is what the chip
    says and ``sentence`` what comes of it, in a teacher's words and ending in a full stop.
    ``paper`` names the method as the field knows it, for the tool tip and the recipe.

    ``quality`` is the parameter that the slider *Quality* multiplies, ``count`` the one behind *How
    many*; both are in sight, and the other parameters are under *Advanced*. Without ``count`` a
    method makes several images from several seeds. ``beside`` is what has to be chosen besides the
    subject: the unit or the layer that a photograph is shown to.

    ``seconds`` is what one run with the default parameters took on one core of a small machine; the
    window says what it measured itself once it has. ``example`` is the name of a picture in
    ``resources``, which is ``drawn`` if it only shows what an answer looks like and is none.
    ``place`` orders the chips where the order of the tables does not suit.
    """

    of: tuple[Subject, ...]
    word: str
    sentence: str
    paper: str = ""
    quality: str = ""
    count: str = ""
    beside: Subject | None = None
    seconds: float = 0.0
    example: str = ""
    drawn: bool = False
    place: int = 10


def of_targets(targets: Sequence[type[Target]]) -> tuple[tuple[Subject, ...], Subject | None]:
    """What a method with these targets is asked of, and what has to be chosen besides.

    >>> [one.value for one in of_targets((Maximise,))[0]], of_targets((Match,))[1]
    (['unit', 'mix'], <Subject.LAYER: 'layer'>)
    """
    if Maximise in targets:
        return (Subject.UNIT, Subject.MIX), None
    if InRange in targets:
        return (Subject.UNIT,), None
    if Match in targets:
        return (Subject.PHOTO,), Subject.LAYER
    return (), None


def of_inputs(inputs: Sequence[InputSpec]) -> tuple[Subject, ...]:
    """What a study with these inputs is asked of: a photograph, or else a layer."""
    photos = any(one.kind == PHOTO and one.required for one in inputs)
    return (Subject.PHOTO,) if photos else (Subject.LAYER,)
