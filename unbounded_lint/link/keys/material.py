"""What the equations of keys have in common: whom they ask, and small questions about names and times."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.dataflow.questions import Nodes
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import External, Value, Values
from unbounded_lint.link.keys.annotations import Annotations
from unbounded_lint.link.keys.origins import Asked, Domain, Question, made_of
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.execution import Execution

_REQUESTS = (
    "bottle.request",
    "cherrypy.request",
    "cherrypy.session",
    "flask.request",
    "flask.session",
    "quart.request",
    "quart.session",
)


class Material:
    """Asks the other rooms on behalf of the equations."""

    def __init__(self, flow: Flow, execution: Execution, catalog: Catalog) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self.catalog = catalog
        self.annotations = Annotations(flow.resolver, catalog)
        self.nodes = Nodes()

    def value(self, expr: m.Expr, scope: ScopeId) -> Question:
        """The question what an expression is made of."""
        return Question("value", (self.nodes.identity(expr), scope))

    def items(self, expr: m.Expr, scope: ScopeId) -> Question:
        """The question what the elements of an expression are made of."""
        return Question("items", (self.nodes.identity(expr), scope))

    def all_of(self, exprs: Iterable[m.Expr], scope: ScopeId) -> Asked:
        """What is made of all of some expressions."""
        found = []
        for expr in exprs:
            found.append((yield self.value(expr, scope)))
        return made_of(found)

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

    def by_word(self, word: str, text: str, comes: str, otherwise: str) -> Domain:
        """What a word hints at that ends a text; `comes` and `otherwise` say why where it names what comes and goes,
        and where it tells nothing."""
        match self.catalog.word_domain(word):
            case "open":
                return Domain("open", comes, weak=True)
            case "closed" | "thread":
                return Domain("unknown", f"`{text}` names something finite", weak=True)
        return Domain("unknown", otherwise)


def is_outside(value: Value) -> bool:
    """Whether something is a definition of another package, not data that was looked up on an instance."""
    return isinstance(value, External) and not value.of_instance
