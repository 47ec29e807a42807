"""Scripts that attack whoever opens them: nothing runs, nothing is written, and it ends."""

from pathlib import Path

import pytest

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.programs import scripted
from dgn_explorer.networks.programs.operations import is_known_overload
from dgn_explorer.networks.programs.sources import checked_source
from tests.networks import hostile_files as hostile

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


@pytest.mark.parametrize("name", ["relu.default", "add_.Tensor", "conv2d.default", "mean.dim"])
def test_what_networks_use_is_listed(name: str) -> None:
    assert is_known_overload(*name.split("."))
