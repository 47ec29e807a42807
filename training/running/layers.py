"""Priors that invert several layers of one network, trained alike: `train_layers`.

Nguyen et al. (2016, "Synthesizing the preferred inputs for neurons in neural networks via deep
generator networks") trained generators for layers 3, 5, 6 and 7 of CaffeNet with one recipe, and
showed the same units through each of them. `LITE0_LAYERS` are the counterparts in
EfficientNet-Lite0: maps at an eighth, a sixteenth and a 32nd of the image, and the pooled features
that the classes are read from. What the priors have in common is photographs, seed, recipe and
cost; the number of weights differs, because the generator doubles its map until the image is
reached.

One layer after another is trained, each a run in a folder of its own (see `run`), with one cache of
decoded photographs for all. A run that was stopped goes on.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dgn_explorer.disk import replacing
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.training.learning.build import Opener
from dgn_explorer.training.photographs.cache import OnStage
from dgn_explorer.training.running.folder import CACHE_NAME
from dgn_explorer.training.running.run import StepReport, run_settings, train

LITE0_LAYERS = ("blocks.4", "blocks.10", "blocks.15", "pool")
# Half the usual generator, and codes that take few weights: files of 9 to 16 MiB. The average over
# the weights looks back a thousand images, for there are few to look back on.
SMALL: Mapping[str, Any] = {"components": 384, "width": 0.5, "ema_images": 1_000}


def train_layers(
    layers: Sequence[str],
    sources: tuple[str, ...],
    weights: tuple[float, ...],
    folder: Path,
    out: Path,
    changes: Mapping[str, Any],
    *,
    save_every_s: float,
    told: Callable[[str], tuple[OnStage, StepReport]],
    stop: Callable[[], bool] = lambda: False,
    device: str | None = None,
    opener: Opener = open_network,
) -> list[Path]:
    """Train a prior for each of ``layers`` in ``folder``/LAYER and copy it to ``out``/LAYER.

    ``changes`` are settings that hold for all, with the length of a run among them (``hours`` or
    ``steps``); ``components`` is the length of codes of maps. ``told`` gets a layer, and gives the
    ``progress`` and ``report`` of its `run.train`. Returns the files of the layers that are done:
    all of them, unless ``stop`` said so.

    Raises `DgnError` as `run.train` does, and if a layer is named twice.
    """
    if len(set(layers)) < len(layers):
        raise DgnError("A layer is named twice.", "Name each --layer once.")
    done: list[Path] = []
    for layer in layers:
        run = folder / layer
        progress, report = told(layer)
        settings = run_settings(run, sources, weights, {**SMALL, **changes, "layer": layer})
        path = train(
            settings,
            run,
            name=f"{settings.network}-{layer}",
            save_every_s=save_every_s,
            progress=progress,
            report=report,
            stop=stop,
            device=device,
            opener=opener,
            cache=folder / CACHE_NAME,
        )
        if stop():
            return done
        out.mkdir(parents=True, exist_ok=True)
        copy = out / f"{layer}.safetensors"
        with replacing(copy) as temporary:
            shutil.copyfile(path, temporary)
        done.append(copy)
    return done
