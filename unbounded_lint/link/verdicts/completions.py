"""Events that tell of the end of what was asked for: whoever asks enters itself and waits, and the loop that polls for
events takes out the entry of each. There are then as many entries as wait at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import takewhile

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import frames_of, in_block, loops_around, ops_in
from unbounded_lint.link.program.definitions import expanded
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.verdicts.removals import Removal

_NEXT = 20
"""How many waits behind an insert are looked at."""
_CHOOSING: frozenset[m.FrameKind] = frozenset({"if", "else", "case", "except", "try", "while-else"})


class Completions(RunQuery):
    """Recognises removals by such a loop."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self.loops = execution.loops

    def take(self, removals: Iterable[Removal], inserts: Iterable[Access]) -> bool:
        """Whether a removal takes the entry of each event out, and whoever makes an entry waits for that."""
        return any(map(self._takes, removals)) and all(map(self._waits, inserts))

    def _takes(self, removal: Removal) -> bool:
        access = removal.access
        if removal.extent != "single" or not _must_be_there(access):
            return False
        return self._is_of_each(access) and self._polls(access)

    def _is_of_each(self, removal: Access) -> bool:
        """Whether a removal is done for each item of what another package gives, by a key that the item tells."""
        facts, scope = self.program.facts(removal.scope), removal.scope
        loop = next(iter(loops_around(facts, removal.op)), 0)
        frame = facts.frames[loop]
        if frame.kind != "for" or not isinstance(frame.head, m.Call) or frame.target is None or frame.is_async:
            return False
        if self.loops.is_finite(scope, frame) or self.flow.resolver.functions(frame.head.func, scope):
            return False
        around = takewhile(lambda at: at != loop, frames_of(facts, removal.op))
        skipped = any(isinstance(op.action, m.Continue | m.Break) for _, op in ops_in(facts, loop))
        if skipped or any(facts.frames[at].kind in _CHOOSING for at in around):
            return False
        told = set(expanded(self.program, removal.key, scope, removal.op))
        return any(isinstance(part, m.Name) and part in told for part in w.walk(frame.target))

    def _polls(self, removal: Access) -> bool:
        """Whether a function asks for events again and again, by a loop of its own or of whoever calls it."""
        sites = ((site.scope, site.op) for site in self.flow.call_sites(removal.scope))
        return any(
            self.loops.goes_on(scope, loop)
            for scope, op in ((removal.scope, removal.op), *sites)
            for loop in loops_around(self.program.facts(scope), op)
        )

    def _waits(self, insert: Access) -> bool:
        """Whether a function that makes an entry always waits behind that, and neither it nor a caller only for some
        time."""
        scope, facts = insert.scope, self.program.facts(insert.scope)
        waits = self._of_scope(scope)
        first = bisect_right(waits, insert.op)
        behind = (at for at in waits[first : first + _NEXT] if in_block(facts, facts.ops[at].frame, insert.op))
        at = next(behind, -1)
        return at >= 0 and not self._is_limited(scope, at) and not self._is_called_for_some_time(scope)

    @kept
    def _of_scope(self, scope: ScopeId) -> Sequence[int]:
        """The operations of a scope that wait."""
        return tuple(at for at, op in enumerate(self.program.facts(scope).ops) if _is_wait(op.action))

    @kept
    def _is_called_for_some_time(self, scope: ScopeId) -> bool:
        return any(self._is_limited(site.scope, site.op) for site in self.flow.call_sites(scope))

    def _is_limited(self, scope: ScopeId, op: int) -> bool:
        """Whether a wait may end by a limit of time, in a call or a `with` around it."""
        facts = self.program.facts(scope)
        limited = self.loops.sleeps(self.program.calls_at(scope, op), scope)
        return limited or any(facts.frames[at].kind == "with" for at in frames_of(facts, op))


def _is_wait(action: m.Action) -> bool:
    calls = (node.func for node in w.calls(action) if not node.args and isinstance(node.func, m.Attr))
    if any(func.name in name_lists().waiting for func in calls):
        return True
    return any(isinstance(node, m.Await) for node in w.nodes(action))


def _must_be_there(removal: Access) -> bool:
    """Whether a removal fails where there is no entry: then whoever removes is sure that there is one."""
    if removal.kind != "remove" or removal.nested or removal.handed is not None or removal.key is None:
        return False
    call = removal.site.method_call
    return removal.how == "del" or (removal.how == "pop" and call is not None and len(call.args) == 1)
