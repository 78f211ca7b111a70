"""Which inserts some guaranteed removals take the entries of.

What hangs on the removals alone is looked at once (`Cleanup`), since it is asked of one insert after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.handles import Handle
from unbounded_lint.link.keys.around import Around, Lead
from unbounded_lint.link.program.blocks import comes_to_one
from unbounded_lint.link.program.kept import grouped
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.verdicts.guarantees import Guarantees
from unbounded_lint.link.verdicts.removals import Removal


class _Begun(NamedTuple):
    """Operations of a function that begin work at whose end a removal takes out what is its own, and the function in
    whose clean-up it does."""

    removal: Access
    cleaner: ScopeId
    ops: Sequence[int]


class Cleanup(NamedTuple):
    """What guaranteed removals do, whichever insert is asked about.

    removals   what they are, by what stands for the container there
    ending     those of them that may be of somebody who waits for an insert
    queues     the queues whose work leads to one of them for each entry
    whoever    one of them cleans up after whoever comes to an insert
    cleaners   the functions in whose clean-up they run
    around     function -> those of `cleaners` inside it
    written    those that take out a key which is written there, by the functions of `cleaners` that do no more
    begun      scope -> where it begins work that ends with one of them
    """

    removals: frozenset[int]
    ending: Sequence[Access]
    queues: Sequence[Handle]
    whoever: bool
    cleaners: frozenset[ScopeId]
    around: Mapping[ScopeId | None, Sequence[ScopeId]]
    written: Mapping[ScopeId, Sequence[Access]]
    begun: Mapping[ScopeId, Sequence[_Begun]]


@dataclass(frozen=True)
class _Cleaners:
    """The functions that clean up after an insert which they come to: those that do so whatever its key, but some, and
    some more."""

    cleanup: Cleanup
    without: Collection[ScopeId]
    more: Collection[ScopeId]

    def __contains__(self, scope: object) -> bool:
        return scope in self.more or (scope in self.cleanup.cleaners and scope not in self.without)

    def __bool__(self) -> bool:
        return bool(self.more) or len(self.cleanup.cleaners) > len(self.without)


class Cleanups:
    """Answers it."""

    def __init__(self, guarantees: Guarantees) -> None:
        self.guarantees = guarantees
        self.program = guarantees.program
        self.graph = guarantees.graph
        self.around: Around = guarantees.around

    def of(self, removals: Iterable[Removal], accesses: AccessList) -> Cleanup:
        """What some removals of a container do that are guaranteed."""
        taking = [removal.access for removal in removals]
        pairs = [(access, scope) for access in taking for scope in self.guarantees.cleaners(access, accesses)]
        whoever = any(a.handed is not None or self.guarantees.is_callback(a.scope) for a in taking) or any(
            self.program.facts(scope).name in name_lists().exits for _, scope in pairs
        )
        written = [(scope, access) for access, scope in pairs if _is_written(access) and scope == access.scope]
        always = {scope for access, scope in pairs if not (_is_written(access) and scope == access.scope)}
        begun = (
            (scope, _Begun(access, cleaner, ops))
            for access, cleaner in pairs
            for scope, ops in grouped(self.guarantees.begun_for(access, cleaner)).items()
        )
        cleaners = frozenset(scope for _, scope in pairs)
        return Cleanup(
            removals=frozenset(id(access.site.node) for access in taking),
            ending=self.guarantees.waiters.ending(taking),
            queues=tuple(dict.fromkeys(queue for a in taking for queue in self.guarantees.consumers.emptied(a))),
            whoever=whoever,
            cleaners=cleaners,
            around=grouped((self.program.parent(scope), scope) for scope in sorted(cleaners)),
            written=grouped((scope, access) for scope, access in written if scope not in always),
            begun=grouped(begun),
        )

    def cover(self, cleanup: Cleanup, insert: Access, accesses: AccessList) -> bool:
        """Whether guaranteed removals take the entries that an insert makes, whoever calls it."""
        cleaners = self._cleaning(cleanup, insert, accesses)
        return cleaners is None or (
            bool(cleaners) and bool(self.around.always(Lead(None, (insert.place,)), self._near(cleaners)))
        )

    def uncovered(self, cleanup: Cleanup, insert: Access, accesses: AccessList) -> Place | None:
        """The insert, or the call that leads to it, whose entries guaranteed removals do not take; None where they take
        all, or it cannot be told."""
        cleaners = self._cleaning(cleanup, insert, accesses)
        if cleaners is None:
            return None
        lead = self.around.without(Lead(None, (insert.place,)), self._near(cleaners))
        # What leads to an insert for a run that cleans up as well does not tell the one that does not from it.
        apart = (
            place
            for place in (lead.way if lead is not None else ())
            if not any(scope in cleaners for scope in (place[0], *self.graph.above(place[0])))
        )
        return next(apart, lead.place if lead is not None else None)

    def _cleaning(self, cleanup: Cleanup, insert: Access, accesses: AccessList) -> _Cleaners | None:
        """The functions that clean up after an insert that they come to; None where whoever comes to it is cleaned up
        after."""
        guarantees = self.guarantees
        if guarantees.waiters.take_out(cleanup.ending, insert, every=True):
            return None
        if cleanup.whoever or guarantees.consumers.take_out(cleanup.queues, insert):
            return None
        without = [s for s, found in cleanup.written.items() if all(access.key != insert.key for access in found)]
        more = {*self._beginning(cleanup, insert), *guarantees.partners.begun(cleanup.removals, insert, accesses)}
        return _Cleaners(cleanup, frozenset(without), more)

    def _beginning(self, cleanup: Cleanup, insert: Access) -> Iterator[ScopeId]:
        """The functions that come to an insert and then begin work at whose end its entry goes."""
        inserting = {**self.graph.above(insert.scope), insert.scope: (insert.op,)} if cleanup.begun else {}
        for scope in cleanup.begun.keys() & inserting.keys():
            facts = self.program.facts(scope)
            for each in cleanup.begun[scope]:
                other = _is_written(each.removal) and each.removal.key != insert.key
                if other and each.cleaner == each.removal.scope:
                    continue
                if any(comes_to_one(facts, at, each.ops) for at in inserting[scope]):
                    yield scope

    def _near(self, cleaners: _Cleaners) -> Callable[[Lead], bool]:
        """Whether what leads to an insert is where a function cleans up itself, in it or around it."""
        around = {self.program.parent(cleaner) for cleaner in cleaners.more}

        def is_near(lead: Lead) -> bool:
            scope = lead.scope
            if lead.recurs or scope in cleaners or self.program.parent(scope) in cleaners or scope in around:
                return True
            return any(inner in cleaners for inner in cleaners.cleanup.around.get(scope, ()))

        return is_near


def _is_written(removal: Access) -> bool:
    """Whether the key that a removal takes out is a constant."""
    return isinstance(removal.key, m.Const)
