"""Whether a value that is stored, or a field of it, can be None or missing where it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, Class, Function, argument_of, ordered
from unbounded_lint.link.defects.needed_fields import Needed
from unbounded_lint.link.entries.views import Path, is_none
from unbounded_lint.link.program.blocks import guards, is_true, layout, parts_of
from unbounded_lint.link.program.program import Binding, ScopeId
from unbounded_lint.link.program.truth import says

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


class UnsetFields:
    """Follows stored values backwards to a None."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver

    def of(self, value: m.Expr, scope: ScopeId, op: int, needed: Needed) -> Unset | None:
        """Why a field of a value can be unset when an operation stores the value; None when nothing says so."""
        return next(self._unset(value, _At(scope, op), needed, _DEPTH), None)

    # --- values ---

    def _unset(self, expr: m.Expr, at: _At, needed: Needed, depth: int) -> Iterator[Unset]:
        if not depth or self._is_tested(expr, at, needed.path):
            return
        match expr:
            case m.Await(value=inner) | m.Walrus(value=inner):
                yield from self._unset(inner, at, needed, depth)
            case m.IfExp(test=test, body=body, orelse=orelse):
                for part, truth in ((body, True), (orelse, False)):
                    if not says_set(test, truth, part):
                        yield from self._unset(part, at, needed, depth)
            case m.BoolOp(op=operator, items=items):
                for item in items[-1:] if operator == "or" else items:
                    yield from self._unset(item, at, needed, depth)
            case m.Name():
                yield from self._name(expr, at, needed, depth)
            case m.Call():
                yield from self._call(expr, at, needed, depth)
            case _ if needed.path:
                yield from self._part(expr, at, needed, depth)
            case m.Const(kind=kind, value=value) if kind == "none" or (needed.truthy and value in _ZEROS):
                yield Unset(at.scope, at.op, True)

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

    def _part(self, expr: m.Expr, at: _At, needed: Needed, depth: int) -> Iterator[Unset]:
        """A field of something written out: an item that is there, or that is missing."""
        step = needed.path[0]
        if isinstance(expr, m.DictDisplay) and step.startswith("["):
            if any(entry.key is None for entry in expr.items):
                return
            known = {f"[{e.key.value}]": e.value for e in reversed(expr.items) if isinstance(e.key, m.Const)}
            if step in known:
                yield from self._unset(known[step], at, _inside(needed), depth)
            elif expr.items and all(isinstance(entry.key, m.Const) for entry in expr.items):
                yield Unset(at.scope, at.op, True)
        elif isinstance(expr, m.Display):
            for index, item in enumerate(expr.items):
                if isinstance(item, m.Star):
                    return
                if f"[{index}]" == step:
                    yield from self._unset(item, at, _inside(needed), depth)

    # --- names ---

    def _name(self, expr: m.Name, at: _At, needed: Needed, depth: int) -> Iterator[Unset]:
        if self.resolver.owner(expr.id, at.scope) != at.scope:
            return
        if needed.path and self._is_written(at.scope, expr, needed.path, at.op):
            return
        for binding in self._reaching(expr.id, at):
            if binding.kind == "value" and binding.expr is not None:
                yield from self._unset(binding.expr, _At(at.scope, binding.op), needed, depth - 1)
            elif binding.kind == "parameter":
                yield from self._parameter(at.scope, binding.index, needed, depth - 1)

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

    def _is_written(self, scope: ScopeId, base: m.Expr, path: Path, op: int) -> bool:
        """Whether a function sets the field of a local value to something, on all paths to an operation."""
        target = base
        for step in path:
            target = m.Attr(target, step[1:]) if step.startswith(".") else m.Sub(target, m.Const("str", step[1:-1]))
        facts = self.program.facts(scope)
        writes = [
            (index, each.action.value)
            for index, each in enumerate(facts.ops)
            if isinstance(each.action, m.Assign) and target in each.action.targets
        ]
        nothing = Needed((), False)
        sure = [i for i, v in writes if v is not None and next(self._unset(v, _At(scope, i), nothing, 3), None) is None]
        return _settling(facts, _blocks(facts, max([op, *sure])), sure, target) >= 0

    def _parameter(self, function: ScopeId, index: int, needed: Needed, depth: int) -> Iterator[Unset]:
        """What the callers of the project pass; what its users may leave out, if nobody here calls it."""
        facts = self.program.facts(function)
        default = facts.parameters[index].default
        sites = [s for s in self.flow.live_calls(function) if s.call is not None]
        for site in sites:
            assert site.call is not None
            given = argument_of(facts, index, site)
            if given is None and not any(a.star for a in site.call.args):
                given = default
            if given is not None:
                yield from self._unset(given, _At(site.scope, site.op), needed, depth)
        if not sites and default is not None and not needed.path:
            for found in self._unset(default, _At(function, 0), needed, depth):
                yield Unset(found.scope, found.op, False)

    # --- calls ---

    def _call(self, call: m.Call, at: _At, needed: Needed, depth: int) -> Iterator[Unset]:
        names = callee_names(call.func, at.scope, self.resolver)
        if needed.path and names and names[0].rpartition(".")[2] in {"replace", "evolve", "_replace"}:
            yield from self._keyword(call, at, needed, depth)
            return
        if needed.path and names == ("dict",):
            yield from self._dict_call(call, at, needed, depth)
            return
        callees = ordered(self.resolver.values(call.func, at.scope))
        for value in callees:
            if isinstance(value, Function):
                yield from self._result(value.scope, needed, depth)
            elif isinstance(value, Class) and needed.path:
                yield from self._field(value.scope, call, at, needed, depth)
        if not needed.path and not any(isinstance(value, Function | Class) for value in callees):
            match call:  # `data.get("ttl")`, which gives None for what is not there
                case m.Call(func=m.Attr(name="get"), args=(m.Arg(value=m.Const(kind="str"), keyword=None, star=""),)):
                    yield Unset(at.scope, at.op, True)

    def _keyword(self, call: m.Call, at: _At, needed: Needed, depth: int) -> Iterator[Unset]:
        name = needed.path[0].strip(".[]")
        for argument in call.args:
            if argument.keyword == name:
                yield from self._unset(argument.value, at, _inside(needed), depth)

    def _dict_call(self, call: m.Call, at: _At, needed: Needed, depth: int) -> Iterator[Unset]:
        names = [argument.keyword for argument in call.args]
        if None in names or not names:
            return
        if needed.path[0].strip("[]") in names:
            yield from self._keyword(call, at, needed, depth)
        else:
            yield Unset(at.scope, at.op, True)

    def _result(self, function: ScopeId, needed: Needed, depth: int) -> Iterator[Unset]:
        facts = self.program.facts(function)
        for index, op in enumerate(facts.ops if not facts.is_generator else ()):
            if isinstance(op.action, m.Return):
                yield from self._unset(op.action.value or _NONE, _At(function, index), needed, depth - 1)

    # --- fields ---

    def _field(self, cls: ScopeId, call: m.Call, at: _At, needed: Needed, depth: int) -> Iterator[Unset]:
        init = next(iter(self.resolver.methods(cls, "__init__")), None)
        if self._is_late_set(cls, needed.path[0]):
            return
        if init is not None and needed.path[0].startswith("."):
            yield from self._made_by_init(cls, init, call, at, needed, depth)
        elif self._is_record(cls) and init is None:
            yield from self._record_field(cls, call, at, needed, depth)

    def _is_late_set(self, cls: ScopeId, step: str) -> bool:
        """Whether `__post_init__` gives the field a value."""
        for name in ("__post_init__", "__attrs_post_init__", "model_post_init"):
            for method in self.resolver.methods(cls, name):
                for receiver in self.program.facts(method).parameters[:1]:
                    if self._is_written(method, m.Name(receiver.name), (step,), 0):
                        return True
        return False

    def _made_by_init(
        self, cls: ScopeId, init: ScopeId, call: m.Call, at: _At, needed: Needed, depth: int
    ) -> Iterator[Unset]:
        facts = self.program.facts(init)
        if not facts.parameters or not facts.ops:
            return
        target = m.Attr(m.Name(facts.parameters[0].name), needed.path[0][1:])
        writes = [
            (index, op.action.value)
            for index, op in enumerate(facts.ops)
            if isinstance(op.action, m.Assign) and target in op.action.targets and op.action.value is not None
        ]
        if not writes:
            yield from self._class_default(cls, target.name, needed)
        settled = _settling(facts, [0], [index for index, _ in writes], target)
        for index, value in writes:
            if index >= settled:
                yield from self._init_value(value, _At(init, index), call, at, _inside(needed), depth - 1)

    def _init_value(
        self, value: m.Expr, here: _At, call: m.Call, at: _At, needed: Needed, depth: int
    ) -> Iterator[Unset]:
        """What `__init__` stores: a parameter is what this very call passes."""
        facts = self.program.facts(here.scope)
        index = next((i for i, p in enumerate(facts.parameters) if value == m.Name(p.name)), None)
        if index is None or len(self._reaching(facts.parameters[index].name, here)) != 1:
            yield from self._unset(value, here, needed, depth)
            return
        given = argument_of(facts, index, CallSite(at.scope, at.op, call, 1))
        if given is None and not any(a.star for a in call.args):
            given = facts.parameters[index].default
        if given is not None:
            yield from self._unset(given, at, needed, depth)

    def _class_default(self, cls: ScopeId, name: str, needed: Needed) -> Iterator[Unset]:
        """`field = None` in the body of a class whose methods do not set it when it is made."""
        for owner in self.resolver.mro(cls):
            bindings = self.program.of(owner).bindings(owner.index).get(name, ())
            if bindings:
                if len(needed.path) == 1 and bindings[-1].expr is not None and is_none(bindings[-1].expr):
                    yield Unset(owner, bindings[-1].op, True)
                return

    def _is_record(self, cls: ScopeId) -> bool:
        facts = self.program.facts(cls)
        bases = {name.rpartition(".")[2] for name in self.resolver.all_outside_bases(cls)}
        return bool(decorator_names(facts) & name_lists().records or bases & name_lists().record_bases)

    def _record_field(self, cls: ScopeId, call: m.Call, at: _At, needed: Needed, depth: int) -> Iterator[Unset]:
        step = needed.path[0]
        fields = list(self._fields(cls))
        place = next((i for i, (_, _, name, _) in enumerate(fields) if step in {f".{name}", f"[{name}]"}), None)
        if place is None and step[1:-1].isdigit() and int(step[1:-1]) < len(fields):
            place = int(step[1:-1])
        if place is None:
            return
        owner, op, name, default = fields[place]
        given = next((a.value for a in call.args if a.keyword == name), None)
        if given is None:
            if any(a.star for a in call.args):
                return
            plain = [a.value for a in call.args if a.keyword is None]
            given = plain[place] if place < len(plain) else None
        if given is not None:
            yield from self._unset(given, at, _inside(needed), depth - 1)
            return
        if isinstance(default, m.Call):
            default = next((a.value for a in default.args if a.keyword == "default"), None)
        if isinstance(default, m.Const) and len(needed.path) == 1:
            yield from self._unset(default, _At(owner, op), _inside(needed), 1)

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


def _inside(needed: Needed) -> Needed:
    """What is needed of the part that the path of a field begins with."""
    return Needed(needed.path[1:], needed.truthy)


def says_set(condition: m.Expr, truth: bool, expr: m.Expr) -> bool:
    """Whether a condition with that truth says that an expression is not None."""
    return says(condition, truth, lambda test, holds: _sets(test, holds, expr))


def _sets(test: m.Expr, truth: bool, expr: m.Expr) -> bool:
    match test:
        case m.Compare(left=left, ops=(operator,), items=(m.Const(kind="none"),)):
            return left == expr and (operator in {"is not", "!="}) == truth
        case m.Compare(left=left, items=items) if set(test.ops) <= {"<", "<=", ">", ">="}:
            return expr in {left, *items}
        case m.Call(func=m.Name(id="isinstance"), args=(first, *_)):
            return truth and first.value == expr
    return truth and test == expr


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
    for index in layout(facts).children[block]:
        frame = facts.frames[index]
        if (frame.kind in _SETTLED or (frame.kind == "if" and is_true(frame.head))) and _covered(
            facts, index, ops, target, depth - 1
        ):
            return True
        if frame.kind in {"if", "else"} and _covered(facts, index, ops, target, depth - 1):
            other = "else" if frame.kind == "if" else "if"
            if frame.head is not None and says_set(frame.head, other == "if", target):
                return True
            if any(_covered(facts, twin, ops, target, depth - 1) for twin in parts_of(facts, index, other)):
                return True
    return False
