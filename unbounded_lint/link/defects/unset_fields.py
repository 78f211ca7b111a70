"""Whether a value that is stored, or a field of it, can be None or missing where it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import CallSite, Class, Function, argument_of, ordered, passed
from unbounded_lint.link.defects.needed_fields import Needed
from unbounded_lint.link.entries.values import Path
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.blocks import STRAIGHT, frames_of, guards, is_true, layout, parts_of
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import NONE, says

_DEPTH = 6
_ZEROS = frozenset({"0", "0.0", "0."})
_LATE = ("__post_init__", "__attrs_post_init__", "model_post_init")


@dataclass(frozen=True, slots=True)
class Unset:
    """Why a field can be unset.

    scope and op are where that is decided; certain is False if only users of the project decide it, by what they pass
    to a public function.
    """

    scope: ScopeId
    op: int
    certain: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a value that an operation stores or uses: the field that must be set, and how.

    truthy      zero does not count as set either
    depth       how many steps it may be followed further
    caller      the one call of the function that is of account, None for all
    """

    scope: ScopeId
    op: int
    path: Path
    truthy: bool
    depth: int = _DEPTH
    caller: CallSite | None = None

    def at(self, scope: ScopeId, op: int, caller: CallSite | None = None) -> _Asked:
        """The same, one step further back."""
        return replace(self, scope=scope, op=op, depth=self.depth - 1, caller=caller)

    def inside(self) -> _Asked:
        """What is asked of the part that the path begins with."""
        return replace(self, path=self.path[1:])


class UnsetFields(Query):
    """Follows stored values backwards to a None."""

    def of(self, value: m.Expr, scope: ScopeId, op: int, needed: Needed) -> Unset | None:
        """Why a field of a value can be unset when an operation stores the value; None when nothing says so."""
        return next(self._unset(value, _Asked(scope, op, *needed)), None)

    # --- values ---

    def _unset(self, expr: m.Expr, asked: _Asked) -> Iterator[Unset]:
        if not asked.depth or self._is_tested(expr, asked):
            return
        match expr:
            case m.Await(value=inner) | m.Walrus(value=inner):
                yield from self._unset(inner, asked)
            case m.IfExp(test=test, body=body, orelse=orelse):
                for part, truth in ((body, True), (orelse, False)):
                    if not says_set(test, truth, part):
                        yield from self._unset(part, asked)
            case m.BoolOp(op=operator, items=items):
                for item in items[-1:] if operator == "or" else items:
                    yield from self._unset(item, asked)
            case m.Name():
                yield from self._name(expr, asked)
            case m.Call(func=m.Name(id="dict"), args=args) if asked.path and all(a.keyword for a in args):
                yield from self._item({f"[{a.keyword}]": a.value for a in args}, asked)
            case m.Call():
                yield from self._call(expr, asked)
            case m.DictDisplay(items=items) if asked.path and all(isinstance(e.key, m.Const) for e in items):
                yield from self._item({f"[{e.key.value}]": e.value for e in items if isinstance(e.key, m.Const)}, asked)
            case m.Display(items=items) if asked.path and not any(isinstance(item, m.Star) for item in items):
                yield from self._item({f"[{index}]": item for index, item in enumerate(items)}, asked)
            case m.Const(kind=kind, value=value) if not asked.path:
                if kind == "none" or (asked.truthy and value in _ZEROS):
                    yield Unset(asked.scope, asked.op, True)

    def _is_tested(self, expr: m.Expr, asked: _Asked) -> bool:
        """Whether a branch around the operation is only taken when the value is set."""
        tested = _target(expr, asked.path)
        return any(says_set(*guard, tested) for guard in guards(self.program.facts(asked.scope), asked.op))

    def _item(self, items: dict[str, m.Expr], asked: _Asked) -> Iterator[Unset]:
        """An item of something written out, that is there or missing."""
        item = items.get(asked.path[0])
        if item is not None:
            yield from self._unset(item, asked.inside())
        elif items:
            yield Unset(asked.scope, asked.op, True)

    # --- names ---

    def _name(self, expr: m.Name, asked: _Asked) -> Iterator[Unset]:
        scope = asked.scope
        if self.resolver.owner(expr.id, scope) != scope:
            return
        if asked.path and self._is_written(scope, _target(expr, asked.path), asked.op):
            return
        for binding in self._reaching(expr.id, asked):
            if binding.kind == "value" and binding.expr is not None:
                yield from self._unset(binding.expr, asked.at(scope, binding.op, asked.caller))
            elif binding.kind == "parameter":
                yield from self._parameter(binding.index, asked)

    def _reaching(self, name: str, asked: _Asked) -> list[Binding]:
        """The bindings of a local name that can hold at an operation: the last sure one and those behind it."""
        scope = asked.scope
        bindings = [b for b in self.program.bound(scope, name) if b.scope == scope.index and b.op <= asked.op]
        ops = [b.op for b in bindings if b.op >= 0]
        settled = _settling(self.program.facts(scope), asked.op, ops, m.Name(name))
        return [b for b in bindings if b.op >= settled]

    def _is_written(self, scope: ScopeId, target: m.Expr, op: int) -> bool:
        """Whether a function sets the field of a local value to something, on all paths to an operation."""
        facts = self.program.facts(scope)
        sure = [i for i, v in _writes(facts, target) if self.of(v, scope, i, Needed((), False)) is None]
        return _settling(facts, max([op, *sure]), sure, target) >= 0

    def _parameter(self, index: int, asked: _Asked) -> Iterator[Unset]:
        """What the callers of the project pass; what its users may leave out, if nobody here calls it."""
        function = asked.scope
        facts = self.program.facts(function)
        default = facts.parameters[index].default
        calls = [asked.caller] if asked.caller else self.flow.call_sites(function)
        sites = [(site, site.call) for site in calls if site.call is not None]
        for site, call in sites:
            given = argument_of(facts, index, site)
            if given is None and not any(a.star for a in call.args):
                given = default
            if given is not None:
                yield from self._unset(given, asked.at(site.scope, site.op))
        if not sites and default is not None and not asked.path:
            for found in self._unset(default, asked.at(function, 0)):
                yield replace(found, certain=False)

    # --- calls ---

    def _call(self, call: m.Call, asked: _Asked) -> Iterator[Unset]:
        callees = ordered(self.resolver.values(call.func, asked.scope))
        for value in callees:
            if isinstance(value, Function):
                yield from self._result(value.scope, asked)
            elif isinstance(value, Class) and asked.path:
                yield from self._field(value.scope, call, asked)
        if not asked.path and not any(isinstance(value, Function | Class) for value in callees):
            match call:  # `data.get("ttl")`, which gives None for what is not there
                case m.Call(func=m.Attr(name="get"), args=(m.Arg(value=m.Const(kind="str"), keyword=None, star=""),)):
                    yield Unset(asked.scope, asked.op, True)

    def _result(self, function: ScopeId, asked: _Asked) -> Iterator[Unset]:
        facts = self.program.facts(function)
        for index, op in enumerate(facts.ops if not facts.is_generator else ()):
            if isinstance(op.action, m.Return):
                yield from self._unset(op.action.value or NONE, asked.at(function, index))

    # --- fields ---

    def _field(self, cls: ScopeId, call: m.Call, asked: _Asked) -> Iterator[Unset]:
        """A field of a new object: what its constructor stores, what the call gives a record, or its default."""
        step = asked.path[0]
        name = step[1:] if step.startswith(".") else step[1:-1]
        late = (method for each in _LATE for method in self.resolver.methods(cls, each))
        if any(self._is_written(method, self._own_field(method, step), -1) for method in late):
            return
        init = next(iter(self.resolver.methods(cls, "__init__")), None)
        if init is None and self._is_record(cls):
            yield from self._record_field(cls, name, call, asked)
        elif init is not None and step.startswith("."):
            facts, target = self.program.facts(init), self._own_field(init, step)
            writes = _writes(facts, target)
            settled = _settling(facts, -1, [index for index, _ in writes], target)
            caller = CallSite(asked.scope, asked.op, call, 1)
            for index, value in writes:
                if index >= settled:
                    yield from self._unset(value, asked.inside().at(init, index, caller))
            if not writes:
                yield from self._default(cls, name, asked)

    def _own_field(self, method: ScopeId, step: str) -> m.Expr:
        receiver = next((p.name for p in self.program.facts(method).parameters), "self")
        return _target(m.Name(receiver), (step,))

    def _default(self, cls: ScopeId, name: str, asked: _Asked) -> Iterator[Unset]:
        """`field = None` in the body of a class."""
        for owner in self.resolver.mro(cls):
            for binding in self.program.bound(owner, name)[-1:]:
                default = binding.expr
                if isinstance(default, m.Call):
                    default = next((a.value for a in default.args if a.keyword == "default"), None)
                if isinstance(default, m.Const):
                    yield from self._unset(default, asked.inside().at(owner, binding.op))
                return

    def _is_record(self, cls: ScopeId) -> bool:
        bases = {name.rpartition(".")[2] for name in self.resolver.all_outside_bases(cls)}
        decorators = decorator_names(self.program.facts(cls))
        return bool(decorators & name_lists().records or bases & name_lists().record_bases)

    def _record_field(self, cls: ScopeId, name: str, call: m.Call, asked: _Asked) -> Iterator[Unset]:
        fields = self._fields(cls)
        place = int(name) if name.isdigit() else next((i for i, f in enumerate(fields) if f.name == name), len(fields))
        if place >= len(fields):
            return
        given = passed(call, fields[place], place)
        if given is not None:
            yield from self._unset(given, asked.inside())
        elif not any(a.star for a in call.args):
            yield from self._default(cls, fields[place].name, asked)

    def _fields(self, cls: ScopeId) -> list[m.Parameter]:
        """The fields of a record as parameters of its constructor, those of its bases first."""
        actions = (op.action for owner in reversed(self.resolver.mro(cls)) for op in self.program.facts(owner).ops)
        declared = (a.targets for a in actions if isinstance(a, m.Assign) and a.annotation is not None)
        names = dict.fromkeys(target.id for targets in declared for target in targets if isinstance(target, m.Name))
        return [m.Parameter(name, "normal", None, None) for name in names]


def _target(base: m.Expr, path: Path) -> m.Expr:
    """A part of an expression, as it is written."""
    for step in path:
        key = step[1:-1]
        is_attribute = step.startswith(".")
        base = m.Attr(base, step[1:]) if is_attribute else m.Sub(base, m.Const("int" if key.isdigit() else "str", key))
    return base


def _writes(facts: m.Scope, target: m.Expr) -> list[tuple[int, m.Expr]]:
    """The assignments of a function to a target: operation and value each."""
    assigned = ((index, op.action) for index, op in enumerate(facts.ops))
    return [
        (i, a.value) for i, a in assigned if isinstance(a, m.Assign) and target in a.targets and a.value is not None
    ]


def says_set(condition: m.Expr, truth: bool, expr: m.Expr) -> bool:
    """Whether a condition with that truth says that an expression is not None."""
    return says(condition, truth, lambda test, holds: _sets(test, holds, expr))


def _sets(test: m.Expr, truth: bool, expr: m.Expr) -> bool:
    match test:
        case m.Compare(left=left, ops=(operator,), items=(m.Const(kind="none"),)):
            return left == expr and (operator in {"is not", "!="}) == truth
        case m.Compare(left=left, items=items) if set(test.ops) <= {"<", "<=", ">", ">="}:
            return expr in {left, *items}
    return truth and test == expr


def _settling(facts: m.Scope, at: int, ops: list[int], target: m.Expr) -> int:
    """The first of the last operations of which one surely runs if the operation `at` does (-1: if the function does):
    what came before no longer holds. -1 for none."""
    blocks = (0, *(frames_of(facts, at) if 0 <= at < len(facts.ops) else ()))
    sure = (op for i, op in enumerate(ops) if any(_covered(facts, block, ops[i:], target) for block in blocks))
    return max(sure, default=-1)


def _covered(facts: m.Scope, block: int, ops: list[int], target: m.Expr, depth: int = _DEPTH) -> bool:
    """Whether one of the operations runs whenever a block does, unless its target is set already."""
    if any(facts.ops[op].frame == block for op in ops):
        return True
    inside = layout(facts).children[block] if depth and ops else ()
    return any(_surely_in(facts, index, ops, target, depth - 1) for index in inside)


def _surely_in(facts: m.Scope, index: int, ops: list[int], target: m.Expr, depth: int) -> bool:
    """The same, by what stands in one of the blocks directly inside."""
    frame = facts.frames[index]
    if frame.kind not in {*STRAIGHT, "if", "else"} or not _covered(facts, index, ops, target, depth):
        return False
    if frame.kind in STRAIGHT or (frame.kind == "if" and is_true(frame.head)):
        return True
    other = "else" if frame.kind == "if" else "if"
    if frame.head is not None and says_set(frame.head, other == "if", target):
        return True
    return any(_covered(facts, twin, ops, target, depth) for twin in parts_of(facts, index, other))
