"""Reading the texts of a TorchScript archive before TorchScript compiles them.

Loading such an archive runs it: constants and defaults are computed when a text is compiled, and
``__setstate__`` of each class is called while its weights are read; no other thread of Python goes
on meanwhile. So every text is parsed here, and refused unless it consists of what TorchScript
itself writes for an image network: plain statements, and calls of operations that are listed in
`operations` or of functions in the archive. What runs during loading calls nothing, neither by name
nor by an operator. What torch gets is written anew from what was parsed, so that it cannot read
another meaning into the text.
"""

import ast
import re
from collections.abc import Iterable

from dgn_explorer.networks.programs.operations import (
    PRIMITIVES,
    all_operators,
    is_known,
    words,
)

MOST_BYTES = 32 << 20
_ROOTS = frozenset({"torch", "ops", "CONSTANTS", "__torch__"})
_CALLED = words(
    "annotate unchecked_cast uninitialized getattr int float bool complex len range min max abs"
    " isinstance str list tuple dict rangelist enumerate zip AssertionError"
)
_KNOWN = _CALLED | words(
    "Tensor List Dict Tuple Optional Union Final NoneType Any number Device Layout inf nan infj"
    " nanj Module NamedTuple Interface ModuleInterface Enum Scalar Future t"
)
_BASES = words("Module NamedTuple Interface ModuleInterface Enum")
_STATE = ("__setstate__", "__getstate__")
# Others, such as __getitem__, are called by operators and subscripts
_OWN = frozenset({*_STATE, "__init__", "__len__", "__contains__"})
_WITHOUT_A_CALL = words("annotate unchecked_cast getattr")  # what looks like one and is none
_CLASS_NAMES = re.compile(r"__(parameters|buffers|annotations|constants|forward_(pre_)?hooks)__")
_OPERATORS = (ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.expr_context)


def checked_source(text: bytes) -> bytes:
    """``text`` written anew; raises `ValueError` that names what it must not hold."""
    if len(text) > MOST_BYTES:
        raise ValueError(f"a program text of {len(text)} bytes")
    try:
        tree = ast.parse(text.decode("utf-8"))
        _Text(tree).check()
        return (ast.unparse(tree) + "\n").encode()
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError("a program text that cannot be parsed") from None


class _Text:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._bound: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._bound.add(node.id)
            elif isinstance(node, ast.arg):
                self._bound.add(node.arg)
        for name in self._bound & (_ROOTS | _WITHOUT_A_CALL):
            raise ValueError(f"a variable called {name}")

    def check(self) -> None:
        for node in self._tree.body:
            if isinstance(node, ast.ClassDef):
                self._class(node)
            elif isinstance(node, ast.FunctionDef):
                self._function(node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                self._expressions(node.targets)  # op_version_set = 1, of old versions
            else:
                raise _strange(node)

    def _class(self, node: ast.ClassDef) -> None:
        bases = {base.id if isinstance(base, ast.Name) else "?" for base in node.bases}
        if node.decorator_list or node.keywords or not bases <= _BASES:
            raise ValueError(f"a class of another kind, {node.name}")
        self._defines(node.name)
        for item in node.body:
            if isinstance(item, ast.FunctionDef):
                if item.name.startswith("__") and item.name not in _OWN:
                    raise ValueError(f"a method that operators call, {item.name}")
                self._function(item)
            elif isinstance(item, ast.Assign):
                self._class_value(item, bases)
            elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                self._expressions([item.annotation])
                self._constants([item.value])
            elif not isinstance(item, ast.Pass):
                raise _strange(item)

    def _class_value(self, node: ast.Assign, bases: set[str]) -> None:
        if bases == {"Enum"} and isinstance(node.value, ast.Constant):
            self._expressions([*node.targets, node.value])
            return
        for target in node.targets:
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                target = target.value
            if not isinstance(target, ast.Name) or not _CLASS_NAMES.fullmatch(target.id):
                raise _strange(node)
        self._constants([node.value])

    def _constants(self, nodes: Iterable[ast.expr | None]) -> None:
        """Values that are computed as soon as the text is compiled; so nothing is called there."""
        for node in nodes:
            for part in ast.walk(node) if node is not None else ():
                if isinstance(part, ast.Call):
                    called = ast.unparse(part.func)
                    if called not in ("annotate", "torch.device"):
                        raise ValueError(f"a constant that calls {called[:80]}")
                elif _is_computed(part):
                    raise ValueError("a constant that is computed")
        self._expressions(node for node in nodes if node is not None)

    def _function(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        if node.decorator_list or arguments.vararg or arguments.kwarg or arguments.posonlyargs:
            raise ValueError(f"a function of another kind, {node.name}")
        self._defines(node.name)
        every = [*arguments.args, *arguments.kwonlyargs]
        found = [*(arg.annotation for arg in every), node.returns]
        self._expressions(x for x in found if x is not None)
        self._constants([*arguments.defaults, *arguments.kw_defaults])
        if node.name in _STATE:
            self._assignments(node)
        self._statements(node.body)

    def _defines(self, name: str) -> None:
        if name in all_operators() and not is_known(name):
            raise ValueError(f"a function called {name}, as an operation is")

    def _statements(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.Assign):
                self._expressions([*node.targets, node.value])
            elif isinstance(node, ast.AnnAssign):
                self._expressions([node.target, node.annotation])
                self._expressions([node.value] if node.value else [])
            elif isinstance(node, ast.If | ast.While):
                self._expressions([node.test])
                self._statements([*node.body, *node.orelse])
            elif isinstance(node, ast.For):
                self._expressions([node.target, node.iter])
                self._statements([*node.body, *node.orelse])
            elif isinstance(node, ast.Return):
                self._expressions([node.value] if node.value else [])
            elif isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
                self._expressions([node.value])
            elif not isinstance(node, ast.Pass):
                raise _strange(node)

    def _assignments(self, function: ast.FunctionDef) -> None:
        """Nothing but attributes that are put in their places, or taken out of them."""
        for node in function.body:
            if not isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.Pass):
                raise ValueError(f"a {function.name} that does more than assign")
            for part in ast.walk(node):
                if isinstance(part, ast.Call) and not (
                    isinstance(part.func, ast.Name) and part.func.id in _WITHOUT_A_CALL
                ):
                    raise ValueError(f"a {function.name} that does more than assign")
                if _is_computed(part):
                    raise ValueError(f"a {function.name} that does more than assign")

    def _expressions(self, nodes: Iterable[ast.expr]) -> None:
        waiting: list[ast.AST] = list(nodes)
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Attribute):
                waiting += self._attribute(node)
            elif isinstance(node, ast.Call):
                waiting += self._call(node)
            elif isinstance(node, ast.Name):
                if node.id not in self._bound | _KNOWN:
                    raise ValueError(f"the name {node.id}")
            elif isinstance(node, ast.Constant):
                if not isinstance(node.value, str | int | float | complex | None):
                    raise _strange(node)
            elif isinstance(
                node,
                ast.Tuple
                | ast.List
                | ast.Dict
                | ast.Subscript
                | ast.BinOp
                | ast.UnaryOp
                | ast.Compare
                | ast.BoolOp
                | ast.IfExp,
            ):
                waiting += [c for c in ast.iter_child_nodes(node) if not isinstance(c, _OPERATORS)]
            else:
                raise _strange(node)

    def _attribute(self, node: ast.Attribute, called: bool = False) -> list[ast.expr]:
        """What else is to be looked at; an operation may be called, but not be kept."""
        names: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            names.insert(0, inner.attr)
            inner = inner.value
        root = inner.id if isinstance(inner, ast.Name) else ""
        if root not in _ROOTS:
            for name in names:
                self._member(name)
            return [inner]
        text = ".".join((root, *names))
        if root == "torch":
            # torch.device("cuda:0") is how a text writes down where a tensor is made
            good = called and len(names) == 1 and (is_known(names[0]) or names[0] == "device")
        elif root == "ops":
            space, name = names[0], names[-1]
            listed = is_known(name) if space == "aten" else name in PRIMITIVES
            good = called and len(names) == 2 and space in ("aten", "prim") and listed
        elif root == "CONSTANTS":
            good = len(names) == 1 and bool(re.fullmatch(r"c\d+", names[0]))
        else:
            good = names[:2] != ["torch", "classes"]
        if not good:
            raise ValueError(f"{text[:100]}")
        return []

    def _member(self, name: str) -> None:
        """A name behind a dot: an operation can be called as a tensor's method too."""
        if name in all_operators() and not is_known(name):
            raise ValueError(f"the operation {name}")

    def _call(self, node: ast.Call) -> list[ast.expr]:
        called = node.func
        others: list[ast.expr] = [called]
        if isinstance(called, ast.Name):
            if called.id not in _CALLED | self._bound:
                raise ValueError(f"a call of {called.id}")
            if called.id == "getattr":
                self._getattr(node)
        elif isinstance(called, ast.Attribute):
            others = self._attribute(called, called=True)
        elif isinstance(called, ast.Call):
            self._getattr(called)
        else:
            raise _strange(called)
        for keyword in node.keywords:
            if keyword.arg is None:
                raise _strange(node)
        return [*others, *node.args, *(keyword.value for keyword in node.keywords)]

    def _getattr(self, node: ast.Call) -> None:
        """An attribute whose name is no identifier, such as the "0" of a sequence."""
        if not isinstance(node.func, ast.Name) or node.func.id != "getattr":
            raise _strange(node)
        if len(node.args) != 2 or not isinstance(node.args[1], ast.Constant):
            raise ValueError("a getattr with a computed name")
        name, of = node.args[1].value, node.args[0]
        if not isinstance(name, str) or (isinstance(of, ast.Name) and of.id in _ROOTS):
            raise ValueError("a getattr of another kind")
        self._member(name)


def _is_computed(node: ast.AST) -> bool:
    if isinstance(node, ast.UnaryOp):
        return not isinstance(node.operand, ast.Constant)  # -1 is written so
    return isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp)


def _strange(node: ast.AST) -> ValueError:
    return ValueError(f"program text of another kind ({type(node).__name__})")
