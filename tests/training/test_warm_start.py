from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.files import load_prior, save_prior
from dgn_explorer.priors.info import EncoderInfo
from dgn_explorer.priors.prior import Prior
from dgn_explorer.training.learning.trainer import Trainer
from dgn_explorer.training.learning.warm_start import encoder_of
from dgn_explorer.training.running.run import run_settings, train
from tests.training.test_trainer import pixels, run, trainer
from tests.training.tiny import open_tiny, tiny_settings


def prior_of(t: Trainer, path: Path) -> Prior:
    """The prior that a run would save now."""
    info = t.setup.network.info
    made = EncoderInfo(
        info.name, info.fingerprint, t.setup.layer, t.encoder.kind, t.setup.encoder_size
    )
    save_prior(
        path,
        name="old",
        generator=t.ema,
        space=t.encoder.space(),
        encoder=made,
        card={},
        exact=True,
    )
    return load_prior(path)


@pytest.mark.parametrize("changes", [{}, {"layer": "fc6"}, {"upsampling": "nearest"}])
def test_a_run_begins_with_the_images_of_the_prior(
    changes: dict[str, object], tmp_path: Path
) -> None:
    old = trainer(learning_rate=5e-3, **changes)
    run(old, 5)
    prior = prior_of(old, tmp_path / "old.safetensors")
    more = {**changes, "start": str(tmp_path / "old.safetensors"), "base_blocks": 2}
    new = trainer(**more, stage_blocks=(1, 0, 1), frozen_norms=True)
    encoder = encoder_of(prior, new.setup)
    photos = pixels(8).float() / 255
    with torch.no_grad():
        codes = old.encode(photos)
        torch.testing.assert_close(
            encoder(new.objective._read(photos)[0]), codes, atol=2e-3, rtol=1e-3
        )
        new.start_from(prior, codes)
        for generator in (new.ema, new.generator.eval()):
            torch.testing.assert_close(
                generator(codes[:3]), prior.image(codes[:3]), atol=1e-4, rtol=1e-4
            )
    norms = {k: v.clone() for k, v in new.generator.state_dict().items() if "running" in k}
    before = new.generator.more[0][0].second.norm.weight.clone()
    run(new, 2)
    now = new.generator.state_dict()
    assert all(torch.equal(now[name], value) for name, value in norms.items())
    assert not torch.equal(new.generator.more[0][0].second.norm.weight, before)


def test_live_norms_go_on_from_the_statistics_of_photographs(tmp_path: Path) -> None:
    old = trainer()
    run(old, 3)
    prior = prior_of(old, tmp_path / "old.safetensors")
    new = trainer(start="old")
    with torch.no_grad():
        codes = old.encode(pixels(64).float() / 255)
        new.start_from(prior, codes)
        shown = new.generator.eval()(codes)
        torch.testing.assert_close(new.generator.train()(codes), shown, atol=1e-2, rtol=1e-2)


def test_a_prior_of_another_network_layer_or_size_is_refused(tmp_path: Path) -> None:
    old = trainer()
    prior = prior_of(old, tmp_path / "old.safetensors")
    with pytest.raises(DgnError, match="it inverts conv3 of tiny at 32 px, not conv2"):
        encoder_of(prior, trainer(layer="conv2", start="old").setup)
    other = replace(prior.info.encoder, fingerprint="another")
    with pytest.raises(DgnError, match="it inverts"):
        encoder_of(replace(prior, info=replace(prior.info, encoder=other)), old.setup)
    with pytest.raises(DgnError, match="does not fit the generator"):
        trainer(start="old", width=0.1).start_from(prior, torch.zeros(2, 16))


def test_frozen_norms_need_a_prior(tmp_path: Path) -> None:
    with pytest.raises(DgnError, match="frozen_norms"):
        tiny_settings(tmp_path, frozen_norms=True).check()


def test_a_whole_run_starts_from_a_prior_and_goes_on_without_it(
    photos: Path, tmp_path: Path
) -> None:
    source = tmp_path / "old.safetensors"
    prior = prior_of(trainer(), source)
    settings = tiny_settings(photos, start=str(source), steps=2, frozen_norms=True)

    def go(wanted: object) -> Path:
        return train(
            wanted,
            tmp_path / "run",
            name="new",
            save_every_s=1e9,
            progress=lambda *_: None,
            report=lambda *_: None,
            device="cpu",
            opener=open_tiny,
        )

    made = load_prior(go(settings))
    assert torch.equal(made.generator.inverse()[0], prior.generator.inverse()[0].half().float())
    assert made.info.card["settings"]["start"] == "old.safetensors"
    source.unlink()
    go(run_settings(tmp_path / "run", (), (), {"steps": 4}))
    with pytest.raises(DgnError, match="start"):
        run_settings(tmp_path / "run", (), (), {"start": "default"})
