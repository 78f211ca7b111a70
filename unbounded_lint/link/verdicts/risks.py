"""What may raise in a piece of code, and what catches it there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import inf
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class, External, ExternalResult, Function, Instance, Value, ordered
from unbounded_lint.link.program.blocks import frames_of, is_true, layout, ops_in, parts_of, types_caught
from unbounded_lint.link.program.kept import grouped, kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.execution import Execution, RunQuery

DEPTH = 4
"""How many calls deep an error is looked for."""

_DATA = frozenset([*dir(str), *dir(list), *dir(set), "items", "keys", "values", "setdefault"])
"""Methods of plain data: what a request gave has been fetched when they are called."""

_LAST = frozenset({"os._exit", "os.abort"})
"""What ends the process: no error comes out of that, and nothing is left that could grow."""

MANAGERS = 3
"""How many context managers are entered by one another."""

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


class _Called(NamedTuple):
    """A call, whether it is awaited, and whether something is made of what it gives."""

    call: m.Call
    awaited: bool
    used: bool


class Search(NamedTuple):
    """How clear an error has to be for no other to be looked for, and how many calls deep one is looked for."""

    enough: Confidence
    depth: int = DEPTH

    @property
    def inside(self) -> Search:
        """The same, one call deeper."""
        return self._replace(depth=self.depth - 1)


_CLEAREST = Search(Confidence.HIGH)
_ANY = Search(Confidence.LOW)


class Risks(RunQuery):
    """Looks for errors that nothing catches. Memoised."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self._next: dict[Place, float] = {}
        """Operation -> the first from which an error may leave its scope, that or one behind it."""

    def worst(self, scope: ScopeId, ops: Iterable[int], within: int = 0) -> tuple[int, Risk] | None:
        """The clearest of the errors that may leave these operations of a scope, with the operation; only a `try`
        that stands inside the frame `within` catches."""
        return self._first(scope, ops, within, _CLEAREST)

    @kept
    def may_raise(self, scope: ScopeId, op: int, within: int = 0) -> bool:
        """Whether an error may leave an operation; only a `try` that stands inside the frame `within` catches."""
        return self._first(scope, (op,), within, _ANY) is not None

    def first_behind(self, scope: ScopeId, op: int) -> float:
        """The first operation behind another from which an error may leave its scope; infinity where none may."""
        calling, passed, first = self._calling(scope), list[Place](), inf
        for index in range(bisect_right(calling, op), len(calling)):
            place = scope, calling[index]
            if place in self._next:
                first = self._next[place]
                break
            passed.append(place)
            if self.may_raise(*place):
                first = calling[index]
                break
        self._next.update(dict.fromkeys(passed, first))
        return first

    def at(self, scope: ScopeId, op: int) -> Risk | None:
        """The clearest of the errors that may leave a scope at an operation."""
        found = self.worst(scope, (op,))
        return found[1] if found else None

    def leaves(self, scope: ScopeId, op: int) -> bool:
        """Whether an error that is raised at an operation leaves its scope."""
        return not self._catches(scope, op, 0)

    def _first(self, scope: ScopeId, ops: Iterable[int], within: int, search: Search) -> tuple[int, Risk] | None:
        """The first of the errors that may leave these operations which is clear enough, or else the first of all."""
        calls = self._calls(scope)
        risky = (
            op
            for op in ops
            if op in calls and not self._catches(scope, op, within) and not self._is_afterwards(scope, op)
        )
        found: tuple[int, Risk] | None = None
        for at, risk in ((op, risk) for op in risky for risk in self._of_op(scope, op, search)):
            found = found or (at, risk)
            if risk.confidence.rank >= search.enough.rank:
                return at, risk
        return found

    @kept
    def _of_body(self, scope: ScopeId, search: Search) -> Risk | None:
        """The first of the errors that may leave a call of a function which is clear enough, or else the first."""
        if self.is_opaque(scope):
            return None
        found = self._first(scope, range(len(self.program.facts(scope).ops)), 0, search)
        return found[1] if found else None

    def _is_afterwards(self, scope: ScopeId, op: int) -> bool:
        """Whether an operation deals with an error that has happened already."""
        facts = self.program.facts(scope)
        around = (facts.frames[frame] for frame in frames_of(facts, op))
        return any(frame.kind == "except" and _is_wide(frame.head) for frame in around)

    # --- what catches ---

    def _catches(self, scope: ScopeId, op: int, within: int) -> bool:
        """Whether a `try` or a `with` around an operation, inside the frame `within`, keeps errors from going on."""
        around = takewhile(lambda frame: frame != within, frames_of(self.program.facts(scope), op))
        return any(self.is_catching(scope, frame) for frame in around)

    def is_catching(self, scope: ScopeId, frame: int, managers: int = MANAGERS) -> bool:
        """Whether a frame is the body of a `try` or `with` that ends errors: a handler of those that have to do with
        keys or waiting alone ends nothing of the rest of the world."""
        facts = self.program.facts(scope)
        if facts.frames[frame].kind == "try":
            return any(_ends(facts, handler) for handler in parts_of(facts, frame, "except"))
        head = facts.frames[frame].head
        if facts.frames[frame].kind != "with" or not isinstance(head, m.Call) or not managers:
            return False
        if "contextlib.suppress" in self.resolver.names(head.func, scope):
            return any(_is_wide(argument.value) for argument in head.args)
        return any(self._swallows(value, managers - 1) for value in self.resolver.values(head.func, scope))

    def _swallows(self, manager: Value, managers: int) -> bool:
        """Whether a context manager of the project ends errors: by what its exit gives, or around its `yield`."""
        match manager:
            case Class(scope=cls):
                exits = (method for name in ("__exit__", "__aexit__") for method in self.resolver.methods(cls, name))
                given = (value for method in exits for value in self.program.returned(method))
                return any(not isinstance(value, m.Const) or value.value not in {"None", "False"} for value in given)
            case Function(scope=function) if self.program.facts(function).is_generator:
                facts = self.program.facts(function)
                yields = (
                    i for i, op in enumerate(facts.ops) if any(isinstance(n, m.Yield) for n in w.nodes(op.action))
                )
                return any(self.is_catching(function, f, managers) for i in yields for f in frames_of(facts, i))
        return False

    def is_opaque(self, scope: ScopeId) -> bool:
        """Whether a decorator stands between a function and its caller that may catch what the function raises."""
        parent, loud = self.program.parent(scope), self.execution.timers.loud_decorations(scope)
        return parent is not None and any(not self.execution.timers.of(call, parent) for call in loud)

    # --- what raises ---

    @kept
    def _calls(self, scope: ScopeId) -> Mapping[int, Sequence[_Called]]:
        """Operation -> its calls."""
        facts = self.program.facts(scope)
        found = ((op, called) for op in range(len(facts.ops)) for called in _calls_of(facts, op))
        return grouped(found)

    @kept
    def _calling(self, scope: ScopeId) -> Sequence[int]:
        """The operations that call something, in order."""
        return tuple(self._calls(scope))

    def _of_op(self, scope: ScopeId, op: int, search: Search) -> Iterator[Risk]:
        for called in self._calls(scope).get(op, ()):
            risk = self._of_call(called, (scope, op), search)
            # asked last, since it looks into functions as well
            if risk is not None and not self._lasts(called.call, scope):
                yield risk

    def _lasts(self, call: m.Call, scope: ScopeId) -> bool:
        """Whether a call lets time pass or starts a timer."""
        return self.execution.loops.sleeps((call,), scope) or bool(self.execution.timers.of(call, scope))

    def _of_call(self, called: _Called, here: Place, search: Search) -> Risk | None:
        call, scope = called.call, here[0]
        if any(argument.keyword == "ignore_errors" and is_true(argument.value) for argument in call.args):
            return None
        values = ordered(self.resolver.values(call.func, scope))
        text = f"`{w.dotted(call.func) or 'a call'}()`"
        if not values:
            sort = self._unseen(called, scope)
            return Risk(*here, text, sort, Confidence.MEDIUM) if sort else None
        found: list[Risk] = []
        for value in values:
            risk = self._of_value(value, called.awaited, search, (*here, text))
            if risk is None:
                return None  # which of several it is cannot be told
            found.append(risk)
        return max(found, key=lambda r: r.confidence.rank)

    def _of_value(self, value: Value, awaited: bool, search: Search, here: tuple[ScopeId, int, str]) -> Risk | None:
        """What a call of one thing risks: `here` itself, outside the project; else the clearest of the errors that may
        leave a function or a constructor."""
        if isinstance(value, External):
            sort = self._outside(value, awaited)
            return Risk(*here, sort, Confidence.HIGH if sort == "outward" else Confidence.MEDIUM) if sort else None
        functions: tuple[ScopeId, ...] = (value.scope,) if isinstance(value, Function) else ()
        if isinstance(value, Class):
            functions = self.resolver.methods(value.scope, "__init__")
        for function in functions if search.depth else ():
            facts = self.program.facts(function)
            runs = not facts.is_generator and (awaited or not facts.is_async)
            if runs and (risk := self._of_body(function, search.inside)) is not None:
                return risk
        return None

    @staticmethod
    def _outside(value: External, awaited: bool) -> Sort | None:
        """What sort of risk a function outside the project is, None for none that is known."""
        package, _, rest = value.name.partition(".")
        method = value.name.rpartition(".")[2]
        if value.name in name_lists().dialling or value.name in name_lists().outward_builtins:
            return "outward"
        if value.name in _LAST or value.name.startswith(name_lists().harmless):
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

    def _unseen(self, called: _Called, scope: ScopeId) -> Sort | None:
        """What sort of risk a call of something unknown is, None for none."""
        (call, awaited, used), func = called, called.call.func
        if isinstance(func, m.Attr):
            known = self.resolver.values(func.base, scope)
            if any(isinstance(v, Instance) for v in known):
                return "callback" if call.args or not used else None
            if not all(isinstance(v, External | ExternalResult) for v in known):
                return None
            if awaited and func.name not in name_lists().waiting:
                return "awaited"
            return "outward" if func.name in name_lists().outward_methods else None
        if isinstance(func, m.Name) and func.id[:1].isupper() and not awaited:
            return None  # a class, which makes an object
        if isinstance(func, m.Name | m.Sub) and (call.args or not used):
            return "callback"
        return None


def _calls_of(facts: m.Scope, op: int) -> Iterator[_Called]:
    """The calls of an operation."""
    action = facts.ops[op].action
    heads = layout(facts).by_head.get(id(action.value), ()) if isinstance(action, m.Eval) else ()
    entered = any(facts.frames[index].is_async for index in heads)  # what `async with` and `async for` await
    for top in w.expressions(action):
        for node, parents in w.walk_with_parents(top):
            if isinstance(node, m.Call):
                awaited = isinstance(parents[-1], m.Await) if parents else entered
                yield _Called(node, awaited, _is_used(parents, action))


def _ends(facts: m.Scope, handler: int) -> bool:
    """Whether an `except` ends errors of the outer world."""
    raises = any(op.frame == handler and isinstance(op.action, m.Raise) for _, op in ops_in(facts, handler))
    return not raises and _is_wide(facts.frames[handler].head)


def _is_used(parents: tuple[m.Expr, ...], action: m.Action) -> bool:
    """Whether something is made of what a call gives."""
    outer = [p for p in parents if not isinstance(p, m.Await)]
    return bool(outer) or not (isinstance(action, m.Eval) and action.role == "statement")


def _is_wide(head: m.Expr | None) -> bool:
    """Whether exception types are more than those of a missing key or of a wait that ended."""
    names = {w.dotted(t).rpartition(".")[2] if t is not None else "BaseException" for t in types_caught(head)}
    return bool(names - name_lists().key_errors - name_lists().waiting_errors)
