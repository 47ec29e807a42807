"""Damaged files of every kind: a clear error or a network, in bounded memory.

How long one takes says how busy the machine is: what hangs is ended by the limit of a test.

``DGN_EXPLORER_FUZZ=20`` tries thousands of each.
"""

import io
import json
import os
import resource
import struct
import tomllib
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.caffe.caffe_files import read_caffemodel, read_mean
from dgn_explorer.networks.descriptions import read_description
from dgn_explorer.networks.labels import read_labels
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.weights.checkpoints import read_weights
from dgn_explorer.networks.weights.torchvision_import import torchvision_models
from dgn_explorer.photos.loading import load_photo
from dgn_explorer.photos.sets import open_photos
from tests.fuzzing import EXAMPLES, QUIET, damaged
from tests.networks.caffe_texts import blob, caffemodel, layer, pool
from tests.networks.onnx_files import write_onnx

pytestmark = QUIET
WHOLE = max(1, EXAMPLES // 8)  # for files that take a while to open even if they are sound
MOST_KIB = 300 << 10
PROTOTXT = (
    'name: "small" input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 9\n'
    + layer("c", "Convolution", "data", convolution_param="num_output: 4 kernel_size: 3")
    + pool("p", "c", "pool: MAX kernel_size: 3 stride: 2")
    + layer("ip", "InnerProduct", "p", inner_product_param="num_output: 5")
)
DESCRIPTION = """
source = "torchvision:squeezenet1_1"
title = "Mine"
weights = "random"
size = 64
mean = [0.5, 0.5, 0.5]
std = 0.5
range = 1
channels = "rgb"
[aliases]
last = "classifier.1"
"""


_KEYS = (
    "source title aliases size mean std range crop channels labels weights arch position"
    " output_layer interpolation"
)


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).relu().mean((2, 3)))


@contextmanager
def bounded() -> Iterator[None]:
    """A `DgnError` with a way out, or nothing; and not much memory for it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        yield
    except DgnError as error:
        assert error.message and error.hint
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_KIB


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return sound_files(tmp_path_factory.mktemp("sound"))


def sound_files(folder: Path) -> dict[str, bytes]:
    """Sound files by name, which are written to ``folder`` first."""
    torchvision_models()  # before anything else imports torchvision
    torch.manual_seed(0)
    net, x = Tiny().eval(), torch.rand(1, 3, 16, 16)
    state = net.state_dict()
    torch.save(state, folder / "w.pt")
    torch.save({"state_dict": state}, folder / "old.pth", _use_new_zipfile_serialization=False)
    save_file(state, folder / "w.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.script(net).save(str(folder / "script.pt"))
        torch.export.save(torch.export.export(net, (x,)), folder / "export.pt2")
    write_onnx(folder / "n.onnx")
    mean = torch.rand(3, 8, 8) * 255
    (folder / "mean.binaryproto").write_bytes(blob(mean, legacy=True))
    np.save(folder / "mean.npy", mean.numpy())
    tensors = {
        "c": [torch.rand(4, 3, 3, 3), torch.rand(4)],
        "ip": [torch.rand(5, 36), torch.rand(5)],
    }
    for v1 in (False, True):
        (folder / f"v{2 - v1}.caffemodel").write_bytes(caffemodel(tensors, v1))
    (folder / "labels.json").write_text(json.dumps({str(i): ["id", f"c{i}"] for i in range(9)}))
    (folder / "labels.txt").write_text("n01440764 tench\nn01443537 goldfish\n")
    (folder / "net.toml").write_text(DESCRIPTION)
    (folder / "deploy.prototxt").write_text(PROTOTXT)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    for name in ("photo.jpg", "photo.png"):
        Image.fromarray(pixels).save(folder / name)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


READERS: dict[str, Callable[[Path], object]] = {
    "w.pt": read_weights,
    "old.pth": read_weights,
    "w.safetensors": read_weights,
    "mean.binaryproto": read_mean,
    "mean.npy": read_mean,
    "v1.caffemodel": read_caffemodel,
    "v2.caffemodel": read_caffemodel,
    "labels.json": read_labels,
    "labels.txt": read_labels,
    "net.toml": read_description,
}


@pytest.mark.parametrize("name", READERS)
def test_readers(name: str, sound: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / name

    @settings(max_examples=EXAMPLES)
    @given(data=st.data())
    def try_it(data: st.DataObject) -> None:
        path.write_bytes(damaged(sound[name], data))
        with bounded():
            READERS[name](path)

    path.write_bytes(sound[name])
    READERS[name](path)  # the sound one is read
    try_it()


@pytest.mark.timeout(900)  # a process for each that gets so far, on however busy a machine
@pytest.mark.parametrize(
    "name", ["script.pt", "export.pt2", "n.onnx", "deploy.prototxt", "net.toml"]
)
def test_networks(name: str, sound: dict[str, bytes], tmp_path: Path) -> None:
    if name == "n.onnx":
        pytest.importorskip("onnx")
    path = tmp_path / name
    (tmp_path / "weights.caffemodel").write_bytes(sound["v2.caffemodel"])
    spec = f"{path} --size 16" if name == "script.pt" else str(path)

    @settings(max_examples=EXAMPLES if name == "deploy.prototxt" else WHOLE)
    @given(data=st.data())
    def try_it(data: st.DataObject) -> None:
        path.write_bytes(damaged(sound[name], data))
        with bounded():
            assert open_network(spec).info.layers

    path.write_bytes(sound[name])
    open_network(spec)
    try_it()


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_photographs(name: str, sound: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / name

    @settings(max_examples=EXAMPLES)
    @given(data=st.data())
    def try_it(data: st.DataObject) -> None:
        path.write_bytes(damaged(sound[name], data))
        photos = open_photos(tmp_path)
        with bounded():
            assert load_photo(photos.photos[0], 24, 0.875, "bicubic").shape == (3, 24, 24)

    try_it()


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(
    values=st.dictionaries(
        st.sampled_from((*_KEYS.split(), "other")),
        st.one_of(
            st.integers(),
            st.floats(),
            st.booleans(),
            st.text(max_size=8),
            st.lists(st.floats(), max_size=3),
            st.dictionaries(st.text("ab", max_size=2), st.text(max_size=2), max_size=2),
        ),
    )
)
def test_any_values_in_a_description(tmp_path: Path, values: dict[str, object]) -> None:
    def toml(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(toml, value)) + "]"
        text = json.dumps(value)
        return {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(text, text)

    path = tmp_path / "any.toml"
    text = "\n".join(f"{key} = {toml(value)}" for key, value in values.items())
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError:
        return  # the writer above is too simple for this one
    with bounded():
        read_description(path)


@pytest.mark.parametrize("member", ["data.pkl", "constants.pkl"])
@pytest.mark.parametrize("claim", [b"X" + struct.pack("<I", 1 << 30), b"Nr\0\0\0\x08."])
def test_what_a_scripted_network_only_claims_takes_no_memory(
    sound: dict[str, bytes], tmp_path: Path, member: str, claim: bytes
) -> None:
    path = tmp_path / "script.pt"
    with zipfile.ZipFile(io.BytesIO(sound["script.pt"])) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = b"\x80\x02" + claim if name.endswith(member) else old.read(name)
            new.writestr(name, content)
    with bounded(), pytest.raises(DgnError, match="cannot be opened"):
        open_network(f"{path} --size 16")


def test_a_checkpoint_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data/0", bytes(1 << 27))
    with pytest.raises(DgnError, match="far more than its own size"):
        read_weights(path)
    assert os.path.getsize(path) < 1 << 20  # noqa: PTH202
