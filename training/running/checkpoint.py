"""Checkpoints: everything a run needs to go on as if it had never stopped."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from dgn_explorer.disk import replacing
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.weights.checkpoints import read_pickle, require_file
from dgn_explorer.training.settings import TrainSettings, from_saved

NAME = "checkpoint.pt"


def write_checkpoint(folder: Path, settings: TrainSettings, state: dict[str, Any]) -> None:
    """Write ``state`` beside the settings; a kill at any moment leaves the old file or the new.

    Raises `DgnError` if it cannot be written; the old file then stays.
    """
    path = folder / NAME
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            torch.save({"settings": asdict(settings), **state}, file)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        raise DgnError(
            f"{path} cannot be written ({error}).",
            "Make room on the disk; the run goes on from the last checkpoint.",
        ) from error


def read_checkpoint(folder: Path) -> tuple[TrainSettings, dict[str, Any]] | None:
    """The settings and state of the last checkpoint in ``folder``, or None if there is none.

    Raises `DgnError` if there is one that cannot be read.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        require_file(path)
        state = read_pickle(path)
        return from_saved(state.pop("settings")), state
    except Exception as error:  # whatever unpickling makes of damaged bytes
        raise DgnError(
            f"{path} cannot be read ({type(error).__name__}).",
            "Give another --run folder, or remove the file to start again.",
        ) from error
