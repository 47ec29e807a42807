"""What an ONNX file may read beside itself."""

import os
import sys
from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.external_data import check_external_data, read_external_data


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "data").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(bytes(range(100)))
    (folder / "data" / "more.bin").write_bytes(b"more")
    (tmp_path / "secret").write_bytes(b"secret" * 20)
    return folder / "n.onnx"


def test_plain_files_in_the_models_folder_are_read(model: Path) -> None:
    entries = [("weights.bin", 0, 100), ("./weights.bin", 90, 10), ("data/more.bin", None, None)]
    check_external_data(model, entries)
    assert read_external_data(model, ("weights.bin", 90, 10)) == bytes(range(90, 100))
    assert read_external_data(model, ("data/more.bin", 1, None)) == b"ore"
    assert read_external_data(model, ("weights.bin", 100, 0)) == b""


@pytest.mark.parametrize(
    "location",
    [
        "../secret",
        "data/../../secret",
        "data/..",
        "/etc/hostname",
        "//server/share",
        "..\\secret",
        "C:secret",
        "file:secret",
        "a\0b",
        "a\nb",
        "",
        ".",
        "./",
        "data",
        "data/",
        "weights.bin/x",
        "missing.bin",
        "x" * 5000,
    ],
)
def test_no_other_path_is_read(model: Path, location: str) -> None:
    with pytest.raises(DgnError, match="keeps weights in"):
        check_external_data(model, [("weights.bin", 0, 1), (location, None, None)])
    with pytest.raises(DgnError, match="keeps weights in"):
        read_external_data(model, (location, None, None))


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 101), (100, 1), (101, None), (-1, 1), (1, -1), (1 << 70, 1)]
)
def test_no_entry_reaches_beyond_its_file(
    model: Path, offset: int | None, length: int | None
) -> None:
    with pytest.raises(DgnError, match="which has 100"):
        check_external_data(model, [("weights.bin", offset, length)])


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("kind", ["file", "folder", "hard", "inside", "pipe"])
def test_links_and_pipes_are_refused(model: Path, tmp_path: Path, kind: str) -> None:
    name = "link"
    link = model.parent / name
    if kind == "file":
        link.symlink_to(tmp_path / "secret")
    elif kind == "folder":
        link.symlink_to(tmp_path)
        name = "link/secret"
    elif kind == "hard":
        os.link(tmp_path / "secret", link)
    elif kind == "inside":
        link.symlink_to("weights.bin")
    else:
        os.mkfifo(link)  # opening one waits for a writer for ever
    with pytest.raises(DgnError, match="keeps weights in"):
        check_external_data(model, [(name, None, None)])


def test_a_file_exchanged_between_look_and_opening_is_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.open

    def exchange(path: Path, flags: int) -> int:
        path.unlink()
        (tmp_path / "secret").rename(path)
        return whole(path, flags)

    monkeypatch.setattr(os, "open", exchange)
    with pytest.raises(DgnError, match="being exchanged"):
        check_external_data(model, [("weights.bin", None, None)])


SORTS = (
    "initialiser",
    "constant",
    "list",
    "sparse constant",
    "sparse list",
    "sparse values",
    "sparse indices",
    "body",
    "bodies",
    "body of a body",
    "function",
    "sparse in a function",
    "training",
    "start of a training",
)


@pytest.mark.parametrize("sort", SORTS)
def test_every_tensor_of_a_model_is_looked_at(model: Path, sort: str) -> None:
    onnx = pytest.importorskip("onnx")
    from dgn_explorer.networks.programs.onnx.files import read_model

    proto = onnx.ModelProto(ir_version=8)
    proto.opset_import.add(version=17)
    graph = proto.graph
    if "training" in sort:
        training = proto.training_info.add()
        graph = training.initialization if sort.startswith("start") else training.algorithm
    elif "function" in sort:
        graph = proto.functions.add(name="f", domain="d")
    if sort in ("initialiser", "training", "start of a training"):
        tensor = graph.initializer.add()
    elif sort == "sparse values":
        tensor = graph.sparse_initializer.add().values
    elif sort == "sparse indices":
        tensor = graph.sparse_initializer.add().indices
    else:
        node = graph.node.add(op_type="Constant")
        attribute = node.attribute.add(name="value")
        if sort == "list":
            tensor = attribute.tensors.add()
        elif sort.startswith("sparse list"):
            tensor = attribute.sparse_tensors.add().values
        elif sort.startswith("sparse"):
            tensor = attribute.sparse_tensor.indices
        elif sort == "body":
            tensor = attribute.g.initializer.add()
        elif sort == "bodies":
            tensor = attribute.graphs.add().initializer.add()
        elif sort == "body of a body":
            inner = attribute.g.node.add(op_type="If").attribute.add(name="then_branch")
            tensor = inner.g.sparse_initializer.add().values
        else:
            tensor = attribute.t
    tensor.data_location = tensor.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    model.write_bytes(proto.SerializeToString())
    with pytest.raises(DgnError, match=r"lead out of its folder|of a function or a training"):
        read_model(model)


def test_bytes_beside_a_model_are_not_taken_a_thousand_times(model: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from dgn_explorer.networks.programs.onnx.files import read_model

    proto = onnx.ModelProto(ir_version=8)
    proto.opset_import.add(version=17)
    for number in range(1000):
        tensor = proto.graph.initializer.add(name=str(number), dims=[100], data_type=2)
        tensor.data_location = tensor.EXTERNAL
        tensor.external_data.add(key="location", value="weights.bin")
    model.write_bytes(proto.SerializeToString())
    with pytest.raises(DgnError, match="takes 900 bytes"):
        read_model(model)
