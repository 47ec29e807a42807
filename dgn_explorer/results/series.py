"""Which stored results are one recipe at several checkpoints of a series; free of torch."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.spec_text import parse_spec
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.results.summary import Summary
from dgn_explorer.synthesis.recipe import Recipe


def place_of(network: str) -> tuple[str, str]:
    """The series and the checkpoint that a network's name names; ("", "") if it names none.

    >>> place_of("runs/mine@epoch10 --arch torchvision:resnet18")
    ('runs/mine --arch torchvision:resnet18', 'epoch10')
    >>> place_of("lite0")
    ('', '')
    """
    try:
        spec, _ = parse_spec(network)
    except DgnError:
        return "", ""
    series, at, position = spec.rpartition("@")
    return (f"{series}{network.strip()[len(spec) :]}", position) if at else ("", "")


def over_training(items: Iterable[Summary], recipe: Recipe) -> list[Summary]:
    """Those of ``items`` that may be ``recipe`` at a checkpoint of its series, one for each."""
    series, _ = place_of(recipe.network)
    if not series:
        return []
    found: dict[str, Summary] = {}
    for item in items:
        base, position = place_of(item.network)
        alike = (item.address, item.method, item.seed, item.prior) == (
            recipe.target.text(),
            recipe.method,
            recipe.seed,
            recipe.prior,
        )
        if base == series and alike and item.state == DONE:
            found.setdefault(position, item)
    return list(found.values())


def of_one_recipe(
    records: Iterable[Record], recipe: Recipe, positions: Sequence[str]
) -> dict[str, Record]:
    """Those of ``records`` that differ from ``recipe`` in the network alone, by checkpoint.

    In the order of ``positions``.
    """
    found = {
        place_of(record.recipe.network)[1]: record
        for record in records
        if replace(
            record.recipe,
            network=recipe.network,
            network_fingerprint=recipe.network_fingerprint,
        )
        == recipe
    }
    return {position: found[position] for position in positions if position in found}
