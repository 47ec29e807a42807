"""`Recipe`: everything that decides the pixels of a result, and the key made from it.

Free of torch, so that the store, the window and the command line can use it at once.
"""

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.priors.info import FLOAT32, NUMERICS
from dgn_explorer.synthesis.parameters import DgnAmParameters, Parameters, method_parameters

SCHEMA = 1
NAMES = ("network", "prior")  # labels for people; the fingerprints beside them decide the pixels


@dataclass(frozen=True)
class Term:
    """One unit of an objective with its weight; a negative weight minimises."""

    unit: UnitAddress
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.weight) or self.weight == 0:
            raise DgnError(
                f"The weight of {self.unit} cannot be {self.weight}.", "Give a number other than 0."
            )
        object.__setattr__(self, "weight", float(self.weight))  # 1 and 1.0 make the same key


@dataclass(frozen=True)
class Recipe:
    """One image: which unit of which network, through which prior, by which method and seed.

    ``network`` and ``prior`` open them again (see `spec_text`). ``start`` is ``random``,
    ``result:KEY`` for the last code of another result, or ``code:...`` for the code itself (see
    `start`). ``numeric`` names the generator's arithmetic in the ascent (`NUMERICS`). ``prior`` and
    its fingerprint are empty for methods that need none.

    >>> unit = UnitAddress.parse("fc:980")
    >>> recipe = Recipe("lite0", "ab", "default", "cd", (Term(unit),))
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
    objective: tuple[Term, ...]
    method: str = "dgn-am"
    parameters: Parameters = dataclasses.field(default_factory=DgnAmParameters)
    seed: int = 0
    start: str = "random"
    numeric: str = FLOAT32

    def __post_init__(self) -> None:
        if not self.objective:
            raise DgnError("The objective has no unit.", "Name at least one unit.")
        if self.numeric not in NUMERICS:
            raise DgnError(
                f"There is no arithmetic called {self.numeric!r}.",
                f"Choose one of {', '.join(NUMERICS)}.",
            )
        if not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise DgnError(
                f"The seed cannot be {self.seed}.", "Give a whole number from 0 to 2**63 - 1."
            )

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON without the names; 64 hexadecimal digits."""
        return self._digest(NAMES)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "schema": SCHEMA,
            "network": self.network,
            "network_fingerprint": self.network_fingerprint,
            "prior": self.prior,
            "prior_fingerprint": self.prior_fingerprint,
            "objective": [{"unit": str(t.unit), "weight": t.weight} for t in self.objective],
            "method": self.method,
            "parameters": dataclasses.asdict(self.parameters),  # type: ignore[call-overload]
            "seed": self.seed,
            "start": self.start,
            "numeric": self.numeric,
        }

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read `to_json` back; raises `DgnError` if it is not a recipe or from a newer program."""
        try:
            values = json.loads(text)
            schema = values.pop("schema")
            if schema > SCHEMA:
                raise DgnError(
                    f"The recipe has schema {schema}; this program knows {SCHEMA}.",
                    "Update dgn-explorer to read it.",
                )
            terms = values.pop("objective")
            objective = tuple(Term(UnitAddress.parse(t["unit"]), t["weight"]) for t in terms)
            parameters = method_parameters(values["method"])(**values.pop("parameters"))
            return cls(objective=objective, parameters=parameters, **values)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DgnError(
                f"This is not a recipe of dgn-explorer ({error}).",
                "Take the text from a result's details or from an exported PNG.",
            ) from None

    def _digest(self, without: tuple[str, ...]) -> str:
        values = {k: v for k, v in self.to_dict().items() if k not in without}
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()
