"""Where a run that has added an entry ends before it comes to the removal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, takewhile
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program import truth
from unbounded_lint.link.program.blocks import (
    evaluated_at,
    frames_of,
    in_block,
    layout,
    ops_in,
    parts_of,
    passing_by,
    taken_away,
)
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.verdicts.risks import Risks

ExitKind: TypeAlias = Literal["return", "break", "continue", "condition", "raise", "call", "wait", "yield", "apart"]
"""return, break, continue  the statement that leads past the removal
condition  what must hold for a run to come to the removal
raise      an error is raised
call       a call that may raise; wait: one that may be cancelled as well
yield      the code that is handed over to may raise, or never come back
apart      an entry is added for which no clean-up runs"""


Held: TypeAlias = Sequence[m.Expr]


class Exit(NamedTuple):
    """The operation at which a run leaves its entry behind; `what` is the call that may raise, as a message shows it,
    empty where the function of the operation does not show it."""

    kind: ExitKind
    scope: ScopeId
    op: int
    what: str = ""

    @property
    def place(self) -> Place:
        """The operation."""
        return self.scope, self.op


class Exits(RunQuery):
    """Finds them: first what is written to lead past the removal, then what may raise."""

    def __init__(self, flow: Flow, execution: Execution, risks: Risks) -> None:
        super().__init__(flow, execution)
        self._risks = risks

    def between(self, scope: ScopeId, first: int, last: int, others: Collection[int], held: Held) -> Exit | None:
        """Where a run of a function ends between an insert and the removal of its entry; what other removals of it take
        out is not left behind. `held`: the expressions by which the container is meant."""
        every = chain(self._written(scope, first, last, others, held), self._raising(scope, first, last, others))
        return next(every, None)

    def failing(self, scope: ScopeId, first: int, last: int, others: Collection[int]) -> Exit | None:
        """The same for errors alone: which entry is removed is not known."""
        return next(self._raising(scope, first, last, others), None)

    def condition(self, scope: ScopeId, op: int, held: Held) -> Exit | None:
        """The nearest condition in a clean-up that has to hold for a removal to run."""
        facts = self.program.facts(scope)
        cleanup = layout(facts).cleanup[facts.ops[op].frame]
        inside = takewhile(lambda frame: frame != cleanup, frames_of(facts, op) if cleanup else ())
        return next((found for frame in inside if (found := self._decided(scope, frame, held)) is not None), None)

    def _decided(self, scope: ScopeId, frame: int, held: Held) -> Exit | None:
        """The condition of a branch, but for one that only asks whether there is an entry."""
        facts = self.program.facts(scope)
        kind, head, at = facts.frames[frame].kind, facts.frames[frame].head, facts.frames[frame].op
        if kind not in {"if", "else"} or head is None:
            return None
        tests = truth.held(head, kind == "if")
        if all(any(part in held for part in w.walk(test.expr)) for test in tests):
            return None
        return Exit("condition", scope, evaluated_at(facts, head, at))

    def _written(self, scope: ScopeId, first: int, last: int, others: Collection[int], held: Held) -> Iterator[Exit]:
        facts = self.program.facts(scope)
        for op in taken_away(facts, first, last):
            if not self._is_removed(facts, first, op, others):
                yield Exit(_KINDS[type(facts.ops[op].action)], scope, op)
        for frame in passing_by(facts, first, last):
            twins = (twin for twin in parts_of(facts, frame, "if", "else") if twin != frame)
            removed = any(op in others for twin in twins for op, _ in ops_in(facts, twin))
            found = self._decided(scope, frame, held) if not removed else None
            if found is not None:
                yield found

    def _raising(self, scope: ScopeId, first: int, last: int, others: Collection[int]) -> Iterator[Exit]:
        facts = self.program.facts(scope)
        ops = [op for op in range(first + 1, last) if not self._is_removed(facts, first, op, others)]
        yield from (found for op in ops if (found := self._raised(scope, op)) is not None)

    @staticmethod
    def _is_removed(facts: m.Scope, first: int, op: int, others: Collection[int]) -> bool:
        """Whether a run that ends at an operation has removed the entry before, or does so in a handler around it."""
        if any(first < at < op and in_block(facts, facts.ops[at].frame, op) for at in others):
            return True
        handlers = (part for frame in frames_of(facts, op) for part in parts_of(facts, frame, "except", "finally"))
        return any(in_block(facts, handler, at) for handler in handlers for at in others)

    def _raised(self, scope: ScopeId, op: int) -> Exit | None:
        """What may end a run with an error at an operation."""
        action = self.program.facts(scope).ops[op].action
        nodes = tuple(w.nodes(action))
        if any(isinstance(node, m.Yield) for node in nodes):
            return Exit("yield", scope, op)
        if isinstance(action, m.Raise):
            return Exit("raise", scope, op) if self._risks.leaves(scope, op) else None
        risk = self._risks.at(scope, op)
        if risk is None:
            return None
        waits = any(isinstance(node, m.Await) for node in nodes) or risk.sort == "awaited"
        return Exit("wait" if waits else "call", scope, op, self._called(action) if risk.scope != scope else risk.what)

    @staticmethod
    def _called(action: m.Action) -> str:
        """The only call of an operation as a message shows it."""
        calls = tuple(w.calls(action))
        name = w.dotted(calls[0].func) if len(calls) == 1 else ""
        return f"`{name}()`" if name else ""


_KINDS: dict[type[m.Action], ExitKind] = {m.Return: "return", m.Break: "break", m.Continue: "continue"}
