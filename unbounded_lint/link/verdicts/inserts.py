"""The inserts that make a container grow after import, and where their keys come from."""

from __future__ import annotations

from dataclasses import dataclass

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.containers.reading import Construction
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.keys.installed import Installed
from unbounded_lint.link.keys.origins import Domain
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.truth import held
from unbounded_lint.link.runs.context import Context, ContextKind
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.classing import Removals
from unbounded_lint.link.verdicts.fills import Fills

GROWING = frozenset({"map", "set", "cache"})
"""Families in which a key that is already there adds nothing."""

_RUNNING: frozenset[ContextKind] = frozenset({"run", "api", "tested", "timer", "later"})
_LOOPING: frozenset[ContextKind] = frozenset({"main", "startup"})
"""What runs once, and is of account where it loops."""


@dataclass(frozen=True, slots=True)
class Insert:
    """One insert that runs after import, with the domain of its key and how it comes to run."""

    access: Access
    domain: Domain
    contexts: frozenset[Context]

    @property
    def kinds(self) -> frozenset[ContextKind]:
        """The kinds of the contexts."""
        return frozenset(c.kind for c in self.contexts)


class Inserts:
    """Finds the inserts of one container."""

    def __init__(self, flow: Flow, execution: Execution, keys: Keys, removals: Removals) -> None:
        self.program = flow.program
        self.execution = execution
        self.keys = keys
        self.removals = removals
        self._fills = Fills(flow, execution)
        self._installed = Installed(flow)
        self._construction = Construction(flow)

    def of(self, holder: Holder, accesses: AccessList) -> tuple[Insert, ...]:
        """The inserts that can make the container grow after import."""
        found = []
        for access in accesses:
            if access.kind != "insert" or self.program.is_test(access.scope):
                continue
            contexts = self.execution.at(access.scope, access.op)
            if not any(c.kind in _RUNNING or (c.looped and c.kind in _LOOPING) for c in contexts):
                continue
            if self._fills.stay_small(access, accesses) or self._construction.fills(holder, access):
                continue
            domain = self._domain(holder, access, accesses)
            if self._is_definition(access) or self._is_present(access, accesses):
                continue
            if domain.kind != "closed" and not self.removals.rewrites_entries(access, accesses):
                found.append(Insert(access, domain, contexts))
        return tuple(found)

    def _domain(self, holder: Holder, access: Access, accesses: AccessList) -> Domain:
        family = holder.made.kind.family
        if access.nested:
            # the entry itself is there already, or another access inserts it: only the inner key can add anything
            if access.how in {"append", "extend", "appendleft", "insert", "put"} or access.key is None:
                return Domain("unknown", "of no account, since entries are appended to")
            return self._element(access)
        if family not in GROWING and not self._is_absent(access, accesses):
            return Domain("open", "of no account, since every call adds an entry")
        if access.key is None:
            return Domain("unknown", "not written at the insert")
        return self._element(access)

    def _element(self, access: Access) -> Domain:
        assert access.key is not None
        if access.bulk:
            return self.keys.items(access.key, access.scope)
        return self.keys.domain(access.key, access.scope, access.op)

    def _is_definition(self, access: Access) -> bool:
        """Whether what is stored was imported, or looked up in a module: then its keys are names in the code that is
        installed."""
        key = None if access.nested or access.bulk else access.key
        if key is not None and self._installed.names_file(key, access.scope, access.op):
            return True
        if access.value is None or access.nested or access.kind != "insert":
            return False
        return self._installed.is_imported(access.value, access.scope)

    def _is_absent(self, access: Access, accesses: AccessList) -> bool:
        """Whether an append only happens for an element that is not there yet."""
        facts = self.program.facts(access.scope)
        tested = accesses.nodes(access.scope, "contains")
        for condition, truth in guards(facts, access.op) if tested else ():
            for node in w.walk(condition):
                if isinstance(node, m.Compare) and any(id(i) in tested for i in node.items):
                    if ("not in" in node.ops) == truth:
                        return True
        return False

    def _is_present(self, access: Access, accesses: AccessList) -> bool:
        """Whether the key is known to be in the container already: then its value is only replaced."""
        facts = self.program.facts(access.scope)
        tested = accesses.nodes(access.scope, "contains")
        parts = (part for test in guards(facts, access.op) for part in held(*test)) if tested else ()
        return any(
            isinstance(test, m.Compare)
            and test.left == access.key
            and any(id(item) in tested for item in test.items)
            and ("in" in test.ops) == truth
            for test, truth in parts
        )
