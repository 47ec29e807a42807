"""Step sizes that were found for a network with a prior, remembered in the data folder.

Free of torch; `step_sweep` finds them.
"""

import json
import math
from contextlib import suppress
from pathlib import Path

from dgn_explorer.disk import read_file
from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder
from dgn_explorer.sharing import change_file

# The default parameters are tuned for these networks with this prior
_TUNED = ("lite0", "lite1", "lite2")
_TUNED_PRIOR = "default"


def is_tuned(network: str, prior: str) -> bool:
    """Whether the default step size suits this network with this prior, by their names."""
    return network in _TUNED and prior == _TUNED_PRIOR


def remembered_step(network_fingerprint: str, prior_fingerprint: str) -> float | None:
    """The step size found before for this pair, or None."""
    size = _known().get(_pair(network_fingerprint, prior_fingerprint))
    usable = isinstance(size, float) and math.isfinite(size) and size > 0
    return size if usable else None


def remember_step(network_fingerprint: str, prior_fingerprint: str, size: float) -> None:
    """Keep a step size for the next time; a folder that cannot be written to costs only time."""
    pair = _pair(network_fingerprint, prior_fingerprint)

    def with_size(before: bytes | None) -> bytes:
        return json.dumps({**_decoded(before), pair: float(size)}, indent=1).encode()

    with suppress(OSError, DgnError):
        change_file(_path(), with_size)


def remembered_count() -> int:
    """For how many pairs a step size is remembered."""
    return len(_known())


def forget_steps() -> None:
    """Forget them all: they are measured again."""
    with suppress(OSError, DgnError):
        change_file(_path(), lambda before: b"{}")


def _pair(network_fingerprint: str, prior_fingerprint: str) -> str:
    return f"{network_fingerprint} {prior_fingerprint}"


def _path() -> Path:
    return data_folder() / "step-sizes.json"


def _known() -> dict[str, float]:
    try:
        return _decoded(read_file(_path()))
    except OSError:
        return {}  # it is found again


def _decoded(data: bytes | None) -> dict[str, float]:
    try:
        known = json.loads(data or b"")
    except (ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}
