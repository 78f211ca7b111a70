"""Whether a value that is stored, or a field of it, can be None or missing where it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, Class, Function, Instance, argument_of, ordered
from unbounded_lint.link.defects.conditions import Needed, Path
from unbounded_lint.link.program.blocks import guards, is_true
from unbounded_lint.link.program.program import Binding, ScopeId

_DEPTH = 6
_ZEROS = frozenset({"0", "0.0", "0."})
_SETTLED: frozenset[m.FrameKind] = frozenset({"try", "try-else", "finally", "with"})
_NONE = m.Const("none", "None")


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
class _At:
    """A place from which names are looked up."""

    scope: ScopeId
    op: int


class Optionals:
    """Follows stored values backwards to a None."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver

    def unset(self, value: m.Expr, scope: ScopeId, op: int, needed: Needed) -> Unset | None:
        """Why a field of a value can be unset when an operation stores the value; None when nothing says so."""
        return self._unset(value, _At(scope, op), needed, _DEPTH)

    def classes(self, value: m.Expr, scope: ScopeId) -> tuple[ScopeId, ...]:
        """The classes that the value can be an instance of."""
        return tuple(sorted(v.scope for v in self.resolver.values(value, scope) if isinstance(v, Instance)))

    # --- values ---

    def _unset(self, expr: m.Expr, at: _At, needed: Needed, depth: int) -> Unset | None:
        if not depth or self._is_tested(expr, at, needed.path):
            return None
        match expr:
            case m.Await(value=inner) | m.Walrus(value=inner):
                return self._unset(inner, at, needed, depth)
            case m.IfExp(test=test, body=body, orelse=orelse):
                parts = [part for part, truth in ((body, True), (orelse, False)) if not says_set(test, truth, part)]
                return self._first(parts, at, needed, depth)
            case m.BoolOp(op="or", items=items):
                return self._unset(items[-1], at, needed, depth)
            case m.BoolOp(items=items):
                return self._first(items, at, needed, depth)
            case m.Name(id=name):
                return self._name(expr, name, at, needed, depth)
            case m.Call():
                return self._call(expr, at, needed, depth)
        if needed.path:
            return self._part(expr, at, needed, depth)
        is_none = isinstance(expr, m.Const) and (expr.kind == "none" or (needed.truthy and expr.value in _ZEROS))
        return Unset(at.scope, at.op, True) if is_none else None

    def _first(self, parts: tuple[m.Expr, ...] | list[m.Expr], at: _At, needed: Needed, depth: int) -> Unset | None:
        return next((found for part in parts if (found := self._unset(part, at, needed, depth)) is not None), None)

    def _is_tested(self, expr: m.Expr, at: _At, path: Path) -> bool:
        """Whether a branch around the operation is only taken when the value is set."""
        tested = expr
        for step in path:
            if not step.startswith("."):
                return False
            tested = m.Attr(tested, step[1:])
        return any(
            says_set(condition, truth, tested) for condition, truth in guards(self.program.facts(at.scope), at.op)
        )

    def _part(self, expr: m.Expr, at: _At, needed: Needed, depth: int) -> Unset | None:
        """A field of something written out: an item that is there, or that is missing."""
        step, rest = needed.path[0], Needed(needed.path[1:], needed.truthy)
        if isinstance(expr, m.DictDisplay) and step.startswith("["):
            if any(entry.key is None for entry in expr.items):
                return None
            for entry in expr.items:
                if isinstance(entry.key, m.Const) and f"[{entry.key.value}]" == step:
                    return self._unset(entry.value, at, rest, depth)
            constant = all(isinstance(entry.key, m.Const) for entry in expr.items)
            return Unset(at.scope, at.op, True) if constant and expr.items else None
        if isinstance(expr, m.Display):
            for index, item in enumerate(expr.items):
                if isinstance(item, m.Star):
                    return None
                if f"[{index}]" == step:
                    return self._unset(item, at, rest, depth)
        return None

    # --- names ---

    def _name(self, expr: m.Expr, name: str, at: _At, needed: Needed, depth: int) -> Unset | None:
        if self.resolver.owner(name, at.scope) != at.scope:
            return None
        if needed.path and self._is_set_here(expr, at, needed.path):
            return None
        found = None
        for binding in self._reaching(name, at):
            here = _At(at.scope, binding.op)
            if binding.kind == "value" and binding.expr is not None:
                found = found or self._unset(binding.expr, here, needed, depth - 1)
            elif binding.kind == "parameter":
                found = found or self._parameter(at.scope, binding.index, needed, depth - 1)
        return found

    def _reaching(self, name: str, at: _At) -> list[Binding]:
        """The bindings of a local name that can hold at an operation: the last sure one and those behind it."""
        facts = self.program.facts(at.scope)
        bindings = [
            b
            for b in self.program.of(at.scope).bindings(at.scope.index).get(name, ())
            if b.scope == at.scope.index and b.op <= at.op
        ]
        settled = _settling(facts, _blocks(facts, at.op), [b.op for b in bindings if b.op >= 0], m.Name(name))
        return [b for b in bindings if b.op >= settled] if settled >= 0 else bindings

    def _is_set_here(self, expr: m.Expr, at: _At, path: Path) -> bool:
        """Whether the same function sets the field of a local value to something, on all paths."""
        return self._is_written(at.scope, expr, path, at.op)

    def _is_written(self, scope: ScopeId, base: m.Expr, path: Path, op: int) -> bool:
        target = base
        for step in path:
            target = m.Attr(target, step[1:]) if step.startswith(".") else m.Sub(target, m.Const("str", step[1:-1]))
        facts = self.program.facts(scope)
        writes = [
            (index, each.action.value)
            for index, each in enumerate(facts.ops)
            if isinstance(each.action, m.Assign) and target in each.action.targets
        ]
        sure = [i for i, value in writes if value is not None and not self._unset_quick(value, scope, i)]
        return _settling(facts, _blocks(facts, max([op, *sure])), sure, target) >= 0

    def _unset_quick(self, value: m.Expr, scope: ScopeId, op: int) -> bool:
        return self._unset(value, _At(scope, op), Needed((), False), 3) is not None

    def _parameter(self, function: ScopeId, index: int, needed: Needed, depth: int) -> Unset | None:
        """What the callers of the project pass; what its users may leave out, if nobody here calls it."""
        facts = self.program.facts(function)
        parameter = facts.parameters[index]
        sites = [s for s in self.flow.call_sites(function) if not self.program.is_test(s.scope) and s.call is not None]
        for site in sites:
            assert site.call is not None
            argument = argument_of(facts, index, site)
            if argument is not None:
                found = self._unset(argument, _At(site.scope, site.op), needed, depth)
            elif parameter.default is not None and not any(a.star for a in site.call.args):
                found = self._unset(parameter.default, _At(site.scope, site.op), needed, depth)
            else:
                found = None
            if found is not None:
                return found
        if sites or parameter.default is None or needed.path:
            return None
        found = self._unset(parameter.default, _At(function, 0), needed, depth)
        return Unset(found.scope, found.op, False) if found is not None else None

    # --- calls ---

    def _call(self, call: m.Call, at: _At, needed: Needed, depth: int) -> Unset | None:
        names = callee_names(call.func, at.scope, self.resolver)
        if needed.path and names and names[0].rpartition(".")[2] in {"replace", "evolve", "_replace"}:
            return self._keyword(call, at, needed, depth)
        if needed.path and names == ("dict",):
            return self._dict_call(call, at, needed, depth)
        callees = ordered(self.resolver.values(call.func, at.scope))
        for value in callees:
            found = None
            if isinstance(value, Function):
                found = self._result(value.scope, needed, depth)
            elif isinstance(value, Class) and needed.path:
                found = self._field(value.scope, call, at, needed, depth)
            if found is not None:
                return found
        inside = any(isinstance(value, Function | Class) for value in callees)
        return None if inside else self._looked_up(call, at, needed)

    @staticmethod
    def _looked_up(call: m.Call, at: _At, needed: Needed) -> Unset | None:
        """`data.get("ttl")`, which gives None for what is not there."""
        match call:
            case m.Call(func=m.Attr(name="get"), args=(m.Arg(value=m.Const(kind="str"), keyword=None, star=""),)):
                return Unset(at.scope, at.op, True) if not needed.path else None
        return None

    def _keyword(self, call: m.Call, at: _At, needed: Needed, depth: int) -> Unset | None:
        name = needed.path[0].strip(".[]")
        for argument in call.args:
            if argument.keyword == name:
                return self._unset(argument.value, at, Needed(needed.path[1:], needed.truthy), depth)
        return None

    def _dict_call(self, call: m.Call, at: _At, needed: Needed, depth: int) -> Unset | None:
        if any(a.keyword is None for a in call.args) or not call.args:
            return None
        name = needed.path[0].strip("[]")
        if not any(a.keyword == name for a in call.args):
            return Unset(at.scope, at.op, True)
        return self._keyword(call, at, needed, depth)

    def _result(self, function: ScopeId, needed: Needed, depth: int) -> Unset | None:
        facts = self.program.facts(function)
        if facts.is_generator:
            return None
        for index, op in enumerate(facts.ops):
            if isinstance(op.action, m.Return):
                found = self._unset(op.action.value or _NONE, _At(function, index), needed, depth - 1)
                if found is not None:
                    return found
        return None

    # --- fields ---

    def _field(self, cls: ScopeId, call: m.Call, at: _At, needed: Needed, depth: int) -> Unset | None:
        step, rest = needed.path[0], Needed(needed.path[1:], needed.truthy)
        makers = self.resolver.class_attribute(cls, "__init__", on_class=False)
        init = next((v.scope for v in ordered(makers) if isinstance(v, Function)), None)
        if self._is_late_set(cls, step):
            return None
        if init is not None and step.startswith("."):
            return self._made_by_init(cls, init, call, at, needed, depth)
        if self._is_record(cls) and init is None:
            return self._record_field(cls, call, at, Needed((step, *rest.path), rest.truthy), depth)
        return None

    def _is_late_set(self, cls: ScopeId, step: str) -> bool:
        """Whether `__post_init__` gives the field a value."""
        for name in ("__post_init__", "__attrs_post_init__", "model_post_init"):
            for value in self.resolver.class_attribute(cls, name, on_class=False):
                if isinstance(value, Function) and (facts := self.program.facts(value.scope)).parameters:
                    receiver = m.Name(facts.parameters[0].name)
                    if self._is_written(value.scope, receiver, (step,), 0):
                        return True
        return False

    def _made_by_init(
        self, cls: ScopeId, init: ScopeId, call: m.Call, at: _At, needed: Needed, depth: int
    ) -> Unset | None:
        facts = self.program.facts(init)
        if not facts.parameters or not facts.ops:
            return None
        target = m.Attr(m.Name(facts.parameters[0].name), needed.path[0][1:])
        rest = Needed(needed.path[1:], needed.truthy)
        writes = [
            (index, op.action.value)
            for index, op in enumerate(facts.ops)
            if isinstance(op.action, m.Assign) and target in op.action.targets and op.action.value is not None
        ]
        if not writes:
            return self._class_default(cls, needed.path[0][1:], rest, at)
        settled = _settling(facts, [0], [index for index, _ in writes], target)
        for index, value in writes:
            if index >= settled:
                found = self._init_value(value, init, index, call, at, rest, depth)
                if found is not None:
                    return found
        return None

    def _init_value(
        self, value: m.Expr, init: ScopeId, op: int, call: m.Call, at: _At, needed: Needed, depth: int
    ) -> Unset | None:
        """What `__init__` stores: a parameter is what this very call passes."""
        facts = self.program.facts(init)
        index = next((i for i, p in enumerate(facts.parameters) if value == m.Name(p.name)), None)
        if index is None or len(self._reaching(facts.parameters[index].name, _At(init, op))) != 1:
            return self._unset(value, _At(init, op), needed, depth - 1)
        argument = argument_of(facts, index, CallSite(at.scope, at.op, call, 1))
        if argument is not None:
            return self._unset(argument, at, needed, depth - 1)
        default = facts.parameters[index].default
        if default is None or any(a.star for a in call.args):
            return None
        return self._unset(default, at, needed, depth - 1)

    def _class_default(self, cls: ScopeId, name: str, rest: Needed, at: _At) -> Unset | None:
        """`field = None` in the body of a class whose methods do not set it when it is made."""
        for owner in self.resolver.mro(cls):
            bindings = self.program.of(owner).bindings(owner.index).get(name, ())
            if bindings:
                value = bindings[-1].expr
                is_none = isinstance(value, m.Const) and value.kind == "none" and not rest.path
                return Unset(owner, bindings[-1].op, True) if is_none else None
        return None

    def _is_record(self, cls: ScopeId) -> bool:
        facts = self.program.facts(cls)
        bases = {name.rpartition(".")[2] for name in self.resolver.all_outside_bases(cls)}
        return bool(decorator_names(facts) & name_lists().records or bases & name_lists().record_bases)

    def _record_field(self, cls: ScopeId, call: m.Call, at: _At, needed: Needed, depth: int) -> Unset | None:
        step, rest = needed.path[0], Needed(needed.path[1:], needed.truthy)
        fields = list(self._fields(cls))
        place = next((i for i, (_, _, name, _) in enumerate(fields) if step in {f".{name}", f"[{name}]"}), None)
        if place is None and step[1:-1].isdigit() and int(step[1:-1]) < len(fields):
            place = int(step[1:-1])
        if place is None:
            return None
        owner, op, name, default = fields[place]
        for argument in call.args:
            if argument.keyword == name:
                return self._unset(argument.value, at, rest, depth - 1)
        plain = [a for a in call.args if a.keyword is None and a.star != "**"]
        if any(a.star for a in call.args):
            return None
        if place < len(plain):
            return self._unset(plain[place].value, at, rest, depth - 1)
        return self._default(default, _At(owner, op), rest)

    def _default(self, default: m.Expr | None, at: _At, needed: Needed) -> Unset | None:
        if isinstance(default, m.Call):
            default = next((a.value for a in default.args if a.keyword == "default"), None)
        return self._unset(default, at, needed, 1) if isinstance(default, m.Const) and not needed.path else None

    def _fields(self, cls: ScopeId) -> Iterator[tuple[ScopeId, int, str, m.Expr | None]]:
        """(class, operation, name, default) of the fields of a record, those of its bases first."""
        known: dict[str, tuple[ScopeId, int, str, m.Expr | None]] = {}
        for owner in reversed(self.resolver.mro(cls)):
            for index, op in enumerate(self.program.facts(owner).ops):
                if isinstance(op.action, m.Assign) and op.action.annotation is not None:
                    for target in op.action.targets:
                        if isinstance(target, m.Name):
                            known[target.id] = (owner, index, target.id, op.action.value)
        yield from known.values()


def says_set(condition: m.Expr, truth: bool, expr: m.Expr) -> bool:
    """Whether a condition with that truth says that an expression is not None."""
    match condition:
        case m.Unary(op="not", operand=inner):
            return says_set(inner, not truth, expr)
        case m.BoolOp(op=op, items=items):
            known = [says_set(item, truth, expr) for item in items]
            return any(known) if (op == "and") == truth else all(known)
        case m.Compare(left=left, ops=(operator,), items=(m.Const(kind="none"),)):
            return left == expr and (operator in {"is not", "!="}) == truth
        case m.Compare(left=left, items=items) if set(condition.ops) <= {"<", "<=", ">", ">="}:
            return expr in {left, *items}
        case m.Call(func=m.Name(id="isinstance"), args=(first, *_)):
            return truth and first.value == expr
    return truth and condition == expr


def _blocks(facts: m.Scope, op: int) -> list[int]:
    """The blocks around an operation, the body of the function last."""
    blocks = [facts.ops[op].frame if 0 <= op < len(facts.ops) else 0]
    while blocks[-1] > 0:
        blocks.append(facts.frames[blocks[-1]].parent)
    return blocks


def _settling(facts: m.Scope, blocks: list[int], ops: list[int], target: m.Expr) -> int:
    """The first of the last operations of which one surely runs: what came before no longer holds. -1 for none."""
    settled = -1
    for op in ops:
        pending = [o for o in ops if settled < o <= op]
        if not any(_covered(facts, block, pending, target) for block in blocks):
            continue
        while len(pending) > 1 and any(_covered(facts, block, pending[1:], target) for block in blocks):
            pending = pending[1:]
        settled = pending[0]
    return settled


def _covered(facts: m.Scope, block: int, ops: list[int], target: m.Expr, depth: int = 6) -> bool:
    """Whether one of the operations runs whenever a block does, unless its target is set already."""
    if any(facts.ops[op].frame == block for op in ops):
        return True
    if not depth:
        return False
    for index, frame in enumerate(facts.frames):
        if frame.parent != block:
            continue
        if (frame.kind in _SETTLED or (frame.kind == "if" and is_true(frame.head))) and _covered(
            facts, index, ops, target, depth - 1
        ):
            return True
        if frame.kind in {"if", "else"} and _covered(facts, index, ops, target, depth - 1):
            other = "else" if frame.kind == "if" else "if"
            if frame.head is not None and says_set(frame.head, other == "if", target):
                return True
            twins = [i for i, f in enumerate(facts.frames) if f.statement == frame.statement and f.kind == other]
            if any(_covered(facts, twin, ops, target, depth - 1) for twin in twins):
                return True
    return False
