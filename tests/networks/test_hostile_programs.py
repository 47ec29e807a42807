"""Files that attack whoever opens them: nothing runs, nothing is written, and it ends."""

import io
import json
import pickle
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.programs import confined, exported, limits, loading, scripted
from dgn_explorer.networks.programs.confined import require_opens
from dgn_explorer.networks.programs.limits import Deadline
from dgn_explorer.networks.programs.loading import EXPORTED, SCRIPTED
from dgn_explorer.networks.programs.operations import is_known_overload
from dgn_explorer.networks.programs.sources import checked_source
from dgn_explorer.networks.weights.checkpoints import read_weights
from tests.networks import hostile_files as hostile

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits of memory and work are POSIX")


@pytest.fixture(scope="module")
def script() -> dict[str, bytes]:
    return hostile.scripted()


@pytest.fixture(scope="module")
def program() -> dict[str, bytes]:
    return hostile.exported()


@pytest.fixture
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused is refused before any process is started for it."""

    def fail(*arguments: Any, **keywords: Any) -> None:
        raise AssertionError("it came as far as being tried")

    monkeypatch.setattr("dgn_explorer.networks.programs.program_loader.require_opens", fail)


def can_forbid() -> bool:
    """Whether a process here can give up changing files; tried in one of its own."""
    code = "import sys; from dgn_explorer.networks.programs.landlock import forbid_changes as f"
    return not subprocess.run([sys.executable, "-c", f"{code}; sys.exit(not f())"]).returncode


FROM_FILE = 'torch.from_file("VICTIM", True, 4, dtype=6)'
STATEMENTS = {
    "from_file": f"_a = {FROM_FILE}",
    "in place": f"_a = torch.fill_({FROM_FILE}, 1)",
    "out": f"_a = torch.add(x, x, out={FROM_FILE})",
    "ops": '_a = ops.aten.from_file("VICTIM", True, 4)',
    "method of a text": '_a = "VICTIM".from_file(True, 4)',
    "kept": '_a = torch.from_file\n_b = _a("VICTIM", True, 4)',
    "kept harmless": "_a = torch.add\n_b = _a(x, x)",
    "getattr": '_a = getattr("VICTIM", "from_file")(True, 4)',
    "getattr of torch": '_a = getattr(torch, "from_file")("VICTIM", True, 4)',
    "root renamed": '__torch__ = torch\n_a = __torch__.from_file("VICTIM", True, 4)',
    "fork": '_a = fork(x, "VICTIM")',
    "other library": "_a = ops.mkldnn._linear_pointwise(x, x, x)",
    "save": '_a = ops.aten.save(x, "VICTIM")',
    "C++ class": "_a = __torch__.torch.classes.rnn.CellParamsBase(x)",
    "print": "_a = print(x)",
    "lambda": "_a = (lambda: 1)()",
    "import": "import os",
    "star": "_a = torch.add(*x)",
    "keywords": "_a = torch.add(**x)",
    "del": "del x",
    "with": "with x:\n  pass",
    "comprehension": "_a = [x for y in x]",
    "f-string": '_a = f"{x}"',
}


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize("name", STATEMENTS)
def test_no_other_operation_is_called(script: dict[str, bytes], tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    statement = STATEMENTS[name].replace("VICTIM", str(victim))
    path = tmp_path / "s.pt"
    for contents in (
        hostile.text_with(script, statement),
        hostile.method_with(
            script,
            "def __setstate__(self: __torch__.Tiny, x: Tensor) -> NoneType:\n  "
            + statement.replace("\n", "\n  ")
            + "\n  return None",
        ),
    ):
        path.write_bytes(hostile.packed(contents))
        with pytest.raises(DgnError, match="is not opened"):
            open_network(f"{path} --size 16")
    assert victim.read_bytes() == b"precious"


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize("method", ["__setstate__", "__getstate__"])
@pytest.mark.parametrize(
    "body",
    [
        "while True:\n    pass",
        "for _0 in range(9223372036854775807):\n    pass",
        "_0 = torch.add_(state, 1)",
        "_0 = (self).forward(state)",
        "self.fc = (state)[0]\n  _1 = torch.zeros([9, 9])",
        "if True:\n    pass",
        "self.x = 2 ** 62",
    ],
)
def test_loading_runs_nothing(
    script: dict[str, bytes], tmp_path: Path, method: str, body: str
) -> None:
    text = f"def {method}(self: __torch__.Tiny, state: Tensor) -> NoneType:\n  {body}\n"
    path = tmp_path / "s.pt"
    path.write_bytes(hostile.packed(hostile.method_with(script, text + "  return None")))
    with pytest.raises(DgnError, match="more than assign"):
        open_network(f"{path} --size 16")


LOOP = (
    b"def loop(n: int) -> int:\n  x = 0\n  for j in range(n):\n    x = torch.add(x, j)\n"
    b"  return x\n"
)
STATE = (
    "class A(Module):\n  x : int\n  e : __torch__.E\n"
    "  def __setstate__(self, state: Tuple[__torch__.E, bool]) -> NoneType:\n    {}\n"
)
COMPUTED = {
    "default": LOOP + b"def f(x: Tensor, k: int=__torch__.loop(9, )) -> Tensor:\n  return x\n",
    "default of a keyword": LOOP + b"def f(*, k: int=__torch__.loop(9, )) -> int:\n  return k\n",
    "constant": LOOP + b"class A(Module):\n  x : Final[int] = __torch__.loop(9, )\n",
    "constant list": LOOP + b"class A(Module):\n  x : Final[List[int]] = [__torch__.loop(9, )]\n",
    "list of names": LOOP + b"class A(Module):\n  __parameters__ = [__torch__.loop(9, )]\n",
    "operation": b"class A(Module):\n  x : Final[Tensor] = torch.zeros([99999, 99999])\n",
    "power": b"def f(k: int=2 ** 62) -> int:\n  return k\n",
    "negative": b"def f(k: int=-(__torch__.A.b)) -> int:\n  return k\n",
    "subscript": b"class E:\n  def __getitem__(self, i: int) -> int:\n    return i\n",
    "operator": b"class E:\n  def __neg__(self) -> int:\n    return 1\n",
    "attribute": b"class E:\n  def __getattr__(self, i: str) -> int:\n    return 1\n",
    "negated state": STATE.format("self.x = -(state)[0]").encode(),
    "not": STATE.format("self.x = not (state)[0]").encode(),
    "shadow": STATE.format("annotate = self.e\n    self.x = annotate(int, 1)").encode(),
    "shadow getattr": b"def f(getattr: int) -> int:\n  return getattr\n",
}


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize("name", COMPUTED)
def test_compiling_runs_nothing(script: dict[str, bytes], tmp_path: Path, name: str) -> None:
    path = tmp_path / "s.pt"
    path.write_bytes(hostile.packed({**script, "code/__torch__/other.py": COMPUTED[name]}))
    with pytest.raises(DgnError, match=r"is not opened: .*(more than assign|const|call)"):
        open_network(f"{path} --size 16")


def test_constants_of_sound_networks_are_allowed() -> None:
    checked_source(
        b"class A(Module):\n  x : Final[Tuple[int, int]] = (-1, 0)\n"
        b"  y : Final[float] = inf\n  z : Final[List[int]] = annotate(List[int], [])\n"
        b'  d : Final[Device] = torch.device("cpu")\n'
        b"  def __len__(self) -> int:\n    return 3\n"
        b'  def __contains__(self, key: str) -> bool:\n    return key in ["a"]\n'
        b"  def f(self, k: Optional[int]=None) -> int:\n    return 1\n"
    )


@pytest.mark.parametrize("limit", ["COMPILING_S", "WORKING_S"])
@pytest.mark.parametrize("kind", [SCRIPTED, EXPORTED])
def test_work_that_nobody_can_end_is_bounded(
    script: dict[str, bytes],
    program: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    limit: str,
) -> None:
    if kind == EXPORTED:
        archive = exported.harmless(hostile.packed(program), "file").getvalue()
        limit = "WORKING_S"
    else:
        archive = scripted.harmless(hostile.packed(script), "file").getvalue()
    monkeypatch.setattr(loading, limit, -1.0)
    with pytest.raises(DgnError, match=r"seconds of work|runs too long"):
        loading.open_program(kind, archive, 3, 16)


@pytest.mark.parametrize("kind", [SCRIPTED, EXPORTED])
def test_a_program_that_was_tried_is_taken_apart_only(
    script: dict[str, bytes],
    program: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """The original could run otherwise the second time: by rounding, threads or old memory."""
    compared: list[object] = []
    monkeypatch.setattr(loading, "_require_same", lambda *arguments: compared.append(arguments))
    make, contents = (scripted, script) if kind == SCRIPTED else (exported, program)
    archive = make.harmless(hostile.packed(contents), "file").getvalue()
    loading.open_program(kind, archive, 3, 16, tried=True)
    assert not compared
    loading.open_program(kind, archive, 3, 16)
    assert compared


def test_plain_assignments_are_allowed() -> None:
    checked_source(
        b"class A(Module):\n  x : Tensor\n"
        b"  def __setstate__(self, state: Tuple[Tensor, int]) -> NoneType:\n"
        b"    x, training, = state\n    self.x = x\n    self.training = (state)[1]\n"
        b"  def __getstate__(self) -> Tuple[Tensor, int]:\n    return (self.x, 1)\n"
    )


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize(
    "text",
    [
        b"class from_file(Module):\n  pass\n",
        b"def save(x: Tensor) -> Tensor:\n  return x\n",
        b"@torch.jit.script\ndef f(x: Tensor) -> Tensor:\n  return x\n",
        b"def f(x: Tensor=torch.from_file('a')) -> Tensor:\n  return x\n",
        b"class A(Module):\n  x : Final[int] = torch.from_file('a')\n",
        b"class A(Enum):\n  x = torch.from_file('a')\n",
        b"class A(Exception):\n  pass\n",
        b"class A(Module, metaclass=torch):\n  pass\n",
        b"def f(x: Tensor) -> Tensor:\n  return " + b"(" * 5000 + b"x" + b")" * 5000,
        b"def f(\0",
        b"\xff",
    ],
)
def test_texts_of_another_kind_are_refused(script: dict[str, bytes], text: bytes) -> None:
    with pytest.raises(DgnError, match="is not opened"):
        scripted.harmless(hostile.packed({**script, "code/__torch__/other.py": text}), "file")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("constants/../x", b""),
        ("model.json", b"{}"),
        ("libtorch.so", b"\x7fELF"),
        ("data/a", b""),
        ("code/other.py", b""),
    ],
)
def test_entries_of_another_kind_are_refused(
    script: dict[str, bytes], name: str, content: bytes
) -> None:
    with pytest.raises(DgnError):
        scripted.harmless(hostile.packed({**script, name: content}), "file")


def test_what_only_debuggers_read_is_left_out(script: dict[str, bytes], tmp_path: Path) -> None:
    trap = hostile.code_pickle(tmp_path / "sprung")
    more = {"code/__torch__.py.debug_pkl": trap, "bytecode.pkl": trap, "extra/x": trap}
    archive = scripted.harmless(hostile.packed({**script, **more}), "file").getvalue()
    assert trap not in archive
    assert set(hostile.entries(archive)) >= {"data.pkl", "constants.pkl", "version"}


LONG = b"\x80\x02c__torch__.torch.classes.rnn\nCellParamsBase\n)\x81}b."
PICKLES = {
    "C++ class": LONG,
    "C++ class, split": b"\x80\x02c__torch__\ntorch.classes.rnn.CellParamsBase\n)\x81}b.",
    "other function": b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.",
    "other codes": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "text": b"cos\nsystem\n(S'ls'\ntR.",
    "memo": b"\x80\x02Nr\0\0\0\x7f.",
    "cut off": b"\x80\x02X\xff\xff\xff\x7f",
}


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize("member", ["data.pkl", "constants.pkl"])
@pytest.mark.parametrize("name", PICKLES)
def test_pickles_in_a_script(
    script: dict[str, bytes], tmp_path: Path, name: str, member: str
) -> None:
    path = tmp_path / "s.pt"
    path.write_bytes(hostile.packed({**script, member: PICKLES[name]}))
    with pytest.raises(DgnError, match="cannot be opened"):
        open_network(f"{path} --size 16")


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


def nodes(tree: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tree["graph_module"]["graph"]["nodes"]
    return found


def first_input(tree: dict[str, Any], name: str) -> None:
    """Another name for the image, everywhere."""
    text = json.dumps(tree["graph_module"]).replace('"x"', json.dumps(name))
    tree["graph_module"] = json.loads(text)


def spec(tree: dict[str, Any], nest: dict[str, Any]) -> None:
    calls = tree["graph_module"]["module_call_graph"]
    calls[0]["signature"]["in_spec"] = json.dumps([1, nest])


ENUM = json.dumps({"__enum__": True, "fqn": "antigravity:geohash", "name": "x"})
CODE = "__import__('os').system('touch SPRUNG')"
CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "from_file": lambda t: nodes(t)[0].update(target="torch.ops.aten.from_file.default"),
    "out": lambda t: nodes(t)[0].update(target="torch.ops.aten.add.out"),
    "max out": lambda t: nodes(t)[0].update(target="torch.ops.aten.max.dim_max"),
    "set_": lambda t: nodes(t)[0].update(target="torch.ops.aten.set_.source_Storage"),
    "no overload": lambda t: nodes(t)[0].update(target="torch.ops.aten.from_file"),
    "any function": lambda t: nodes(t)[0].update(target="torch.hub.load"),
    "higher order": lambda t: nodes(t)[0].update(target="torch.ops.higher_order.cond"),
    "power": lambda t: nodes(t)[0].update(target="_operator.pow"),
    "name of an input": lambda t: first_input(t, f"x={CODE}"),
    "name of a keyword": lambda t: nodes(t)[0]["inputs"][0].update(name=f"a={CODE},b", kind=2),
    "name of a node": lambda t: nodes(t)[0].update(name=f"a\n{CODE}"),
    "keyword": lambda t: first_input(t, "lambda"),
    "class of a nest": lambda t: spec(
        t, {"type": "collections.defaultdict", "context": "{}", "children_spec": []}
    ),
    "enum in a nest": lambda t: spec(
        t, {"type": "builtins.dict", "context": ENUM, "children_spec": []}
    ),
    "custom object": lambda t: nodes(t)[0]["inputs"][0].update(arg={"as_custom_obj": {}}),
    "operator": lambda t: nodes(t)[0]["inputs"][0].update(arg={"as_operator": "os.system"}),
    **{
        f"expression {text}": lambda t, text=text: t["graph_module"]["graph"].update(
            sym_int_values={"s": {"as_expr": {"expr_str": text, "hint": None}}}
        )
        for text in (
            "9**9**9",
            "s0**s1",
            "((s0**9)**9)**9",
            "2**999999",
            "FloatPow(9, 1e9)",
            "s0.__class__",
            CODE,
            "Symbol('x')",
            "9" * 100,
        )
    },
}


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize("name", CHANGES)
def test_descriptions_that_would_run_code(
    program: dict[str, bytes], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "e.pt2"
    path.write_bytes(hostile.packed(hostile.model_with(program, CHANGES[name])))
    with pytest.raises(DgnError, match="is not opened: it holds"):
        open_network(str(path))
    assert not (tmp_path / "SPRUNG").exists()


@pytest.mark.usefixtures("no_child")
@pytest.mark.parametrize(
    "payload",
    [
        {"path_name": "opaque_obj_0"},
        {"path_name": "custom_obj_0"},
        {"path_name": "../weights/weight_0"},
        {"path_name": "tensor_0", "use_pickle": True},
        {"path_name": "tensor_0", "use_pickle": 1},
    ],
)
def test_constants_that_are_pickles(
    program: dict[str, bytes], tmp_path: Path, payload: dict[str, Any]
) -> None:
    contents = hostile.config_with(program, **payload)
    contents["data/constants/tensor_0"] = hostile.trap(tmp_path / "sprung")
    with pytest.raises(DgnError, match="is not opened: it holds"):
        exported.harmless(hostile.packed(contents), "file")


@pytest.mark.parametrize(
    "name",
    [
        "data/constants/opaque_obj_0",
        "data/constants/custom_obj_0",
        "data/aotinductor/model/x.so",
        "data/aotinductor/model/metadata",
        "data/weights/../x",
        "models/second.json",
        "data/weights/model.pt",
        "data/constants/model.pt",
        "anything",
    ],
)
def test_other_entries_of_an_exported_network(
    program: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    content = b"{}" if name.endswith(".json") else hostile.trap(tmp_path / "sprung")
    with pytest.raises(DgnError):
        exported.harmless(hostile.packed({**program, name: content}), "file")
    assert not (tmp_path / "sprung").exists()


def test_sizes_in_an_exported_network_are_compared(program: dict[str, bytes]) -> None:
    large = {"path_name": "tensor_0", "tensor_meta": {"sizes": [{"as_int": 1 << 40}]}}
    contents = {**hostile.config_with(program, **large), "data/constants/tensor_0": b""}
    with pytest.raises(DgnError, match="damaged description"):
        exported.harmless(hostile.packed(contents), "file")


def test_examples_and_guards_are_left_out(program: dict[str, bytes], tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    changed = hostile.model_with(
        program, lambda t: t.update(guards_code=[f"open({str(sprung)!r}, 'w')"])
    )
    changed["data/sample_inputs/model.pt"] = hostile.trap(sprung)
    archive = exported.harmless(hostile.packed(changed), "file")
    loaded = torch.export.load(archive)
    loaded.module()(torch.rand(1, 3, 16, 16))
    assert not sprung.exists()


def test_tensors_of_older_archives_are_written_anew(program: dict[str, bytes]) -> None:
    buffer = io.BytesIO()
    torch.save({"conv.weight": torch.ones(2)}, buffer)
    contents = {**program, "data/weights/model.pt": buffer.getvalue()}
    made = hostile.entries(exported.harmless(hostile.packed(contents), "file").getvalue())
    found = torch.load(io.BytesIO(made["data/weights/model.pt"]), weights_only=True)
    assert torch.equal(found["conv.weight"], torch.ones(2))


@pytest.mark.parametrize("name", ["relu.default", "add_.Tensor", "conv2d.default", "mean.dim"])
def test_what_networks_use_is_listed(name: str) -> None:
    assert is_known_overload(*name.split("."))


def bomb(script: dict[str, bytes]) -> dict[str, bytes]:
    """Thirty functions, each of which calls the one before twice."""
    lines = ["def f0(x: Tensor) -> Tensor:", "  return torch.add(x, x)"]
    for i in range(1, 31):
        before = f"__torch__.bomb.f{i - 1}"
        lines += [f"def f{i}(x: Tensor) -> Tensor:", f"  return {before}({before}(x, ), )"]
    contents = hostile.text_with(script, "x = __torch__.bomb.f30(x, )")
    return {**contents, "code/__torch__/bomb.py": "\n".join(lines).encode() + b"\n"}


@posix
@pytest.mark.parametrize("sort", ["work", "clock", "memory"])
def test_what_does_not_end_is_ended_and_nobody_waits(
    script: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(confined, "LIMIT_CPU_S", 2 if sort == "work" else 60)
    monkeypatch.setattr(confined, "MEMORY_BYTES", 1 << 28 if sort == "memory" else 64 << 30)
    if sort == "clock":
        monkeypatch.setattr(limits, "TRYING_S", 2.0)
    archive = scripted.harmless(hostile.packed(bomb(script)), "file").getvalue()
    beats: list[float] = []
    stop = threading.Event()

    def beat() -> None:
        while not stop.is_set():
            beats.append(time.monotonic())
            time.sleep(0.001)

    other = threading.Thread(target=beat)
    other.start()
    try:
        with pytest.raises(
            DgnError, match="was not opened|cannot" if sort == "memory" else "did not end"
        ):
            require_opens(SCRIPTED, archive, 3, 16, "file", Deadline.begin())
    finally:
        stop.set()
        other.join()
    assert len(beats) > 100


@pytest.mark.parametrize("kind", [SCRIPTED, EXPORTED])
def test_an_opening_is_given_up_when_its_time_is_over(
    script: dict[str, bytes], program: dict[str, bytes], kind: str
) -> None:
    make, contents = (scripted, script) if kind == SCRIPTED else (exported, program)
    archive = make.harmless(hostile.packed(contents), "file").getvalue()
    over = Deadline(0.0)
    with pytest.raises(DgnError, match="given up"):
        loading.open_program(kind, archive, 3, 16, tried=True, deadline=over)
    with pytest.raises(DgnError, match="did not end within 0 seconds"):
        require_opens(kind, archive, 3, 16, "file", over)


def test_what_the_process_takes_to_start_is_not_the_networks(
    script: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine so busy that importing torch alone takes longer than a network may."""
    monkeypatch.setattr(limits, "STARTING_S", -200.0)  # as if it had taken that long
    archive = scripted.harmless(hostile.packed(script), "file").getvalue()
    now = Deadline(time.monotonic())
    later = require_opens(SCRIPTED, archive, 3, 16, "file", now)
    assert later.at - now.at > 200
    monkeypatch.setattr(limits, "STARTING_S", 300.0)
    assert require_opens(SCRIPTED, archive, 3, 16, "file", later) == later


def test_a_process_that_never_starts_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(limits, "READY_S", 0.3)
    with pytest.raises(DgnError, match="ended with"):
        require_opens(EXPORTED, b"", 0, 0, "file", Deadline.begin())


@posix
def test_the_confined_process_writes_no_file(tmp_path: Path) -> None:
    """Even an archive that nobody has checked: it is not given one, but if it were."""
    contents = hostile.text_with(
        hostile.scripted(), f'x = torch.add(x, torch.from_file("{tmp_path / "new"}", True, 1))'
    )
    with pytest.raises(DgnError):
        require_opens(SCRIPTED, hostile.packed(contents), 3, 16, "file", Deadline.begin())
    assert not (tmp_path / "new").exists() or not (tmp_path / "new").read_bytes()


@pytest.mark.skipif(not can_forbid(), reason="this system cannot forbid changes")
def test_the_confined_process_changes_no_file(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    statement = f'x = torch.add(x, torch.fill_(torch.from_file("{victim}", True, 1), 1))'
    contents = hostile.text_with(hostile.scripted(), statement)
    with pytest.raises(DgnError):
        require_opens(SCRIPTED, hostile.packed(contents), 3, 16, "file", Deadline.begin())
    assert victim.read_bytes() == b"precious"


def test_a_crash_while_opening_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_START", "import os; os.abort()")
    with pytest.raises(DgnError, match="ended with") as caught:
        require_opens(EXPORTED, b"", 0, 0, "file", Deadline.begin())
    assert "state dict" in caught.value.hint


def test_an_answer_of_another_kind_is_none() -> None:
    for output in (b"", b"{}", b"[1, 2]", b'["one"]', pickle.dumps([])):
        assert confined._answer(output) is None
    assert confined._answer(b"[]") == []
