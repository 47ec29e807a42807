"""Results for tests, made from a number."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.disk import FileSystem
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Provenance, Record
from dgn_explorer.synthesis.kinds import top_parts
from dgn_explorer.synthesis.methods.dgn_am.about import DgnAmParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise


def make_recipe(index: int = 980, **changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "network": "lite0",
        "network_fingerprint": "a" * 64,
        "prior": "default",
        "prior_fingerprint": "b" * 64,
        "target": Maximise.of(UnitAddress("fc", index)),
        "parameters": DgnAmParameters(),  # of the first schema, as files of all versions are
    }
    return Recipe(**(values | changes))


def make_result(
    index: int = 980, state: str = "done", steps: int = 5, size: int = 12, **changes: Any
) -> Record:
    """Equal arguments give equal results; other states and steps give other pixels too."""
    rng = np.random.default_rng([index, steps, len(state)])
    values: dict[str, Any] = {
        "recipe": make_recipe(index),
        "image": rng.integers(0, 256, (size, size + 4, 3), np.uint8),
        "code": rng.normal(size=16).astype(np.float32),
        "trace": rng.normal(size=steps).astype(np.float32),
        "state": state,
        "seconds": 1.25,
        "device": "CPU, 2 threads",
        "created": f"2026-01-01T00:{index % 60:02}:00+00:00",
        "top": ((980, 0.25), (3, 2.0**-30)),
        "label": "vulkán 火山",
        "versions": {"torch": "2.13", "dgn-explorer": "0.1.0"},
    }
    v = values | changes
    return Record(
        order=v["recipe"],
        parts={"images": v["image"][None], "codes": v["code"][None], **top_parts((v["top"],))},
        trace=v["trace"],
        state=v["state"],
        provenance=Provenance(v["seconds"], v["device"], v["created"], v["versions"]),
        label=v["label"],
    )


def assert_same(one: Record | None, other: Record) -> None:
    assert one is not None
    assert one.parts.keys() == other.parts.keys()
    for name, value in {**other.parts, "trace": other.trace}.items():
        stored = one.trace if name == "trace" else one.parts[name]
        if isinstance(value, np.ndarray):
            assert stored.dtype == value.dtype, name
        np.testing.assert_array_equal(stored, value, name)
    for name in ("order", "state", "provenance", "label"):
        assert getattr(one, name) == getattr(other, name), name


def files_below(folder: Path) -> set[str]:
    """Everything in a store but its lock, as paths relative to it."""
    found = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return {name for name in found if name != ".lock"}


CALLS = [name for name in vars(FileSystem) if not name.startswith("_")]


class FaultyFileSystem(FileSystem):
    """Fails at the call number ``fail_at`` (from 1), or from there on if ``for_good``.

    A write that fails has written half; a descriptor that fails to close is closed all the same.
    ``log`` holds the names of the calls made.
    """

    def __init__(self, fail_at: int, code: int, for_good: bool = False) -> None:
        self.fail_at, self.code, self.for_good = fail_at, code, for_good
        self.log: list[str] = []

    @property
    def has_failed(self) -> bool:
        return len(self.log) >= self.fail_at

    def _do(self, name: str, *arguments: Any) -> Any:
        self.log.append(name)
        call = getattr(super(), name)
        count = len(self.log)
        if count == self.fail_at or (self.for_good and count > self.fail_at):
            if name == "write":
                descriptor, data = arguments
                call(descriptor, data[: len(data) // 2])
            elif name == "close":
                call(*arguments)
            raise OSError(self.code, os.strerror(self.code))
        return call(*arguments)


def _forwarding(name: str) -> Any:
    return lambda self, *arguments: self._do(name, *arguments)


for _name in CALLS:
    setattr(FaultyFileSystem, _name, _forwarding(_name))
