"""What may raise in a piece of code, and what catches it there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.finding import Confidence
from unbounded_lint.link.dataflow.callees import callee_names, dotted_text
from unbounded_lint.link.dataflow.values import Class, External, ExternalResult, Function, Instance, Value, ordered
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.program.blocks import frames_of, layout, ops_in, parts_of
from unbounded_lint.link.program.program import ScopeId

DEPTH = 4
"""How many calls deep an error is looked for."""

_DATA = frozenset([*dir(str), *dir(list), *dir(set), "items", "keys", "values", "setdefault"])
"""Methods of plain data: what a request gave has been fetched when they are called."""

Sort: TypeAlias = Literal["outward", "awaited", "callback"]


@dataclass(frozen=True, slots=True)
class Risk:
    """An operation that may raise.

    what         the code, as a message shows it
    sort         outward (disk, network, process, database), awaited (something that cannot be seen is awaited) or
                 callback (a function that somebody else gave)
    """

    scope: ScopeId
    op: int
    what: str
    sort: Sort
    confidence: Confidence


class Risks(Question):
    """Looks for errors that nothing catches. Memoised."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self._bodies: dict[tuple[ScopeId, int], Risk | None] = {}
        self._busy: set[ScopeId] = set()

    def worst(self, scope: ScopeId, ops: Iterable[int], within: int = 0, depth: int = DEPTH) -> tuple[int, Risk] | None:
        """The clearest of the errors that may leave these operations of a scope, with the operation; only a `try`
        that stands inside the frame `within` catches."""
        found: tuple[int, Risk] | None = None
        for op in ops:
            if self.catches(scope, op, within) or self._is_afterwards(scope, op):
                continue
            for risk in self._of_op(scope, op, depth):
                if risk.confidence is Confidence.HIGH:
                    return op, risk
                found = found or (op, risk)
        return found

    def of_body(self, scope: ScopeId, depth: int = DEPTH) -> Risk | None:
        """The clearest of the errors that may leave a call of a function."""
        key = (scope, depth)
        if key not in self._bodies:
            if scope in self._busy or self.is_opaque(scope):
                return None
            self._busy.add(scope)
            try:
                found = self.worst(scope, range(len(self.program.facts(scope).ops)), 0, depth)
                self._bodies[key] = found[1] if found else None
            finally:
                self._busy.discard(scope)
        return self._bodies[key]

    def _is_afterwards(self, scope: ScopeId, op: int) -> bool:
        """Whether an operation deals with an error that has happened already."""
        frames = self.program.facts(scope).frames
        handlers = [frames[f] for f in frames_of(self.program.facts(scope), op) if frames[f].kind == "except"]
        return any(h.head is None or _is_wide(h.head) for h in handlers)

    # --- what catches ---

    def catches(self, scope: ScopeId, op: int, within: int = 0) -> bool:
        """Whether a `try` or a `with` around an operation, inside the frame `within`, keeps errors from going on. A
        handler of errors that have to do with keys or waiting alone catches nothing of the rest of the world."""
        facts = self.program.facts(scope)
        for index in frames_of(facts, op):
            if index == within:
                return False
            if self.is_catching(scope, index):
                return True
        return False

    def is_catching(self, scope: ScopeId, index: int) -> bool:
        """Whether a frame is the body of a `try` or `with` that ends errors."""
        facts = self.program.facts(scope)
        frame = facts.frames[index]
        if frame.kind == "try":
            return self._is_handled(facts, index)
        return frame.kind == "with" and frame.head is not None and self._is_suppressing(frame.head, scope)

    def _is_handled(self, facts: m.Scope, body: int) -> bool:
        return any(self._ends(facts, handler) for handler in parts_of(facts, body, "except"))

    @staticmethod
    def _ends(facts: m.Scope, handler: int) -> bool:
        if any(op.frame == handler and isinstance(op.action, m.Raise) for _, op in ops_in(facts, handler)):
            return False
        head = facts.frames[handler].head
        return head is None or _is_wide(head)

    def _is_suppressing(self, head: m.Expr, scope: ScopeId) -> bool:
        """`with suppress(...)`, or a manager of the project that swallows, or enters one that does around its yield."""
        entered, seen = [(head, scope)], set[ScopeId]()
        while entered:
            manager, at = entered.pop()
            if not isinstance(manager, m.Call):
                continue
            if "contextlib.suppress" in callee_names(manager.func, at, self.resolver):
                if any(_is_wide(a.value) for a in manager.args):
                    return True
                continue
            for value in self.resolver.values(manager.func, at):
                if isinstance(value, Class) and any(self._swallows(value.scope, n) for n in ("__exit__", "__aexit__")):
                    return True
                if isinstance(value, Function) and value.scope not in seen:
                    seen.add(value.scope)
                    facts, around = self.program.facts(value.scope), tuple(self._around_yields(value.scope))
                    if any(facts.frames[f].kind == "try" and self._is_handled(facts, f) for f in around):
                        return True
                    managers = (facts.frames[f].head for f in around if facts.frames[f].kind == "with")
                    entered += [(head, value.scope) for head in managers if head is not None]
        return False

    def _around_yields(self, function: ScopeId) -> Iterator[int]:
        facts = self.program.facts(function)
        for index, op in enumerate(facts.ops if facts.is_generator else ()):
            if any(isinstance(node, m.Yield) for node in w.nodes(op.action)):
                yield from frames_of(facts, index)

    def _swallows(self, cls: ScopeId, name: str) -> bool:
        quiet = {"None", "False"}
        return any(
            isinstance(op.action, m.Return)
            and op.action.value is not None
            and not (isinstance(op.action.value, m.Const) and op.action.value.value in quiet)
            for method in self.resolver.methods(cls, name)
            for op in self.program.facts(method).ops
        )

    def is_opaque(self, scope: ScopeId) -> bool:
        """Whether a decorator stands between a function and its caller that may catch what the function raises."""
        parent = self.program.parent(scope)
        for decorator in self.program.facts(scope).decorators:
            func = decorator.func if isinstance(decorator, m.Call) else decorator
            if dotted_text(func).rpartition(".")[2] in name_lists().silent_decorators:
                continue
            call = decorator if isinstance(decorator, m.Call) else m.Call(decorator, (), self.program.facts(scope).span)
            if parent is not None and not self.execution.timers.of(call, parent):
                return True
        return False

    # --- what raises ---

    def _of_op(self, scope: ScopeId, op: int, depth: int) -> Iterator[Risk]:
        facts = self.program.facts(scope)
        action = facts.ops[op].action
        entered = self._is_entered(facts, action)
        for top in w.expressions(action):
            for node, parents in w.walk_with_parents(top):
                if isinstance(node, m.Call):
                    awaited = bool(parents) and isinstance(parents[-1], m.Await)
                    awaited = awaited or (entered and not parents)
                    yield from self._of_call(node, awaited, _is_used(parents, action), scope, op, depth)

    @staticmethod
    def _is_entered(facts: m.Scope, action: m.Action) -> bool:
        """`async with` and `async for`: what stands at their head is awaited."""
        return isinstance(action, m.Eval) and any(
            facts.frames[index].is_async for index in layout(facts).by_head.get(id(action.value), ())
        )

    def _of_call(self, call: m.Call, awaited: bool, used: bool, scope: ScopeId, op: int, depth: int) -> Iterator[Risk]:
        if self.execution.loops.sleeps(call, scope) or self.execution.timers.of(call, scope):
            return
        values = ordered(self.resolver.values(call.func, scope))
        text = f"`{dotted_text(call.func) or 'a call'}()`"
        if values:
            each = [self._of_value(v, awaited, depth, (scope, op, text)) for v in values]
            found = [risk for risk in each if risk is not None]
            if found and (len(found) == len(each) or self._runs_each(call.func, scope)):
                yield max(found, key=lambda r: r.confidence.rank)
        elif sort := self._unseen(call, awaited, used, scope):
            yield Risk(scope, op, text, sort, Confidence.MEDIUM)

    def _of_value(self, value: Value, awaited: bool, depth: int, here: tuple[ScopeId, int, str]) -> Risk | None:
        """What a call of one thing risks; `here` is the call, for what stands outside the project."""
        if not isinstance(value, External):
            return self._inside(value, awaited, depth)
        sort = self._outside(value, awaited)
        level = Confidence.HIGH if sort == "outward" else Confidence.MEDIUM
        return Risk(*here, sort, level) if sort else None

    def _runs_each(self, func: m.Expr, scope: ScopeId) -> bool:
        """Whether a callee with several values is each of them in turn: the variable of a loop over functions. A
        parameter or an attribute is one of them at a time, and which one cannot be told."""
        if not isinstance(func, m.Name):
            return False
        owner = self.resolver.owner(func.id, scope)
        bindings = self.program.of(owner).bindings(owner.index).get(func.id, ()) if owner is not None else ()
        return all(binding.kind != "parameter" for binding in bindings)

    def _inside(self, value: Value, awaited: bool, depth: int) -> Risk | None:
        """The clearest of the errors that may leave a function or a constructor of the project that is called."""
        functions: tuple[ScopeId, ...] = (value.scope,) if isinstance(value, Function) else ()
        if isinstance(value, Class):
            functions = self.resolver.methods(value.scope, "__init__")
        for function in functions if depth else ():
            facts = self.program.facts(function)
            if not facts.is_generator and (awaited or not facts.is_async):
                risk = self.of_body(function, depth - 1)
                if risk is not None:
                    return risk
        return None

    @staticmethod
    def _outside(value: External, awaited: bool) -> Sort | None:
        """What sort of risk a function outside the project is, None for none that is known."""
        package, _, rest = value.name.partition(".")
        method = value.name.rpartition(".")[2]
        if value.name in name_lists().dialling or value.name in name_lists().outward_builtins:
            return "outward"
        if value.name.startswith(name_lists().harmless):
            return None
        if value.name.startswith("open.") or (package == "pathlib" and method in name_lists().outward_methods):
            return "outward"
        if value.of_instance and method in _DATA:
            return None
        if package in name_lists().outward and rest:
            return "outward" if not method[:1].isupper() or awaited else None
        if awaited and rest and package not in {"asyncio", "anyio", "trio"} and method not in name_lists().waiting:
            return "awaited"
        return "outward" if value.of_instance and method in name_lists().outward_methods else None

    def _unseen(self, call: m.Call, awaited: bool, used: bool, scope: ScopeId) -> Sort | None:
        """What sort of risk a call of something unknown is, None for none."""
        func = call.func
        if isinstance(func, m.Attr):
            known = self.resolver.values(func.base, scope)
            if any(isinstance(v, Instance) for v in known):
                return "callback" if call.args or not used else None
            if not all(isinstance(v, External | ExternalResult) for v in known):
                return None
            if awaited and func.name not in name_lists().waiting:
                return "awaited"
            return "outward" if func.name in name_lists().outward_methods else None
        if isinstance(func, m.Name | m.Sub) and (call.args or not used):
            return "callback"
        return None


def _is_used(parents: tuple[m.Expr, ...], action: m.Action) -> bool:
    """Whether something is made of what a call gives."""
    outer = [p for p in parents if not isinstance(p, m.Await)]
    return bool(outer) or not (isinstance(action, m.Eval) and action.role == "statement")


def _is_wide(head: m.Expr) -> bool:
    """Whether exception types are more than those of a missing key or of a wait that ended."""
    types = head.items if isinstance(head, m.Display) else (head,)
    names = {dotted_text(t).rpartition(".")[2] for t in types}
    return bool(names - name_lists().key_errors - name_lists().waiting_errors)
