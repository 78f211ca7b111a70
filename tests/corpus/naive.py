"""Containers that plain syntax shows to grow at run time, found with `ast` alone and without the analysis.

    python -m tests.corpus.naive TREE [TREE ...]

A container is a name of a module, an attribute of a class body or an attribute of `self` that is set to a dict, list,
set, deque without maxlen, defaultdict, OrderedDict or Counter, or a dataclass field with such a factory. It is listed
when some function other than `__init__` anywhere in the tree has an insert that matches it by name. Nothing is known of
types, so both kinds of error are expected: that is what the scan is for. Prints one line of JSON for each container.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

CALLS = {
    "dict": "dict",
    "list": "list",
    "set": "set",
    "defaultdict": "defaultdict",
    "OrderedDict": "OrderedDict",
    "deque": "deque",
    "Counter": "Counter",
}
DISPLAYS: dict[type[ast.expr], str] = {ast.Dict: "dict", ast.List: "list", ast.Set: "set"}
INSERTS = frozenset({"append", "add", "setdefault", "update", "extend", "insert", "appendleft"})
TEST_PARTS = frozenset(
    {"test", "tests", "testing", "testsuite", "_tests", "_test", "testdata", "stresstest", "conftest"}
)
FOREIGN_PARTS = frozenset({"_vendor", "vendor", "vendored", "_vendored", "third_party", "thirdparty", "extern"})
BUNDLED = ("newrelic/packages/", "pypiserver/bottle_wrapper/")
"""Copies of other packages under names of their own."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Found(NamedTuple):
    """A container: where it is set first, its name (`NAME` or `Class.attr`), its type, and module, class or self."""

    path: str
    line: int
    name: str
    container: str
    scope: str


class Insert(NamedTuple):
    """An insert: its file, the class around it, how the receiver is written (name, self or other) and its last name."""

    path: str
    owner: str
    how: str
    name: str


class Module:
    """The containers, inserts, imports and bases of classes of one file."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path = path
        self.found: dict[str, Found] = {}
        self.inserts: set[Insert] = set()
        self.imported: set[str] = set()
        self.bases: dict[str, set[str]] = {}
        self._body(tree.body, "")

    def _body(self, body: Iterable[ast.stmt], owner: str) -> None:
        """What the statements of a module or a class body give; functions are walked apart."""
        for statement in body:
            match statement:
                case ast.ClassDef():
                    name = f"{owner}.{statement.name}" if owner else statement.name
                    self.bases[name] = {_last(base) for base in statement.bases}
                    self._body(statement.body, name)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._function(statement, owner, frozenset(), True)
                case ast.ImportFrom():
                    self.imported.update(alias.asname or alias.name for alias in statement.names)
                case ast.Assign() | ast.AnnAssign():
                    self._set_in_body(statement, owner)
                case _:
                    for block in _blocks(statement):
                        self._body(block, owner)

    def _set_in_body(self, statement: ast.Assign | ast.AnnAssign, owner: str) -> None:
        kind = container_of(statement.value)
        factory = factory_of(statement.value) if owner else None
        for target in _targets(statement):
            if isinstance(target, ast.Name) and (kind or factory):
                scope = "self" if factory else "class" if owner else "module"
                self._add(target.id, owner, kind or factory or "", scope, statement.lineno)

    def _add(self, name: str, owner: str, kind: str, scope: str, line: int) -> None:
        """Keep where a name is set first; what is set on `self` too belongs to the object, not to the class."""
        full = f"{owner}.{name}" if owner else name
        known = self.found.get(full)
        if known is None or (known.scope == "class" and scope == "self"):
            self.found[full] = Found(self.path, line, full, kind, scope)

    def _function(self, function: Function, owner: str, outer: frozenset[str], method: bool) -> None:
        """What a function sets on `self` and inserts, in it and in the functions inside it."""
        own, inner = _split(function)
        local = (outer | _bound(function, own)) - _declared(own)
        if method and owner:
            self._set_on_self(own, owner)
        if function.name != "__init__":
            self.inserts.update(self._inserts(own, owner, local))
        for one in inner:
            self._function(one, owner, local, method)

    def _set_on_self(self, nodes: Iterable[ast.AST], owner: str) -> None:
        for node in nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and (kind := container_of(node.value)):
                for target in _targets(node):
                    if isinstance(target, ast.Attribute) and _is_self(target.value):
                        self._add(target.attr, owner, kind, "self", node.lineno)

    def _inserts(self, nodes: Iterable[ast.AST], owner: str, local: frozenset[str]) -> Iterator[Insert]:
        for receiver in (one for node in nodes for one in receivers(node)):
            match receiver:
                case ast.Name(id=name) if name not in local:
                    yield Insert(self.path, owner, "name", name)
                case ast.Attribute(value=value, attr=name):
                    yield Insert(self.path, owner, "self" if _is_self(value) else "other", name)


def receivers(node: ast.AST) -> Iterator[ast.expr]:
    """What a node inserts into: `x` of `x[k] = v`, `x.append(v)`, `x += v`, and of the same on `x[k]`."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in INSERTS:
            yield _base(value)
        case ast.AugAssign(target=target, op=op):
            if isinstance(target, ast.Subscript) or isinstance(op, ast.Add | ast.BitOr):
                yield _base(target)
        case ast.Assign() | ast.AnnAssign():
            for one in _targets(node):
                if isinstance(one, ast.Subscript):
                    yield _base(one)


def container_of(value: ast.expr | None) -> str | None:
    """The type of an empty or filled container that an expression makes, if it makes one without a limit."""
    if value is None:
        return None
    if isinstance(value, ast.Call):
        kind = CALLS.get(_last(value.func))
        limited = len(value.args) > 1 or any(word.arg == "maxlen" for word in value.keywords)
        return None if kind == "deque" and limited else kind
    return DISPLAYS.get(type(value))


def factory_of(value: ast.expr | None) -> str | None:
    """The type that a dataclass field's default_factory makes, if it is a container."""
    if isinstance(value, ast.Call):
        for word in value.keywords:
            if word.arg in ("default_factory", "factory"):
                return CALLS.get(_last(word.value))
    return None


def is_drawn_from(path: str) -> bool:
    """Whether a file is the package's own and not a test: the others are neither scanned nor drawn from."""
    parts = PurePosixPath(path).parts
    stem = PurePosixPath(path).stem
    if {part.lower() for part in (*parts[:-1], stem)} & (TEST_PARTS | FOREIGN_PARTS) or path.startswith(BUNDLED):
        return False
    return not (stem.startswith("test_") or stem.endswith(("_test", "_tests")))


def scan(tree: Path) -> list[Found]:
    """The containers of a tree that have a matching insert, by path and line."""
    modules = list(_modules(tree))
    above = _bases(modules)
    inserts: dict[str, list[Insert]] = defaultdict(list)
    for module in modules:
        for insert in module.inserts:
            inserts[insert.name].append(insert)
    imports = {module.path: module.imported for module in modules}
    return sorted(
        found
        for module in modules
        for found in module.found.values()
        if any(_matches(found, insert, above, imports) for insert in inserts[found.name.rpartition(".")[2]])
    )


def _matches(found: Found, insert: Insert, above: dict[str, set[str]], imports: dict[str, set[str]]) -> bool:
    """Whether an insert into a thing of the same last name can be meant for a container."""
    if insert.how == "other":
        return True
    if found.scope == "module":
        return insert.how == "name" and (insert.path == found.path or insert.name in imports[insert.path])
    owner = found.name.rpartition(".")[0]
    if insert.how != "self":
        return False
    return (insert.path, insert.owner) == (found.path, owner) or _short(owner) in above[_short(insert.owner)]


def _modules(tree: Path) -> Iterator[Module]:
    for path in sorted(tree.rglob("*.py")):
        name = path.relative_to(tree).as_posix()
        if is_drawn_from(name):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    parsed = ast.parse(path.read_bytes())
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            yield Module(name, parsed)


def _bases(modules: Iterable[Module]) -> dict[str, set[str]]:
    """Every class above a class, by their short names."""
    direct: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for name, bases in module.bases.items():
            direct[_short(name)].update(bases)
    above: dict[str, set[str]] = defaultdict(set)
    for name in list(direct):
        todo = list(direct[name])
        while todo:
            one = todo.pop()
            if one not in above[name]:
                above[name].add(one)
                todo.extend(direct.get(one, ()))
    return above


def _split(function: Function) -> tuple[list[ast.AST], list[Function]]:
    """The nodes of a function without those of the functions inside it, and these functions."""
    own: list[ast.AST] = []
    inner: list[Function] = []
    todo: list[ast.AST] = list(reversed(function.body))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner.append(node)
        elif not isinstance(node, ast.ClassDef):
            own.append(node)
            todo.extend(reversed(list(ast.iter_child_nodes(node))))
    return own, inner


def _bound(function: Function, own: Iterable[ast.AST]) -> frozenset[str]:
    """The names that a function binds: parameters, targets and imports."""
    a = function.args
    words = [*a.posonlyargs, *a.args, *a.kwonlyargs, *(one for one in (a.vararg, a.kwarg) if one)]
    stored = (n.id for n in own if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return frozenset({*(word.arg for word in words), *stored})


def _declared(own: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(name for node in own if isinstance(node, ast.Global) for name in node.names)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement."""
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _base(value: ast.expr) -> ast.expr:
    while isinstance(value, ast.Subscript):
        value = value.value
    return value


def _last(value: ast.expr) -> str:
    """The last name of a dotted or subscripted expression, or nothing."""
    value = _base(value)
    return value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _is_self(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id in ("self", "cls")


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.naive", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("trees", type=Path, nargs="+")
    options = parser.parse_args(None if arguments is None else list(arguments))
    for tree in options.trees:
        for found in scan(tree):
            print(json.dumps({"tree": tree.name, **found._asdict()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
