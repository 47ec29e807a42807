"""Pickles and heads of weights that lie, in scripts and in files of weights."""

import io
import json
import struct
from pathlib import Path

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.weights.checkpoints import read_weights
from tests.networks import hostile_files as hostile


def lying(data: bytes, sort: str) -> bytes:
    """The pickle of `hostile.Tiny`, whose storage of 108 numbers is told otherwise."""
    if sort == "storage":
        return data.replace(b"Kl", b"J\xff\xff\xff\x0f", 1)
    if sort == "sizes":  # (4, 3, 3, 3)
        return data.replace(b"(K\x04K\x03K\x03K\x03t", b"(K\x40K\x03K\x03K\x03t", 1)
    if sort == "strides":
        return data.replace(b"(K\x1bK\tK\x03K\x01t", b"(K\x7fK\x7fK\x03K\x01t", 1)
    if sort == "negative":
        return data.replace(b"(K\x1bK\tK\x03K\x01t", b"(J\xff\xff\xff\xffK\tK\x03K\x01t", 1)
    return data.replace(b"FloatStorage", b"DoubleStorage", 1)


@pytest.mark.parametrize("sort", ["storage", "sizes", "strides", "negative", "kind"])
@pytest.mark.parametrize("kind", ["script", "weights"])
def test_tensors_show_no_more_than_their_numbers(
    script: dict[str, bytes], tmp_path: Path, kind: str, sort: str
) -> None:
    contents = script if kind == "script" else hostile.weights()
    changed = lying(contents["data.pkl"], sort)
    assert changed != contents["data.pkl"]
    path = tmp_path / "f.pt"
    path.write_bytes(hostile.packed({**contents, "data.pkl": changed}))
    with pytest.raises(DgnError, match="cannot be"):
        open_network(f"{path} --size 16") if kind == "script" else read_weights(path)


def test_a_pickle_and_an_archive_in_one(tmp_path: Path) -> None:
    sound = hostile.packed(hostile.weights())
    path = tmp_path / "w.pt"
    for data in (b"\x80\x02." + sound, hostile.trap(tmp_path / "sprung") + sound):
        path.write_bytes(data)
        with pytest.raises(DgnError, match=r"two files in one|can be trusted"):
            read_weights(path)
    assert not (tmp_path / "sprung").exists()


def test_weights_that_would_run_code(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    path = tmp_path / "w.pt"
    for data in (
        hostile.trap(sprung),
        hostile.code_pickle(sprung),
        hostile.packed({"data.pkl": hostile.code_pickle(sprung), "version": b"3\n"}),
    ):
        path.write_bytes(data)
        with pytest.raises(DgnError):
            read_weights(path)
    assert not sprung.exists()


def old(contents: object = None) -> bytes:
    """Weights in the form before torch 1.6."""
    buffer = io.BytesIO()
    made = hostile.Tiny().state_dict() if contents is None else contents
    torch.save(made, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


@pytest.mark.parametrize("sort", ["storage", "sizes", "strides", "negative", "kind"])
def test_tensors_in_old_pickles_show_no_more_than_their_numbers(tmp_path: Path, sort: str) -> None:
    path = tmp_path / "w.pth"
    sound = old()
    path.write_bytes(sound)
    for name, tensor in read_weights(path).items():
        assert tensor.shape == hostile.Tiny().state_dict()[name].shape
    changed = lying(sound, sort)
    assert changed != sound
    path.write_bytes(changed)
    with pytest.raises(DgnError, match="cannot be read as weights"):
        read_weights(path)


def test_old_pickles_whose_storages_are_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    sound = old({"a": torch.arange(5.0)})
    place = len(sound) - 20 - 8
    assert sound[place : place + 8] == struct.pack("<q", 5)
    for count in (4, 6, 1 << 40, -1):
        path.write_bytes(sound[:place] + struct.pack("<q", count) + sound[place + 8 :])
        with pytest.raises(DgnError, match="cannot be read as weights"):
            read_weights(path)
    for cut in range(0, len(sound), 7):
        path.write_bytes(sound[:cut])
        with pytest.raises(DgnError, match="cannot be read as weights"):
            read_weights(path)
    path.write_bytes(sound + b"what follows is not read")
    assert read_weights(path)["a"].tolist() == [0, 1, 2, 3, 4]


def test_two_tensors_of_one_storage_in_an_old_pickle(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    (tmp_path / "w.pth").write_bytes(old({"a": whole, "b": whole[1], "c": whole.t()}))
    found = read_weights(tmp_path / "w.pth")
    assert torch.equal(found["b"], whole[1]) and torch.equal(found["c"], whole.t())


def test_old_pickles_that_would_run_code(tmp_path: Path) -> None:
    path, sprung = tmp_path / "w.pth", tmp_path / "sprung"
    for data in (old({"a": hostile.Trap(sprung)}), old(hostile.Tiny())):
        path.write_bytes(data)
        with pytest.raises(DgnError, match="Python would have to run"):
            read_weights(path)
    assert not sprung.exists()


@pytest.mark.parametrize("name", ["torch.FloatTensor", "torch.Tensor", "torch.sparse.FloatTensor"])
@pytest.mark.parametrize("form", ["old", "archive"])
def test_tensors_without_numbers_are_refused(tmp_path: Path, name: str, form: str) -> None:
    """A class of tensors, called with a size, gives memory that nobody has written."""
    module, _, kind = name.rpartition(".")
    call = f"c{module}\n{kind}\n".encode() + b"(K\x09tR"
    made = old({"a": 12345}) if form == "old" else hostile.weights()["data.pkl"]
    path = tmp_path / "w.pt"
    if form == "old":
        path.write_bytes(made.replace(b"M90", call))
    else:
        contents = {**hostile.weights(), "data.pkl": b"\x80\x02}X\x01\0\0\0a" + call + b"s."}
        path.write_bytes(hostile.packed(contents))
    with pytest.raises(DgnError, match="without numbers"):
        read_weights(path)


def test_the_tar_form_of_the_first_versions_is_refused(tmp_path: Path) -> None:
    import tarfile

    path = tmp_path / "w.pt"
    with tarfile.open(path, "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            data = hostile.code_pickle(tmp_path / "sprung")
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    with pytest.raises(DgnError):
        read_weights(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("length", [0, 1, 1 << 20, 1 << 62, (1 << 64) - 1])
def test_lies_in_the_head_of_safetensors(tmp_path: Path, length: int) -> None:
    path = tmp_path / "w.safetensors"
    head = {"a": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 4]}}
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", length or len(text)) + text + bytes(4))
    with pytest.raises(DgnError, match="cannot be read"):
        read_weights(path)
