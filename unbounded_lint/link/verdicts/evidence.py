"""The evidence that running code makes a container grow, from all that is known about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import Any

import msgspec

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.link.containers.accesses import APPENDING, REMOVING, Access, AccessKind, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.containers.sharing import Sharing
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import argument_of
from unbounded_lint.link.program.blocks import frames_of, guards
from unbounded_lint.link.program.definitions import expanded, expansions
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.naming import is_aside
from unbounded_lint.link.program.program import is_sample
from unbounded_lint.link.runs.context import EVERY, Context, Sort
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.confidence import Growths
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.kinds import Holdings
from unbounded_lint.link.verdicts.refusals import Refusals
from unbounded_lint.link.verdicts.removals import IDLE, Moment, Removal
from unbounded_lint.link.verdicts.support import weights
from unbounded_lint.link.verdicts.usages import Usages
from unbounded_lint.link.verdicts.ways import Way

_WORDS = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

RUNS = (
    "request", "event", "loop", "timer", "override", "decorated", "handed", "special", "later", "spawned", "repeated",
    "tested", "public", "command", "startup", "import", "once",
)  # fmt: skip
"""When an insert runs, the most telling first."""

_CALLERS = 8
"""In how many calls names are looked at."""

_FEW = 6
"""An expression with more names speaks of nothing in particular."""

_LIFTS = 3
"""Through how many calls above an insert constructors are looked for."""

_UNSEEN: frozenset[Moment] = frozenset({"dead", "test"})
"""When removals run of which no call is seen in the program, which says less than that nothing calls them."""

_READS: dict[AccessKind, str] = {
    "iterate": "iterated", "read": "looked up", "contains": "tested", "tested": "tested", "size": "measured",
    "escape": "handed on",
}  # fmt: skip


class Evidences:
    """Puts together the evidence about one container."""

    def __init__(
        self,
        flow: Flow,
        execution: Execution,
        lifetimes: Lifetimes,
        growths: Growths,
        holdings: Holdings,
        usages: Usages | None,
    ) -> None:
        self.flow = flow
        self.program = flow.program
        self.execution = execution
        self._sharing = Sharing(lifetimes)
        self.holdings = holdings
        self._growths = growths
        self._usages = usages
        self._refusals = Refusals(flow, execution)

    @cached_property
    def _size(self) -> str:
        return "sample" if is_sample(self.program) else "project"

    def of(
        self,
        holder: Holder,
        accesses: AccessList,
        inserts: tuple[Insert, ...],
        removals: tuple[Removal, ...],
        way: Way | None,
    ) -> Evidence | None:
        """The evidence about a container by its clearest insert; None where nothing makes it grow."""
        if not inserts:
            return None
        clearest = max(inserts, key=self._clarity)
        value, form = self._value(holder, accesses, inserts), self._growths.form(holder, accesses, inserts)
        common = self._common(holder, accesses, removals, value, form)
        return msgspec.structs.replace(
            common, **self._of_insert(holder, clearest, accesses), **self._of_removals(removals, way)
        )

    def _clarity(self, insert: Insert) -> tuple[Any, ...]:
        """How much an insert tells: by its key, then by whether it goes on after the making of an object, and by what
        runs it."""
        runs, goes_on = self._runs(insert), self._phase(insert.access) != "constructor"
        return (*insert.domain.rank, goes_on, -RUNS.index(runs[0]) if runs else -len(RUNS), not insert.access.nested)

    # --- one insert ---

    def _of_insert(self, holder: Holder, insert: Insert, accesses: AccessList) -> dict[str, Any]:
        access, domain = insert.access, insert.domain
        appended = access.how in {*APPENDING, "+="} or access.key is None
        return {
            "key": domain.source,
            "domain": f"weak {domain.kind}" if domain.weak else domain.kind,
            "insert": "inner" if access.nested else "bulk" if access.bulk else "append" if appended else "entry",
            "runs": self._runs(insert),
            "guards": tuple(self._guards(access, accesses)),
            "root": self._root(access),
            "phase": self._phase(access),
            "usage": self._usage(insert),
            "guess": all(context.guess for context in insert.contexts),
            "key_names": _words(*self._key_names(access)),
            "given_names": _words(*self._given_names(access)),
            "value_names": _words(*self._value_names(holder, access)),
            "function_names": _words(*self._functions(access.scope)),
            "path_names": _words(access.scope.path.removesuffix(".py")),
        }

    def _key_names(self, access: Access) -> Iterator[str]:
        """The names in a key (or in what is appended), and in what the local names in it are bound to."""
        inserted = _inserted(access)
        for whole in expansions(self.program, inserted, access.scope, access.op, depth=2):
            yield from _names_in(whole, _FEW if whole is not inserted else None)

    def _given_names(self, access: Access) -> Iterator[str]:
        """The names in what callers pass for the parameters in a key."""
        facts = self.program.facts(access.scope)
        parts = expanded(self.program, _inserted(access), access.scope, access.op)
        used = {part.id for part in parts if isinstance(part, m.Name)}
        wanted = [index for index, parameter in enumerate(facts.parameters) if parameter.name in used]
        calls = chain(self.flow.call_sites(access.scope), self.execution.graph.handing.calls(access.scope))
        for site in islice(calls, _CALLERS) if wanted else ():
            for index in wanted:
                passed = argument_of(facts, index, site)
                if passed is not None:
                    yield from _names_in(passed, _FEW)

    def _value_names(self, holder: Holder, access: Access) -> Iterator[str]:
        """The names in the annotation of a container, and in what an insert stores under a key."""
        for scope, op in holder.definitions:
            action = self.program.action(scope, op)
            if isinstance(action, m.Assign) and action.annotation is not None:
                yield from _names_in(action.annotation)
        if access.key is not None:
            for whole in expansions(self.program, access.value, access.scope, access.op, depth=2):
                yield from _names_in(whole, _FEW)

    def _functions(self, scope: ScopeId) -> Iterator[str]:
        """The names of a function and of those around it."""
        above = self.program.parent(scope)
        if above is not None:
            yield from self._functions(above)
            if self.program.facts(scope).kind != "class":
                yield self.program.facts(scope).name

    def _root(self, access: Access) -> str:
        """What the names in a key hang on: a parameter of the function, its receiver, or something else."""
        facts = self.program.facts(access.scope)
        is_method = self.program.owner_class(access.scope) is not None
        receiver = facts.parameters[0].name if facts.parameters and is_method else ""
        given = {parameter.name for parameter in facts.parameters} - {receiver}
        parts = expanded(self.program, access.key, access.scope, access.op)
        names = {part.id for part in parts if isinstance(part, m.Name)}
        return "parameter" if names & given else "receiver" if receiver in names else "other" if names else "none"

    def _usage(self, insert: Insert) -> tuple[str, ...]:
        """How users are shown to call what leads to an insert, where nobody else calls it."""
        access = insert.access
        if self._usages is None:
            return ()
        ways = self.execution.nearest(*access.place, *EVERY)
        tops = {c.root[0] for c in ways if c.kind in {"api", "tested"}}
        if not all(c.kind in {"api", "tested"} or is_aside(c.root[0].path) for c in ways):
            return ()
        functions = sorted(tops or {access.scope})[:_CALLERS]
        return self._usages.of(functions, frozenset(w.names(_inserted(access))))

    def _phase(self, access: Access) -> str:
        """Whether an insert runs as some object is made: in a constructor, or in what constructors alone call; and
        whether it is that object which is put in."""
        parameters = self.program.facts(access.scope).parameters
        is_method = self.program.owner_class(access.scope) is not None
        if is_method and parameters and m.Name(parameters[0].name) in (access.key, access.value):
            return "itself"
        return "constructor" if self._constructs(access.scope) else "work"

    @kept
    def _constructs(self, scope: ScopeId) -> bool:
        """Whether a function is a constructor, or what constructors alone call."""
        scopes = [scope]
        for _ in range(_LIFTS):
            if all(self.program.facts(scope).name in name_lists().constructors for scope in scopes):
                return True
            scopes = sorted({site.scope for scope in scopes for site in self.flow.call_sites(scope)})
            if not scopes:
                break
        return False

    def _runs(self, insert: Insert) -> tuple[str, ...]:
        sure = any(not context.guess for context in insert.contexts)
        others = (c for c in insert.contexts if c.kind != "run" and not (sure and c.guess))
        runs = self.execution.nearest(*insert.access.place, "run", without=("guess",) if sure else ())
        found = {self.run_of(context) for context in (*others, *runs)}
        return tuple(run for run in RUNS if run in found)

    def run_of(self, context: Sort) -> str:
        """How often a way of running is gone, one of `RUNS`."""
        match context.kind:
            case "run" if isinstance(context, Context) and self.execution.is_asked_for(context):
                return "request"
            case "run" if not context.looped:
                return "spawned"
            case "run":
                return "event" if context.by == "hook" else context.by or "handed"
            case "main" | "startup" if context.looped:
                return "loop" if context.endless else "repeated"
            case "timer" | "later" | "tested" | "startup" | "import":
                return context.kind
            case "main":
                return "command"
            case "api":
                return "public"
        return "once"

    def _guards(self, access: Access, accesses: AccessList) -> Iterator[str]:
        """What is asked before an insert."""
        facts = self.program.facts(access.scope)
        conditions = [test for test, _ in guards(facts, access.op) if not isinstance(test, m.Const)]
        compared = (part for condition in conditions for part in w.walk(condition) if isinstance(part, m.Compare))
        if any(facts.frames[frame].kind == "except" for frame in frames_of(facts, access.op)):
            yield "an error"
        if self._refusals.refuse(access, accesses):
            yield "a refusal"
        elif any(access.key in (compare.left, *compare.items) for compare in compared):
            yield "a test of the key"
        elif conditions:
            yield "a condition"

    # --- its removals ---

    def _of_removals(self, removals: tuple[Removal, ...], way: Way | None) -> dict[str, Any]:
        events = [removal for removal in removals if removal.when == "event"]
        runs = {self.run_of(context) for removal in events for context in removal.contexts}
        return {
            "left": way.left if way is not None else "",
            "exit": way.exit.kind if way is not None and way.exit is not None else "",
            "removers": tuple(run for run in RUNS if run in runs),
        }

    # --- the container ---

    def _common(
        self, holder: Holder, accesses: AccessList, removals: tuple[Removal, ...], value: str, form: str
    ) -> Evidence:
        return Evidence(
            key="", domain="", insert="", root="", phase="", guess=False, runs=(), guards=(), key_names=(),
            function_names=(), path_names=(),
            value=value,
            owner=f"part of {holder.life.kind}" if holder.life.distance else holder.life.kind,
            shared="all" if self._is_shared(holder) else "some",
            removals=tuple(sorted({_told(r) for r in removals if r.when not in IDLE - _UNSEEN})),
            reads=tuple(sorted(set(_reads(accesses)))),
            project="application" if self.execution.roots.has_entry_points else "library",
            family=holder.made.kind.family,
            filled=holder.made.filled,
            form=form,
            size=self._size,
            names=_words(holder.name),
            class_names=self._class_names(holder),
            method_names=self._method_names(holder),
        )  # fmt: skip

    def _class_names(self, holder: Holder) -> tuple[str, ...]:
        handle = holder.handle
        return _words(self.program.facts(handle.cls).name) if isinstance(handle, Attribute) else ()

    def _method_names(self, holder: Holder) -> tuple[str, ...]:
        """The names of the methods of the class that has the container, as far as they tell what it is for."""
        if not isinstance(handle := holder.handle, Attribute):
            return ()
        module = self.program.of(handle.cls)
        scopes = [module.scope(at) for at in module.functions_of.get(handle.cls.index, ())]
        return tuple(sorted({s.name for s in scopes if s.parent == handle.cls.index} & self._telling_methods))

    @cached_property
    def _telling_methods(self) -> frozenset[str]:
        return frozenset[str]().union(*weights().words["method_names"].values())

    def _is_shared(self, holder: Holder) -> bool:
        """Whether every object that has the container lasts."""
        handle = holder.handle
        if not isinstance(handle, Attribute) or not holder.life.distance:
            return True
        return self._sharing.is_singleton(handle.cls)

    def _value(self, holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...]) -> str:
        kind = self.holdings.kind(holder, accesses, inserts)
        if kind:
            return kind
        if self._growths.holds_callables(accesses):
            return "callables"
        values = [i.access.value for i in inserts]
        if all(isinstance(value, m.Const) for value in values):
            return "constant"
        return "container" if all(isinstance(v, m.Display | m.DictDisplay | m.Comp) for v in values) else "data"


def _reads(accesses: AccessList) -> Iterator[str]:
    for access in accesses:
        if access.nested and access.kind in REMOVING:
            yield "taken out inside"
        if access.kind in _READS:
            yield _READS["escape" if access.how == "kept" else access.kind]


def _words(*names: str) -> tuple[str, ...]:
    """The words of some names, each once."""
    return tuple(dict.fromkeys(word.lower() for name in names for word in _WORDS.findall(name)))


def _inserted(access: Access) -> m.Expr | None:
    """The key of an insert, or what is appended."""
    return access.key if access.key is not None else access.value


def _names_in(expr: m.Expr, most: int | None = None) -> Sequence[str]:
    """The names in an expression, in the order in which they are written; none of one with more than the most."""
    names = [
        part.id if isinstance(part, m.Name) else part.name for part in w.walk(expr) if isinstance(part, m.Name | m.Attr)
    ]
    return names if most is None or len(names) <= most else ()


def _told(removal: Removal) -> str:
    if removal.when in _UNSEEN:
        return removal.when
    return f"{'failing' if removal.fails else removal.when} {removal.extent}"
