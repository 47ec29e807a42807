from dataclasses import asdict, fields
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.training.settings import (
    PRESETS,
    TrainSettings,
    changed,
    from_saved,
    preset,
    resumed,
)
from tests.training.tiny import tiny_settings

PHOTOS = Path("photos")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"generator": "dcgan"}, "generator cannot be 'dcgan'.*compact, upconv"),
        ({"batch": 0}, "batch cannot be 0"),
        ({"learning_rate": float("nan")}, "learning_rate cannot be nan"),
        ({"held_out_share": 1.5}, "share between 0 and 1"),
        ({"hours": -1.0}, "hours cannot be -1"),
        ({"steps": 0}, "--hours or --steps"),
        ({"generator": "upconv"}, "256 px"),
        ({"view": 40}, "only 32 px"),
        ({"pausing": "ratio"}, "published discriminator"),
        ({"feature_layers": ("a", "b"), "feature_layer_weights": (1.0,)}, "each feature layer"),
    ],
)
def test_settings_that_make_no_sense_are_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(DgnError, match=words):
        tiny_settings(PHOTOS, **change).check()


@pytest.mark.parametrize("weights", [(), (1.0, 1.0), (-1.0,), (float("nan"),)])
def test_each_source_needs_a_weight(weights: tuple[float, ...]) -> None:
    with pytest.raises(DgnError, match="one number of at least 0 for each source"):
        TrainSettings(("a",), weights, steps=1).check()


def test_presets_name_settings_that_exist() -> None:
    names = {field.name for field in fields(TrainSettings)}
    for values in PRESETS.values():
        assert set(values) <= names


def test_the_deepsim_preset_is_the_published_one() -> None:
    s = preset("deepsim", ("a",), (1.0,))
    assert (s.image_weight, s.feature_weight, s.adversarial_weight) == (2e-6, 0.01, 100)
    assert (s.generator, s.discriminator, s.pausing) == ("upconv", "published", "ratio")
    assert (s.image_loss, s.feature_loss) == ("euclidean", "euclidean")
    assert (s.batch, s.learning_rate, s.beta1, s.beta2) == (64, 2e-4, 0.9, 0.999)
    assert (s.image_size, s.view, s.steps) == (256, 227, 1_300_000)


def test_hours_replace_a_presets_steps_and_changes_its_values() -> None:
    s = preset("deepsim", ("a",), (1.0,), hours=2.0, batch=8)
    assert (s.hours, s.steps, s.batch, s.preset) == (2.0, 0, 8, "deepsim")
    with pytest.raises(DgnError, match=r"no preset 'fast'.*default, deepsim"):
        preset("fast", ("a",), (1.0,))
    with pytest.raises(DgnError, match="no training setting 'batches'"):
        preset("default", ("a",), (1.0,), batches=3, hours=1.0)


def test_weights_of_layers_may_come_as_text() -> None:
    layers = {"feature_layers": ("a", "b"), "hours": 1.0}
    s = preset("default", ("a",), (1.0,), feature_layer_weights=("1", "0.5"), **layers)
    assert s.feature_layer_weights == (1.0, 0.5)
    with pytest.raises(DgnError, match=r"feature_layer_weights.*numbers"):
        preset("default", ("a",), (1.0,), feature_layer_weights=("1", "x"), **layers)


def test_a_run_under_way_may_change_its_rate_and_length_but_not_its_code() -> None:
    saved = tiny_settings(PHOTOS)
    now = resumed(saved, {"learning_rate": 1e-4, "hours": 2.0})
    assert (now.learning_rate, now.hours, now.steps) == (1e-4, 2.0, 0)
    assert resumed(now, {"steps": 50}).hours == 0
    assert resumed(saved, {}) == saved
    with pytest.raises(DgnError, match=r"with components 16, not 32.*another --run folder"):
        resumed(saved, {"components": 32})
    with pytest.raises(DgnError, match="no training setting"):
        resumed(saved, {"component": 32})


def test_changed_lists_what_differs() -> None:
    saved = tiny_settings(PHOTOS)
    assert changed(saved, saved) == {}
    assert changed(saved, tiny_settings(PHOTOS, batch=9, seed=3)) == {"batch": 9, "seed": 3}


def test_settings_of_an_older_version_get_defaults() -> None:
    # the fields of the first version, as its checkpoints hold them
    first = (
        "sources weights network layer components image_size batch seed hours steps learning_rate "
        "anneal image_weight feature_weight code_noise adversarial_weight adversarial_start "
        "discriminator_rate ema_images statistics_images held_out_share bf16"
    )
    values = asdict(tiny_settings(PHOTOS))
    old = {name: values[name] for name in first.split()}
    found = from_saved({**old, "sources": ["a"], "weights": [1.0]})
    assert found.sources == ("a",)
    assert (found.generator, found.crop_share, found.pausing) == ("compact", 0.875, "smooth")
    assert (found.beta1, found.beta2, found.accumulate) == (0.5, 0.99, 1)
