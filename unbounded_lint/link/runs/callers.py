"""From where a function can be reached at all: by calls, by being handed over, by being kept."""

from __future__ import annotations

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.handles import HANDED_ON
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import BRANCHES, apart, in_twin, leaves
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId

MOST = 120
"""How many callers are followed."""


class Callers:
    """Answers which functions lead to a function. Memoised; test files and module bodies are left out."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program

    @kept
    def above(self, scope: ScopeId) -> frozenset[ScopeId]:
        """The function itself and every function from which it can be reached."""
        found, queue = {scope}, [scope]
        while queue and len(found) < MOST:
            for user, _ in self.direct(queue.pop(0)):
                if user not in found:
                    found.add(user)
                    queue.append(user)
        return frozenset(found)

    @kept
    def direct(self, scope: ScopeId) -> tuple[tuple[ScopeId, int], ...]:
        """The operations of functions that call a function, or hand it to something."""
        if self.program.facts(scope).kind not in {"function", "lambda"}:
            return ()
        users = [(site.scope, site.op) for site in self.flow.call_sites(scope)]
        users += [(u.site.scope, u.site.op) for u in self.flow.function_uses(scope) if u.kind in HANDED_ON]
        return tuple(dict.fromkeys(u for u in users if u[0].index and not self.program.is_test(u[0])))

    def leading(self, within: ScopeId, scope: ScopeId, op: int) -> tuple[int, ...]:
        """The operations of one function that lead to an operation of another (or are that operation)."""
        if within == scope:
            return (op,)
        return tuple(sorted({at for callee in self.above(scope) for user, at in self.direct(callee) if user == within}))

    def share_a_run(self, one: tuple[ScopeId, int], other: tuple[ScopeId, int]) -> bool:
        """Whether one run of some function comes to both operations: what the first begins, the second may end.

        A function that decides which of the two to do, as one that hands out requests, is no such function.
        """
        for scope in sorted(self.above(one[0]) & self.above(other[0])):
            facts = self.program.facts(scope)
            pairs = ((a, b) for a in self.leading(scope, *one) for b in self.leading(scope, *other))
            if any(not exclude(facts, a, b) and (a != b or one[0] == other[0]) for a, b in pairs):
                return True
        return False


def exclude(facts: m.Scope, one: int, other: int) -> bool:
    """Whether no single run of a function reaches both operations: they stand in branches of which only one is taken,
    or the branch or handler of the earlier one leaves."""
    if not (0 <= one < len(facts.ops) and 0 <= other < len(facts.ops)):
        return False
    first, second = sorted((one, other))
    for index in apart(facts, first, second):
        kind = facts.frames[index].kind
        if kind in BRANCHES or kind == "except":
            if in_twin(facts, index, second):
                return kind != "except"
            if leaves(facts, index):
                return True
    return False
