"""A bench with the tiny network and prior, for what computes without an engine."""

from pathlib import Path

from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.bench import Bench
from tests.tiny import tiny_network, tiny_prior


def tiny_bench(folder: Path, store: Store | None = None) -> Bench:
    """The tiny pair with a store; the prior has no encoder that could be opened."""
    kept = store or Store(folder / "results")
    return Bench(tiny_network(), tiny_prior(folder), kept.inputs.get, kept.code, lambda: None)
