"""What is inside entries: lists that are appended to, under keys of which there may be few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import REMOVING, Access, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.containers.making import Made, Making
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.entries.prunings import Prunings
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.keys.origins import Domain
from unbounded_lint.link.program.blocks import frames_of, held_at
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.program.program import Program
from unbounded_lint.link.runs.context import LIVE, ContextKind
from unbounded_lint.link.runs.execution import Execution, RunQuery

_Value = tuple[m.Expr, ScopeId]
OF_USERS: frozenset[ContextKind] = frozenset({"api", "tested", "import", "test"})
"""What runs where users of the project call it, and otherwise not while it is at work."""


@dataclass(frozen=True)
class Elements:
    """What is inside the entries of one container."""

    inner: Inner
    holder: Holder
    accesses: AccessList

    @cached_property
    def stay(self) -> bool:
        """Whether whatever is appended stays."""
        return self.inner.only_grow(self.holder, self.accesses)

    @cached_property
    def are_bounded(self) -> bool:
        """Whether the entries are containers with a limit, or hold what is in them weakly."""
        return self.inner.are_bounded(self.holder, self.accesses)

    def lose(self, insert: Access) -> bool:
        """Whether running code takes out some of what is put in as an insert inside an entry does it."""
        return self.inner.lose(self.accesses.inside(insert.outer))


class Inner(RunQuery):
    """Judges what is appended to the containers inside entries."""

    def __init__(self, flow: Flow, execution: Execution, keys: Keys, making: Making) -> None:
        super().__init__(flow, execution)
        self.keys = keys
        self.making = making
        self._prunings = Prunings(flow, execution)

    def domain(self, access: Access, elements: Elements) -> Domain:
        """What the elements are made of that an insert appends, where they are ever new and stay; unknown where either
        cannot be told: however few the keys are, the elements are then as many as there are."""
        told = None
        if access.value is not None and not access.bulk:
            told = self.keys.domain(access.value, access.scope, access.op)
        if told is not None and told.kind == "open" and self._is_ever_new(told, access) and elements.stay:
            return told
        return Domain("unknown", "every call appends to what is under a key", source="appended")

    def _is_ever_new(self, told: Domain, access: Access) -> bool:
        """Whether elements of an open domain keep coming: objects, from what runs by itself or made of what does."""
        if told.weak or told.source != "object" or not told.hinted:
            return not told.weak
        return not self.execution.kinds(access.scope, access.op) <= OF_USERS

    def only_grow(self, holder: Holder, accesses: AccessList) -> bool:
        """Whether the entries are seen to be containers without a limit from which nothing is taken out, and of which
        none is put in the place of another."""
        made = self._made(holder, accesses)
        if not made or any(one is None or one.bounded for one in made):
            return False
        if any(a.nested and a.kind in REMOVING for a in accesses) or any(self._replaces(a, accesses) for a in accesses):
            return False
        return not self._prunings.of(accesses)

    def are_bounded(self, holder: Holder, accesses: AccessList) -> bool:
        """Whether the entries are seen to be containers that cannot grow without a limit."""
        made = self._made(holder, accesses)
        return bool(made) and all(one is not None and one.bounded for one in made)

    def lose(self, accesses: AccessList) -> bool:
        """Whether running code takes something out of what is accessed."""
        taken = (access for access in accesses if access.kind in REMOVING)
        return any(self.execution.kinds(*access.place) & LIVE for access in taken)

    def _made(self, holder: Holder, accesses: AccessList) -> list[Made | None]:
        """The containers that the entries are seen to be; None for one that is seen to be none."""
        return [self.making.made(*value) for value in self._values(holder, accesses)]

    def _values(self, holder: Holder, accesses: AccessList) -> Iterator[_Value]:
        """The entries as they are written where they are made."""
        yield from factories(self.program, holder.definitions)
        for scope, op in holder.definitions:
            action = self.program.action(scope, op)
            if isinstance(action, m.Assign) and isinstance(action.value, m.DictDisplay):
                yield from ((entry.value, scope) for entry in action.value.items)
        for access in accesses:
            if access.kind == "insert" and access.value is not None and not (access.nested or access.implicit):
                yield access.value, access.scope

    def _replaces(self, access: Access, accesses: AccessList) -> bool:
        """Whether an entry is stored by its key, not only where there is none."""
        if access.kind != "insert" or access.nested or access.how != "[]" or access.implicit:
            return False
        facts, tested = self.program.facts(access.scope), accesses.nodes(access.scope, "contains", "read")
        if any(facts.frames[frame].kind == "except" for frame in frames_of(facts, access.op)):
            return False
        return not any(id(node) in tested for test in held_at(facts, access.op) for node in w.walk(test.expr))


def factories(program: Program, definitions: tuple[Place, ...]) -> Iterator[tuple[m.Call, ScopeId]]:
    """The calls, as if they were written out, that make the entries which a container makes by itself."""
    for scope, op in definitions:
        action = program.action(scope, op)
        for call in w.calls(action) if isinstance(action, m.Assign) else ():
            if w.last_name(call.func) == "defaultdict" and call.args:
                yield m.Call(call.args[0].value, (), call.span), scope
