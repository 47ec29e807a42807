"""The statistics of a run's codes: one pass over photographs, kept in the run's folder."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from dgn_explorer.disk import write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import resize
from dgn_explorer.training.learning.build import Setup
from dgn_explorer.training.learning.encoder import (
    ActivationEncoder,
    ComponentEncoder,
    Encoder,
    FeatureReader,
    fit_activations,
    fit_components,
    rectifies,
)
from dgn_explorer.training.learning.losses import centre
from dgn_explorer.training.photographs.cache import OnStage
from dgn_explorer.training.photographs.data import TrainingPhotos, prefetch

NAME = "encoder.safetensors"
BATCH = 64
SEED_OFFSET = 7_919  # other crops than those of the first training steps
_HEADER = "dgn-explorer"


def make_encoder(setup: Setup, photos: TrainingPhotos, progress: OnStage) -> Encoder:
    """Fit the encoder over ``statistics_images`` photographs, at most two crops of each."""
    s = setup.settings
    count = setup.statistics_crops(photos.count)
    batches = -(-count // BATCH)
    read = FeatureReader(setup.network, [setup.layer])
    device = setup.network.device

    def values() -> Iterator[Tensor]:
        rows = np.arange(BATCH)
        pin = device.type == "cuda"
        with torch.no_grad(), prefetch(photos, BATCH, s.seed + SEED_OFFSET, 0, rows, pin) as drawn:
            for done in range(batches):
                pixels = next(drawn).pixels[: count - done * BATCH].to(device, non_blocking=True)
                seen = resize(centre(pixels.float() / 255, s.view), setup.encoder_size)
                yield read(seen)[0]
                progress("Code statistics", min(count, (done + 1) * BATCH), count)

    if setup.flat:
        return fit_activations(values(), rectifies(s, setup.network, setup.layer))
    return fit_components(values(), setup.code_size(photos.count))


def save_encoder(encoder: Encoder, setup: Setup, folder: Path) -> None:
    """Write ``encoder`` with what it was made for."""
    if isinstance(encoder, ComponentEncoder):
        names = ["mean", "forward", "inverse"]
        kept = {"kept": torch.tensor(encoder.kept)}
    else:
        names, kept = ["mean", "scale"], {"rectified": torch.tensor(encoder.rectified)}
    tensors = {name: getattr(encoder, name).cpu().contiguous() for name in names}
    header = {_HEADER: json.dumps(_made_for(setup))}
    write_file(folder / NAME, save({**tensors, **kept}, header))


def load_encoder(setup: Setup, folder: Path) -> Encoder | None:
    """The encoder in ``folder``, or None if there is none or it was made for another layer."""
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            made_for = (file.metadata() or {}).get(_HEADER)
            if made_for is not None and json.loads(made_for) != _made_for(setup):
                return None
            t = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        if "rectified" in t:
            encoder: Encoder = ActivationEncoder(t["mean"], t["scale"], bool(t["rectified"]))
        else:
            encoder = ComponentEncoder(t["mean"], t["forward"], t["inverse"], float(t["kept"]))
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        raise DgnError(
            f"{path} is damaged ({error}).",
            "Take a copy of it, or start again in another --run folder.",
        ) from error
    return encoder if setup.fixed_code_size in (0, encoder.size) else None


def _made_for(setup: Setup) -> dict[str, object]:
    s = setup.settings
    return {
        "network": setup.network.info.fingerprint,
        "layer": setup.layer,
        "encoder_size": setup.encoder_size,
        "code_size": setup.fixed_code_size,
        "code_values": s.code_values,
        "view": setup.view,
    }
