"""The generator architectures by the name that a prior file gives them."""

from collections.abc import Mapping
from typing import Any

from dgn_explorer.priors.architectures.compact import CompactConfig, CompactGenerator
from dgn_explorer.priors.architectures.upconv import UpconvConfig, UpconvGenerator

Generator = CompactGenerator | UpconvGenerator


def build_generator(architecture: str, config: Mapping[str, Any]) -> Generator:
    """Build an untrained generator, batch-norm not yet folded, from a file's description of it.

    Raises ValueError or TypeError if there is no such architecture or the sizes make no sense.
    """
    if architecture == CompactGenerator.architecture:
        lists = {
            "widths": tuple(config["widths"]),
            "stage_blocks": tuple(config.get("stage_blocks", ())),  # not in older files
        }
        return CompactGenerator(CompactConfig(**{**config, **lists}))
    if architecture == UpconvGenerator.architecture:
        return UpconvGenerator(UpconvConfig(**config))
    raise ValueError(f"its architecture is {architecture!r}")
