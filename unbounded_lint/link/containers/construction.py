"""What an object does to its own containers while it is made: as much as is written there, once for each object."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import frames_of
from unbounded_lint.link.program.program import ScopeId, Site

_HOPS = 2


class Construction:
    """Tells the inserts that an object makes into a container of its own while it is constructed."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver

    def fills(self, holder: Holder, access: Access) -> bool:
        """Whether an access only runs while the object that owns the container is made, on that object: a container
        that each object gets anew has then as many entries as its constructor was told."""
        if not isinstance(holder.handle, Attribute) or not self._is_made_anew(holder, holder.handle.cls):
            return False
        node = access.site.node
        return self._is_own(node, access.scope) and self._constructs(holder.handle.cls, access.site, _HOPS)

    def _is_made_anew(self, holder: Holder, cls: ScopeId) -> bool:
        family = {cls, *self.resolver.mro(cls)}
        return any(
            self.program.facts(scope).name in name_lists().initialisers and self.program.owner_class(scope) in family
            for scope, _ in holder.definitions
        )

    def _is_own(self, node: m.Expr, scope: ScopeId) -> bool:
        """`self.x`, for the first parameter of a method."""
        parameters = self.program.facts(scope).parameters
        return isinstance(node, m.Attr) and bool(parameters) and node.base == m.Name(parameters[0].name)

    def _constructs(self, cls: ScopeId, site: Site, hops: int) -> bool:
        """Whether a place is only reached from a constructor of the class or of one of its subclasses."""
        facts = self.program.facts(site.scope)
        owner = self.program.owner_class(site.scope)
        if owner is None or any(facts.frames[f].kind == "while" for f in frames_of(facts, site.op)):
            return False
        if cls not in {owner, *self.resolver.mro(owner)} and owner not in self.resolver.mro(cls):
            return False
        if facts.name in name_lists().initialisers:
            return True
        calls = self.flow.live_calls(site.scope)
        uses = [u for u in self.flow.function_uses(site.scope) if not self.program.is_test(u.site.scope)]
        if not hops or not calls or any(u.kind != "called" for u in uses) or not facts.name.startswith("_"):
            return False
        return all(
            call.call is not None
            and call.op >= 0
            and isinstance(call.call.func, m.Attr)
            and self._is_own(call.call.func, call.scope)
            and self._constructs(cls, Site(call.scope, call.op, call.call, ()), hops - 1)
            for call in calls
        )
