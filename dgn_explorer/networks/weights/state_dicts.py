"""Fitting a saved state dict to a module: prefixes, wrappers, and what does not match."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from dgn_explorer.errors import DgnError

# Where training scripts put the weights inside a checkpoint, most specific first.
_WRAPPERS = (
    "state_dict_ema",
    "model_ema",
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "params",
    "weights",
)
# DataParallel, torch.compile, Lightning, and common attribute names of wrapper classes.
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "backbone.", "encoder.")
_MOST_NAMED = 4


def find_state_dict(data: Any, source: str) -> dict[str, Tensor]:
    """The state dict in what a checkpoint holds; raises `DgnError` if there is none."""
    found = _search(data, depth=0)
    if found is None:
        what = f"a {type(data).__name__}"
        if isinstance(data, Mapping):
            what = "the keys " + ", ".join(str(key) for key in list(data)[:_MOST_NAMED])
        raise DgnError(
            f"{source} holds no weights: it has {what}.",
            "Save them with torch.save(model.state_dict(), FILE).",
        )
    return found


def _search(data: Any, depth: int) -> dict[str, Tensor] | None:
    if not isinstance(data, Mapping) or depth > 3:
        return None
    tensors = {k: v for k, v in data.items() if isinstance(k, str) and isinstance(v, Tensor)}
    if tensors and len(tensors) >= len(data) / 2:
        return tensors
    for key in _WRAPPERS:
        found = _search(data.get(key), depth + 1)
        if found is not None:
            return found
    return None


def strip_prefixes(state: Mapping[str, Tensor], wanted: set[str]) -> dict[str, Tensor]:
    """Take off wrapper prefixes as long as that makes more keys match ``wanted``.

    >>> list(strip_prefixes({"module.model.fc.weight": None}, {"fc.weight"}))
    ['fc.weight']
    """
    current = dict(state)
    for _ in range(len(_PREFIXES)):
        options = [
            {key.removeprefix(prefix): value for key, value in current.items()}
            for prefix in _PREFIXES
            if any(key.startswith(prefix) for key in current)
        ]
        if not options:
            break
        # A prefix inside another ("module.model.") shows no matches until both are off
        best = max(options, key=lambda option: (len(wanted & set(option)), _depth(option)))
        if len(wanted & set(best)) < len(wanted & set(current)):
            break
        current = best
    return current if len(wanted & set(current)) > len(wanted & set(state)) else dict(state)


def _depth(state: Mapping[str, Tensor]) -> int:
    return -sum(key.count(".") for key in state)


def class_count(state: Mapping[str, Tensor], module: nn.Module) -> int | None:
    """How many classes the weights are for, if only the classifier's size differs from ``module``.

    The classifier is the last weight of the module with two or four dimensions.
    """
    own = module.state_dict()
    state = strip_prefixes(state, set(own))
    weights = [key for key, value in own.items() if key.endswith("weight") and value.ndim in (2, 4)]
    differing = [k for k in own if k in state and state[k].shape != own[k].shape]
    for key in reversed(weights):
        if key in differing and state[key].shape[1:] == own[key].shape[1:]:
            return int(state[key].shape[0])
    return None


def fit(module: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Load ``state`` into ``module``; raises `DgnError` naming the keys and shapes that differ.

    Keys that the module does not have are an error too, except counters of batch-norm.
    """
    own = module.state_dict()
    state = strip_prefixes(state, set(own))
    optional = {key for key in own if key.endswith("num_batches_tracked")}
    missing = [key for key in own if key not in state and key not in optional]
    unexpected = [k for k in state if k not in own and not k.endswith("num_batches_tracked")]
    shapes = [
        f"{key} is {_shape(state[key])} instead of {_shape(own[key])}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    problems = [
        *([f"missing {_some(missing)}"] if missing else []),
        *([f"unknown {_some(unexpected)}"] if unexpected else []),
        *([_some(shapes)] if shapes else []),
    ]
    if problems:
        raise DgnError(
            f"{source} does not fit the architecture: {'; '.join(problems)}.",
            "Name the architecture that the weights were trained with (--arch).",
        )
    module.load_state_dict({key: state[key] for key in own if key in state}, strict=False)


def _shape(tensor: Tensor) -> str:
    return "x".join(str(n) for n in tensor.shape) or "a number"


def _some(items: list[str]) -> str:
    more = f" and {len(items) - _MOST_NAMED} more" if len(items) > _MOST_NAMED else ""
    return ", ".join(items[:_MOST_NAMED]) + more
