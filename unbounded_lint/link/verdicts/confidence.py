"""How sure it is that running code makes a container grow, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import ExternalResult
from unbounded_lint.link.entries.prunings import Prunings
from unbounded_lint.link.program.blocks import LOOPS, layout, loops_over
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.runs.context import AGAIN, ContextKind
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.verdicts.inserts import Insert

Growth: TypeAlias = tuple[Confidence, tuple[str, ...]]
"""How sure it is that a container grows, and why."""

_PLAIN_DATA = frozenset(m.Name(name) for name in ("str", "int", "float", "bytes"))
_OUTSIDE: frozenset[ContextKind] = frozenset({"api", "tested", "test"})


class Growths(RunQuery):
    """Weighs the inserts of one container."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self._prunings = Prunings(flow, execution)

    def of(self, holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...]) -> Growth:
        """The best that any insert supports, and why; low for a container that nothing makes grow."""
        if not inserts:
            return Confidence.LOW, ()
        levels = [(self._level(insert, holder, accesses), insert.domain.words) for insert in inserts]
        best, reason = max(levels, key=lambda level: level[0].rank)
        escapes = [a.how for a in accesses if a.kind == "escape"]
        if holder.made.kind.family == "queue" and any(a.kind == "escape" or a.how == "kept" for a in accesses):
            best = Confidence.LOW  # whoever it is handed to takes out of it, most likely
        doubt = ""
        if escapes:
            doubt = f"it is handed to `{escapes[0] or 'code that cannot be seen'}`, which may remove entries"
        elif any(i.access.guess for i in inserts):
            doubt = "a receiver was matched by the attribute's name alone"
        if doubt and best is Confidence.HIGH:
            return Confidence.MEDIUM, (reason, doubt)
        return best, (reason,)

    def form(self, holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...]) -> str:
        """What all inserts look like: registration, listeners or table; empty where some look like none of these."""
        forms = [self._form(insert, holder, accesses) for insert in inserts]
        return forms[0] if all(forms) else ""

    def _form(self, insert: Insert, holder: Holder, accesses: AccessList) -> str:
        if holder.made.filled and not _names(insert.access.site, holder):
            return "table"
        unsure = insert.domain.weak or insert.domain.kind == "unknown"
        if unsure and self._prunings.holds_callables(accesses):
            return "listeners"
        return "registration" if self._is_registration(insert, accesses) else ""

    @kept
    def holds_callables(self, accesses: AccessList) -> bool:
        """Whether some code calls what it takes out of a container, or what is under its keys."""
        giving, held = (a for a in accesses if a.kind in {"iterate", "read"}), self._holds_references(accesses)
        return self._prunings.holds_callables(accesses) or any(self._is_called(a, held) for a in giving)

    def _holds_references(self, accesses: AccessList) -> bool:
        """Whether what is put into a container is called to get at something else."""
        stored = [(a.value, a.scope) for a in accesses if a.kind == "insert" and a.value is not None]
        values = {value for expr, scope in stored for value in self.resolver.values(expr, scope)}
        return bool(values) and all(
            isinstance(value, ExternalResult) and self.catalog.canonical(value.name) in name_lists().references
            for value in values
        )

    def _level(self, insert: Insert, holder: Holder, accesses: AccessList) -> Confidence:
        """What one insert supports."""
        access, domain = insert.access, insert.domain
        if self._form(insert, holder, accesses):
            return Confidence.LOW
        if domain.kind == "open" and not domain.weak:
            runs = not insert.kinds.isdisjoint(AGAIN)
            return Confidence.HIGH if runs and not access.nested else Confidence.MEDIUM
        if access.nested:
            return Confidence.LOW
        if domain.kind == "open":
            return Confidence.MEDIUM
        return Confidence.LOW if domain.weak else Confidence.MEDIUM

    def _is_registration(self, insert: Insert, accesses: AccessList) -> bool:
        """Whether a public function that nobody here calls stores something under a name, or to be called later: the
        form of a registration, which users make when their program starts."""
        asked = self.execution.runs_here_alone(*insert.access.place, _OUTSIDE)
        if not asked or insert.access.nested:
            return False
        parameters = {p.name for p in self.program.facts(insert.access.scope).parameters}
        value, inside = insert.access.value, accesses.names_inside(insert.access.scope)
        is_given = isinstance(value, m.Name) and value.id in parameters
        if (is_given or not inside.isdisjoint(parameters)) and self.holds_callables(accesses):
            return True
        return self._only_keeps(insert.access)

    def _only_keeps(self, access: Access) -> bool:
        """Whether a function does nothing but keep what it is given: no text or number, which would be data."""
        facts = self.program.facts(access.scope)
        if access.value is None or not LOOPS.isdisjoint(layout(facts).by_kind):
            return False
        if not all(index == access.op or _is_idle(op.action) for index, op in enumerate(facts.ops)):
            return False
        given = {m.Name(p.name) for p in facts.parameters if p.annotation not in _PLAIN_DATA}
        parts = [part.items[0] if isinstance(part, m.BoolOp) else part for part in (access.key, access.value)]
        return all(part is None or part in given for part in parts)

    def _is_called(self, access: Access, held: bool) -> bool:
        """Whether what a loop over it gives is called, or else what is looked up in it; where references are `held`,
        what these give."""
        site, facts = access.site, self.program.facts(access.scope)
        targets = (facts.frames[loop].target for loop in loops_over(facts, site.top))
        names = [target.id for target in targets if isinstance(target, m.Name)]
        if names:
            return any(
                self._calls(name, access.scope) for name in (self._got(names[0], access.scope) if held else names)
            )
        calls = [p.func for p in site.parents if isinstance(p, m.Call) and isinstance(p.func, m.Sub | m.Call)]
        return not held and any(part is site.node for func in calls for part in w.walk(func))

    @kept
    def _calls(self, name: str, scope: ScopeId) -> bool:
        """Whether a scope calls what a name stands for."""
        return any(site.call is not None for site in self.program.of(scope).sites_in(scope.index, name))

    def _got(self, name: str, scope: ScopeId) -> Iterator[str]:
        """The names of what calling that of a reference gives."""
        for site in self.program.of(scope).sites_in(scope.index, name):
            action = self.program.op(site).action
            if isinstance(action, m.Assign) and site.call is not None and action.value is site.call:
                yield from (target.id for target in action.targets if isinstance(target, m.Name))


def _names(site: Site, holder: Holder) -> bool:
    """Whether an access names the container itself: a table handed on to other code is rarely what that code fills."""
    return any(holder.name in (getattr(part, "id", ""), getattr(part, "name", "")) for part in w.walk(site.node))


def _is_idle(action: m.Action) -> bool:
    """Whether an operation only gives a name or a constant back, or is a docstring."""
    match action:
        case m.Return(value=value):
            return value is None or isinstance(value, m.Name | m.Const)
        case m.Eval(value=value):
            return isinstance(value, m.Const)
    return False
