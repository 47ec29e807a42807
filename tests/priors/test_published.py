"""Importing published generators, from files in every form with random weights."""

import io
import os
import pickle
import resource
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from dgn_explorer.errors import DgnError
from dgn_explorer.priors import published
from dgn_explorer.priors.architectures.upconv import MAP, UpconvConfig
from dgn_explorer.priors.bounds import default_space, read_bounds
from dgn_explorer.priors.published import published_layer, read_published
from tests.fuzzing import EXAMPLES, QUIET, damaged
from tests.priors.published_files import (
    caffe_bytes,
    form_e,
    small_generator,
    state,
    write_form,
)


@pytest.mark.parametrize("form", ["A", "A'", "B", "C", "D", "D1"])
def test_every_form_makes_the_same_images(tmp_path: Path, form: str) -> None:
    generator = small_generator()
    found = read_published(write_form(tmp_path, form, generator))
    assert found.form == form.removesuffix("1")
    code = torch.rand(2, 20, generator=torch.Generator().manual_seed(0)) * 8
    with torch.no_grad():
        expected = generator(code)
        assert torch.equal(found.generator(code), expected)
    assert expected.std() > 0.01
    assert not any(p.requires_grad for p in found.generator.parameters())


@pytest.mark.parametrize("form", ["A", "D", "D1"])
def test_pool5_generators(tmp_path: Path, form: str) -> None:
    generator = small_generator(head=MAP)
    found = read_published(write_form(tmp_path, form, generator))
    code = torch.rand(2, 8 * 36)
    with torch.no_grad():
        assert torch.equal(found.generator(code), generator(code))
    assert published_layer(tmp_path / "x.pt", found.generator.config) == "pool5"


def test_safetensors_and_wrapped_state_dicts(tmp_path: Path) -> None:
    generator = small_generator()
    save_file(state(generator), tmp_path / "g.bin")  # told by content, not by name
    torch.save({"state_dict": {f"module.{k}": v for k, v in state(generator).items()}},
               tmp_path / "g.pt", _use_new_zipfile_serialization=False)  # fmt: skip
    for name in ("g.bin", "g.pt"):
        found = read_published(tmp_path / name)
        assert torch.equal(found.generator.deconv0.weight, generator.deconv0.weight)


@pytest.mark.parametrize(
    ("name", "config", "layer"),
    [
        ("upconvGAN_fc7.pt", UpconvConfig(4096), "fc7"),
        ("generator.caffemodel", UpconvConfig(4096), "fc6"),
        ("fc6.pt", UpconvConfig(1000), "fc8"),
        ("fc6.pt", UpconvConfig(9216, 256, MAP), "pool5"),
    ],
)
def test_the_layer_is_told_by_shapes_then_by_the_name(name, config, layer) -> None:
    assert published_layer(Path(name), config) == layer


def test_another_architecture_is_refused_with_its_reason(tmp_path: Path) -> None:
    torch.save(form_e(state(small_generator())), tmp_path / "G-5.pkl")
    with pytest.raises(DgnError, match="re-implementation of another architecture"):
        read_published(tmp_path / "G-5.pkl")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("conv4_1.weight"), "no conv4_1.weight"),
        (lambda s: s.update(more=torch.zeros(1)), "unknown more"),
        (lambda s: s.update({"deconv3.weight": torch.zeros(8, 4, 4, 3)}), "deconv3.weight is"),
        (lambda s: s.update({"deconv0.bias": torch.full((3,), torch.nan)}), "not all finite"),
        (lambda s: s.update({"defc6.bias": torch.zeros(128, dtype=torch.int32)}), "defc6.bias is"),
        (lambda s: s.update({"defc7.weight": torch.zeros(100, 20)}), "first layer"),
        (lambda s: s.update({"defc7.weight": torch.zeros(3)}), "first layer"),
        (lambda s: s.pop("deconv0.weight"), "no published generator"),
        (lambda s: s.pop("defc7.weight"), "first layer"),
        (lambda s: s.update({"defc7.weight": torch.zeros(1).expand(128, 20)}), "repeats"),
        (lambda s: s.update({"defc7.weight": torch.zeros(1).expand(128, 1 << 19)}), "repeats"),
        (lambda s: s.update({"defc7.weight": torch.zeros(1).expand(1 << 14, 1 << 20)}), "large"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, change, words: str) -> None:
    weights = state(small_generator())
    change(weights)
    torch.save(weights, tmp_path / "g.pt")
    with pytest.raises(DgnError, match=words):
        read_published(tmp_path / "g.pt")


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (os.system, (f"touch {self.path}",))


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_executes_nothing(tmp_path: Path, protocol: int) -> None:
    sprung = tmp_path / "sprung"
    plain = tmp_path / "g.pt"
    plain.write_bytes(pickle.dumps({"deconv0.weight": Trap(sprung)}, protocol=protocol))
    packed = tmp_path / "packed.pt"
    torch.save({"deconv0.weight": Trap(sprung)}, packed)
    for path in (plain, packed):
        with pytest.raises(DgnError):
            read_published(path)
    assert not sprung.exists()


def test_large_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    with path.open("wb") as file:
        file.truncate(published.MOST_BYTES + 1)  # a sparse file: it takes no room
    with pytest.raises(DgnError, match="GB"):
        read_published(path)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(5):
            archive.writestr(f"archive/data/{i}", bytes(1 << 26))
        archive.writestr("archive/data.pkl", b"")
    path.write_bytes(bomb.getvalue())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DgnError, match="far more than its own size"):
        read_published(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB


pytestmark = QUIET
SOURCES = ("A", "safetensors", "D", "D1", "legacy")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return sound_files(tmp_path_factory.mktemp("sources"))


def sound_files(folder: Path) -> dict[str, bytes]:
    """Sound files of every form by name, some of which are written to ``folder`` first."""
    generator = small_generator(4)
    weights = state(generator)
    torch.save(weights, folder / "legacy", _use_new_zipfile_serialization=False)
    save_file(weights, folder / "safetensors")
    found = {name: (folder / name).read_bytes() for name in ("legacy", "safetensors")}
    found["A"] = write_form(folder, "A", generator).read_bytes()
    found |= {form: caffe_bytes(weights, form == "D1") for form in ("D", "D1")}
    return found


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_damaged_files_are_refused_or_read(
    sources: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(damaged(sources[data.draw(st.sampled_from(SOURCES))], data))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        found = read_published(path)
    except DgnError as error:
        assert error.hint
    else:
        assert found.generator.config.width == 8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB


def test_bounds_as_published(tmp_path: Path) -> None:
    path = tmp_path / "fc6.txt"
    path.write_text("12.0 9 3.0000\n17 ")
    space = read_bounds(path, 4)
    assert space.upper.tolist() == [12, 9, 3, 17]
    assert space.lower.tolist() == [0] * 4
    assert space.scale.tolist() == pytest.approx([4, 3, 1, 17 / 3])
    assert default_space(3).upper.tolist() == [30] * 3


@pytest.mark.parametrize(
    ("text", "words"),
    [("1 2", "2 bounds for codes of 4"), ("1 2 x 4", "cannot be read"), ("", "0 bounds"),
     ("1 2 3 nan", "not finite"), ("1 2 3 -4", "negative"), ("\udcff", "cannot be read")],
)  # fmt: skip
def test_bounds_that_make_no_sense(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "fc6.txt"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DgnError, match=words):
        read_bounds(path, 4)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.one_of(st.binary(max_size=60), st.text("0123456789.eE-+ naif\n").map(str.encode)))
def test_any_bounds_file_is_refused_or_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bounds.txt"
    path.write_bytes(content)
    try:
        space = read_bounds(path, 3)
    except DgnError as error:
        assert error.hint
    else:
        assert space.size == 3
        assert bool(space.upper.isfinite().all())
