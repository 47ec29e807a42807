"""`Summary`: what lists show of a record in the store, read without its arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.targets import Maximise, Target, Term, target_from_dict


@dataclass(frozen=True)
class Summary:
    """One line of a list.

    ``kind`` is that of the record, ``method`` the name of its method or study, ``units`` those of
    its target and ``address`` the target in words, such as ``fc:980`` or ``fc:980 + -0.5*fc:3``.
    ``count`` is how many images, maps or rows it holds, ``steps`` the number of steps done,
    ``activation`` the target's value for the first image (NaN for surveys), ``seconds`` how long
    it took, ``created`` ISO 8601 UTC, ``bytes`` the size of the file. ``inputs`` are the SHA-256 of
    the photographs and whatever else it was made from. ``quality`` is the word for its parameters,
    empty for a method without such words and for parameters of one's own; ``starts`` how many
    images' passes each of its steps made.
    """

    key: str
    path: Path
    kind: str
    network: str
    network_fingerprint: str
    prior: str
    units: tuple[UnitAddress, ...]
    address: str
    label: str
    seed: int
    method: str
    state: str
    count: int
    steps: int
    activation: float
    seconds: float
    created: str
    bytes: int
    inputs: tuple[str, ...] = ()
    quality: str = ""
    starts: int = 1


def summary_of(metadata: Mapping[str, Any], key: str, path: Path, size_bytes: int) -> Summary:
    """The summary of a file's parsed metadata; raises what reading wrong content raises."""
    order = metadata["recipe"] if metadata["format"] == 1 else metadata["order"]
    survey = "survey" in order
    target = None if survey else target_of(order)
    about = None if survey else next((x for x in METHODS if x.name == order["method"]), None)
    activation = metadata["activation"]
    return Summary(
        key=key,
        path=path,
        kind="images" if metadata["format"] == 1 else str(metadata["kind"]),
        network=str(order["network"]),
        network_fingerprint=str(order["network_fingerprint"]),
        prior="" if survey else str(order["prior"]),
        units=_survey_units(order) if target is None else target.units,
        address=_survey_text(order) if target is None else target.text(),
        label=str(metadata["label"]),
        seed=0 if survey else int(order["seed"]),
        method=str(order["study"] if survey else order["method"]),
        state=str(metadata["state"]),
        count=1 if metadata["format"] == 1 else int(metadata["count"]),
        steps=int(metadata["steps"]),
        activation=float("nan") if activation is None else float(activation),
        seconds=float(metadata["seconds"]),
        created=str(metadata["created"]),
        bytes=size_bytes,
        inputs=tuple(str(one["sha256"]) for one in order.get("inputs", ())),
        quality=about.quality_of(order["parameters"]) if about is not None else "",
        starts=int(order["parameters"].get(about.starts_field, 1)) if about is not None else 1,
    )


def target_of(recipe: Mapping[str, Any]) -> Target:
    """The target of a recipe's plain values, of any schema."""
    if "objective" in recipe:
        return Maximise(tuple(Term.from_dict(term) for term in recipe["objective"]))
    return target_from_dict(recipe["target"])


def _survey_units(survey: Mapping[str, Any]) -> tuple[UnitAddress, ...]:
    return tuple(UnitAddress.parse(unit) for unit in survey["units"])


def _survey_text(survey: Mapping[str, Any]) -> str:
    parts = [*survey["units"], *survey["layers"], *(i["name"] for i in survey["inputs"])]
    return ", ".join(part for part in parts if part)
