"""Entries that are put in only for somebody who waits: where a companion has their key, which is put there by a
function that takes both out again as it ends, however it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.callees import argument_at
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Use, Variable
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.program.blocks import held_at, in_cleanup
from unbounded_lint.link.program.definitions import expansions
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import NONE, Asked, flag_of, is_so


class _Keyed(NamedTuple):
    """An operation by which a key comes into a companion, or leaves it."""

    scope: ScopeId
    op: int
    key: m.Expr


class Waiters(Query):
    """Finds them."""

    def has_companion(self, insert: Access) -> bool:
        """Whether anything is known to have the key of an insert where that is."""
        return any(True for _ in self._companions(insert))

    def ending(self, removals: Iterable[Access]) -> Sequence[Access]:
        """Those of some removals that may be of somebody who waits: clean-ups of one key."""
        return [r for r in removals if r.key is not None and in_cleanup(self.program.facts(r.scope), r.op)]

    def take_out(self, ending: Sequence[Access], insert: Access, *, every: bool) -> bool:
        """Whether some of these removals, as `ending` gives them, are those of who waits for an insert; of `every` one
        who may wait, or of any."""
        for companion in self._companions(insert) if ending else ():
            put = self._put(companion)
            ended = (any(self._ends(each, removal, companion) for removal in ending) for each in put or ())
            if put and (all(ended) if every else any(ended)):
                return True
        return False

    def _ends(self, put: _Keyed, removal: Access, companion: Handle) -> bool:
        """Whether the function that puts a key into the companion takes it out there, and the entry by a removal."""
        facts = self.program.facts(put.scope)
        if (put.scope, put.key) != (removal.scope, removal.key) or put.op >= removal.op:
            return False
        left = (each for each in self._left(companion) if (each.scope, each.key) == (put.scope, put.key))
        return any(in_cleanup(facts, each.op) for each in left)

    # --- the companion ---

    def _companions(self, insert: Access) -> Iterator[Handle]:
        """What is known to have the key of an insert where that is."""
        facts = self.program.facts(insert.scope)
        for asked in held_at(facts, insert.op) if insert.key is not None and not insert.bulk else ():
            for holder in self._having(asked, insert):
                yield from self._handles(holder, insert.scope)

    def _having(self, asked: Asked, insert: Access) -> Iterator[m.Expr]:
        match asked.expr:
            case m.Compare(left=key, ops=("in" | "not in" as operator,), items=(holder,)):
                if (operator == "in") == asked.truth and key == insert.key:
                    yield holder
                return
        flag = flag_of(asked.expr)
        for whole in expansions(self.program, flag, insert.scope, insert.op) if not is_so(asked, NONE) else ():
            match whole:
                case m.Call(func=m.Attr(base=holder, name="get" | "pop"), args=(first, *_)) if (
                    first.value == insert.key
                ):
                    yield holder

    def _handles(self, holder: m.Expr, scope: ScopeId) -> Iterator[Handle]:
        match holder:
            case m.Attr(base=base, name=name):
                for owner in sorted(self.resolver.owners(base, scope)):
                    yield Attribute(owner, name)
            case m.Name(id=name):
                defining = self.resolver.owner(name, scope)
                if defining is not None and not defining.index:
                    yield Variable(defining, name)

    @kept
    def _put(self, companion: Handle) -> Sequence[_Keyed]:
        """Where keys come into a companion; nowhere where some come in otherwise than by a store under each."""
        found = []
        for use in self.flow.uses(companion):
            stored = self._keyed(use, "stored")
            if stored is not None:
                found.append(stored)
            elif use.kind == "augmented" or (use.kind == "member" and self._adds(use)):
                return ()
        return found

    @kept
    def _left(self, companion: Handle) -> Sequence[_Keyed]:
        """Where keys leave a companion."""
        found = (self._keyed(use, "deleted") or self._popped(use) for use in self.flow.uses(companion))
        return [each for each in found if each is not None]

    def _keyed(self, use: Use, role: str) -> _Keyed | None:
        outer = use.site.outer if use.kind == "subscript" else None
        if outer is None or not isinstance(outer.node, m.Sub) or role_of(self.program, outer) != role:
            return None
        return _Keyed(use.site.scope, use.site.op, outer.node.index)

    def _popped(self, use: Use) -> _Keyed | None:
        member, call = use.site.parent, use.site.method_call
        if use.kind != "member" or call is None or not isinstance(member, m.Attr):
            return None
        removing, key = self.catalog.removing(member.name, "map"), argument_at(call, 0)
        return _Keyed(use.site.scope, use.site.op, key) if removing and key is not None else None

    def _adds(self, use: Use) -> bool:
        return isinstance(use.site.parent, m.Attr) and bool(self.catalog.inserting(use.site.parent.name))
