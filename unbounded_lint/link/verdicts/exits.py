"""Where a run that has added an entry ends before it comes to the removal."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import (
    evaluated_at,
    frames_of,
    in_block,
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

    def between(self, scope: ScopeId, first: int, last: int, removing: Collection[int]) -> Exit | None:
        """Where a run of a function ends between an insert and the removal of its entry; what other removals of it take
        out is not left behind."""
        every = chain(self._written(scope, first, last, removing), self._raising(scope, first, last, removing))
        return next(every, None)

    def failing(self, scope: ScopeId, first: int, last: int, removing: Collection[int]) -> Exit | None:
        """The same for errors alone: which entry is removed is not known."""
        return next(self._raising(scope, first, last, removing), None)

    def condition(self, scope: ScopeId, op: int) -> Exit | None:
        """The nearest condition that has to hold for a removal to run."""
        facts = self.program.facts(scope)
        frames = (frame for frame in frames_of(facts, op) if facts.frames[frame].kind in {"if", "else"})
        return next((found for frame in frames if (found := self._decided(scope, frame)) is not None), None)

    def _decided(self, scope: ScopeId, frame: int) -> Exit | None:
        """The condition of a branch."""
        facts = self.program.facts(scope)
        head, at = facts.frames[frame].head, facts.frames[frame].op
        return Exit("condition", scope, evaluated_at(facts, head, at)) if head is not None else None

    def _written(self, scope: ScopeId, first: int, last: int, removing: Collection[int]) -> Iterator[Exit]:
        facts = self.program.facts(scope)
        for op in taken_away(facts, first, last):
            if not self._is_removed(facts, first, op, removing):
                yield Exit(_KINDS[type(facts.ops[op].action)], scope, op)
        for frame in passing_by(facts, first, last):
            others = parts_of(facts, frame, "if", "else")
            removed = any(op in removing for other in others if other != frame for op, _ in ops_in(facts, other))
            branch = facts.frames[frame].kind in {"if", "else"}
            found = self._decided(scope, frame) if branch and not removed else None
            if found is not None:
                yield found

    def _raising(self, scope: ScopeId, first: int, last: int, removing: Collection[int]) -> Iterator[Exit]:
        facts = self.program.facts(scope)
        ops = [op for op in range(first + 1, last) if not self._is_removed(facts, first, op, removing)]
        yield from (found for op in ops if (found := self._raised(scope, op)) is not None)

    @staticmethod
    def _is_removed(facts: m.Scope, first: int, op: int, removing: Collection[int]) -> bool:
        """Whether a run that ends at an operation has removed the entry before, or does so in a handler around it."""
        if any(first < at < op and in_block(facts, facts.ops[at].frame, op) for at in removing):
            return True
        handlers = (part for frame in frames_of(facts, op) for part in parts_of(facts, frame, "except", "finally"))
        return any(in_block(facts, handler, at) for handler in handlers for at in removing)

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
