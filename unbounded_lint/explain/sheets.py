"""Makes the fact sheets of containers, for `explain` and `inventory`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from unbounded_lint.comments.declaring import Declarations, remedies
from unbounded_lint.findings import telling, wording
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Insert, Removal, Report, Sheet, Way, Weight
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.inserts import Insert as LinkedInsert
from unbounded_lint.link.verdicts.removals import IDLE
from unbounded_lint.link.verdicts.removals import Removal as LinkedRemoval
from unbounded_lint.link.verdicts.support import OF_GROWTH, contributions, weights

WAYS = 6
"""How many ways to one place are told, each of another sort."""

_OF_VERDICT: Mapping[str, str] = {"never": "UBM101", "event-only": "UBM102", "unscheduled": "UBM201"}
"""The rules that report the verdicts that say that a container grows without end."""

_RANK: Mapping[str, int] = {run: number for number, run in enumerate(wording.RUNS)}


class Sheets:
    """Makes the sheets of a project's containers; reports has the findings about each symbol."""

    def __init__(self, project: Project, declared: Declarations, reports: Mapping[str, Sequence[Report]]) -> None:
        self.project = project
        self.declared = declared
        self.reports = reports

    def of(self, container: Container) -> Sheet:
        """The sheet of one container."""
        verdict, life = container.verdict, container.holder.life
        declared = self.declared.of(container.symbol)
        reports = tuple(self.reports.get(container.symbol, ()))
        code = _weighed_code(verdict.name, reports)
        support = container.support(code) if code is not None else None
        said = next((one.bound for one in declared if one.kind in {"bounded", "swept-by"}), "")
        broken = any(not report.hidden for report in reports)
        removals = self.project.every_removal(container)
        return Sheet(
            symbol=container.symbol,
            place=container.place,
            constructor=container.holder.made.text,
            verdict=verdict.name,
            confidence=(verdict.confidence if support is None else support.level).value,
            probability=None if support is None else support.probability,
            reasons=tuple(map(wording.readable, verdict.reasons)),
            declared=tuple(one.words for one in declared),
            evidence=container.evidence,
            inserts=self._inserts(container),
            removals=self._removals(removals),
            timers=self._timers(removals),
            findings=tuple(sorted({report.code for report in reports})),
            family=container.holder.made.kind.family,
            owner=f"part of {life.kind}" if life.distance else life.kind,
            bounded_by=said or _bound(container),
            is_open=broken or (verdict.name in wording.OPEN and not said),
            base=weights().base,
            weights=_weights(container, code),
            reports=reports,
            remedies=remedies([report.code for report in reports if not report.hidden]),
        )

    # --- inserts ---

    def _inserts(self, container: Container) -> tuple[Insert, ...]:
        growing = {id(insert.access.site.node): insert for insert in container.inserts}
        found: dict[tuple[ScopeId, int], LinkedInsert | None] = {}
        for access in (a for a in container.accesses if a.kind == "insert"):
            found[access.place] = found.get(access.place) or growing.get(id(access.site.node))
        return tuple(sorted((self._insert(*where, insert) for where, insert in found.items()), key=lambda i: i.place))

    def _insert(self, scope: ScopeId, op: int, insert: LinkedInsert | None) -> Insert:
        function, ways = self.project.function(scope), tuple(self._ways(scope, op))
        when = ", ".join(dict.fromkeys(wording.RUNS[way.run] for way in ways)) or "never"
        because = insert.domain.words if insert is not None else "does not make it grow"
        domain = insert.domain if insert is not None else None
        return Insert(
            place=self.project.place(scope, op, "insert", f"`{function}` inserts {when}; {because}"),
            function=function,
            grows=insert is not None,
            key=domain.source if domain is not None else "",
            domain=f"{'weak ' if domain.weak else ''}{domain.kind}" if domain is not None else "",
            why=wording.readable(domain.why) if domain is not None else "",
            ways=ways,
        )

    # --- removals ---

    def _removals(self, removals: Sequence[LinkedRemoval]) -> tuple[Removal, ...]:
        return tuple(sorted({self._removal(removal) for removal in removals}, key=lambda removal: removal.place))

    def _removal(self, removal: LinkedRemoval) -> Removal:
        access, function = removal.access, self.project.function(removal.access.scope)
        when = wording.moment(removal)
        text = f"`{function}` {wording.EXTENTS[removal.extent]}, {when}"
        return Removal(
            place=self.project.place(access.scope, access.op, "removal", text),
            function=function,
            extent=removal.extent,
            when=removal.when,
            works=removal.when not in IDLE,
            fails=removal.fails,
            ways=tuple(self._ways(access.scope, access.op)),
            partly=removal.partly,
            delayed=removal.delayed,
        )

    def _timers(self, removals: Sequence[LinkedRemoval]) -> tuple[Place, ...]:
        """Where the timers that reach a removal are started."""
        found: set[Place] = set()
        for removal in removals:
            found.update(self._arming(removal.access))
            for context in removal.nearest(self.project.execution, "timer", "later", "unstarted"):
                timer = "a loop" if context.timer == "loop" else context.timer or "a timer"
                text = f"{timer} in `{self.project.function(context.root[0])}`"
                found.add(self.project.place(*context.root, "timer", text))
        return tuple(sorted(found))

    def _arming(self, access: Access) -> Iterator[Place]:
        """Where a timer is made that is handed the removing method itself."""
        execution = self.project.execution
        made = execution.timers.of(access.handed, access.scope)[:1] if access.handed is not None else ()
        for timer in made:
            if timer.kind != "spawn":
                text = f"{timer.api} in `{self.project.function(access.scope)}`"
                yield self.project.place(access.scope, access.op, "timer", text)

    # --- ways ---

    def _ways(self, scope: ScopeId, op: int) -> Iterator[Way]:
        """The ways to an operation, the most telling first, the nearest one of each sort."""
        told: dict[tuple[str, str], tuple[Place, ...]] = {}
        for journey in self.project.journeys.to(scope, op):
            steps = tuple(self._step(*link.place, link.role) for link in journey.chain.links)
            before = told.get((journey.run, journey.context.timer))
            if before is None or len(steps) < len(before):
                told[journey.run, journey.context.timer] = steps
        ranked = sorted(told.items(), key=lambda way: (_RANK[way[0][0]], len(way[1])))
        yield from (Way(run, timer, steps) for (run, timer), steps in islice(ranked, WAYS))

    def _step(self, scope: ScopeId, op: int, role: str) -> Place:
        return self.project.place(scope, op, role, self.project.function(scope))


def _weighed_code(verdict: str, reports: Sequence[Report]) -> str | None:
    """The rule of whose finding it is told how sure it is: the surest there is that says the container grows, so that a
    sheet agrees with what is reported, or the one that a verdict stands for; None where a verdict says it does not."""
    if verdict not in _OF_VERDICT:
        return None
    growing = [report for report in reports if report.code in OF_GROWTH]
    return max(growing, key=lambda report: report.probability).code if growing else _OF_VERDICT[verdict]


def _bound(container: Container) -> str:
    """What bounds a container, in a few words."""
    verdict = container.verdict
    if verdict.name == "bounded" and container.holder.made.bounded:
        return f"its kind, `{container.holder.made.text}`"
    return wording.VERDICTS[verdict.name]


def _weights(container: Container, code: str | None) -> tuple[Weight, ...]:
    """What the probability of growth was added up from."""
    if code is None or container.evidence is None:
        return ()
    found = contributions(container.evidence, code, kept=container.kept)
    told = (Weight(name, telling.feature(name), weight) for name, weight in found)
    return tuple(sorted(told, key=lambda each: (-abs(each.weight), each.feature)))
