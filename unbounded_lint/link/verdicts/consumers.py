"""Entries of work that is queued: whoever puts one in hands its work to a queue behind that, and whoever takes the work
out there takes the entry out as well, whatever became of the work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Variable
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import ExternalResult
from unbounded_lint.link.keys.around import AroundQuery, Lead
from unbounded_lint.link.keys.identity import Shape
from unbounded_lint.link.program.blocks import (
    STRAIGHT,
    apart,
    comes_to_one,
    frames_of,
    in_block,
    layout,
    loops_around,
    parts_of,
    span_of,
)
from unbounded_lint.link.program.kept import grouped, kept, listed
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.context import LIVE
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.followed import asks_for
from unbounded_lint.link.verdicts.risks import Risks

_TAKING = frozenset({"get"})
"""What takes the next piece of work out, once there is one."""


class _Taken(NamedTuple):
    """Where a consumer takes a piece of work, by what it is known there, and from which queue."""

    op: int
    names: frozenset[str]
    queue: Handle


class Consumers(AroundQuery):
    """Finds the removals by such consumers."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self._risks = Risks(flow, execution)

    def take_out(self, queues: Iterable[Handle], insert: Access) -> bool:
        """Whether a consumer takes out the entry of an insert, as it does for each piece of work of these queues."""
        if insert.nested or insert.bulk or insert.handed is not None:
            return False
        return any(self._is_queued(insert, queue) for queue in queues)

    @listed
    def emptied(self, removal: Access) -> Iterator[Handle]:
        """The queues of which each piece of work that is taken out leads to a removal of its entry."""
        for lead in self.around.leads(self.around.start(removal)) if removal.key is not None else ():
            facts = self.program.facts(lead.scope)
            loops = [loop for loop in loops_around(facts, lead.op)[:1] if facts.frames[loop].kind == "while"]
            if not loops or lead.key is None or not LIVE & self.execution.kinds(lead.scope, lead.op):
                continue
            if not all(self._is_sure(place, removal) for place in lead.way[:-1]):
                continue
            for taken in self._taken(lead.scope, loops[0]):
                if taken.names & _names(lead.key, lead.scope) and self._always_comes(lead, taken, loops[0], removal):
                    yield taken.queue

    def _is_sure(self, place: Place, removal: Access) -> bool:
        """Whether a function that leads to a removal comes to that by no choice, if there is an entry."""
        facts = self.program.facts(place[0])
        jumps = any(at < place[1] for at in layout(facts).jumps)
        return not jumps and _is_straight(facts, frames_of(facts, place[1]), removal)

    # --- the consumer ---

    @listed
    def _taken(self, scope: ScopeId, loop: int) -> Iterator[_Taken]:
        """Where a loop takes a piece of work from a queue, one in each round."""
        facts = self.program.facts(scope)
        for op in span_of(facts, loop):
            action = facts.ops[op].action
            if facts.ops[op].frame != loop or not isinstance(action, m.Assign):
                continue
            call = action.value.value if isinstance(action.value, m.Await) else action.value
            if isinstance(call, m.Call) and isinstance(call.func, m.Attr) and call.func.name in _TAKING:
                names = frozenset(name for target in action.targets for name in w.names(target))
                yield from (_Taken(op, names, queue) for queue in self._queues(call.func.base, scope))

    def _always_comes(self, lead: Lead, taken: _Taken, loop: int, removal: Access) -> bool:
        """Whether a consumer always comes to a removal behind taking the work, or ends, as it is told to."""
        facts, cleanup = self.program.facts(lead.scope), self._cleanup(lead, taken)
        if taken.op >= lead.op:
            return False
        last = facts.frames[parts_of(facts, cleanup, "try")[0]].op if cleanup else lead.op
        if any(self._may_miss(lead, at) for at in range(taken.op + 1, last)):
            return False
        jumps = (at for at in layout(facts).jumps if taken.op < at < last)
        if any(not self._is_told(facts, at, loop, taken) for at in jumps):
            return False
        inner = tuple(apart(facts, lead.op, taken.op))
        handled = any(in_block(facts, part, taken.op) for frame in inner for part in parts_of(facts, frame, "except"))
        return not handled and _is_straight(facts, inner, removal)

    def _may_miss(self, lead: Lead, at: int) -> bool:
        """Whether an error may leave an operation, which no `try` catches that ends before what is meant to follow."""
        facts = self.program.facts(lead.scope)
        common = next((frame for frame in frames_of(facts, at) if in_block(facts, frame, lead.op)), 0)
        return self._risks.may_raise(lead.scope, at, common)

    def _cleanup(self, lead: Lead, taken: _Taken) -> int:
        """The `finally` in which a removal stands, and the work that was taken before; 0 for none."""
        facts = self.program.facts(lead.scope)
        cleanup = layout(facts).cleanup[facts.ops[lead.op].frame]
        tried = parts_of(facts, cleanup, "try") if cleanup else ()
        return cleanup if tried and facts.frames[tried[0]].op > taken.op else 0

    @staticmethod
    def _is_told(facts: m.Scope, jump: int, loop: int, taken: _Taken) -> bool:
        """Whether an operation ends the loop, for a piece of work that says so."""
        action, inner = facts.ops[jump].action, loops_around(facts, jump)[:1]
        ends = isinstance(action, m.Return) or (isinstance(action, m.Break) and inner == (loop,))
        heads = (facts.frames[f].head for f in apart(facts, jump, taken.op) if facts.frames[f].kind == "if")
        return ends and any(not taken.names.isdisjoint(w.names(head)) for head in heads if head is not None)

    # --- the queue ---

    def _queues(self, base: m.Expr, scope: ScopeId) -> Iterator[Handle]:
        """The queue that an expression is."""
        made = (value.name for value in self.resolver.values(base, scope) if isinstance(value, ExternalResult))
        kinds = [kind for name in made if (kind := self.catalog.container(name)) is not None]
        if not kinds or any(kind.family != "queue" for kind in kinds):
            return
        match base:
            case m.Attr(base=owner, name=name):
                yield from (Attribute(cls, name) for cls in sorted(self.resolver.owners(owner, scope)))
            case m.Name(id=name) if (defining := self.resolver.owner(name, scope)) is not None:
                yield Variable(defining, name)

    @kept
    def _putting(self, queue: Handle) -> Mapping[ScopeId, Sequence[int]]:
        """The functions that always come to putting what they are given into a queue, each with its operations that
        do."""
        puts = self.catalog.methods_that_insert("queue")
        found: list[Place] = []
        for use in self.flow.uses(queue):
            member = use.site.parent
            if use.kind == "member" and isinstance(member, m.Attr) and member.name in puts:
                for lead in self.around.leads(Lead(None, ((use.site.scope, use.site.op),))):
                    if all(self._is_unconditional(place) for place in lead.way[:-1]):
                        found.append(lead.place)
        return grouped(dict.fromkeys(found))

    def _is_unconditional(self, place: Place) -> bool:
        facts = self.program.facts(place[0])
        straight = all(facts.frames[frame].kind in STRAIGHT for frame in frames_of(facts, place[1]))
        return straight and not any(at < place[1] for at in layout(facts).jumps)

    def _is_queued(self, insert: Access, queue: Handle) -> bool:
        """Whether whoever comes to an insert always hands what its key is of to a queue, behind that."""

        def hands_over(lead: Lead) -> bool:
            facts, names = self.program.facts(lead.scope), _names(lead.key, lead.scope)
            ops = [op for op in self._putting(queue).get(lead.scope, ()) if op > lead.op]
            given = [op for op in ops if not names.isdisjoint(self._given(lead.scope, op))]
            return bool(given) and comes_to_one(facts, lead.op, given)

        return bool(self.around.always(self.around.start(insert), hands_over))

    def _given(self, scope: ScopeId, op: int) -> frozenset[str]:
        """The names in what the calls of an operation are given."""
        calls = self.program.calls_at(scope, op)
        return frozenset(name for call in calls for argument in call.args for name in w.names(argument.value))


def _is_straight(facts: m.Scope, frames: Iterable[int], removal: Access) -> bool:
    """Whether a run that goes well comes into some frames, if there is an entry to be removed."""
    kinds = [(facts.frames[frame].kind, facts.frames[frame].head) for frame in frames]
    return all(
        kind in STRAIGHT or (kind == "if" and head is not None and asks_for(head, removal)) for kind, head in kinds
    )


def _names(key: Shape | None, scope: ScopeId) -> frozenset[str]:
    """The names of a scope of which a key is made."""
    if key is None:
        return frozenset()
    if key.tag == "name":
        return frozenset({str(key.parts[0])} if key.parts[1] == scope else ())
    return frozenset(name for part in key.parts if isinstance(part, Shape) for name in _names(part, scope))
