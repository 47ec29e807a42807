"""From what a user has written to a method's parameters."""

from collections.abc import Mapping
from typing import Any, Protocol

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.info import PriorInfo
from dgn_explorer.synthesis.parameters import Parameters, checked, parsed


class Described(Protocol):
    """A method or a study."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def parameters(self) -> type[Parameters]:
        """Its parameters."""

    @property
    def presets(self) -> Mapping[str, Parameters]:
        """Its sets of parameters by name."""


def preset_of(about: Described, name: str) -> Parameters:
    """The preset called ``name``; raises `DgnError` if there is none."""
    if name not in about.presets:
        raise DgnError(
            f"{about.name} has no preset called {name!r}.",
            f"Its presets are: {', '.join(about.presets)}.",
        )
    return about.presets[name]


def usual_preset(about: Described, prior: PriorInfo) -> str:
    """The preset where nobody names one: with a published prior that of the method for these."""
    own = getattr(about, "on_published", "")  # of methods; a study has none
    return own if prior.published and own else "default"


def changed(about: Described, parameters: Parameters, changes: Mapping[str, Any]) -> Parameters:
    """``parameters`` with ``changes``, values or texts by name; raises `DgnError`."""
    specs = {spec.name: spec for spec in parameters.specs()}
    values = {}
    for name, value in changes.items():
        if name not in specs:
            names = ", ".join(specs) or "none"
            raise DgnError(
                f"{about.name} has no parameter called {name!r}.", f"Its parameters are: {names}."
            )
        read = parsed if isinstance(value, str) else checked
        values[name] = read(specs[name], value)
    return parameters.changed(**values)


def has_parameter(about: Described, name: str) -> bool:
    """Whether the method or study has a parameter of this name."""
    return any(spec.name == name for spec in about.parameters.specs())
