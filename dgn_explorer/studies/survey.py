"""`Survey`: everything that decides an analysis that synthesises nothing, and its key.

**The rule for later versions** is that of `synthesis.recipe`: a survey that uses nothing new
serialises as before, and a new field gets a new number only where it is used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.studies.study import Study
from dgn_explorer.studies.table import study_named
from dgn_explorer.synthesis.inputs import Input, check_inputs
from dgn_explorer.synthesis.parameters import Parameters, from_dict
from dgn_explorer.synthesis.recipe import (
    Recipe,
    canonical_json,
    key_of,
    not_an_order,
    require_texts,
)

SCHEMA = 1


@dataclass(frozen=True)
class Survey:
    """One analysis of a network: which study, of which layers or units, of which inputs.

    ``layers`` and ``units`` are empty where the study does not ask for them. ``shown_by`` is the
    fingerprint of the prior whose picture the input is, so that the network is shown of it what it
    is shown in an ascent; empty for photographs.

    >>> survey = Survey("lite0", "ab", "strongest", inputs=(Input("photo", 64 * "0"),))
    >>> Survey.from_json(survey.to_json()) == survey
    True
    """

    network: str
    network_fingerprint: str
    study: str
    parameters: Parameters | None = None  # None: the study's default
    layers: tuple[str, ...] = ()
    units: tuple[UnitAddress, ...] = ()
    inputs: tuple[Input, ...] = ()
    shown_by: str = ""

    def __post_init__(self) -> None:
        require_texts(self, "network network_fingerprint study shown_by")
        if not all(isinstance(layer, str) for layer in self.layers):
            raise DgnError(f"The layers of a survey cannot be {self.layers!r}.", "They are texts.")
        about = self.about
        if self.parameters is None:
            object.__setattr__(self, "parameters", about.default)
        elif not isinstance(self.parameters, about.parameters):
            raise DgnError(
                f"{about.name} cannot run with {type(self.parameters).__name__}.",
                f"Its parameters are {about.parameters.__name__}.",
            )
        check_inputs(f"The study {about.name}", about.inputs, self.inputs)

    @property
    def about(self) -> Study:
        """The description of its study; raises `DgnError` for an unknown one."""
        return study_named(self.study)

    def input(self, role: str) -> Input | None:
        """The input of this role."""
        return next((one for one in self.inputs if one.role == role), None)

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON without the names; 64 hexadecimal digits."""
        return key_of(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; ``survey`` in place of a recipe's ``schema``."""
        assert self.parameters is not None
        return {
            "survey": max(SCHEMA, self.parameters.schema),
            "network": self.network,
            "network_fingerprint": self.network_fingerprint,
            "study": self.study,
            "parameters": self.parameters.to_dict(),
            "layers": list(self.layers),
            "units": [str(unit) for unit in self.units],
            "inputs": [one.to_dict() for one in self.inputs],
            "shown_by": self.shown_by,
        }

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces."""
        return canonical_json(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> "Survey":
        """Read `to_json` back; raises `DgnError` if it is none or from a newer program."""
        with not_an_order("a survey"):
            return cls.from_dict(json.loads(text))

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Survey":
        """Read `to_dict` back; raises what `not_an_order` catches, or `DgnError`."""
        values = dict(given)
        schema = values.pop("survey")
        if schema > SCHEMA:
            raise DgnError(
                f"The survey has schema {schema}; this program knows {SCHEMA}.",
                "Update dgn-explorer to read it.",
            )
        survey = cls(
            parameters=from_dict(study_named(values["study"]).parameters, values.pop("parameters")),
            layers=tuple(values.pop("layers")),
            units=tuple(UnitAddress.parse(unit) for unit in values.pop("units")),
            inputs=tuple(Input.from_dict(one) for one in values.pop("inputs")),
            **values,
        )
        survey.to_json()  # what cannot be written is no survey
        return survey


Order = Recipe | Survey


def order_from_dict(values: Mapping[str, Any]) -> Order:
    """Read the plain values of a recipe or a survey back; raises as their own `from_dict`."""
    return Survey.from_dict(values) if "survey" in values else Recipe.from_dict(values)


def order_from_json(text: str) -> Order:
    """Read either kind of order back; raises `DgnError` if it is none or from a newer program."""
    with not_an_order("an order"):
        return order_from_dict(json.loads(text))
