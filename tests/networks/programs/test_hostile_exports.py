"""Exported networks that attack whoever opens them."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.programs import exported
from tests.networks import hostile_files as hostile


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
