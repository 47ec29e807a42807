"""Checkpoints: everything a run needs to go on as if it had never stopped."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.training.settings import TrainSettings

NAME = "checkpoint.pt"


def write_checkpoint(folder: Path, settings: TrainSettings, state: dict[str, Any]) -> None:
    """Write ``state`` beside the settings; a kill at any moment leaves the old file or the new."""
    _write(folder / NAME, {"settings": asdict(settings), **state})


def read_checkpoint(folder: Path) -> tuple[TrainSettings, dict[str, Any]] | None:
    """The settings and state of the last checkpoint in ``folder``, or None if there is none."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        saved = state.pop("settings")
        saved["sources"], saved["weights"] = tuple(saved["sources"]), tuple(saved["weights"])
        return TrainSettings(**saved), state
    except Exception as error:
        raise DgnError(
            f"{path} cannot be read ({type(error).__name__}).",
            "Give another --run folder, or remove the file to start again.",
        ) from error


def _write(path: Path, content: object) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
