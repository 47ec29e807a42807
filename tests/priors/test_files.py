import json
import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from dgn_explorer.errors import DgnError
from dgn_explorer.priors import files
from dgn_explorer.priors.architectures.compact import CompactConfig, CompactGenerator, ConvNorm
from dgn_explorer.priors.architectures.upconv import UpconvConfig, UpconvGenerator
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.info import EncoderInfo

ENCODER = EncoderInfo("tiny", "abc", "conv3", "components", 32)


def compact() -> CompactGenerator:
    """A generator whose batch-norms have seen something, so that folding has work to do."""
    torch.manual_seed(0)
    generator = CompactGenerator(CompactConfig(6, 4, 3, 8, 1, (8, 8), 12))
    generator.set_inverse(torch.randn(36, 6), torch.randn(36))
    generator.train()
    for _ in range(20):
        generator(torch.randn(8, 6))
    return generator.eval()


def write(path: Path, **changes: object) -> Path:
    values = {"name": "tiny", "generator": compact(), "space": CodeSpace.whitened(6)}
    values |= {"encoder": ENCODER, "card": {"photographs": 3}}
    files.save_prior(path, **{**values, **changes})
    return path


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("prior") / "prior.safetensors")


def header_of(path: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return json.loads(file.metadata()["dgn-explorer"]), tensors


def rewritten(good: Path, path: Path, change) -> Path:
    header, tensors = header_of(good)
    change(header, tensors)
    save_file(tensors, path, {"dgn-explorer": json.dumps(header)})
    return path


def test_a_compact_prior_comes_back_with_the_same_images(good: Path) -> None:
    prior = files.load_prior(good)
    code = torch.randn(5, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = compact()(code)
        found = prior.image(code)
    assert found.shape == (5, 3, 12, 12)
    assert expected.std() > 0.01
    torch.testing.assert_close(found, expected, atol=4e-3, rtol=0)  # half a grey level of 255
    assert prior.info.encoder == ENCODER
    assert prior.info.card == {"photographs": 3}
    assert (prior.info.architecture, prior.info.code_size, prior.info.image_size) == (
        "compact",
        6,
        12,
    )
    assert prior.space.upper.tolist() == [3.0] * 6
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in prior.generator.modules())
    assert not any(p.requires_grad for p in prior.generator.parameters())


def test_saving_leaves_the_generator_as_it_was(tmp_path: Path) -> None:
    generator = compact().train()
    write(tmp_path / "p.safetensors", generator=generator)
    assert all(m.norm is not None for m in generator.modules() if isinstance(m, ConvNorm))
    assert generator.training
    assert [p.name for p in tmp_path.iterdir()] == ["p.safetensors"]


def test_an_upconv_prior_comes_back_with_its_bounds(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = UpconvGenerator(UpconvConfig(10, 8))
    generator.initialise()
    mean, scale = torch.rand(10), torch.rand(10)
    space = CodeSpace.activations(mean, scale)
    path = write(tmp_path / "p.safetensors", generator=generator, space=space)
    prior = files.load_prior(path)
    code = torch.rand(2, 10)
    with torch.no_grad():
        torch.testing.assert_close(prior.image(code), generator(code), atol=4e-3, rtol=0)
    assert prior.info.architecture == "upconv"
    torch.testing.assert_close(prior.space.upper, mean + 3 * scale)
    assert prior.space.lower.tolist() == [0.0] * 10


def test_weights_beyond_float16_are_kept(tmp_path: Path) -> None:
    generator = compact()
    with torch.no_grad():
        generator.image.weight[0, 0, 0, 0] = 1e6
    prior = files.load_prior(write(tmp_path / "p.safetensors", generator=generator))
    assert prior.generator.image.weight[0, 0, 0, 0] == 1e6


def test_the_fingerprint_is_that_of_the_file(good: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.safetensors", name="other")
    assert files.load_prior(good).info.fingerprint != files.load_prior(other).info.fingerprint
    assert files.load_prior(good).info.fingerprint == files.load_prior(good).info.fingerprint


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(DgnError, match=r"no prior file .*train"):
        files.load_prior(tmp_path / "none.safetensors")


def test_a_newer_format_asks_for_an_update(good: Path, tmp_path: Path) -> None:
    path = rewritten(good, tmp_path / "p", lambda h, t: h.update(format=2))
    with pytest.raises(DgnError, match=r"format 2.*Update"):
        files.load_prior(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(DgnError, match="not a prior"):
        files.load_prior(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda h, t: h.pop("encoder"),
        lambda h, t: h["encoder"].update(layer=3),
        lambda h, t: h["encoder"].update(other=3),
        lambda h, t: h.update(card=None),
        lambda h, t: h.update(architecture="dcgan"),
        lambda h, t: h.update(architecture="upconv"),
        lambda h, t: h["config"].update(code_size=7),
        lambda h, t: h["config"].update(code_size="6"),
        lambda h, t: h["config"].update(code_size=10**12),
        lambda h, t: h["config"].update(feature_size=10**9),
        lambda h, t: h["config"].update(base_blocks=10**6),
        lambda h, t: h["config"].update(widths=[8] * 1000),
        lambda h, t: h["config"].update(widths=8),
        lambda h, t: h["config"].update(output_size=-4),
        lambda h, t: t.pop("generator.image.bias"),
        lambda h, t: t.update({"generator.more": torch.zeros(1)}),
        lambda h, t: t.update({"generator.image.bias": torch.tensor([0.0, torch.nan, 0.0])}),
        lambda h, t: t.update({"code.upper": torch.full((6,), -4.0)}),
        lambda h, t: t.update({"code.scale": torch.full((6,), torch.inf)}),
        lambda h, t: t.update({"code.mean": torch.zeros(7)}),
        lambda h, t: t.update({"code.mean": torch.zeros(6, dtype=torch.complex64)}),
    ],
)
def test_an_inconsistent_file_is_refused(good: Path, tmp_path: Path, change) -> None:
    path = rewritten(good, tmp_path / "p.safetensors", change)
    with pytest.raises(DgnError, match="not a complete prior"):
        files.load_prior(path)


@pytest.mark.parametrize("header", ["[]", "3", "null", '{"format": "x"}', "{", "[" * 100_000])
def test_a_header_of_another_shape_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "p.safetensors"
    save_file({"weight": torch.zeros(3)}, path, {"dgn-explorer": header})
    with pytest.raises(DgnError, match="not a prior"):
        files.load_prior(path)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_cut_off_or_damaged_file_never_loads_as_something_else(
    good: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(good.read_bytes())
    length = struct.unpack("<Q", content[:8])[0]
    if data.draw(st.booleans(), label="cut"):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 8))):
            # in the sizes and the header, where a changed byte changes the meaning
            content[data.draw(st.integers(0, 8 + length - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(content)
    try:
        prior = files.load_prior(path)
    except DgnError:
        return
    assert prior.image(torch.zeros(1, prior.info.code_size)).shape[1] == 3


def test_a_full_disk_leaves_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "p.safetensors")
    before = path.read_bytes()

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DgnError, match=r"cannot be written.*room"):
        write(path, name="new")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")
def test_others_may_read_a_prior_as_they_may_any_new_file(good: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert good.stat().st_mode == plain.stat().st_mode


def test_other_settings_of_the_encoder_are_kept(tmp_path: Path) -> None:
    encoder = replace(ENCODER, kind="activations", input_size=227)
    path = write(tmp_path / "p.safetensors", encoder=encoder)
    assert files.load_prior(path).info.encoder == encoder
