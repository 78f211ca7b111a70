"""Whether a removal runs on the way to an insert: each new entry then pays for the old ones."""

from __future__ import annotations

from collections.abc import Mapping

from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.program import ScopeId

HOPS = 3
"""How many callers above a removal are asked whether they insert."""


class InsertPaths:
    """Recognises removals in the path of an insert."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow

    def lead_to(self, access: Access, accesses: AccessList) -> bool:
        """Whether the removal runs in a function that inserts, or that an inserting function calls."""
        inserting = accesses.inserting
        if access.scope in inserting:
            return True
        queue, seen = [access.scope], {access.scope}
        for _ in range(HOPS):
            callers = [s.scope for at in queue for s in self.flow.call_sites(at) if s.scope not in seen]
            if any(caller in inserting for caller in callers):
                return True
            seen.update(callers)
            queue = callers
        return self._caller_inserts(access, inserting)

    def _caller_inserts(self, access: Access, inserting: Mapping[ScopeId, None]) -> bool:
        """Whether one function calls both the sweep and, straight, the insert."""
        callers = {s.scope for s in self.flow.call_sites(access.scope) if s.scope.index}
        return any(s.scope in callers for scope in inserting for s in self.flow.call_sites(scope))
