"""Flags that let code run once: set where they are asked for, and never taken down again."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import AccessList
from unbounded_lint.link.dataflow.scoping import keeps_one
from unbounded_lint.link.dataflow.values import Class, Function, ordered
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.kept import listed
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.program.truth import held, straight
from unbounded_lint.link.runs.callgraph import explored
from unbounded_lint.link.runs.context import AGAIN
from unbounded_lint.link.runs.execution import RunQuery

HOPS = 8
"""How many functions under a flag are asked whether they set it."""

_UNSET = frozenset({"None", "False", "0"})


class Flags(RunQuery):
    """Recognises operations that a flag lets run once."""

    def runs_once(self, scope: ScopeId, op: int, accesses: AccessList | None = None) -> bool:
        """Whether a condition lets an operation run only while a flag is not yet set, or a container is empty; or its
        function runs once for the program."""
        if self.program.owner_class(scope) is None and keeps_one(self.program.facts(scope)):
            return True
        nodes = accesses.nodes(scope, "tested", "size") if accesses is not None else frozenset()
        # the trace of a container that stands in an `and` or `or` keeps the chain as a whole
        tests = (t for test in guards(self.program.facts(scope), op) for t in (straight(*test), *held(*test)))
        return any(self._is_unset(*test, nodes, (scope, op), accesses or AccessList()) for test in tests)

    def _is_unset(self, test: m.Expr, truth: bool, nodes: frozenset[int], here: Place, accesses: AccessList) -> bool:
        """Whether a test says that the container is empty, or that a flag is unset which the same function sets, or
        what the operation calls."""
        match test:
            case m.Compare(left=m.Call(args=(argument,)), ops=("==" | "<" | "<=",), items=(m.Const(value="0" | "1"),)):
                return truth and id(argument.value) in nodes
            case m.Compare(ops=("==",), items=(m.Const(value="lifespan.startup"),)):
                return truth  # what an ASGI server sends once
            case m.Compare(left=left, ops=("is",), items=(m.Const(kind="none"),)):
                flag = left if truth else None
            case m.Call(func=m.Name(id="getattr" | "hasattr"), args=(base, m.Arg(value=m.Const(value=name)), *_)):
                flag = None if truth else m.Attr(base.value, name)
            case _:
                flag = None if truth else test
        if flag is None or id(flag) in nodes:
            return flag is not None
        is_set = self._is_set_here(flag, here[0]) or self._is_set_by_call(flag, *here)
        return is_set and not self._is_taken_down(flag, here[0], accesses)

    def _is_set_by_call(self, flag: m.Expr, scope: ScopeId, op: int) -> bool:
        """Whether an operation calls what sets an attribute, as the constructor of the one object does."""
        if not isinstance(flag, m.Attr):
            return False
        writes = self.resolver.assigned(flag.name, self.resolver.owners(flag.base, scope))
        setting = {site.scope for site in writes if _sets(self.program.op(site).action, site.node)}
        called = explored(self._called(scope, op), self._calls, HOPS) if setting else ()
        return any(at in setting for at in called)

    @listed
    def _calls(self, scope: ScopeId) -> Iterator[ScopeId]:
        """The functions of the project that a function calls by itself."""
        for op in range(len(self.program.facts(scope).ops)):
            yield from self._called(scope, op)

    def _called(self, scope: ScopeId, op: int) -> Iterator[ScopeId]:
        for call in self.program.calls_at(scope, op):
            for callee in ordered(self.resolver.values(call.func, scope)):
                if isinstance(callee, Function):
                    yield callee.scope
                elif isinstance(callee, Class):
                    yield from (
                        f for name in name_lists().constructors for f in self.resolver.methods(callee.scope, name)
                    )

    def _is_set_here(self, flag: m.Expr, scope: ScopeId) -> bool:
        """Whether a function sets an attribute, or other functions a variable that is not its own; where none does,
        whether it fills the container that it asks for instead."""
        if isinstance(flag, m.Attr):
            return isinstance(flag.base, m.Name) and any(_sets(op.action, flag) for op in self.program.facts(scope).ops)
        owner = self.resolver.owner(flag.id, scope) if isinstance(flag, m.Name) else None
        if owner is None or owner == scope or not isinstance(flag, m.Name):
            return False
        later = list(self._written(flag, owner))
        if later:
            return any(_sets(self.program.action(*place), flag) for place in later)
        return any(
            (isinstance(site.parent, m.Attr) and site.parent.name in name_lists().fills)
            or (isinstance(site.parent, m.Sub) and isinstance(self.program.op(site).action, m.Assign))
            for site in self.program.of(scope).sites_in(scope.index, flag.id)
        )

    def _is_taken_down(self, flag: m.Expr, scope: ScopeId, accesses: AccessList) -> bool:
        """Whether running code makes a flag unset again, and does not empty the container then."""
        if isinstance(flag, m.Attr):
            sites = self.resolver.assigned(flag.name, self.resolver.owners(flag.base, scope))
            unset = (site for site in sites if _unsets(self.program.op(site).action, site.node))
            made = name_lists().constructors
            places = tuple((s.scope, s.op) for s in unset if self.program.facts(s.scope).name not in made)
        else:
            owner = self.resolver.owner(flag.id, scope) if isinstance(flag, m.Name) else None
            written = self._written(flag, owner) if isinstance(flag, m.Name) and owner is not None else ()
            places = tuple(place for place in written if _unsets(self.program.action(*place), flag))
        return any(
            not accesses.within(at, "clear", "replace") and not self.execution.kinds(at, op).isdisjoint(AGAIN)
            for at, op in places
        )

    def _written(self, flag: m.Name, owner: ScopeId) -> Iterator[Place]:
        """Where functions inside a scope write to a variable of it."""
        for binding in self.program.bound(owner, flag.id):
            if binding.op >= 0 and binding.scope != owner.index:
                yield ScopeId(owner.path, binding.scope), binding.op


def _sets(action: m.Action | None, flag: m.Expr) -> bool:
    """Whether an operation gives a flag a value that stops the next run."""
    return isinstance(action, m.Assign) and flag in action.targets and not _unsets(action, flag)


def _unsets(action: m.Action | None, flag: m.Expr) -> bool:
    """Whether an operation gives a flag the value with which it began."""
    if not isinstance(action, m.Assign) or flag not in action.targets:
        return False
    return isinstance(action.value, m.Const) and action.value.value in _UNSET
