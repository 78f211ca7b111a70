"""Changes of a program that change nothing about its containers: names, order, place, wrapping, comments, annotations.

A transformation takes a program (path -> text) and a chooser, and gives the changed program together with what became
of its symbols; it gives the program unchanged where there is nothing to change.
"""

from __future__ import annotations

import ast
import builtins
import collections
import copy
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol, TypeVar

from unbounded_lint.catalog.load import catalog, name_lists

T = TypeVar("T")
Files = Mapping[str, str]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

COMMENT = "# pop, clear and sweep nothing: X.clear(); del X[key]; threading.Timer(60, sweep).start()"
MOVED = "moved_elsewhere"


class Choose(Protocol):
    """Picks one of several, or an order of them."""

    def one(self, options: Sequence[T]) -> T:
        """One of the options, which are not empty."""

    def order(self, items: Sequence[T]) -> list[T]:
        """The same items in some order."""


class Changed(NamedTuple):
    """A changed program; `symbol` gives the new symbol of a container."""

    files: dict[str, str]
    symbol: Callable[[str], str]


def _same(symbol: str) -> str:
    return symbol


def _trees(files: Files) -> dict[str, ast.Module]:
    return {path: ast.parse(text) for path, text in files.items() if path.endswith(".py")}


def _written(files: Files, trees: Mapping[str, ast.Module]) -> dict[str, str]:
    return {**files, **{path: ast.unparse(ast.fix_missing_locations(tree)) + "\n" for path, tree in trees.items()}}


def module_name(path: str) -> str:
    """ "pkg/mod.py" -> "pkg.mod", "pkg/__init__.py" -> "pkg"."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# --- layout, comments, docstrings, annotations -----------------------------------------------------------------------


def layout(files: Files, _choose: Choose) -> Changed:
    """Written anew from the syntax tree: without comments, with other blanks and quotes."""
    return Changed(_written(files, _trees(files)), _same)


def comments(files: Files, _choose: Choose) -> Changed:
    """A comment before every statement, and one behind the last."""
    changed = dict(files)
    for path, tree in _trees(files).items():
        lines = files[path].splitlines()
        starts = {_first_line(node): node.col_offset for node in ast.walk(tree) if isinstance(node, ast.stmt)}
        for line in sorted(starts, reverse=True):
            before = lines[line - 1][: starts[line]]
            if not before.strip() and not (line > 1 and lines[line - 2].endswith("\\")):
                lines.insert(line - 1, before + COMMENT)
        changed[path] = "\n".join([*lines, COMMENT, ""])
    return Changed(changed, _same)


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])


def docstrings(files: Files, _choose: Choose) -> Changed:
    """A docstring for every function and class that has none."""
    trees = _trees(files)
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, Definition) and ast.get_docstring(node) is None:
                node.body.insert(0, ast.Expr(ast.Constant("Adds, and never removes: X.clear(), del X[key].")))
    return Changed(_written(files, trees), _same)


class _Annotate(ast.NodeTransformer):
    kinds: Mapping[type, str] = {ast.Dict: "dict", ast.List: "list", ast.Set: "set", ast.DictComp: "dict"}

    def visit_Module(self, node: ast.Module) -> ast.Module:
        self.generic_visit(node)
        node.body = [self._annotated(statement) for statement in node.body]
        return node

    def _annotated(self, node: ast.stmt) -> ast.stmt:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            kind = self.kinds.get(type(node.value))
            if kind is not None:
                return ast.AnnAssign(node.targets[0], ast.Name(kind), node.value, simple=1)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        for argument in [*node.posonlyargs, *node.args, *node.kwonlyargs]:
            if argument.annotation is None and argument.arg not in {"self", "cls"}:
                argument.annotation = ast.Name("object")
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        return node


def annotations(files: Files, _choose: Choose) -> Changed:
    """Annotations that say nothing: `X: dict = {}`, `def f(x: object)`."""
    trees = _trees(files)
    return Changed(_written(files, {path: _Annotate().visit(tree) for path, tree in trees.items()}), _same)


# --- wrapping --------------------------------------------------------------------------------------------------------


def wrap_functions(files: Files, _choose: Choose) -> Changed:
    """The body of every function in `if True:`."""
    trees = _trees(files)
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                node.body = _wrapped(node.body)
    return Changed(_written(files, trees), _same)


def wrap_modules(files: Files, choose: Choose) -> Changed:
    """The body of a module in `if True:`, as a whole or statement by statement."""
    trees = _trees(files)
    each = choose.one([False, True])
    for tree in trees.values():
        tree.body = _wrapped(tree.body, each=each)
    return Changed(_written(files, trees), _same)


def _wrapped(body: list[ast.stmt], *, each: bool = False) -> list[ast.stmt]:
    first = next((i for i, s in enumerate(body) if not _must_lead(s)), len(body))
    rest = [[statement] for statement in body[first:]] if each else [body[first:]]
    return body[:first] + [ast.If(ast.Constant(True), part, []) for part in rest if part]


def _must_lead(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


# --- order -----------------------------------------------------------------------------------------------------------


def reorder(files: Files, choose: Choose) -> Changed:
    """Definitions that stand side by side and need nothing of each other when they run, in another order."""
    trees = _trees(files)
    for tree in trees.values():
        body: list[ast.stmt] = []
        for run in _runs(tree.body):
            body += choose.order(run) if len(run) > 1 else run
        tree.body = body
    return Changed(_written(files, trees), _same)


def _runs(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    run: list[ast.stmt] = []
    for statement in body:
        names = {name for other in run for name in _defined(other)}
        if not _is_definition(statement) or _needed(statement) & names or set(_defined(statement)) & names:
            if run:
                yield run
            run = []
        if _is_definition(statement):
            run.append(statement)
        else:
            yield [statement]
    if run:
        yield run


def _is_definition(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return all(isinstance(t, ast.Name) for t in _targets(statement)) and isinstance(
            statement.value, ast.Dict | ast.List | ast.Set | ast.Constant
        )
    return isinstance(statement, Definition)


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else [statement.target]


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, Definition):
        return [statement.name]
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return [t.id for t in _targets(statement) if isinstance(t, ast.Name)]
    return []


def _needed(statement: ast.stmt) -> set[str]:
    """The names that are evaluated when a definition runs."""
    parts: list[ast.AST] = [statement]
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        parts = [*statement.decorator_list, statement.args, *([statement.returns] if statement.returns else [])]
    elif isinstance(statement, ast.ClassDef):
        parts = [*statement.decorator_list, *statement.bases, *statement.keywords]
        inner = [_needed(s) for s in statement.body]
        return set().union(*inner, *(_names(part) for part in parts))
    return {name for part in parts for name in _names(part)}


def _names(part: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}


# --- names -----------------------------------------------------------------------------------------------------------


class _Rename(ast.NodeTransformer):
    """Renames identifiers wherever they stand, but for strings."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit(self, node: ast.AST) -> ast.AST:
        for name, value in ast.iter_fields(node):
            if isinstance(node, ast.Constant) or (isinstance(node, ast.ImportFrom) and name == "module"):
                continue
            if isinstance(value, str):
                setattr(node, name, self.names.get(value, value))
            elif isinstance(value, list) and value and isinstance(value[0], str):
                setattr(node, name, [self.names.get(text, text) for text in value])
        return self.generic_visit(node)


def rename(files: Files, choose: Choose) -> Changed:
    """Containers, functions and classes under other names, in all files; leading underscores and capitals stay."""
    trees = _trees(files)
    free = sorted(_renamable(trees))
    if not free:
        return Changed(dict(files), _same)
    chosen = choose.order(free)[: max(1, choose.one(range(1, len(free) + 1)))]
    return _with_names(files, trees, {name: _other_name(name, number) for number, name in enumerate(sorted(chosen))})


def lengthen(files: Files, length: int) -> Changed:
    """Containers, functions and classes under names that are at least so long."""
    trees = _trees(files)
    return _with_names(files, trees, {name: _longer_name(name, length) for name in sorted(_renamable(trees))})


def _with_names(files: Files, trees: dict[str, ast.Module], names: Mapping[str, str]) -> Changed:
    for path, tree in trees.items():
        trees[path] = _Rename(names).visit(tree)

    def symbol(old: str) -> str:
        module, _, qualified = old.partition(":")
        return f"{module}:{'.'.join(_renamed(part, names) for part in qualified.split('.'))}"

    return Changed(_written(files, trees), symbol)


def _renamed(part: str, names: Mapping[str, str]) -> str:
    """The new form of a part of a symbol; a private attribute carries the name of its class."""
    for old, new in names.items():
        if part.startswith(f"_{old.lstrip('_')}__"):
            return part.replace(old.lstrip("_"), new.lstrip("_"), 1)
    return names.get(part, part)


def _other_name(name: str, number: int) -> str:
    bare = name.lstrip("_")
    stem = "Zeta" if bare[:1].isupper() and not bare.isupper() else "ZETA" if bare.isupper() else "zeta"
    return f"{name[: len(name) - len(bare)]}{stem}{number}"


def _longer_name(name: str, length: int) -> str:
    """A name with words behind it; one that is long enough already has one more, so that none is two."""
    bare = name.lstrip("_")
    words = ("_THAT_STANDS_FOR_ITSELF" if bare.isupper() else "_that_stands_for_itself") * length
    tail = words[: max(length - len(name), 5)]
    return name + ("".join(tail.title().split("_")) if bare[:1].isupper() and not bare.isupper() else f"{tail}_")


def _renamable(trees: Mapping[str, ast.Module]) -> set[str]:
    """Names that the program defines and that mean nothing to anybody else."""
    defined, foreign = set(), set(outside_names())
    for path, tree in trees.items():
        foreign |= set(PurePosixPath(path).with_suffix("").parts)
        for node in ast.walk(tree):
            defined |= set(_given_names(node))
            foreign |= set(_foreign_names(node))
        foreign |= _outside_attributes(tree, {module_name(p).partition(".")[0] for p in trees})
    return {n for n in defined - foreign if not n.startswith(("test", "__")) and n.strip("_")}


def _given_names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Module(body=body):
            yield from (name for statement in body for name in _defined(statement))
        case ast.Attribute(value=ast.Name(id="self"), attr=attr, ctx=ast.Store()):
            yield attr


def _foreign_names(node: ast.AST) -> Iterator[str]:
    """Names with a meaning elsewhere: keywords and parameters, what is imported under another name, words in texts."""
    match node:
        case ast.keyword(arg=str() as name) | ast.arg(arg=name):
            yield name
        case ast.alias(asname=str() as name):
            yield name
        case ast.Constant(value=str() as text):
            yield from text.replace(".", " ").replace(",", " ").split() if len(text) < 60 else ()


def _outside_attributes(tree: ast.Module, own: set[str]) -> set[str]:
    """What is imported from outside the program, and the attributes of that."""
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            outside = [a for a in node.names if a.name.partition(".")[0] not in own]
            imported |= {(a.asname or a.name).partition(".")[0] for a in outside}
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] not in own:
            imported |= {a.asname or a.name for a in node.names}
    attributes = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and imported & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    }
    return imported | attributes


@cache
def outside_names() -> frozenset[str]:
    """Names of the standard library's types and of the catalogue: a function so called is more than its name."""
    types = (dict, list, set, str, bytes, int, collections.OrderedDict, collections.deque, threading.Thread)
    types += (threading.Event, threading.Timer)
    found = {*dir(builtins), *name_lists().common_attributes, "self", "cls", "app"}
    found |= {name for kind in types for name in dir(kind)}
    data = catalog().data
    for api in (*data.timers, *data.hooks, *data.forwarders, *data.sleepers, *data.containers):
        found |= {part for name in (*api.names, *api.methods, *api.receivers) for part in name.split(".")}
        callback = getattr(api, "callback", None)
        activation = getattr(api, "activation", None)
        found |= set(callback.names) | set(callback.keywords) if callback else set()
        found |= {*activation.methods, *activation.names} if activation else set()
    for call in data.key_calls:
        found |= {part for name in (*call.names, *call.methods) for part in name.split(".")}
    return frozenset(found)


# --- place -----------------------------------------------------------------------------------------------------------


class _Qualify(ast.NodeTransformer):
    """`X` becomes `module.X` for names of the module that a function leaves."""

    def __init__(self, names: Iterable[str], module: str) -> None:
        self.names = set(names)
        self.module = module

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Attribute(ast.Name(self.module), node.id, node.ctx) if node.id in self.names else node


def move(files: Files, choose: Choose) -> Changed:
    """A function in a new module beside its own, which imports it; what it needs it takes from the module it left."""
    trees = _trees(files)
    movable = [(path, index) for path, tree in sorted(trees.items()) for index in _movable(path, tree)]
    if not movable:
        return Changed(dict(files), _same)
    path, index = choose.one(movable)
    tree, here = trees[path], module_name(path)
    function = tree.body[index]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    package = here.rpartition(".")[0]
    target = f"{package}.{MOVED}" if package else MOVED
    names = _own_names(tree) - {function.name}
    imports = [copy.deepcopy(s) for s in tree.body if isinstance(s, ast.Import | ast.ImportFrom)]
    origin = ast.Import([ast.alias(here, "the_origin")])
    moved = _Qualify(names, "the_origin").visit(copy.deepcopy(function))
    tree.body[index] = ast.ImportFrom(target, [ast.alias(function.name)], 0)
    new = str(PurePosixPath(path).with_name(f"{MOVED}.py"))
    written = _written(files, {**trees, new: ast.Module([*imports, origin, moved], [])})

    def symbol(old: str) -> str:
        return f"{target}:{function.name}" if old == f"{here}:{function.name}" else old

    return Changed(written, symbol)


def _movable(path: str, tree: ast.Module) -> Iterator[int]:
    """Functions that bind no name of their module: neither declared global nor hidden by a local one.

    Those of scripts, of tests and of `__init__` stay, and so do those that a framework knows by their names.
    """
    stem = PurePosixPath(path).stem
    if "__main__" in ast.unparse(tree) or stem.startswith(("test", "conftest", "__")) or "tests" in path:
        return
    own = _own_names(tree)
    rebound = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    for index, statement in enumerate(tree.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name not in outside_names():
            used = _names(statement)
            if not (_bound(statement) & own) and not (used & rebound) and statement.name not in used:
                yield index


def _own_names(tree: ast.Module) -> set[str]:
    """What a module binds by assignments and definitions, in branches too; imports are taken along instead."""
    found = set()
    for statement in tree.body:
        found |= set(_defined(statement))
        if not isinstance(statement, Definition):
            found |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            found |= {n.name for n in ast.walk(statement) if isinstance(n, Definition)}
    return found


def _bound(function: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, Definition) and node is not function:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


TRANSFORMATIONS: Mapping[str, Callable[[Files, Choose], Changed]] = {
    function.__name__: function
    for function in (
        layout,
        comments,
        docstrings,
        annotations,
        wrap_functions,
        wrap_modules,
        reorder,
        rename,
        move,
    )
}
