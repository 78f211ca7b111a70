"""What the equations of keys have in common: whom they ask, and small questions about names and times."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import External, Values
from unbounded_lint.link.keys.annotations import Annotations
from unbounded_lint.link.keys.origins import Asked, KeyNodes, Origin, made_of
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.execution import Execution

_REQUESTS = tuple(
    f"{framework}.{name}"
    for framework, names in (
        ("flask", ("request", "session")),
        ("bottle", ("request",)),
        ("quart", ("request", "session")),
        ("cherrypy", ("request", "session")),
    )
    for name in names
)


class Material:
    """Asks the other rooms on behalf of the equations."""

    def __init__(self, flow: Flow, execution: Execution, catalog: Catalog) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self.catalog = catalog
        self.annotations = Annotations(flow.program, flow.resolver, catalog)
        self.nodes = KeyNodes()

    def value(self, expr: m.Expr, scope: ScopeId) -> Asked:
        """What an expression is made of."""
        found: Origin = yield self.nodes.value(expr, scope)
        return found

    def all_of(self, exprs: Iterable[m.Expr], scope: ScopeId) -> Asked:
        """What is made of all of some expressions."""
        found = []
        for expr in exprs:
            found.append((yield self.nodes.value(expr, scope)))
        return made_of(found)

    def items(self, expr: m.Expr, scope: ScopeId) -> Asked:
        """What the elements of an expression are made of."""
        found: Origin = yield self.nodes.items(expr, scope)
        return found

    def callees(self, func: m.Expr, scope: ScopeId) -> frozenset[str]:
        """The dotted names outside the project that a callee resolves to."""
        return frozenset(callee_names(func, scope, self.resolver))

    def is_import_time(self, scope: ScopeId, op: int) -> bool:
        """Whether an operation only runs while the program is imported."""
        return op < 0 or self.execution.kinds(scope, op) <= {"import", "test"}

    def is_open_root(self, expr: m.Expr) -> bool:
        """Whether an expression hangs on a name that stands for a request or a message."""
        while isinstance(expr, m.Attr):
            if expr.name in self.catalog.data.open_roots:
                return True
            expr = expr.base
        return isinstance(expr, m.Name) and expr.id in self.catalog.data.open_roots

    @staticmethod
    def is_requested(values: Values) -> bool:
        """Whether a name is a web framework's stand-in for the request at hand."""
        return any(isinstance(v, External) and v.name.startswith(_REQUESTS) for v in values)
