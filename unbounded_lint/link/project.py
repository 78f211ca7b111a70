"""The linked project: the long-lived containers, with everything that rules ask about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import cache, cached_property, partial
from typing import TypeVar

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.files.source import SourceFile
from unbounded_lint.findings import wording
from unbounded_lint.findings.finding import Confidence, Place
from unbounded_lint.findings.symbols import plain
from unbounded_lint.link.containers.finding import Containers, Holder
from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.containers.making import Making
from unbounded_lint.link.containers.passing import Passing, Passings
from unbounded_lint.link.containers.reading import Accesses
from unbounded_lint.link.containers.registries import Registries
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.defects.defects import Defects
from unbounded_lint.link.defects.question import Linked
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.program.module import LinkedModule, ScopeId
from unbounded_lint.link.program.program import Program
from unbounded_lint.link.runs.declared import Declared
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.classing import Removals
from unbounded_lint.link.verdicts.confidence import Growths
from unbounded_lint.link.verdicts.container import Container, marked, verdict_on
from unbounded_lint.link.verdicts.evidence import Evidences
from unbounded_lint.link.verdicts.inserts import Inserts
from unbounded_lint.link.verdicts.journeys import Journeys
from unbounded_lint.link.verdicts.kinds import Holdings
from unbounded_lint.link.verdicts.periods import Rhythm, Rhythms
from unbounded_lint.link.verdicts.removals import Removal
from unbounded_lint.link.verdicts.support import OF_GROWTH
from unbounded_lint.link.verdicts.usages import Shown, Usages
from unbounded_lint.link.verdicts.ways import Ways

T = TypeVar("T")
_NOTHING = Declared()


class Project:
    """What rules may ask. Read-only; the same files give the same answers in the same order.

    Unless it is thorough, attributes of singletons that nothing could insert into are left out of `containers`.
    `holdings` answers what the entries of one are, `journeys` how a run comes to an operation. `least` is how
    sure a finding must be to be shown, `kept` takes the objects that others make, such as clients, for such that last;
    `shown` gives what mentions a name in tests and documentation, None where these are not looked at; `progress` is
    told how far the work is.
    """

    def __init__(
        self,
        files: Sequence[SourceFile],
        load: Callable[[str], m.ModuleFacts | None],
        mentioning: Callable[[str], Sequence[str]],
        in_tests: Callable[[str], bool],
        candidates: Sequence[str],
        catalog: Catalog,
        declared: Declared = _NOTHING,
        thorough: bool = True,
        least: Confidence = Confidence.LOW,
        kept: bool = False,
        shown: Shown | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.program = Program(files, load, mentioning, in_tests)
        self.flow = Flow(self.program, catalog)
        self.execution = Execution(self.flow, declared)
        self._lifetimes = Lifetimes(self.flow, self.execution)
        self._keys = Keys(self.flow, self.execution, self._lifetimes)
        making = Making(self.flow)
        self._registries = Registries(self.flow)
        self._accesses = Accesses(self.flow, self._registries)
        self._every = Containers(self.flow, making, self._lifetimes)
        mattering = Containers(self.flow, making, self._lifetimes, self._matters)
        self._containers = self._every if thorough else mattering
        self._removals = Removals(self.flow, self.execution)
        serving = self._lifetimes.serving
        self._inserts = Inserts(self.flow, self.execution, serving, self._keys, self._removals, making)
        self._ways = Ways(self.flow, self.execution, self._removals.cleanups)
        self.holdings = Holdings(self.flow, self.execution)
        self._growths = Growths(self.flow, self.execution)
        usages = Usages(self.flow, shown) if shown is not None else None
        parts = (self.flow, self.execution, self._lifetimes, self._growths, self.holdings, usages)
        self._evidences = Evidences(*parts)
        self.journeys = Journeys(self.flow, self.execution, self._evidences)
        self._candidates = tuple(candidates)
        self._least = least
        self._kept = kept
        self._progress = progress
        self._failed: list[tuple[str, str, Exception]] = []

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Every long-lived container, by path and place."""
        found = []
        for holder in self._told("Following containers", tuple(self._holders())):
            try:
                found.append(self._container(holder))
            except Exception as error:
                self._failed.append((holder.scope.path, holder.symbol, error))
        return tuple(sorted(found, key=lambda c: (c.place, c.symbol)))

    def ask(self, question: Callable[[Project], Iterator[T]]) -> tuple[T, ...]:
        """The answers to a question about every container; where it fails, those about each container that it does
        not fail for, and the others are among the `failures`."""
        try:
            return tuple(question(self))
        except Exception:
            return tuple(dict.fromkeys(self._ask_one_by_one(question)))

    def _ask_one_by_one(self, question: Callable[[Project], Iterator[T]]) -> Iterator[T]:
        for containers in ((), *((container,) for container in self.containers)):
            alone = copy(self)
            vars(alone)["containers"] = containers
            try:
                yield from tuple(question(alone))
            except Exception as error:
                if not containers:
                    self._failed.append((next(iter(self._candidates), ""), "", error))
                    return
                self._failed.append((containers[0].place.path, containers[0].symbol, error))

    @cached_property
    def defects(self) -> Defects:
        """What can be wrong with the sweeping of a container: one question for each rule that has one of its own."""
        parts = (self.flow, self.execution, self._keys, self._removals, self.holdings, self._lifetimes)
        return Defects(Linked(*parts, self.containers))

    def definitions(self, holder: Holder) -> tuple[Place, ...]:
        """Where a container is defined."""
        found = dict.fromkeys(((holder.scope, holder.op), *holder.definitions))
        return tuple(self.place(scope, op, "definition", "") for scope, op in found)

    def held_in(self, path: str) -> tuple[Holder, ...] | None:
        """The long-lived containers that a file defines, those included that nothing could insert into; None for a file
        without facts, or where it cannot be told through a fault of ours."""
        module = self.program.module(path) if path in self.program.files else None
        try:
            return None if module is None else (*self._every.of_module(module), *self._registries.of_module(module))
        except Exception as error:
            self._failed.append((path, "", error))
            return None

    def passing(self, module: LinkedModule, qualname: str, *, inside: bool = False) -> Iterator[Passing]:
        """What a module has under a plain name that is no long-lived container, and why it is none."""
        return Passings(self._containers).of(module, qualname, inside=inside)

    @property
    def failures(self) -> tuple[tuple[str, str, Exception], ...]:
        """(path, symbol, error) of what could not be analysed through a fault of ours."""
        return tuple(self._failed)

    @property
    def analysed(self) -> int:
        """How many files have been read as facts so far."""
        return sum(1 for _ in self.program.read())

    def _told(self, what: str, parts: Sequence[T]) -> Iterator[T]:
        """The parts of a piece of work, telling how many are done."""
        for done, part in enumerate(parts, 1):
            yield part
            if self._progress is not None:
                self._progress(what, done, len(parts))

    def _holders(self) -> Iterator[Holder]:
        """The long-lived containers; what a derived class binds anew is the attribute that its base has already."""
        found = tuple(self._every_holder())
        kinds = {h.handle: h.made.bounded for h in found if self.program.facts(h.scope).kind == "function"}
        for holder in found:
            of = holder.handle
            bases = self.flow.resolver.mro(of.cls)[1:] if isinstance(of, Attribute) and of in kinds else ()
            if not any(kinds.get(Attribute(base, holder.name)) == holder.made.bounded for base in bases):
                yield holder

    def _matters(self, holder: Holder) -> bool:
        return self._accesses.of(holder).matter

    def _every_holder(self) -> Iterator[Holder]:
        for path in self._told("Looking for containers", self._candidates):
            module = self.program.module(path)
            if module is None:
                continue
            try:
                yield from self._containers.of_module(module)
                yield from self._registries.of_module(module)
            except Exception as error:
                self._failed.append((path, "", error))

    def _container(self, holder: Holder) -> Container:
        accesses = self._accesses.of(holder)
        inserts = self._inserts.of(holder, accesses)
        growing = [insert.access for insert in inserts]
        removals = self._removals.against(growing, accesses, holder.definitions) if inserts else ()
        removals = marked(holder, accesses, inserts, removals, self._removals)
        grows = cache(partial(self._growths.of, holder, accesses, inserts))
        verdict = verdict_on(holder, accesses, inserts, removals, grows, self._removals)
        way = self._ways.of(inserts, removals, accesses) if verdict.name == "event-only" else None
        looks = partial(self._evidences.of, holder, accesses, inserts, removals, way)
        place = self.place(holder.scope, holder.op, "definition", "")
        return Container(holder, place, accesses, inserts, removals, verdict, way, self._kept, grows, looks)

    def rhythm_near(self, container: Container) -> Rhythm | None:
        """The recurring timer that a sweep of a container could join; None too where no finding about its growth is
        sure enough to be shown."""
        shown = any(self.may_show(container, code) for code in OF_GROWTH)
        return self.rhythms.near(container) if shown else None

    def may_show(self, container: Container, code: str) -> bool:
        """Whether a finding of a rule about a container could be sure enough to be shown."""
        sure = container.support(code).level if code in OF_GROWTH else container.confidence
        return sure.rank >= self._least.rank

    @cached_property
    def rhythms(self) -> Rhythms:
        """The recurring timers."""
        return Rhythms(self.flow, self.execution, self.containers)

    def place(self, scope: ScopeId, op: int, role: str, text: str) -> Place:
        """The place of an operation."""
        facts = self.program.facts(scope)
        span = facts.ops[op].span if 0 <= op < len(facts.ops) else facts.name_span
        return Place(scope.path, span.line, span.column, span.end_line, span.end_column, role, wording.readable(text))

    def function(self, scope: ScopeId) -> str:
        """A scope as a message names it: "register()", "Store.add()", "module level"."""
        facts = self.program.facts(scope)
        if facts.kind == "module":
            return "module level"
        name = plain(facts.qualname)
        return name if facts.kind == "class" else f"{name}()"

    def every_removal(self, container: Container) -> tuple[Removal, ...]:
        """The removals of a container, those of one that nothing makes grow included."""
        if container.inserts:
            return container.removals
        return self._removals.of(container.accesses, container.holder.definitions)
