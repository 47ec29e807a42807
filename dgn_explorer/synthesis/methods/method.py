"""`Method`: the description of one method of synthesis, from which everything else is derived.

Window, command line, help, presets, the measuring of step sizes and "more steps" read these
records; the algorithm behind ``code`` is imported by whoever computes, and by nobody else.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.synthesis.inputs import PROGRAM, VOCABULARY, InputSpec
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.parameters import ParameterKind, Parameters, ParameterSpec
from dgn_explorer.synthesis.question import Question, Subject, of_targets
from dgn_explorer.synthesis.start import PHOTO_START, RANDOM, Start
from dgn_explorer.synthesis.targets import Maximise, Target

GOOD = "good"
QUALITIES = {"quick": "quick", GOOD: "default", "best": "best"}  # the presets behind the words


class Need(Enum):
    """What has to be open besides the network."""

    PRIOR = "prior"
    ENCODER = "encoder"  # the network that the prior inverts


@dataclass(frozen=True)
class Method:
    """One row of `METHODS`.

    ``targets`` are the kinds of target it can reach, ``inputs`` what it needs besides, and
    ``parts`` the arrays its records hold beyond those of the kind that it ``makes``.

    ``code`` is ``module:function``. The function gets a `Bench` and a recipe, is a generator of
    `Progress`, and returns a `Made`; if ``together`` it gets a tuple of recipes that differ in
    units and seeds alone, and returns a tuple. ``start_role`` is the role of an input photograph
    that a start may name, empty if the method cannot start from one.

    ``continued`` gives the parameters for going on from a run with (its parameters, the steps that
    it did, the parameters wanted now); None if a run cannot be gone on from. ``step_field`` is the
    parameter that a measured step size fills, and ``photo_step`` the share of it for a start from
    a photograph, which larger steps would wipe out. ``count_field`` is the parameter that says how
    many images one recipe makes, empty for a method that makes one; ``grows`` is the part of its
    records with which one of fewer images is gone on with to one of more. ``on_published`` is the
    preset that is used with a published prior without asking, empty for the default one. ``draft``
    are the arrays that it keeps while it runs (`synthesis.draft`) beyond those of its records.
    ``question`` is how the window asks for it; without one it is made from title, targets and
    summary (`asked`). ``starts_field`` is the parameter that says how many images' passes a step
    makes, empty for a method whose steps make one. ``leads`` says of what is open and a target
    whether a random start can be led as some presets rest on, and ``plainly`` are the parameters
    that these have where not. A ``long`` method looks at many photographs: the window lets it go on
    behind whatever else is asked.
    """

    name: str
    title: str
    summary: str
    parameters: type[Parameters]
    presets: Mapping[str, Parameters]
    targets: tuple[type[Target], ...] = (Maximise,)
    inputs: tuple[InputSpec, ...] = ()
    needs: frozenset[Need] = frozenset()
    makes: str = "images"
    parts: tuple[Part, ...] = ()
    together: bool = False
    continued: Callable[[Any, int, Any], Parameters] | None = None
    step_field: str = ""
    photo_step: float = 1.0
    count_field: str = ""
    grows: str = ""
    on_published: str = ""
    draft: tuple[Part, ...] = ()
    question: Question | None = None
    starts_field: str = ""
    plainly: Mapping[str, Parameters] = field(default_factory=dict)
    leads: Callable[[NetworkInfo, PriorInfo, Target], bool] | None = None
    long: bool = False
    code: str = field(default="", compare=False)

    @property
    def default(self) -> Parameters:
        """The parameters of the preset that is used without asking."""
        return self.presets["default"]

    @property
    def qualities(self) -> Mapping[str, Parameters]:
        """Its parameters for each of `QUALITIES`; empty if it has them not all."""
        found = {word: self.presets.get(preset) for word, preset in QUALITIES.items()}
        return {word: one for word, one in found.items() if one} if all(found.values()) else {}

    @cached_property
    def quality_values(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """The words of `QUALITIES`, each with the plain values of parameters that it stands for."""
        return tuple(self._quality_values())

    def _quality_values(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for word, preset in self.qualities.items():
            yield word, preset.to_dict()
            if QUALITIES[word] in self.plainly:
                yield word, self.plainly[QUALITIES[word]].to_dict()

    def quality_of(self, parameters: Mapping[str, Any]) -> str:
        """The word of `QUALITIES` for the plain values of a recipe's parameters, or nothing.

        The step size does not count, which is measured for what is open.
        """
        for word, values in self.quality_values:
            rest = {*values, *parameters} - {self.step_field}
            if all(values.get(name) == parameters.get(name) for name in rest):
                return word
        return ""

    def with_step(self, parameters: Parameters, size: float) -> Parameters:
        """``parameters`` where ``size`` suits what is open as the step of the default ones."""
        share = getattr(parameters, self.step_field) / getattr(self.default, self.step_field)
        return parameters.changed(**{self.step_field: size * share})

    def suited(
        self,
        parameters: Parameters,
        network: NetworkInfo,
        prior: PriorInfo,
        target: Target,
        start: Start = RANDOM,
    ) -> Parameters:
        """``parameters``, or what is in ``plainly`` for the preset that they are, step size apart.

        That is so where there is no random start that can be led for ``target``.
        """
        if self.leads is None or (start == RANDOM and self.leads(network, prior, target)):
            return parameters
        step = {self.step_field: getattr(parameters, self.step_field)}
        for name, instead in self.plainly.items():
            if self.presets[name].changed(**step) == parameters:
                return instead.changed(**step)
        return parameters

    @property
    def resumable(self) -> bool:
        """Whether more steps can be taken from a result."""
        return self.continued is not None

    @property
    def of_units(self) -> bool:
        """Whether it makes images of units, which can be chosen without anything else."""
        return Maximise in self.targets

    @property
    def with_prior(self) -> bool:
        """Whether its recipes name a prior."""
        return Need.PRIOR in self.needs

    @property
    def asked(self) -> Question:
        """How the window asks for it."""
        if self.question is not None:
            return self.question
        of, beside = of_targets(self.targets)
        sentence = f"{self.summary[:1].upper()}{self.summary[1:]}."
        return Question(of, self.title, sentence, count=self.count_field, beside=beside)

    @property
    def choosable(self) -> tuple[ParameterSpec, ...]:
        """The inputs that a form asks for, as parameters.

        A photograph to start from is not among them: every method that takes one takes it alike.
        Nor is what only a caption needs, which is no unit, and the photograph that is asked about.
        """
        of_photo = Subject.PHOTO in self.asked.of
        about = next((one.role for one in self.inputs if of_photo and one.required), "")
        of_units = (one for one in self.inputs if one.kind not in (PROGRAM, VOCABULARY))
        inputs = (one for one in of_units if one.role not in (PHOTO_START.role, about))
        return tuple(
            ParameterSpec(
                one.role, ParameterKind.INPUT, "", one.help, 64 * one.required, 64, file=one.kind
            )
            for one in inputs
        )

    def load(self) -> Callable[..., Any]:
        """The algorithm; imports torch."""
        return load_code(self.code)


def load_code(code: str) -> Callable[..., Any]:
    """The function that ``module:function`` names."""
    module, _, name = code.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function
