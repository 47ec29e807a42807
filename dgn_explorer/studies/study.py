"""`Study`: the description of one analysis, from which everything else is derived."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.methods.method import load_code
from dgn_explorer.synthesis.parameters import ParameterKind, Parameters, ParameterSpec
from dgn_explorer.synthesis.question import Question, of_inputs


@dataclass(frozen=True)
class Study:
    """One row of `STUDIES`.

    ``makes`` is the kind of its records and ``parts`` the arrays that they hold beyond those of the
    kind; the columns of a table are all declared here. ``code`` is ``module:function``: a generator
    function that gets a `Bench` and a `Survey`, yields `Progress` and returns a `Made`.
    ``question`` is how the window asks for it; without one it is made from the rest (`asked`).
    ``with_prior`` says that its surveys name the prior that is open (`Survey.shown_by`). A ``long``
    one looks at many photographs: the window lets it go on behind whatever else is asked.
    """

    name: str
    title: str
    summary: str
    parameters: type[Parameters]
    presets: Mapping[str, Parameters]
    inputs: tuple[InputSpec, ...] = ()
    makes: str = "table"
    parts: tuple[Part, ...] = ()
    question: Question | None = None
    with_prior: bool = False
    long: bool = False
    code: str = field(default="", compare=False)
    together = False  # a survey is always computed by itself

    @property
    def default(self) -> Parameters:
        """The parameters of the preset that is used without asking."""
        return self.presets["default"]

    def kind_of(self, role: str) -> str:
        """The kind of the input with this role; empty if it takes none."""
        return next((spec.kind for spec in self.inputs if spec.role == role), "")

    @property
    def asked(self) -> Question:
        """How the window asks for it."""
        if self.question is not None:
            return self.question
        sentence = f"{self.summary[:1].upper()}{self.summary[1:]}."
        return Question(of_inputs(self.inputs), self.title, sentence)

    @property
    def choosable(self) -> tuple[ParameterSpec, ...]:
        """The inputs that a form asks for, as parameters: all but the photograph asked about."""
        photos = (one.role for one in self.inputs if one.required and one.kind == PHOTO)
        asked = next(photos, "")
        return tuple(
            ParameterSpec(
                one.role, ParameterKind.INPUT, "", one.help, 64 * one.required, 64, file=one.kind
            )
            for one in self.inputs
            if one.role != asked
        )

    def load(self) -> Callable[..., Any]:
        """The algorithm; imports torch."""
        return load_code(self.code)
