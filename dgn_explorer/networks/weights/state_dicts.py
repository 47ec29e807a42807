"""Finding a network's weights among all that a checkpoint holds, by what fits the network.

Training scripts put their weights under any name (``state_dict``, ``model``), behind prefixes of
wrapper classes (``module.``), beside a second network of the same architecture (an average, a
teacher), and among counters and criteria. So the names of the module decide: weights are all keys
that end in its names behind one prefix, with its shapes. No two keys are ever made one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError

# Wrappers that torch itself puts anywhere in a name (DataParallel, torch.compile, FSDP)
_INSIDE = frozenset(
    {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"}
)
# Of several networks that fit: averaged weights are the better ones, then what was trained itself
_AVERAGED = frozenset({"ema", "swa", "avg", "average", "averaged", "polyak"})
_SECOND = frozenset({"teacher", "target", "momentum", "key", "k", "old", "previous", "initial"})
_USUAL = ("state", "model", "net", "network", "params", "weights", "student", "online", "encoder")
# What lies beside a network inside one state dict: criteria, metrics, queues, counters
_BESIDE = frozenset(
    {
        *("acc", "accuracy", "auroc", "confmat", "criterion", "f1", "loss", "losses", "meter"),
        *("metric", "metrics", "optimizer", "scheduler", "epoch", "step", "steps", "temperature"),
        *("averaged", "ema", "swa", "queue", "ptr", "center", "train", "val", "valid", "test"),
        *("ops", "params"),
    }
)
_COUNTER = "num_batches_tracked"
_DEEPEST = 8
_MOST_NAMED = 4


@dataclass(frozen=True)
class Chosen:
    """The weights that were taken.

    ``key`` is where they lie in the checkpoint, such as ``ema`` or ``state_dict.module``, empty for
    the checkpoint itself. ``state`` has the module's own names. ``unknown`` are keys of the same
    place that the module does not have. ``others`` are places whose weights fit as well.
    """

    key: str
    state: dict[str, Tensor]
    unknown: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def notices(self) -> tuple[str, ...]:
        """A sentence on which weights were taken, if there was a choice."""
        if not self.others:
            return ()
        names = [name or "the file itself" for name in (self.key, *self.others)]
        way = f" Add :{self.others[0]} to the file's name for those." if self.others[0] else ""
        return (f"The weights of {names[0]} were taken, not those of {_some(names[1:])}.{way}",)


def flatten(data: Any, source: str) -> dict[str, Tensor]:
    """Every tensor in what a checkpoint holds, by its path of keys with dots between them.

    Raises `DgnError` if there is none, or if two have the same path.
    """
    state: dict[str, Tensor] = {}
    for key, tensor in _tensors(data, "", 0):
        if key in state:
            raise DgnError(
                f"{source} holds two tensors called {key}.", "Save the state dict of one network."
            )
        state[key] = tensor
    if not state:
        what = f"a {type(data).__name__}"
        if isinstance(data, Mapping):
            what = "the keys " + ", ".join(str(key) for key in list(data)[:_MOST_NAMED])
        raise DgnError(
            f"{source} holds no weights: it has {what}.",
            "Save them with torch.save(model.state_dict(), FILE).",
        )
    return state


def _tensors(data: Any, path: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    if isinstance(data, Tensor):
        yield path, data
    elif depth < _DEEPEST and isinstance(data, Mapping):
        for key, value in data.items():
            if isinstance(key, str):  # an optimizer's state has numbers for keys
                yield from _tensors(value, f"{path}.{key}" if path else key, depth + 1)
    elif depth < _DEEPEST and isinstance(data, list | tuple):
        for i, value in enumerate(data):
            if isinstance(value, Mapping):
                yield from _tensors(value, f"{path}.{i}" if path else str(i), depth + 1)


def choose(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], key: str = "") -> Chosen:
    """The weights in a flat ``state`` that fit ``wanted``, the module's own names and tensors.

    ``key`` takes those of one place. If none fit, those that come nearest.

    >>> from torch import zeros
    >>> own = {"fc.weight": zeros(2)}
    >>> found = choose({"model.fc.weight": zeros(2), "ema.fc.weight": zeros(2)}, own)
    >>> found.key, found.others
    ('ema', ('model',))
    """
    places = _places(state, wanted)
    if key:
        inside = {p: names for p, names in places.items() if f"{p}.".startswith(f"{key}.")}
        if not inside:
            known = [p for p in places if p] or list(dict.fromkeys(k.split(".")[0] for k in state))
            raise DgnError(
                f"There are no weights called {key!r} that fit the network.",
                f"There are {_some(known)}.",
            )
        places = inside
    fitting = {p: _fit(state, wanted, names) for p, names in places.items()}
    best = max((fit for fit in fitting.values()), default=(0, 0))
    full = best[0] == sum(not name.endswith(_COUNTER) for name in wanted)
    order = list(places)
    ranked = sorted(
        (p for p in places if fitting[p] == best or (full and fitting[p][0] == best[0])),
        key=lambda p: (*_rank(p), order.index(p)),
    )
    place = ranked[0] if ranked else ""
    names = places.get(place, {})
    taken = {name: state[source] for name, source in names.items()}
    unknown = _unknown(state, wanted, place, names, [p for p in ranked if p != place])
    return Chosen(place, taken, tuple(unknown), tuple(ranked[1:]) if full else ())


def _places(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, dict[str, str]]:
    """Place -> name of the module -> key, for every prefix behind which some names are found."""
    places: dict[str, dict[str, str]] = {}
    loose: dict[str, dict[str, str]] = {}
    several: Counter[tuple[str, str]] = Counter()
    for key in state:
        parts = key.split(".")
        for i in range(len(parts)):
            place, rest = ".".join(parts[:i]), parts[i:]
            name = ".".join(rest)
            if name in wanted:
                places.setdefault(place, {})[name] = key
            bare = ".".join([rest[0], *(part for part in rest[1:] if part not in _INSIDE)])
            if bare != name and bare in wanted and rest[0] not in _INSIDE:
                loose.setdefault(place, {})[bare] = key
                several[place, bare] += 1
    for place, names in loose.items():  # a wrapper inside: only where nothing else has the name
        own = places.setdefault(place, {})
        for name, key in names.items():
            if name not in own and several[place, name] == 1:
                own[name] = key
    return {place: names for place, names in places.items() if names}


def _fit(
    state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], names: Mapping[str, str]
) -> tuple[int, int]:
    """How many names have their shape, and how many are there at all."""
    known = [name for name in names if not name.endswith(_COUNTER)]
    same = sum(state[names[name]].shape == wanted[name].shape for name in known)
    return same, len(known)


def _rank(place: str) -> tuple[int, int, int]:
    words = place.replace(".", "_").lower().split("_")
    kind = 0 if _AVERAGED & set(words) else 2 if _SECOND & set(words) else 1
    usual = min((_USUAL.index(word) for word in words if word in _USUAL), default=len(_USUAL))
    return kind, usual if place else -1, place.count(".")


def _unknown(
    state: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    place: str,
    names: Mapping[str, str],
    others: list[str],
) -> Iterator[str]:
    """Keys of the place that the module lacks, but for what usually lies beside a network."""
    start = f"{place}." if place else ""
    used = set(names.values())
    modules = {name.split(".")[0] for name in wanted}
    for key, tensor in state.items():
        name = key.removeprefix(start)
        first = name.split(".")[0]
        if not key.startswith(start) or key in used or name.endswith(_COUNTER):
            continue
        if any(key.startswith(f"{other}.") for other in others if other):
            continue
        beside = tensor.numel() <= 1 or bool(_BESIDE & set(first.lower().split("_")))
        if first in modules or not beside:
            yield name


def class_count(state: Mapping[str, Tensor], module: nn.Module, key: str = "") -> int | None:
    """How many classes the weights are for, if only the classifier's size differs from ``module``.

    The classifier is the last weight of the module with two or four dimensions.
    """
    own = module.state_dict()
    found = choose(state, own, key).state
    weights = [name for name, x in own.items() if name.endswith("weight") and x.ndim in (2, 4)]
    for name in reversed(weights):
        given = found.get(name, own[name])
        if given.shape != own[name].shape and given.shape[1:] == own[name].shape[1:]:
            return int(given.shape[0])
    return None


def fit(module: nn.Module, state: Mapping[str, Tensor], source: str, key: str = "") -> Chosen:
    """Load what fits ``module`` of a flat ``state`` into it, and say what that was.

    Raises `DgnError` naming the keys and shapes that differ. Keys of the same place that the
    module does not have are an error too, except counters of batch-norm and what usually lies
    beside a network (see `choose`).
    """
    own = module.state_dict()
    chosen = choose(state, own, key)
    found = chosen.state
    missing = [name for name in own if name not in found and not name.endswith(_COUNTER)]
    shapes = [
        f"{name} is {_shape(found[name])} instead of {_shape(own[name])}"
        for name in own
        if name in found and found[name].shape != own[name].shape
    ]
    whole = [
        f"{name} holds {_numbers(found[name])} ({_type(found[name])})"
        for name in own
        if name in found
        and own[name].is_floating_point()
        and not (found[name].is_floating_point() and _plain(found[name]))
        and not name.endswith(_COUNTER)
    ]
    problems = [
        *([f"missing {_some(missing)}"] if missing else []),
        *([f"unknown {_some(list(chosen.unknown))}"] if chosen.unknown else []),
        *([_some(shapes)] if shapes else []),
        *([_some(whole)] if whole else []),
    ]
    if problems:
        raise DgnError(
            f"{source} does not fit the architecture: {'; '.join(problems)}.",
            "Name the architecture that the weights were trained with (--arch).",
        )
    with torch.no_grad():
        module.load_state_dict(found, strict=False)
    return chosen


def _plain(tensor: Tensor) -> bool:
    """Whether its numbers are there, one behind the other."""
    return tensor.layout == torch.strided and not tensor.is_meta


def _numbers(tensor: Tensor) -> str:
    if not _plain(tensor):
        return "no numbers" if tensor.is_meta else "only some of its numbers"
    return "complex numbers" if tensor.is_complex() else "whole numbers"


def _shape(tensor: Tensor) -> str:
    return "x".join(str(n) for n in tensor.shape) or "a number"


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _some(items: list[str]) -> str:
    more = f" and {len(items) - _MOST_NAMED} more" if len(items) > _MOST_NAMED else ""
    return ", ".join(items[:_MOST_NAMED]) + more
