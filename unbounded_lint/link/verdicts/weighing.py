"""The evidence that running code makes a container grow, from all that is known about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from unbounded_lint.evidence import Evidence
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.finding import Confidence
from unbounded_lint.link.containers.accesses import Access, AccessKind, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.entries.prunings import Prunings
from unbounded_lint.link.program.blocks import frames_of, guards, loops_over
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.context import Context
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.kinds import Holdings
from unbounded_lint.link.verdicts.removals import IDLE, Removal
from unbounded_lint.weights import model


class Growth(NamedTuple):
    """How probable it is that a container grows without end, by what evidence, and the reasons in words."""

    probability: float
    evidence: Evidence | None
    reasons: tuple[str, ...]

    @property
    def confidence(self) -> Confidence:
        """The level that the probability is called."""
        return model().level(self.probability)


NOTHING = Growth(0.0, None, ())
"""That of a container that nothing makes grow."""

RUNS = ("request", "event", "timer", "loop", "later", "spawned", "tested", "public", "once")
"""When an insert runs, the most telling first."""

_READS: dict[AccessKind, str] = {
    "iterate": "iterated", "read": "looked up", "contains": "tested", "tested": "tested", "size": "measured",
    "escape": "handed on",
}  # fmt: skip


class Weighing:
    """Puts together the evidence about one container."""

    def __init__(self, flow: Flow, execution: Execution, lifetimes: Lifetimes, holdings: Holdings) -> None:
        self.program = flow.program
        self.execution = execution
        self.lifetimes = lifetimes
        self.holdings = holdings
        self._prunings = Prunings(flow, execution)

    def of(
        self, holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...], removals: tuple[Removal, ...]
    ) -> Growth:
        """The most that the evidence about any insert supports; nothing for a container that nothing makes grow."""
        if not inserts:
            return NOTHING
        value = self._value(holder, accesses, inserts)
        common = self._common(holder, accesses, removals, value)
        found = [
            self._weighed(insert, msgspec.structs.replace(common, **self._of_insert(insert))) for insert in inserts
        ]
        return max(found, key=lambda growth: growth.probability)

    @staticmethod
    def _weighed(insert: Insert, evidence: Evidence) -> Growth:
        why = insert.domain.why
        reason = f"the key: {why}" if why.startswith("`") else f"the key is {why}"
        return Growth(model().probability(evidence), evidence, (reason,))

    # --- one insert ---

    def _of_insert(self, insert: Insert) -> dict[str, Any]:
        access, domain = insert.access, insert.domain
        appended = access.how in {"append", "extend", "appendleft", "insert", "put", "+="} or access.key is None
        return {
            "key": domain.source,
            "domain": f"weak {domain.kind}" if domain.weak else domain.kind,
            "insert": "inner" if access.nested else "bulk" if access.bulk else "append" if appended else "entry",
            "runs": self._runs(insert),
            "guards": tuple(self._guards(access)),
        }

    def _runs(self, insert: Insert) -> tuple[str, ...]:
        found = {self._run(context) for context in insert.contexts}
        return tuple(run for run in RUNS if run in found)

    def _run(self, context: Context) -> str:
        match context.kind:
            case "run" if self.execution.is_asked_for(context):
                return "request"
            case "run":
                return "event" if context.looped else "spawned"
            case "main" | "startup" if context.looped:
                return "loop"
            case "timer" | "later" | "tested":
                return context.kind
            case "api":
                return "public"
        return "once"

    def _guards(self, access: Access) -> Iterator[str]:
        """What is asked before an insert."""
        facts = self.program.facts(access.scope)
        conditions = [condition for condition, _ in guards(facts, access.op)]
        compared = (part for condition in conditions for part in w.walk(condition) if isinstance(part, m.Compare))
        if any(facts.frames[frame].kind == "except" for frame in frames_of(facts, access.op)):
            yield "an error"
        if any(access.key in (compare.left, *compare.items) for compare in compared):
            yield "a test of the key"
        elif conditions:
            yield "a condition"

    # --- the container ---

    def _common(self, holder: Holder, accesses: AccessList, removals: tuple[Removal, ...], value: str) -> Evidence:
        live = [a for a in accesses if not self.program.is_test(a.scope)]
        return Evidence(
            key="", domain="", insert="", runs=(), guards=(),
            value=value,
            owner=f"part of {holder.life.kind}" if holder.life.distance else holder.life.kind,
            shared="all" if self._is_shared(holder) else "some",
            removals=tuple(sorted({_told(r) for r in removals if r.when not in IDLE})),
            reads=tuple(sorted({_READS[a.kind] for a in live if a.kind in _READS})),
            project="application" if self.execution.roots.has_entry_points else "library",
            family=holder.made.kind.family,
            filled=holder.made.filled,
            names=model().groups(holder.name),
        )  # fmt: skip

    def _is_shared(self, holder: Holder) -> bool:
        """Whether every object that has the container lasts."""
        handle = holder.handle
        if not isinstance(handle, Attribute) or not holder.life.distance:
            return True
        return self.lifetimes.is_singleton(handle.cls)

    def _value(self, holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...]) -> str:
        kind = self.holdings.kind(holder, accesses, inserts)
        if kind:
            return kind
        giving = (a for a in accesses if a.kind in {"iterate", "read"} and not self.program.is_test(a.scope))
        if self._prunings.holds_callables(accesses) or any(map(self._is_called, giving)):
            return "callables"
        values = [i.access.value for i in inserts]
        if all(isinstance(value, m.Const) for value in values):
            return "constant"
        return "container" if all(isinstance(v, m.Display | m.DictDisplay | m.Comp) for v in values) else "data"

    def _is_called(self, access: Access) -> bool:
        """Whether what a loop over it gives is called, or else what is looked up in it."""
        site = access.site
        loops = loops_over(self.program.facts(access.scope), site.top)
        names = [frame.target.id for frame in loops if isinstance(frame.target, m.Name)]
        if names:
            return self._calls(names[0], access.scope)
        calls = [p.func for p in site.parents if isinstance(p, m.Call) and isinstance(p.func, m.Sub | m.Call)]
        return any(part is site.node for func in calls for part in w.walk(func))

    @kept
    def _calls(self, name: str, scope: ScopeId) -> bool:
        """Whether a scope calls what a name stands for."""
        return any(
            isinstance(site.parent, m.Call) and site.parent.func is site.node
            for site in self.program.of(scope).sites_in(scope.index, name)
        )


def _told(removal: Removal) -> str:
    return f"{'failing' if removal.fails else removal.when} {removal.extent}"
