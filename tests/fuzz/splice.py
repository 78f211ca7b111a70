"""Programs of people with their trees changed at random: the fixtures, and pieces of the standard library."""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import libcst as cst

from tests.fuzz.compose import Composer

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
LARGEST = 40_000
ATTEMPTS = 4
SLOTS: Mapping[type[cst.CSTNode], tuple[str, ...]] = {
    cst.Arg: ("value",),
    cst.AnnAssign: ("value",),
    cst.Annotation: ("annotation",),
    cst.Assert: ("test", "msg"),
    cst.Assign: ("value",),
    cst.Attribute: ("value",),
    cst.AugAssign: ("value",),
    cst.Await: ("expression",),
    cst.BinaryOperation: ("left", "right"),
    cst.BooleanOperation: ("left", "right"),
    cst.Call: ("func",),
    cst.CompFor: ("iter",),
    cst.CompIf: ("test",),
    cst.ComparisonTarget: ("comparator",),
    cst.Comparison: ("left",),
    cst.Decorator: ("decorator",),
    cst.DictComp: ("key", "value"),
    cst.DictElement: ("key", "value"),
    cst.Element: ("value",),
    cst.ExceptHandler: ("type",),
    cst.Expr: ("value",),
    cst.For: ("iter",),
    cst.GeneratorExp: ("elt",),
    cst.If: ("test",),
    cst.IfExp: ("test", "body", "orelse"),
    cst.Index: ("value",),
    cst.Lambda: ("body",),
    cst.ListComp: ("elt",),
    cst.Match: ("subject",),
    cst.NamedExpr: ("value",),
    cst.Param: ("default",),
    cst.Raise: ("exc",),
    cst.Return: ("value",),
    cst.Slice: ("lower", "upper"),
    cst.StarredElement: ("value",),
    cst.Subscript: ("value",),
    cst.UnaryOperation: ("expression",),
    cst.While: ("test",),
    cst.WithItem: ("item",),
    cst.Yield: ("value",),
}
"""Where any expression in brackets may stand."""
WRAPPERS = (
    "if __name__ == '__main__':\n    pass\n",
    "if (yield):\n    pass\n",
    "while True:\n    pass\n",
    "for _ in iter(int, 1):\n    pass\n",
    "try:\n    pass\nfinally:\n    pass\n",
    "try:\n    pass\nexcept* Exception:\n    pass\n",
    "with lock as self:\n    pass\n",
    "def wrapped(self, cls):\n    pass\n",
    "async def wrapped(*self):\n    pass\n",
    "class Wrapped(dict):\n    pass\n",
    "@property\ndef wrapped(self):\n    pass\n",
    "match x:\n    case [self, {**cls}]:\n        pass\n",
)

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
T = TypeVar("T")


@cache
def _projects() -> tuple[Mapping[str, Path], ...]:
    """The fixtures, each the paths of its files by name."""
    cases = sorted(
        {path.parent for path in FIXTURES.glob("[!_]*/*/*.py")} | {p for p in FIXTURES.glob("[!_]*/*") if p.is_dir()}
    )
    found = [{str(path.relative_to(case)): path for path in sorted(case.rglob("*.py"))} for case in cases]
    return tuple(files for files in found if files)


@cache
def _library() -> tuple[Path, ...]:
    """The modules of the running Python's standard library that are not large."""
    root = Path(sysconfig.get_paths()["stdlib"])
    found = [
        *root.glob("*.py"),
        *root.glob("asyncio/*.py"),
        *root.glob("concurrent/*/*.py"),
        *root.glob("logging/*.py"),
    ]
    return tuple(path for path in sorted(found) if 500 < path.stat().st_size < LARGEST)


@cache
def _tree(path: Path) -> cst.Module:
    return cst.parse_module(path.read_bytes())


class _Pool(cst.CSTVisitor):
    """The expressions, statements and names of a tree."""

    def __init__(self) -> None:
        self.expressions: list[cst.BaseExpression] = []
        self.statements: list[Statement] = []
        self.names: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        for field in SLOTS.get(type(node), ()):
            value = getattr(node, field)
            if isinstance(value, cst.BaseExpression):
                self.expressions.append(value)
        if isinstance(node, Statement):
            self.statements.append(node)
        elif isinstance(node, cst.Name):
            self.names.append(node.value)
        return True


@cache
def _pool(path: Path) -> _Pool:
    pool = _Pool()
    _tree(path).visit(pool)
    return pool


class _Splice(cst.CSTTransformer):
    """Changes about `rate` of the places where something can be changed."""

    def __init__(self, rng: random.Random, own: _Pool, other: _Pool, rate: float) -> None:
        super().__init__()
        self.rng = rng
        self.composer = Composer(rng)
        self.own = own
        self.other = other
        self.rate = rate
        self.renamed = dict(zip(self.few(own.names), self.few(own.names + other.names), strict=False))

    def few(self, names: Sequence[str]) -> list[str]:
        return [self.rng.choice(names) for _ in range(self.rng.choice((0, 0, 1, 3)))] if names else []

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        node = updated_node
        if isinstance(node, cst.Name) and node.value in self.renamed:
            return node.with_changes(value=self.renamed[node.value])
        if isinstance(node, cst.IndentedBlock | cst.Module):
            return node.with_changes(body=self.block(list(node.body)))
        for field in SLOTS.get(type(node), ()):
            if getattr(node, field) is not None and self.rng.random() < self.rate:
                node = node.with_changes(**{field: self.expression(getattr(node, field))})
        return node

    def expression(self, present: Any) -> Any:
        kind = self.rng.randrange(6)
        if kind == 0 or not isinstance(present, cst.BaseExpression):
            return _bracketed(cst.parse_expression(f"({self.composer.expr(2)})"))
        if kind == 1:
            return cst.Name(self.composer.name())
        if kind == 2:
            form = self.rng.choice(
                ("({0}).pop(None)", "(lambda: {0})", "[{0} for x in {0}]", "(x := {0})", "({0})({0})")
            )
            return cst.parse_expression(form.format(_code(present)))
        pool = self.rng.choice((self.own, self.other)).expressions
        return _bracketed(self.rng.choice(pool)) if pool else present

    def block(self, body: list[Any]) -> list[Any]:
        for _ in range(2):
            if body and self.rng.random() < self.rate * 3:
                self.edit(body)
        return body or [cst.SimpleStatementLine([cst.Pass()])]

    def edit(self, body: list[Any]) -> None:
        at = self.rng.randrange(len(body))
        kind = self.rng.randrange(6)
        if kind == 0:
            body.insert(self.rng.randrange(len(body) + 1), body[at])
        elif kind == 1:
            body.insert(self.rng.randrange(len(body)), body.pop(at))
        elif kind == 2:
            del body[at]
        elif kind == 3:
            pool = self.rng.choice((self.own, self.other)).statements
            body[at:at] = [self.rng.choice(pool)] if pool else []
        elif kind == 4:
            lines = "\n".join(self.composer.statement(2)) + "\n"
            body[at:at] = cst.parse_module(lines).body
        elif isinstance(body[at], Statement):
            body[at] = _wrapped(self.rng.choice(WRAPPERS), body[at])


def _code(node: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(node)


def _bracketed(node: Any) -> Any:
    return node.with_changes(lpar=[cst.LeftParen(), *node.lpar], rpar=[*node.rpar, cst.RightParen()])


def _wrapped(template: str, statement: Any) -> Any:
    wrapper: Any = cst.parse_statement(template)
    block = cst.IndentedBlock([statement])
    if isinstance(wrapper, cst.Match):
        return wrapper.with_changes(cases=[wrapper.cases[0].with_changes(body=block)])
    return wrapper.with_changes(body=block)


def spliced(seed: int) -> dict[str, str]:
    """The program of a seed, path to text: all of its files parse."""
    rng = random.Random(seed)
    other = rng.choice(rng.choice((_library(), [p for files in _projects() for p in files.values()])))
    if rng.random() < 0.6:
        paths = dict(rng.choice(_projects()))
        trees = {name: _tree(path) for name, path in paths.items()}
        if len(trees) > 6:
            kept = rng.sample(sorted(trees), 6)
            trees = {name: trees[name] for name in kept}
    else:
        names = ("m.py", "pkg/__init__.py", "pkg/n.py")[: rng.randint(1, 3)]
        paths = {name: rng.choice(_library()) for name in names}
        trees = {name: _piece(rng, _tree(path)) for name, path in paths.items()}
    return {name: _changed(rng, tree, _pool(paths[name]), _pool(other)) for name, tree in sorted(trees.items())}


def _piece(rng: random.Random, module: cst.Module) -> cst.Module:
    """Some statements of a module that stand side by side."""
    first = rng.randrange(len(module.body))
    return module.with_changes(body=module.body[first : first + 8])


def _changed(rng: random.Random, tree: cst.Module, own: _Pool, other: _Pool) -> str:
    """The text of a changed tree; the tree's own where no change of it can be parsed."""
    for _ in range(ATTEMPTS):
        try:
            code = tree.visit(_Splice(rng, own, other, rng.choice((0.01, 0.03, 0.1)))).code
            cst.parse_module(code)
        except (cst.ParserSyntaxError, cst.CSTValidationError, TypeError):
            continue
        return code
    return tree.code
