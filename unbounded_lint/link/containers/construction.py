"""What an object does to its own containers while it is made: as much as is written there, once for each object."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import frames_of
from unbounded_lint.link.program.program import ScopeId

_HOPS = 2


class Construction:
    """Tells the inserts that an object makes into a container of its own while it is constructed."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program

    def fills(self, holder: Holder, access: Access) -> bool:
        """Whether an access only runs while the object that owns the container is made, on that object: a container
        that each object gets anew has then as many entries as its constructor was told."""
        if not isinstance(holder.handle, Attribute):
            return False
        cls = holder.handle.cls
        made_anew = any(
            self.program.facts(scope).name in name_lists().initialisers
            and self._is_related(self.program.owner_class(scope), cls)
            for scope, _ in holder.definitions
        )
        node = access.site.node
        return made_anew and self._is_own(node, access.scope) and self._constructs(cls, access.scope, access.op, _HOPS)

    def _is_related(self, owner: ScopeId | None, cls: ScopeId) -> bool:
        return owner is not None and self.flow.resolver.related(owner, cls)

    def _is_own(self, node: m.Expr, scope: ScopeId) -> bool:
        """`self.x`, for the first parameter of a method."""
        parameters = self.program.facts(scope).parameters
        return isinstance(node, m.Attr) and bool(parameters) and node.base == m.Name(parameters[0].name)

    def _constructs(self, cls: ScopeId, scope: ScopeId, op: int, hops: int) -> bool:
        """Whether a place is only reached from a constructor of the class or of one of its relatives."""
        facts = self.program.facts(scope)
        in_loop = any(facts.frames[frame].kind == "while" for frame in frames_of(facts, op))
        if in_loop or not self._is_related(self.program.owner_class(scope), cls):
            return False
        if facts.name in name_lists().initialisers:
            return True
        calls = self.flow.live_calls(scope)
        if not hops or not calls or not facts.name.startswith("_") or not self.flow.is_only_called(scope):
            return False
        return all(
            call.call is not None
            and self._is_own(call.call.func, call.scope)
            and self._constructs(cls, call.scope, call.op, hops - 1)
            for call in calls
        )
