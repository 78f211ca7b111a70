"""Which operations only a failure leads to."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.program.blocks import (
    frames_of,
    handlers_before,
    is_true,
    layout,
    loops_around,
    ops_in,
    parts_of,
    types_caught,
)
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.loops import Loops


class Failures(Query):
    """Tells handlers of what went wrong from those by which work goes on or ends as usual."""

    def __init__(self, loops: Loops) -> None:
        super().__init__(loops.flow)
        self._loops = loops

    def fails(self, scope: ScopeId, op: int, within: int) -> bool:
        """Whether only a failure leads to an operation, inside a frame: an exception that is no answer, and that does
        not decide about an item of a walk alone."""
        facts, failing = self.program.facts(scope), False
        for block in (*frames_of(facts, op), 0):
            frame = facts.frames[block]
            if frame.kind == "for" and block != within and not self._counts_attempts(frame, scope):
                failing = False
                continue
            handlers = (block,) if frame.kind == "except" else handlers_before(facts, block, op)
            usual = any(self._is_answer(scope, each) or self._is_way_out(scope, each) for each in handlers)
            failing = failing or (bool(handlers) and not usual)
            if block == within:
                break
        return failing

    def _counts_attempts(self, loop: m.Frame, scope: ScopeId) -> bool:
        names = self.resolver.names(loop.head.func, scope) if isinstance(loop.head, m.Call) else ()
        return loop.is_async or bool({"range", *self.catalog.data.loops.endless} & set(names))

    def _is_answer(self, scope: ScopeId, handler: int) -> bool:
        """Whether an `except` catches what tells that a time has passed or that something is not there, or guards
        nothing but a wait."""
        facts = self.program.facts(scope)
        caught = types_caught(facts.frames[handler].head)
        if any(part is not None and w.last_name(part) in name_lists().answers for part in caught):
            return True
        body = [o for part in parts_of(facts, handler, "try") for _, o in ops_in(facts, part)]
        return bool(body) and all(self._loops.sleeps(w.calls(o.action), scope) for o in body)

    def _is_way_out(self, scope: ScopeId, handler: int) -> bool:
        """Whether an `except` is how a loop comes to its end that has no other, unless somebody cancels it: the peer
        that it listens to is gone."""
        facts = self.program.facts(scope)
        caught = types_caught(facts.frames[handler].head)
        if all(part is not None and w.last_name(part) in name_lists().cancels for part in caught):
            return False
        blocks, bodies = layout(facts), parts_of(facts, handler, "try")
        leaves = any(isinstance(op.action, m.Return | m.Break | m.Raise) for _, op in ops_in(facts, handler))
        return any(
            ((leaves and blocks.is_within(handler, loop)) or any(blocks.is_within(loop, body) for body in bodies))
            and self._ends_by_errors(scope, loop)
            for loop in blocks.by_kind.get("while", ())
        )

    @kept
    def _ends_by_errors(self, scope: ScopeId, loop: int) -> bool:
        """Whether a `while` loop has no end of its own but for what its handlers leave."""
        facts = self.program.facts(scope)
        if not (is_true(facts.frames[loop].head) or self._loops.goes_on(scope, loop)):
            return False
        leaving = [
            op.frame
            for at, op in ops_in(facts, loop)
            if isinstance(op.action, m.Return)
            or (isinstance(op.action, m.Break) and loops_around(facts, at)[0] == loop)
        ]
        blocks = layout(facts)
        handlers = [h for h in blocks.by_kind.get("except", ()) if blocks.is_within(h, loop)]
        return all(any(blocks.is_within(frame, handler) for handler in handlers) for frame in leaving)
