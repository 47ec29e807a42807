"""`Study`: the description of one analysis, from which everything else is derived."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dgn_explorer.synthesis.inputs import InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.methods.method import load_code
from dgn_explorer.synthesis.parameters import Parameters


@dataclass(frozen=True)
class Study:
    """One row of `STUDIES`.

    ``makes`` is the kind of its records and ``parts`` the arrays that they hold beyond those of the
    kind; the columns of a table are all declared here. ``code`` is ``module:function``: a generator
    function that gets a `Bench` and a `Survey`, yields `Progress` and returns a `Made`.
    """

    name: str
    title: str
    summary: str
    parameters: type[Parameters]
    presets: Mapping[str, Parameters]
    inputs: tuple[InputSpec, ...] = ()
    makes: str = "table"
    parts: tuple[Part, ...] = ()
    code: str = field(default="", compare=False)
    together = False  # a survey is always computed by itself

    @property
    def default(self) -> Parameters:
        """The parameters of the preset that is used without asking."""
        return self.presets["default"]

    def kind_of(self, role: str) -> str:
        """The kind of the input with this role; empty if it takes none."""
        return next((spec.kind for spec in self.inputs if spec.role == role), "")

    def load(self) -> Callable[..., Any]:
        """The algorithm; imports torch."""
        return load_code(self.code)
