"""What must hold of an entry for a removal to take it out, and which of its fields must be set for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.scoping import decorator_names, is_static
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, Function, argument_of
from unbounded_lint.link.program.blocks import frames_of, guards, loops_around
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.removals import Removal

Path: TypeAlias = tuple[str, ...]
"""A part of an entry's value: ".name" for an attribute, "[key]" for an item; () is the value itself."""

KEY: Path = ("#key",)
PAIR: Path = ("#pair",)

_DEPTH = 4
_ORDER = frozenset({"<", "<=", ">", ">="})
_MAKERS = frozenset({"list", "set", "deque"})


class Needed(NamedTuple):
    """A field that must be set; `truthy` if zero does not count as set either."""

    path: Path
    truthy: bool


Needs: TypeAlias = frozenset[Needed] | None
"""Fields each of which must be set; None for what can never be, so that it needs everything."""


@dataclass(frozen=True)
class View:
    """A scope, and the names by which parts of an entry are known in it."""

    scope: ScopeId
    names: Mapping[str, Path]


@dataclass(frozen=True)
class Condition:
    """A condition that has this truth wherever the removal happens."""

    expr: m.Expr
    truth: bool
    view: View


Way: TypeAlias = tuple[Condition, ...]
"""All that must hold on one way to a removal."""


class _Unreadable(Exception):
    """A removal whose conditions cannot be read off."""


def either(one: Needs, other: Needs) -> Needs:
    """What two conditions need that hold both."""
    return None if one is None or other is None else one | other


def both(parts: Sequence[Needs]) -> Needs:
    """What is needed whichever of several conditions holds."""
    known = [part for part in parts if part is not None]
    return frozenset.intersection(*known) if known else None


class Conditions:
    """Reads the conditions of the removals of one container.

    classes are those whose instances the container holds, as far as known.
    """

    def __init__(
        self,
        flow: Flow,
        execution: Execution,
        accesses: AccessList,
        is_map: bool,
        classes: tuple[ScopeId, ...] = (),
    ) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self.is_map = is_map
        self.classes = classes
        self._nodes = {id(a.site.node) for a in accesses if not a.nested}
        self._views: dict[ScopeId, View] = {}
        self._compared: set[Path] = set()

    # --- ways ---

    def ways(self, removal: Removal) -> tuple[Way, ...] | None:
        """The ways on which a timer or an insert comes to the removal, None when they cannot be read."""
        try:
            return tuple(self._ways(removal))
        except _Unreadable:
            return None

    def _ways(self, removal: Removal) -> list[Way]:
        access = removal.access
        if access.handed is not None or removal.extent == "evict":
            raise _Unreadable
        if access.kind == "replace":
            return self._rebuilt(access)
        if access.kind != "remove" or access.how in {"&=", "intersection_update"}:
            raise _Unreadable
        if access.how in {"-=", "difference_update"} and access.key is not None:
            return self._picked(access.key, access.scope, _DEPTH)
        for parent in access.site.parents:
            if isinstance(parent, m.Comp):
                return self._of_comprehension(parent, access.scope, _DEPTH)
        return [way for way, _ in self._reach(access.scope, access.op, removal.when, 3)]

    def _rebuilt(self, access: Access) -> list[Way]:
        """`X = {k: v for k, v in X.items() if keep(v)}`: what is not kept goes."""
        value = access.value
        if isinstance(value, m.Call) and len(value.args) == 1:
            value = value.args[0].value
        if not isinstance(value, m.Comp) or len(value.clauses) != 1 or not value.clauses[0].conditions:
            raise _Unreadable
        clause = value.clauses[0]
        shape = self._shape(clause.iterable, access.scope, _DEPTH)
        if shape is None:
            raise _Unreadable
        view = self.view(access.scope)
        kept = clause.conditions[0] if len(clause.conditions) == 1 else m.BoolOp("and", clause.conditions)
        return [(Condition(kept, False, view),)]

    def _reach(self, scope: ScopeId, op: int, when: str, depth: int) -> list[tuple[Way, View]]:
        """The ways to an operation, each with the names that its scope then knows the entry by."""
        view = self.view(scope)
        facts = self.program.facts(scope)
        here = tuple(Condition(expr, truth, view) for expr, truth in guards(facts, op))
        for frame in loops_around(facts, op):
            head = facts.frames[frame].head
            if facts.frames[frame].kind == "for" and head is not None:
                try:
                    picked = self._picked(head, scope, _DEPTH)
                except _Unreadable:
                    continue
                return [((*way, *here), view) for way in picked]
        found = []
        for site in self.flow.call_sites(scope) if depth and when == "timer" and scope.index else ():
            if site.call is None or self.program.is_test(site.scope) or site.op < 0:
                continue
            if "timer" not in self.execution.kinds(site.scope, site.op):
                continue
            for way, outer in self._reach(site.scope, site.op, when, depth - 1):
                inner = self._called_view(scope, site, outer)
                own = tuple(Condition(expr, truth, inner) for expr, truth in guards(facts, op))
                found.append(((*way, *own), inner))
        if not found:
            raise _Unreadable
        return found

    # --- picks ---

    def _picked(self, expr: m.Expr, scope: ScopeId, depth: int) -> list[Way]:
        """What must hold for an entry to be among those an expression gives."""
        if not depth:
            raise _Unreadable
        if self._shape(expr, scope, depth, plain=True) is not None:
            return [()]
        match expr:
            case m.Comp():
                return self._of_comprehension(expr, scope, depth)
            case m.Name(id=name):
                return self._of_name(name, scope, depth)
            case m.Call(func=m.Name(id=name), args=(first, *_)) if name in name_lists().walked_copies:
                return self._picked(first.value, scope, depth)
            case m.Call(func=m.Attr(base=base, name=name)) if name in name_lists().views:
                return self._picked(base, scope, depth)
            case m.Await(value=inner) | m.Walrus(value=inner):
                return self._picked(inner, scope, depth)
            case m.Call():
                return self._of_call(expr, scope, depth)
        raise _Unreadable

    def _of_comprehension(self, comp: m.Comp, scope: ScopeId, depth: int) -> list[Way]:
        for clause in comp.clauses:
            try:
                picked = self._picked(clause.iterable, scope, depth - 1)
            except _Unreadable:
                continue
            view = self.view(scope)
            own = tuple(Condition(c, True, view) for clause in comp.clauses for c in clause.conditions)
            return [(*way, *own) for way in picked]
        raise _Unreadable

    def _of_name(self, name: str, scope: ScopeId, depth: int) -> list[Way]:
        owner = self.resolver.owner(name, scope)
        if owner != scope:
            raise _Unreadable
        found: list[Way] = []
        for binding in self.program.of(scope).bindings(scope.index).get(name, ()):
            if binding.kind != "value" or binding.expr is None:
                raise _Unreadable
            if _is_empty(binding.expr):
                found += self._filled(name, scope, depth)
            else:
                found += self._picked(binding.expr, scope, depth - 1)
        if not found:
            raise _Unreadable
        return found

    def _filled(self, name: str, scope: ScopeId, depth: int) -> list[Way]:
        """A local list that a loop over the container fills: the conditions of each `append`."""
        facts = self.program.facts(scope)
        found: list[Way] = []
        for site in self.program.of(scope).sites(name):
            parent = site.parents[-1] if site.parents else None
            above = site.parents[-2] if len(site.parents) > 1 else None
            adds = isinstance(parent, m.Attr) and parent.name in {"append", "add", "appendleft"}
            if site.scope != scope or not adds or not isinstance(above, m.Call):
                if isinstance(parent, m.Attr) and parent.name in {"extend", "update"}:
                    raise _Unreadable
                continue
            view = self.view(scope)
            own = tuple(Condition(e, t, view) for e, t in guards(facts, site.op))
            heads = [h for f in loops_around(facts, site.op) if (h := facts.frames[f].head) is not None]
            found += [(*way, *own) for head in heads[:1] for way in self._picked(head, scope, depth - 1)]
        return found

    def _of_call(self, call: m.Call, scope: ScopeId, depth: int) -> list[Way]:
        """The entries that a function of the project returns or yields."""
        found: list[Way] = []
        for value in self.resolver.values(call.func, scope):
            if not isinstance(value, Function):
                raise _Unreadable
            facts = self.program.facts(value.scope)
            view = self.view(value.scope)
            for index, op in enumerate(facts.ops):
                own = tuple(Condition(e, t, view) for e, t in guards(facts, index))
                if isinstance(op.action, m.Return) and op.action.value is not None and not facts.is_generator:
                    found += [(*way, *own) for way in self._picked(op.action.value, value.scope, depth - 1)]
                elif any(isinstance(n, m.Yield) for n in w.nodes(op.action)):
                    heads = [h for f in loops_around(facts, index) if (h := facts.frames[f].head) is not None]
                    ways = [way for head in heads[:1] for way in self._picked(head, value.scope, depth - 1)]
                    found += [(*way, *own) for way in ways]
        if not found:
            raise _Unreadable
        return found

    # --- names ---

    def view(self, scope: ScopeId) -> View:
        """The names that loops over the container give to keys and entries in a scope."""
        if scope not in self._views:
            self._views[scope] = View(scope, {})
            names: dict[str, Path] = {}
            for target, iterable in self._loops(scope):
                shape = self._shape(iterable, scope, _DEPTH)
                if shape is not None:
                    names.update(_bound(target, shape))
            self._views[scope] = View(scope, names)
        return self._views[scope]

    def _loops(self, scope: ScopeId) -> Iterator[tuple[m.Expr, m.Expr]]:
        facts = self.program.facts(scope)
        for op in facts.ops:
            for node in w.nodes(op.action):
                if isinstance(node, m.Comp):
                    yield from ((clause.target, clause.iterable) for clause in node.clauses)
        for frame in facts.frames:
            if frame.kind == "for" and frame.head is not None and frame.target is not None:
                yield frame.target, frame.head

    def _shape(self, expr: m.Expr, scope: ScopeId, depth: int, *, plain: bool = False) -> str | None:
        """Whether iterating gives the container's "keys", "values" or "items"; plain: all of them."""
        if id(expr) in self._nodes:
            return "keys" if self.is_map else "values"
        if not depth:
            return None
        match expr:
            case m.Call(func=m.Attr(base=base, name=name)) if name in name_lists().views:
                below = self._shape(base, scope, depth - 1, plain=plain)
                return below if name == "copy" or below is None else name
            case m.Call(func=m.Name(id=name) | m.Attr(name=name), args=(first, *_)) if (
                name in name_lists().walked_copies
            ):
                return self._shape(first.value, scope, depth - 1, plain=plain)
            case m.Name(id=name):
                return self._shape_of_name(name, scope, depth, plain=plain)
            case m.Comp(element=element, value=value, clauses=clauses) if not plain:
                return self._shape_of_comp(element, value, clauses, scope, depth)
            case m.Call() if not plain and self.is_map:
                return "keys"
        return None

    def _shape_of_name(self, name: str, scope: ScopeId, depth: int, *, plain: bool) -> str | None:
        bindings = self.program.of(scope).bindings(scope.index).get(name, ())
        values = [b.expr for b in bindings if b.kind == "value" and b.expr is not None]
        if len(values) != len(bindings) or self.resolver.owner(name, scope) != scope:
            return None
        if not plain and values and all(_is_empty(v) for v in values):
            return "keys" if self.is_map else None
        shapes = {self._shape(v, scope, depth - 1, plain=plain) for v in values}
        return shapes.pop() if len(shapes) == 1 else None

    def _shape_of_comp(
        self, element: m.Expr, value: m.Expr | None, clauses: tuple[m.Clause, ...], scope: ScopeId, depth: int
    ) -> str | None:
        names: dict[str, Path] = {}
        for clause in clauses:
            shape = self._shape(clause.iterable, scope, depth - 1)
            if shape is not None:
                names.update(_bound(clause.target, shape))
        if value is not None:
            return "keys" if names else None
        if isinstance(element, m.Name):
            path = names.get(element.id)
            return {KEY: "keys", (): "values", PAIR: "items"}.get(path) if path is not None else None
        if isinstance(element, m.Display) and len(element.items) == 2:
            paths = [names.get(i.id) if isinstance(i, m.Name) else None for i in element.items]
            return "items" if paths == [KEY, ()] else None
        return None

    def _called_view(self, scope: ScopeId, site: CallSite, outer: View) -> View:
        """The view of a function as one call of it makes it: parameters hold what the caller passes."""
        facts = self.program.facts(scope)
        names = dict(self.view(scope).names)
        for index, parameter in enumerate(facts.parameters):
            argument = argument_of(facts, index, site)
            path = self.path(argument, outer) if argument is not None else None
            if path is not None:
                names[parameter.name] = path
        if site.bound and facts.parameters and site.call is not None and isinstance(site.call.func, m.Attr):
            path = self.path(site.call.func.base, outer)
            if path is not None:
                names[facts.parameters[0].name] = path
        return View(scope, names)

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
                return _below(self.path(base, view, depth - 1), f".{name}")
            case m.Sub(base=base, index=index):
                if id(base) in self._nodes and self.is_map:
                    return ()
                below = self.path(base, view, depth - 1)
                return _below(below, f"[{index.value}]") if isinstance(index, m.Const) else None
            case m.Call(func=m.Attr(base=base, name="get" | "pop"), args=(first, *_)):
                if id(base) in self._nodes and self.is_map:
                    return ()
                return self._path_of_get(expr, base, first.value, view, depth)
            case m.Call(func=m.Name(id="getattr"), args=(base, m.Arg(value=m.Const(kind="str", value=name)), *_)):
                return _below(self.path(base.value, view, depth - 1), f".{name}")
        return None

    def _path_of_get(self, call: m.Call, base: m.Expr, key: m.Expr, view: View, depth: int) -> Path | None:
        if not isinstance(key, m.Const) or (len(call.args) > 1 and not _is_none(call.args[1].value)):
            return None
        return _below(self.path(base, view, depth - 1), f"[{key.value}]")

    def _path_of_local(self, name: str, view: View, depth: int) -> Path | None:
        bindings = self.program.of(view.scope).bindings(view.scope.index).get(name, ())
        paths = set()
        for binding in bindings:
            if binding.expr is None or binding.kind not in {"value", "part"} or binding.scope != view.scope.index:
                return None
            path = self.path(binding.expr, view, depth - 1)
            paths.add(_below(path, f"[{binding.index}]") if binding.kind == "part" else path)
        return paths.pop() if len(paths) == 1 else None

    # --- needs ---

    def needs(self, way: Way) -> Needs:
        """The fields each of which must be set on that way."""
        found: Needs = frozenset()
        for condition in way:
            found = either(found, self._needs(condition.expr, condition.truth, condition.view, _DEPTH))
        return found

    def compared(self, way: Way) -> frozenset[Path]:
        """The fields that the conditions of a way compare by size, in the methods of the entry that they call too."""
        self._compared = set()
        self.needs(way)
        return frozenset(self._compared)

    def _needs(self, expr: m.Expr, truth: bool, view: View, depth: int) -> Needs:
        match expr:
            case m.Unary(op="not", operand=inner):
                return self._needs(inner, not truth, view, depth)
            case m.BoolOp(op=op, items=items):
                parts = [self._needs(item, truth, view, depth) for item in items]
                if (op == "and") != truth:
                    return both(parts)
                found: Needs = frozenset()
                for part in parts:
                    found = either(found, part)
                return found
            case m.IfExp(test=test, body=body, orelse=orelse):
                yes = either(self._needs(test, True, view, depth), self._needs(body, truth, view, depth))
                no = either(self._needs(test, False, view, depth), self._needs(orelse, truth, view, depth))
                return both([yes, no])
            case m.Compare():
                return self._compare(expr, truth, view)
            case m.Const(value=value):
                return None if truth == (value in {"False", "None", "0", ""}) else frozenset()
            case m.Call(func=m.Name(id="bool"), args=(only,)):
                return self._needs(only.value, truth, view, depth)
        return self._whole(expr, truth, view, depth)

    def _compare(self, compare: m.Compare, truth: bool, view: View) -> Needs:
        if len(compare.ops) == 1 and compare.ops[0] in {"is", "is not", "==", "!="} and _is_none(compare.items[0]):
            path = self._field(compare.left, view)
            says_set = compare.ops[0] in {"is not", "!="}
            return frozenset({Needed(path, False)}) if path is not None and says_set == truth else frozenset()
        if compare.ops in {("in",), ("not in",)} and isinstance(compare.left, m.Const):
            path = _below(self.path(compare.items[0], view), f"[{compare.left.value}]")
            return (
                frozenset({Needed(path, False)})
                if path is not None and (compare.ops[0] == "in") == truth
                else frozenset()
            )
        if set(compare.ops) & _ORDER:
            for node in w.walk(compare):
                path = self._field(node, view)
                if path is not None:
                    self._compared.add(path)
        return frozenset()

    def _whole(self, expr: m.Expr, truth: bool, view: View, depth: int) -> Needs:
        """The truth of a field, or of what a function or property of the project says."""
        function = self._property(expr, view) if isinstance(expr, m.Attr) else None
        if function is not None and isinstance(expr, m.Attr):
            base = self.path(expr.base, view)
            return self._of_function(function, {0: base} if base is not None else {}, truth, depth)
        path = self._field(expr, view)
        if path is not None:
            return frozenset({Needed(path, False), Needed(path, True)}) if truth else frozenset()
        if isinstance(expr, m.Call):
            callees = self._callees(expr, view)
            if callees:
                return both([self._of_call_truth(f, r, expr, truth, view, depth) for f, r in callees])
        return frozenset()

    def _field(self, expr: m.Expr, view: View) -> Path | None:
        path = self.path(expr, view)
        return path if path is not None and path[:1] not in {KEY, PAIR} else None

    def _property(self, expr: m.Attr, view: View) -> ScopeId | None:
        if self.path(expr.base, view) != ():
            return None
        for function in self._methods(expr.name):
            if decorator_names(self.program.facts(function)) & {"property", "cached_property"}:
                return function
        return None

    def _methods(self, name: str) -> Iterator[ScopeId]:
        for cls in self.classes:
            for owner in self.resolver.mro(cls):
                for binding in self.program.of(owner).bindings(owner.index).get(name, ()):
                    if binding.kind == "define" and self.program.of(owner).scope(binding.index).kind == "function":
                        yield ScopeId(owner.path, binding.index)
                        return

    def _callees(self, call: m.Call, view: View) -> list[tuple[ScopeId, bool]]:
        """The functions of the project that a call may run, each with whether it is called on a receiver."""
        values = self.resolver.values(call.func, view.scope)
        found = [(v.scope, v.receiver is not None) for v in values if isinstance(v, Function)]
        if not found and isinstance(call.func, m.Attr) and self.path(call.func.base, view) == ():
            found = [(function, True) for function in self._methods(call.func.name)]
        return sorted(found)

    def _of_call_truth(
        self, function: ScopeId, on_receiver: bool, call: m.Call, truth: bool, view: View, depth: int
    ) -> Needs:
        facts = self.program.facts(function)
        bound = 1 if on_receiver and not is_static(facts) else 0
        paths: dict[int, Path] = {}
        site = CallSite(view.scope, 0, call, bound)
        for index in range(len(facts.parameters)):
            argument = argument_of(facts, index, site)
            path = self.path(argument, view) if argument is not None else None
            if path is not None:
                paths[index] = path
        if bound and isinstance(call.func, m.Attr) and (path := self.path(call.func.base, view)) is not None:
            paths[0] = path
        return self._of_function(function, paths, truth, depth) if paths else frozenset()

    def _of_function(self, function: ScopeId, paths: Mapping[int, Path], truth: bool, depth: int) -> Needs:
        """What a function of an entry needs to say yes (or no): the same whichever way it returns."""
        facts = self.program.facts(function)
        if not depth or facts.is_generator:
            return frozenset()
        names = {p.name: paths[i] for i, p in enumerate(facts.parameters) if i in paths}
        view = View(function, names)
        found: list[Needs] = [] if truth or _ends(facts) else [frozenset()]
        for index, op in enumerate(facts.ops):
            if not isinstance(op.action, m.Return):
                continue
            value = op.action.value or m.Const("none", "None")
            part = self._needs(value, truth, view, depth - 1)
            for expr, holds in guards(facts, index):
                part = either(part, self._needs(expr, holds, view, depth - 1))
            found.append(part)
        return both(found)


def _ends(facts: m.Scope) -> bool:
    """Whether a function always returns by a `return`."""
    return (
        bool(facts.ops)
        and isinstance(facts.ops[-1].action, m.Return | m.Raise)
        and not frames_of(facts, len(facts.ops) - 1)
    )


def _is_empty(expr: m.Expr) -> bool:
    match expr:
        case m.Display(items=()) | m.DictDisplay(items=()):
            return True
        case m.Call(func=m.Name(id=name), args=()):
            return name in _MAKERS
    return False


def _is_none(expr: m.Expr) -> bool:
    return isinstance(expr, m.Const) and expr.kind == "none"


def _below(path: Path | None, step: str) -> Path | None:
    """A part of a part; an item of a pair of key and value is the one or the other."""
    if path is None or path == KEY:
        return None
    if path[:1] == PAIR:
        return KEY if step == "[0]" else () if step == "[1]" else None
    return (*path, step)


def _bound(target: m.Expr, shape: str) -> Iterator[tuple[str, Path]]:
    """The names that the target of a loop gives, by what the loop walks over."""
    whole: Path = {"keys": KEY, "values": (), "items": PAIR}[shape]
    yield from _unpacked(target, whole)


def _unpacked(target: m.Expr, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(target, m.Name):
        yield target.id, path
    elif isinstance(target, m.Display):
        for index, item in enumerate(target.items):
            below = _below(path, f"[{index}]")
            if isinstance(item, m.Star):
                return
            if below is not None:
                yield from _unpacked(item, below)
