"""Breaks what bounds the containers of a program, one thing at a time.

A mutant is a program in which something that a container's verdict rests on is gone: the statements of its sweep, a
call or a timer on the way to the sweep, the start of that timer, the removal beside that of a companion, or a
`finally`. What is broken is found by the link layer's own answers, never by names. Mutants that another removal or
another start makes harmless are not made.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tests.mutation.text import Edit, edited, is_whole, piece, try_around, without_finally
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.dataflow.handles import Use
from unbounded_lint.link.program.blocks import in_cleanup, in_main_guard
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal

BOUNDING = frozenset({"timer", "guaranteed", "capacity", "later", "insert"})
BOUNDED = frozenset({"swept", "paired", "entry-timer", "amortised", "bounded"})
"""Verdicts that rest on a removal; `bounded` also on other things, but then there is no removal to take away."""

ALLOWED = {
    "sweep": {"UBM101", "UBM102", "UBM103", "UBM104", "UBM105", "UBM201", "UBM202"},
    "companion": {"UBM105", "UBM101", "UBM102", "UBM103", "UBM202"},
    "call": {"UBM201", "UBM101", "UBM102", "UBM103", "UBM105", "UBM202", "UBM204"},
    "timer": {"UBM201", "UBM101", "UBM102", "UBM103", "UBM105", "UBM202", "UBM204"},
    "start": {"UBM201", "UBM101", "UBM102", "UBM103", "UBM202", "UBM204"},
    "one start": {"UBM204", "UBM203", "UBM201"},
    "finally": {"UBM101", "UBM102", "UBM105"},
}
"""What a finding on the container may be called when this kind of thing is gone."""

DEPTH = 5
"""How many callers up from a sweep its calls are taken away."""


@dataclass(frozen=True)
class Mutant:
    """A broken program: what was done, the container concerned, and the files that differ."""

    kind: str
    symbol: str
    what: str
    files: Mapping[str, str] = field(repr=False)

    @property
    def label(self) -> str:
        """The mutant's name within its program."""
        return f"{self.symbol.partition(':')[2]}: {self.kind}: {self.what}"


def mutants(project: Project, files: dict[str, str]) -> tuple[Mutant, ...]:
    """Every mutant of a program: path -> text, and the project linked from it."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Mutant] = {}
    for container in project.containers:
        for mutant in _Breaker(project, files, container).all():
            same = tuple(sorted(mutant.files.items()))
            found.setdefault((mutant.symbol, same), mutant)
    return tuple(_numbered(found.values()))


def _numbered(found: Iterable[Mutant]) -> Iterator[Mutant]:
    """Mutants with labels of their own: the second of a name gets a number."""
    seen: Counter[str] = Counter()
    for mutant in found:
        seen[mutant.label] += 1
        number = seen[mutant.label]
        yield mutant if number == 1 else Mutant(mutant.kind, mutant.symbol, f"{mutant.what} #{number}", mutant.files)


class _Breaker:
    """Makes the mutants of one container."""

    def __init__(self, project: Project, files: dict[str, str], container: Container) -> None:
        self.project = project
        self.program = project.program
        self.flow = project.flow
        self.execution = project.execution
        self.files = files
        self.container = container

    def all(self) -> Iterator[Mutant]:
        container = self.container
        if container.verdict.name not in BOUNDED or not container.inserts or container.holder.made.bounded:
            return
        if container.confidence is Confidence.LOW:
            return
        groups = self._groups()
        for scope, removals in groups.items():
            rest = [r for other, found in groups.items() if other != scope for r in found]
            if self._bounds(rest):
                continue
            yield from self._without_removals(scope, removals)
            yield from self._without_finally(scope, removals)
            if any(r.when in {"timer", "capacity", "insert"} for r in removals):
                yield from self._without_routes(scope, "call", ())
                yield from self._without_starts(removals)

    def _groups(self) -> dict[ScopeId, list[Removal]]:
        """The removals that bound the container, by the function in which they stand."""
        groups: dict[ScopeId, list[Removal]] = {}
        for removal in self.container.removals:
            if removal.when in BOUNDING and not (removal.when == "insert" and removal.extent == "single"):
                groups.setdefault(removal.access.scope, []).append(removal)
        return groups

    def _bounds(self, removals: list[Removal]) -> bool:
        """Whether these removals alone bound the container; guaranteed ones do where they cover every insert."""
        if any(r.when != "guaranteed" for r in removals):
            return True
        cleanups, accesses = self.project._removals.cleanups, self.container.accesses
        cleanup = cleanups.of(removals, accesses)
        return bool(removals) and all(cleanups.cover(cleanup, i.access, accesses) for i in self.container.inserts)

    def _made(self, kind: str, what: str, edits: Iterable[Edit]) -> Iterator[Mutant]:
        files = edited(self.files, edits)
        if files and all(is_whole(text) for text in files.values()):
            yield Mutant(kind, self.container.symbol, what, files)

    # --- the removing statements ---

    def _without_removals(self, scope: ScopeId, removals: list[Removal]) -> Iterator[Mutant]:
        edits = [self._removed(r) for r in removals]
        kind = "companion" if self._has_companion(scope) else "sweep"
        yield from self._made(kind, f"removal in {self.project.function(scope)}", edits)

    def _has_companion(self, scope: ScopeId) -> bool:
        """Whether the same function removes from another container that is filled where this one is."""
        mine = {i.access.scope for i in self.container.inserts}
        return any(
            other.symbol != self.container.symbol
            and any(r.access.scope == scope for r in other.removals)
            and any(i.access.scope in mine for i in other.inserts)
            for other in self.project.containers
        )

    def _removed(self, removal: Removal) -> Edit:
        """The edit that takes one removal away: its statement, or the call where its value is used."""
        access = removal.access
        op = self.program.facts(access.scope).ops[access.op]
        call = access.handed or next((p for p in reversed(access.site.parents) if isinstance(p, m.Call)), None)
        if call is None or access.kind == "replace" or isinstance(op.action, m.Delete | m.AugAssign):
            return Edit(access.scope.path, op.span, "pass")
        return self._call_gone(access.scope, op, call)

    def _call_gone(self, scope: ScopeId, op: m.Op, call: m.Call) -> Edit:
        path = scope.path
        if isinstance(op.action, m.Eval) and op.action.role == "statement" and _is_all(op.action.value, call):
            return Edit(path, op.span, "pass")
        text = piece(self.files[path], call.span)
        if isinstance(call.func, m.Attr) and call.func.name == "pop" and call.args and text.count(".pop(") == 1:
            return Edit(path, call.span, text.replace(".pop(", ".get("))
        return Edit(path, call.span, "None")

    # --- `finally` ---

    def _without_finally(self, scope: ScopeId, removals: list[Removal]) -> Iterator[Mutant]:
        places = [(r.access.scope, r.access.op) for r in removals if r.when == "guaranteed"]
        if places:
            places += [(site.scope, site.op) for site in self._calls(scope)]
        for at, op in places:
            facts = self.program.facts(at)
            if not in_cleanup(facts, op):
                continue
            text = self.files[at.path]
            line = try_around(text, facts.ops[op].span.line)
            for keep in (True, False) if line is not None else ():
                changed = without_finally(text, line or 0, keep=keep)
                if is_whole(changed) and not (keep and self._is_elsewhere(places, at, op)):
                    what = f"{'plain' if keep else 'deleted'} in {self.project.function(at)}"
                    yield Mutant("finally", self.container.symbol, what, {at.path: changed})

    def _is_elsewhere(self, places: list[tuple[ScopeId, int]], scope: ScopeId, op: int) -> bool:
        """Whether another clean-up does the same: then this `finally` is not what the entry hangs on."""
        return any(place != (scope, op) and in_cleanup(self.program.facts(place[0]), place[1]) for place in places)

    # --- the ways to a sweep ---

    @cached_property
    def _timed(self) -> frozenset[ScopeId]:
        """The functions in which a timed loop runs a removal, or a timer is armed for one."""
        found = (c for r in self.container.removals for c in r.nearest(self.execution, "timer"))
        return frozenset(c.root[0] for c in found)

    @cached_property
    def _inserting(self) -> frozenset[ScopeId]:
        """The functions that insert, and all that call or hand over one that does."""
        seen = {a.scope for a in self.container.accesses if a.kind == "insert"}
        queue = list(seen)
        while queue:
            at = queue.pop()
            above = {site.scope for site in self.flow.call_sites(at)} | {u.site.scope for u in self._handed(at)}
            queue.extend(above - seen)
            seen |= above
        return frozenset(seen)

    def _calls(self, scope: ScopeId) -> list[Site]:
        return [
            Site(site.scope, site.op, site.call, ())
            for site in self.flow.call_sites(scope)
            if site.call is not None and site.op >= 0
        ]

    def _handed(self, scope: ScopeId) -> list[Use]:
        return [
            use
            for use in (self.flow.function_uses(scope) if scope.index else ())
            if use.kind in {"argument", "partial", "kept"}
        ]

    def _without_routes(self, scope: ScopeId, kind: str, below: tuple[ScopeId, ...]) -> Iterator[Mutant]:
        """Everything that runs a function is taken away; then, one up, everything that runs what runs it.

        What a timer's own callback calls to arm it anew stays. It ends where the program itself would be taken away:
        at what inserts, at constructors and at scripts.
        """
        facts = self.program.facts(scope)
        if not scope.index or scope in self._inserting or scope in below or len(below) == DEPTH:
            return
        if facts.name.startswith("__"):
            return
        inside = {scope, *below}
        calls = [site for site in self._calls(scope) if site.scope not in inside]
        handed = [use for use in self._handed(scope) if use.site.scope not in below]
        if any(in_main_guard(self.program.facts(c.scope), c.op) for c in calls if not c.scope.index):
            return
        edits = [self._call_gone(s.scope, self.program.op(s), s.node) for s in calls if isinstance(s.node, m.Call)]
        edits += [edit for use in handed for edit in self._hand_over_gone(use)]
        if handed or scope in self._timed:
            kind = "timer"
        edits += self._decorators(scope)
        if len(edits) >= len(calls) + len(handed) and not self._may_be_called_by_users(scope, kind):
            yield from self._made(kind, f"all that runs {self.project.function(scope)}", edits)
        if kind == "timer" and len(calls) > 1 and self._is_only_on_demand(calls):
            for call, edit in zip(calls, edits, strict=False):
                if any(self._runs_at_start(other) for other in calls if other is not call):
                    continue
                where = f"{self.project.function(scope)} in {self.project.function(call.scope)}"
                yield from self._made("one start", where, [edit])
        above = {s.scope for s in calls} | {u.site.scope for u in handed}
        if len(above) == 1:
            yield from self._without_routes(above.pop(), kind, (*below, scope))

    def _runs_at_start(self, site: Site) -> bool:
        """Whether a call is made when the program begins: then it is enough."""
        contexts = self.execution.at(site.scope, site.op)
        return any(c.kind in {"import", "startup"} or (c.kind == "main" and not c.looped) for c in contexts)

    def _may_be_called_by_users(self, scope: ScopeId, kind: str) -> bool:
        """Whether a start that nothing calls is no fault: a public function of a library is started by its users."""
        public = not self.program.facts(scope).name.startswith("_")
        return kind == "timer" and public and not self.execution.roots.has_entry_points

    def _hand_over_gone(self, use: Use) -> Iterator[Edit]:
        """The call that is given a callback; only the argument where it is one of an application's settings."""
        call, path = use.outer, use.site.scope.path
        if not isinstance(call, m.Call):
            return
        keyword = next((a.keyword for a in call.args if a.value is use.site.node), None)
        if keyword is None or self.execution.timers.of(call, use.site.scope):
            yield self._call_gone(use.site.scope, self.program.op(use.site), call)
            return
        text = re.sub(rf"\b{keyword}\s*=\s*[\w.]+", f"{keyword}=None", piece(self.files[path], call.span))
        yield Edit(path, call.span, text)

    def _is_only_on_demand(self, calls: list[Site]) -> bool:
        """Whether nothing but code that inserts makes these calls, each in a function of its own."""
        scopes = {call.scope for call in calls}
        inserts = {i.access.scope for i in self.container.inserts}
        return scopes <= inserts and len(scopes) == len(calls)

    def _decorators(self, scope: ScopeId) -> Iterator[Edit]:
        """Decorators that make a function a timer."""
        facts, outside = self.program.facts(scope), self.program.parent(scope)
        for decorator in facts.decorators:
            call = decorator if isinstance(decorator, m.Call) else m.Call(decorator, (), facts.span)
            if outside is not None and self.execution.timers.of(call, outside):
                for index, op in enumerate(self.program.facts(outside).ops):
                    if isinstance(op.action, m.Eval) and op.action.value is decorator:
                        yield Edit(scope.path, op.span, self._no_decorator(scope.path, op, index))

    def _no_decorator(self, path: str, op: m.Op, _index: int) -> str:
        return "@staticmethod" if piece(self.files[path], op.span).startswith("@") else "(lambda function: function)"

    # --- what starts a timer, besides making it ---

    def _without_starts(self, removals: list[Removal]) -> Iterator[Mutant]:
        for removal in removals:
            for context in removal.nearest(self.execution, "timer"):
                yield from self._of_root(*context.root)

    def _of_root(self, scope: ScopeId, op: int) -> Iterator[Mutant]:
        """The start methods of the timers that are made where a way of running begins, or that run the loop there."""
        makers = list(self._timers_at(scope, op))
        for use in self._handed(scope):
            if isinstance(use.outer, m.Call):
                outer = Site(use.site.scope, use.site.op, use.outer, use.site.parents[:-1])
                makers += [(timer, outer) for timer in self.execution.timers.of(use.outer, use.site.scope)]
        for timer, made in makers:
            edits = list(self._starts(timer.activation, made))
            yield from self._made("start", f"start of {timer.api}", edits)

    def _timers_at(self, scope: ScopeId, op: int) -> Iterator[tuple[object, Site]]:
        for top in w.expressions(self.program.facts(scope).ops[op].action):
            for node, parents in w.walk_with_parents(top):
                if isinstance(node, m.Call):
                    for timer in self.execution.timers.of(node, scope)[:1]:
                        yield timer, Site(scope, op, node, parents)

    def _starts(self, activation: object, made: Site) -> Iterator[Edit]:
        how, methods = activation.how, set(activation.methods)  # type: ignore[attr-defined]
        if how == "method":
            for use in self.flow.site_uses(made):
                if use.kind == "member" and isinstance(use.outer, m.Attr) and use.outer.name in methods:
                    yield from self._start_gone(use.site)
        elif how == "receiver":
            for method in sorted(methods):
                for site in self.program.sites(method):
                    if isinstance(site.node, m.Attr):
                        yield from self._start_gone(
                            Site(site.scope, site.op, site.node.base, (*site.parents, site.node))
                        )

    def _start_gone(self, started: Site) -> Iterator[Edit]:
        """`X.start()` goes; `Timer(...).start()` becomes `Timer(...)`."""
        call = next((p for p in reversed(started.parents) if isinstance(p, m.Call)), None)
        if call is None:
            return
        op = self.program.op(started)
        if isinstance(started.node, m.Call):
            yield Edit(started.scope.path, call.span, piece(self.files[started.scope.path], started.node.span))
        else:
            yield self._call_gone(started.scope, op, call)


def _is_all(value: m.Expr, call: m.Call) -> bool:
    return value is call or (isinstance(value, m.Await) and value.value is call)
