"""`Recipe`: everything that decides the pixels of synthesised images, and the key made from it.

Free of torch, so that the store, the window and the command line can use it at once.

**The rule for later versions:** keys and files belong to users. A recipe that uses nothing that
schema 1 does not know serialises byte for byte as schema 1 did: target `Maximise`, no inputs, a
start that is a text there, a method of schema 1, and no parameter of a later ``since``. Whatever is
added has to find a place in `_schema_of`, so that only recipes that use it get the new number, and
a fixture in ``tests/fixtures`` before it is released.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.priors.info import FLOAT32, NUMERICS
from dgn_explorer.synthesis.inputs import Input, check_inputs, names_left_out, without
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.methods.table import method_named
from dgn_explorer.synthesis.parameters import Parameters, from_dict
from dgn_explorer.synthesis.start import (
    RANDOM,
    FromPhoto,
    Start,
    start_from_dict,
    start_from_text,
    start_text,
    start_to_dict,
)
from dgn_explorer.synthesis.targets import Maximise, Target, Term, target_from_dict

SCHEMA = 2
NAMES = ("network", "prior")  # labels for people; the fingerprints beside them decide the pixels
_METHODS_OF_SCHEMA_1 = ("dgn-am", "pixels")


@dataclass(frozen=True)
class Recipe:
    """Images of one target, by one network, through one prior, by one method and seed.

    ``network`` and ``prior`` open them again (see `spec_text`). ``numeric`` names the generator's
    arithmetic in the ascent (`NUMERICS`). ``prior`` and its fingerprint are empty for methods that
    need none.

    >>> recipe = Recipe("lite0", "ab", "default", "cd", Maximise.of("fc:980"))
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    >>> dataclasses.replace(recipe, network="my own name").key == recipe.key
    True
    >>> dataclasses.replace(recipe, seed=1).key == recipe.key
    False
    """

    network: str
    network_fingerprint: str
    prior: str
    prior_fingerprint: str
    target: Target
    method: str = DGN_AM.name
    parameters: Parameters = DGN_AM.default
    seed: int = 0
    start: Start = RANDOM
    inputs: tuple[Input, ...] = ()
    numeric: str = FLOAT32

    def __post_init__(self) -> None:
        require_texts(self, "network network_fingerprint prior prior_fingerprint method numeric")
        about = self.about
        if not isinstance(self.parameters, about.parameters):
            raise DgnError(
                f"{about.name} cannot run with {type(self.parameters).__name__}.",
                f"Its parameters are {about.parameters.__name__}.",
            )
        if not isinstance(self.target, about.targets):
            able = ", ".join(kind.name for kind in about.targets)
            raise DgnError(
                f"The method {about.name} cannot make {self.target.name!r} images.",
                f"It can: {able}.",
            )
        check_inputs(f"The method {about.name}", about.inputs, self.inputs)
        if isinstance(self.start, FromPhoto) and self.input(self.start.role) is None:
            raise DgnError(
                f"The recipe starts from the input {self.start.role!r} and has none of that name.",
                "Give the photograph to start from.",
            )
        if self.numeric not in NUMERICS:
            raise DgnError(
                f"There is no arithmetic called {self.numeric!r}.",
                f"Choose one of {', '.join(NUMERICS)}.",
            )
        if not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise DgnError(
                f"The seed cannot be {self.seed}.", "Give a whole number from 0 to 2**63 - 1."
            )

    @property
    def about(self) -> Method:
        """The description of its method; raises `DgnError` for an unknown one."""
        return method_named(self.method)

    @property
    def units(self) -> tuple[UnitAddress, ...]:
        """The units of its target; empty for targets without units."""
        return self.target.units

    @property
    def schema(self) -> int:
        """The first schema that knows everything that this recipe uses."""
        return _schema_of(self)

    def input(self, role: str) -> Input | None:
        """The input of this role."""
        return next((one for one in self.inputs if one.role == role), None)

    def with_start(self, start: Start) -> "Recipe":
        """The same from another start; a photograph that it no longer starts from is left out."""
        role = self.start.role if isinstance(self.start, FromPhoto) else ""
        kept = self.inputs if isinstance(start, FromPhoto) else without(self.inputs, role)
        return dataclasses.replace(self, start=start, inputs=kept)

    def with_target(self, target: Target) -> "Recipe":
        """The same for another target."""
        return dataclasses.replace(self, target=target)

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON without the names; 64 hexadecimal digits."""
        return key_of(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values: dict[str, Any] = {
            "schema": self.schema,
            "network": self.network,
            "network_fingerprint": self.network_fingerprint,
            "prior": self.prior,
            "prior_fingerprint": self.prior_fingerprint,
            "method": self.method,
            "parameters": self.parameters.to_dict(),
            "seed": self.seed,
            "numeric": self.numeric,
        }
        if self.schema == 1:
            assert isinstance(self.target, Maximise)
            values["objective"] = [term.to_dict() for term in self.target.terms]
            values["start"] = start_text(self.start)
        else:
            values["target"] = self.target.to_dict()
            values["start"] = start_to_dict(self.start)
            values["inputs"] = [one.to_dict() for one in self.inputs]
        return values

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces."""
        return canonical_json(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read `to_json` back; raises `DgnError` if it is not a recipe or from a newer program."""
        with not_an_order("a recipe"):
            return cls.from_dict(json.loads(text))

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Recipe":
        """Read `to_dict` back; raises what `not_an_order` catches, or `DgnError`."""
        values = dict(given)
        schema = values.pop("schema")
        if schema > SCHEMA:
            raise DgnError(
                f"The recipe has schema {schema}; this program knows {SCHEMA}.",
                "Update dgn-explorer to read it.",
            )
        if schema == 1:
            target: Target = Maximise(tuple(Term.from_dict(t) for t in values.pop("objective")))
            start = start_from_text(values.pop("start"))
            inputs: tuple[Input, ...] = ()
        else:
            target = target_from_dict(values.pop("target"))
            start = start_from_dict(values.pop("start"))
            inputs = tuple(Input.from_dict(one) for one in values.pop("inputs"))
        kind = method_named(values["method"]).parameters
        parameters = from_dict(kind, values.pop("parameters"))
        recipe = cls(target=target, start=start, inputs=inputs, parameters=parameters, **values)
        recipe.to_json()  # what cannot be written, such as NaN for a name, is no recipe
        return recipe


def continue_from(recipe: Recipe, steps_done: int, wanted: Parameters) -> Parameters:
    """The parameters for more steps from a result of ``recipe`` that did ``steps_done``.

    ``wanted`` are those on show; if they are of another method, or of the same quality, it is the
    result's own that go on.
    Raises `DgnError` for a method that cannot go on.
    """
    about = recipe.about
    if about.continued is None:
        raise DgnError(f"A result of {about.name} cannot be gone on from.", "Make a new one.")
    quality = about.quality_of(recipe.parameters.to_dict())
    alike = quality and quality == about.quality_of(wanted.to_dict())
    if alike or not isinstance(wanted, about.parameters):
        wanted = recipe.parameters
    return about.continued(recipe.parameters, steps_done, wanted)


def require_texts(order: object, names: str) -> None:
    """Raise `DgnError` unless the fields ``names`` of an order are texts, as a file may not say."""
    for name in names.split():
        value = getattr(order, name)
        if not isinstance(value, str):
            raise DgnError(f"The {name} of an order cannot be {value!r}.", "It is a text.")


def key_of(values: Mapping[str, Any]) -> str:
    """The key of an order's plain values, also of one that this version does not know."""
    kept = {name: value for name, value in values.items() if name not in NAMES}
    if "inputs" in kept:
        kept["inputs"] = names_left_out(kept["inputs"])
    return hashlib.sha256(canonical_json(kept).encode()).hexdigest()


def canonical_json(values: Mapping[str, Any]) -> str:
    """Sorted keys, no spaces, no NaN."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)


@contextmanager
def not_an_order(what: str) -> Iterator[None]:
    """Turn what a text that is no order raises into `DgnError`; ``what`` names what was wanted."""
    try:
        yield
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
    ) as error:
        raise DgnError(
            f"This is not {what} of dgn-explorer ({error}).",
            "Take the text from a result's details or from an exported PNG.",
        ) from None


def _schema_of(recipe: Recipe) -> int:
    old = (
        isinstance(recipe.target, Maximise)
        and not recipe.inputs
        and start_text(recipe.start) is not None
        and recipe.method in _METHODS_OF_SCHEMA_1
    )
    return max(1 if old else 2, recipe.parameters.schema)
