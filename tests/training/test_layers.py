from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.files import load_prior
from dgn_explorer.training.running.layers import train_layers
from tests import device
from tests.training.tiny import open_tiny, tiny_settings

CHANGES = {
    name: getattr(tiny_settings(Path()), name)
    for name in ("network", "components", "image_size", "batch", "width", "base_blocks", "bf16")
} | {"steps": 4, "statistics_images": 64}


def layers(photos: Path, folder: Path, steps: list[str], limit: int = 10**9) -> list[Path]:
    def report(layer: str):
        return lambda *_: None, lambda *_: steps.append(layer)

    return train_layers(
        ("conv2", "fc6"),
        (str(photos),),
        (1.0,),
        folder / "runs",
        folder / "priors",
        CHANGES,
        save_every_s=1e9,
        told=report,
        stop=lambda: len(steps) >= limit,
        device=device.DEVICE,
        opener=open_tiny,
    )


def test_each_layer_has_its_prior_and_all_were_trained_alike(photos: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    found = layers(photos, tmp_path, steps)
    assert steps == ["conv2"] * 4 + ["fc6"] * 4
    priors = [load_prior(path).info for path in found]
    assert [info.encoder.layer for info in priors] == ["conv2", "fc6"]
    assert [info.encoder.kind for info in priors] == ["components", "activations"]
    assert [info.code_size for info in priors] == [16, 24]
    assert [info.name for info in priors] == ["tiny-conv2", "tiny-fc6"]
    alike = ("images_seen", "photographs")
    assert [priors[0].card[name] for name in alike] == [priors[1].card[name] for name in alike]
    assert len(list((tmp_path / "runs" / "cache").glob("*.pixels"))) == 1, "decoded once for all"
    assert not (tmp_path / "runs" / "conv2" / "cache").exists()


def test_what_was_stopped_goes_on(photos: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    assert [path.stem for path in layers(photos, tmp_path, steps, limit=6)] == ["conv2"]
    assert steps == ["conv2"] * 4 + ["fc6"] * 2
    assert [path.stem for path in layers(photos, tmp_path, steps)] == ["conv2", "fc6"]
    assert steps == ["conv2"] * 4 + ["fc6"] * 4, "nothing is trained twice"


def test_a_layer_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DgnError, match="twice"):
        train_layers(
            ("conv2", "conv2"),
            ("photos",),
            (1.0,),
            tmp_path,
            tmp_path,
            {},
            save_every_s=1.0,
            told=lambda layer: (lambda *_: None, lambda *_: None),
        )
    assert not list(tmp_path.iterdir())
