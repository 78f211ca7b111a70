"""The names that a scope has for the parts of an entry: its key, its value, and what is inside that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import AccessList
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId

Path: TypeAlias = tuple[str, ...]
"""A part of an entry's value: ".name" for an attribute, "[key]" for an item; () is the value itself."""

KEY: Path = ("#key",)
PAIR: Path = ("#pair",)

Shape: TypeAlias = Literal["keys", "values", "items"]
"""What a walk gives of each entry."""

_DEPTH = 4
_VIEWS: Mapping[str, Shape] = {"items": "items", "values": "values", "keys": "keys"}
_WHOLE: Mapping[Shape, Path] = {"keys": KEY, "values": (), "items": PAIR}
_MAKERS = frozenset({"list", "set", "deque"})


@dataclass(frozen=True)
class View:
    """A scope, and the names by which parts of an entry are known in it."""

    scope: ScopeId
    names: Mapping[str, Path]


class Views:
    """Reads the names of the entries of one container."""

    def __init__(self, flow: Flow, accesses: AccessList, is_map: bool) -> None:
        self.program = flow.program
        self.resolver = flow.resolver
        self.is_map = is_map
        self._nodes = {id(a.site.node) for a in accesses if not a.nested}

    @kept
    def of(self, scope: ScopeId) -> View:
        """The names that loops over the container give to keys and entries in a scope."""
        names: dict[str, Path] = {}
        for target, iterable in self._loops(scope):
            shape = self.shape(iterable, scope)
            if shape is not None:
                names.update(_unpacked(target, _WHOLE[shape]))
        return View(scope, names)

    def _loops(self, scope: ScopeId) -> Iterator[tuple[m.Expr, m.Expr]]:
        facts = self.program.facts(scope)
        for op in facts.ops:
            for node in w.nodes(op.action):
                if isinstance(node, m.Comp):
                    yield from ((clause.target, clause.iterable) for clause in node.clauses)
        for frame in facts.frames:
            if frame.kind == "for" and frame.head is not None and frame.target is not None:
                yield frame.target, frame.head

    def shape(self, expr: m.Expr, scope: ScopeId, depth: int = _DEPTH, *, plain: bool = False) -> Shape | None:
        """Whether iterating gives the container's "keys", "values" or "items"; plain: all of them."""
        if id(expr) in self._nodes:
            return "keys" if self.is_map else "values"
        if not depth:
            return None
        match expr:
            case m.Call(func=m.Attr(base=base, name=name)) if name in _VIEWS or name == "copy":
                below = self.shape(base, scope, depth - 1, plain=plain)
                return below and _VIEWS.get(name, below)
            case m.Call(func=m.Name(id=name) | m.Attr(name=name), args=(first, *_)) if (
                name in name_lists().walked_copies
            ):
                return self.shape(first.value, scope, depth - 1, plain=plain)
            case m.Name(id=name):
                return self._shape_of_name(name, scope, depth, plain=plain)
            case m.Comp(element=element, value=value, clauses=clauses) if not plain:
                return self._shape_of_comp(element, value, clauses, scope, depth)
            case m.Call() if not plain and self.is_map:
                return "keys"
        return None

    def _shape_of_name(self, name: str, scope: ScopeId, depth: int, *, plain: bool) -> Shape | None:
        bindings = self.program.of(scope).bindings(scope.index).get(name, ())
        values = [b.expr for b in bindings if b.kind == "value" and b.expr is not None]
        if len(values) != len(bindings) or self.resolver.owner(name, scope) != scope:
            return None
        if not plain and values and all(is_empty(v) for v in values):
            return "keys" if self.is_map else None
        shapes = {self.shape(v, scope, depth - 1, plain=plain) for v in values}
        return shapes.pop() if len(shapes) == 1 else None

    def _shape_of_comp(
        self, element: m.Expr, value: m.Expr | None, clauses: tuple[m.Clause, ...], scope: ScopeId, depth: int
    ) -> Shape | None:
        names: dict[str, Path] = {}
        for clause in clauses:
            shape = self.shape(clause.iterable, scope, depth - 1)
            if shape is not None:
                names.update(_unpacked(clause.target, _WHOLE[shape]))
        if value is not None:
            return "keys" if names else None
        if isinstance(element, m.Name):
            path = names.get(element.id)
            return next((shape for shape, whole in _WHOLE.items() if whole == path), None)
        if isinstance(element, m.Display) and len(element.items) == 2:
            paths = [names.get(i.id) if isinstance(i, m.Name) else None for i in element.items]
            return "items" if paths == [KEY, ()] else None
        return None

    def called(self, scope: ScopeId, site: CallSite, outer: View) -> View:
        """The view of a function as one call of it makes it: parameters hold what the caller passes."""
        parameters = self.program.facts(scope).parameters
        passed = {parameters[index].name: path for index, path in self.passed(scope, site, outer).items()}
        return View(scope, {**self.of(scope).names, **passed})

    def passed(self, function: ScopeId, site: CallSite, outer: View) -> Mapping[int, Path]:
        """The parameters of a function that a call passes parts of the entry for, its receiver included."""
        facts = self.program.facts(function)
        given = {index: argument_of(facts, index, site) for index in range(len(facts.parameters))}
        if site.bound and given and site.call is not None and isinstance(site.call.func, m.Attr):
            given[0] = site.call.func.base
        paths = {index: self.path(expr, outer) for index, expr in given.items() if expr is not None}
        return {index: path for index, path in paths.items() if path is not None}

    def path(self, expr: m.Expr, view: View, depth: int = 5) -> Path | None:
        """The part of the entry that an expression is; KEY for its key, None for anything else."""
        if not depth:
            return None
        match expr:
            case m.Name(id=name):
                return view.names[name] if name in view.names else self._path_of_local(name, view, depth)
            case m.Walrus(value=value) | m.Await(value=value):
                return self.path(value, view, depth - 1)
            case m.Attr(base=base, name=name):
                return below(self.path(base, view, depth - 1), f".{name}")
            case m.Sub(base=base, index=index):
                if id(base) in self._nodes and self.is_map:
                    return ()
                if not isinstance(index, m.Const):
                    return None
                return below(self.path(base, view, depth - 1), f"[{index.value}]")
            case m.Call(func=m.Attr(base=base, name="get" | "pop"), args=(first, *_)):
                if id(base) in self._nodes and self.is_map:
                    return ()
                return self._path_of_get(expr, base, first.value, view, depth)
            case m.Call(func=m.Name(id="getattr"), args=(base, m.Arg(value=m.Const(kind="str", value=name)), *_)):
                return below(self.path(base.value, view, depth - 1), f".{name}")
        return None

    def _path_of_get(self, call: m.Call, base: m.Expr, key: m.Expr, view: View, depth: int) -> Path | None:
        if not isinstance(key, m.Const) or (len(call.args) > 1 and not is_none(call.args[1].value)):
            return None
        return below(self.path(base, view, depth - 1), f"[{key.value}]")

    def _path_of_local(self, name: str, view: View, depth: int) -> Path | None:
        bindings = self.program.of(view.scope).bindings(view.scope.index).get(name, ())
        paths = set()
        for binding in bindings:
            if binding.expr is None or binding.kind not in {"value", "part"} or binding.scope != view.scope.index:
                return None
            path = self.path(binding.expr, view, depth - 1)
            paths.add(below(path, f"[{binding.index}]") if binding.kind == "part" else path)
        return paths.pop() if len(paths) == 1 else None


def is_empty(expr: m.Expr) -> bool:
    """Whether an expression makes a list, set or map with nothing in it."""
    match expr:
        case m.Display(items=()) | m.DictDisplay(items=()):
            return True
        case m.Call(func=m.Name(id=name), args=()):
            return name in _MAKERS
    return False


def is_none(expr: m.Expr) -> bool:
    """Whether an expression is written as None."""
    return isinstance(expr, m.Const) and expr.kind == "none"


def below(path: Path | None, step: str) -> Path | None:
    """A part of a part; an item of a pair of key and value is the one or the other."""
    if path is None or path == KEY:
        return None
    if path[:1] == PAIR:
        return KEY if step == "[0]" else () if step == "[1]" else None
    return (*path, step)


def _unpacked(target: m.Expr, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(target, m.Name):
        yield target.id, path
    elif isinstance(target, m.Display):
        for index, item in enumerate(target.items):
            if isinstance(item, m.Star):
                return
            inner = below(path, f"[{index}]")
            if inner is not None:
                yield from _unpacked(item, inner)
