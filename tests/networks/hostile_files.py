"""Files that attack whoever opens them, made from sound ones."""

import io
import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.fc(self.conv(x).relu().mean((2, 3)))
        return scores


class Trap:
    """Creates ``path`` where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (open, (str(self.path), "w"))


def trap(path: Path) -> bytes:
    """A pickle in torch's archive form that creates ``path``."""
    buffer = io.BytesIO()
    torch.save({"a": Trap(path)}, buffer)
    return buffer.getvalue()


def scripted() -> dict[str, bytes]:
    """The entries of a sound TorchScript archive."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.save(torch.jit.script(Tiny().eval()), buffer)
    return entries(buffer.getvalue())


def exported() -> dict[str, bytes]:
    """The entries of a sound torch.export archive."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(Tiny().eval(), (torch.rand(1, 3, 16, 16),))
        torch.export.save(program, buffer)
    return entries(buffer.getvalue())


def weights() -> dict[str, bytes]:
    """The entries of a sound archive of weights."""
    buffer = io.BytesIO()
    torch.save(Tiny().state_dict(), buffer)
    return entries(buffer.getvalue())


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {n.split("/", 1)[1]: archive.read(n) for n in archive.namelist()}


def packed(contents: dict[str, bytes], folder: str = "a") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in contents.items():
            archive.writestr(f"{folder}/{name}", data)
    return buffer.getvalue()


def text_with(contents: dict[str, bytes], statement: str) -> dict[str, bytes]:
    """A TorchScript archive whose ``forward`` begins with ``statement``."""
    name = next(n for n in contents if n.startswith("code/") and b"class Tiny" in contents[n])
    lines = contents[name].decode().splitlines()
    start = next(i for i, line in enumerate(lines) if "def forward" in line)
    body = next(i for i in range(start, len(lines)) if lines[i].endswith("-> Tensor:")) + 1
    lines[body:body] = [f"    {line}" for line in statement.splitlines()]
    return {**contents, name: ("\n".join(lines) + "\n").encode()}


def method_with(contents: dict[str, bytes], method: str) -> dict[str, bytes]:
    """A TorchScript archive whose network has ``method`` too."""
    name = next(n for n in contents if n.startswith("code/") and b"class Tiny" in contents[n])
    lines = "".join(f"  {line}\n" for line in method.splitlines())
    return {**contents, name: contents[name] + lines.encode()}


def model_with(
    contents: dict[str, bytes], change: Callable[[dict[str, Any]], object]
) -> dict[str, bytes]:
    """A torch.export archive whose description went through ``change``."""
    tree = json.loads(contents["models/model.json"])
    change(tree)
    return {**contents, "models/model.json": json.dumps(tree).encode()}


def config_with(contents: dict[str, bytes], **payload: Any) -> dict[str, bytes]:
    """A torch.export archive with one more constant, described by ``payload``."""
    meta = json.loads(contents["data/weights/model_weights_config.json"])["config"]["fc.bias"]
    config = {"config": {"extra": {**meta, **payload}}}
    name = "data/constants/model_constants_config.json"
    return {**contents, name: json.dumps(config).encode()}


def code_pickle(path: Path) -> bytes:
    return pickle.dumps(Trap(path), 2)


def with_comment(data: bytes, comment: bytes) -> bytes:
    """An archive whose end record has ``comment`` behind it."""
    return data[:-2] + struct.pack("<H", len(comment)) + comment


def two_in_one(first: bytes, second: bytes) -> bytes:
    """An archive for readers that take the last end record, and another for those that do not."""
    return first + second


def replaced(data: bytes, old: bytes, new: bytes, which: int) -> bytes:
    """``data`` with the occurrence number ``which`` of ``old`` replaced."""
    parts = data.split(old)
    return old.join(parts[: which + 1]) + new + old.join(parts[which + 1 :])
