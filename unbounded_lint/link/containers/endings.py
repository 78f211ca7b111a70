"""What lets go of an object when the work that it was made for ends: a `finally` that each such work comes to."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Use, Variable
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.truth import NONE
from unbounded_lint.link.runs.context import AGAIN, Sort
from unbounded_lint.link.runs.execution import RunQuery


class Endings(RunQuery):
    """Answers whether what holds an object, or a container of such, keeps it no longer than a piece of work. Memoised.

    What only a failure, a user's call or the end of the program leads to ends no work.
    """

    @kept
    def of(self, handle: Handle) -> bool:
        """Whether a name or an attribute is deleted, or set to None, at the end of each work: of another than
        the `with` that its owner stands in, or the life of that."""
        name = handle.name if isinstance(handle, Attribute | Variable) else ""
        if name and not self._is_emptied_anywhere(name):
            return False
        emptied = (use for use in self.flow.uses(handle) if self._empties(use, handle))
        return any(each.by != "special" for use in emptied for each in self._ends_of_work(use))

    @kept
    def of_entries(self, handle: Handle) -> bool:
        """Whether an entry of a container is taken out at the end of each work."""
        return any(self._takes_out(use) and any(self._ends_of_work(use)) for use in self.flow.uses(handle))

    def _empties(self, use: Use, handle: Handle) -> bool:
        node, action = use.site.node, self.program.op(use.site).action
        if isinstance(node, m.Name) and handle not in set[Handle](self.resolver.handles(node, use.site.scope)):
            return False  # another name for the same, whose end lets go of nothing else
        if isinstance(action, m.Assign):
            return use.kind == "rebound" and action.value == NONE
        return use.kind == "deleted"

    @kept
    def _is_emptied_anywhere(self, name: str) -> bool:
        """Whether anything deletes or sets to None what has a name, which is told at once."""
        actions = (self.program.op(site).action for site in self.program.sites(name))
        return any(isinstance(a, m.Delete) or (isinstance(a, m.Assign) and a.value == NONE) for a in actions)

    def _takes_out(self, use: Use) -> bool:
        match use.outer:
            case m.Sub(index=index):
                return not isinstance(index, m.Slice) and role_of(self.program, use.site.outer) == "deleted"
            case m.Attr(name=name):
                taking = self.catalog.removing(name) if use.site.method_call is not None else ()
                return any(not method.bulk for method in taking)
        return False

    def _ends_of_work(self, use: Use) -> Iterator[Sort]:
        """The ways in which a use comes to run at the end of each work."""
        contexts = self.execution.at(use.site.scope, use.site.op)
        return (c for c in contexts if c.cleanup and not c.failing and c.kind in AGAIN)
