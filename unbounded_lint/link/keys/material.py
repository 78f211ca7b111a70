"""What the equations of keys have in common: whom they ask, and small questions about names, times and annotations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.dataflow.questions import Nodes
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, Class, External, Module, Value, Values, gathered, ordered
from unbounded_lint.link.keys.origins import (
    CLOSED_LITERAL,
    NOT_KNOWN,
    Asked,
    Domain,
    KeySource,
    Origin,
    Question,
    is_closed,
    join,
    mixed,
    stated,
)
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.runs.execution import Execution, RunQuery

_OF_VALUES: frozenset[KeySource] = frozenset({"derived", "path", "time"})
"""What a type of plain values, of which a program may have few or many, says of its source."""

_AROUND = frozenset({"typing.Annotated", "typing.ClassVar", "typing.Final", "typing.Optional"})
"""What stands around the annotation of a container."""

_REQUESTS = (
    "bottle.request",
    "cherrypy.request",
    "cherrypy.session",
    "flask.request",
    "flask.session",
    "quart.request",
    "quart.session",
)


class Material(RunQuery):
    """Asks the other rooms on behalf of the equations."""

    def __init__(self, flow: Flow, execution: Execution, lifetimes: Lifetimes) -> None:
        super().__init__(flow, execution)
        self.lifetimes = lifetimes
        self.nodes = Nodes()

    def value(self, expr: m.Expr, scope: ScopeId) -> Question:
        """The question what an expression is made of."""
        return Question("value", (self.nodes.identity(expr), scope))

    def use(self, expr: m.Expr, scope: ScopeId, op: int) -> Question:
        """The question what a key is where an operation uses it."""
        return Question("use", (self.nodes.identity(expr), scope, op))

    def items(self, expr: m.Expr, scope: ScopeId) -> Question:
        """The question what the elements of an expression are made of."""
        return Question("items", (self.nodes.identity(expr), scope))

    def all_of(self, exprs: Iterable[m.Expr], scope: ScopeId) -> Asked:
        """What is made of all of some expressions."""
        return (yield from mixed(self.value(expr, scope) for expr in exprs))

    def callees(self, func: m.Expr, scope: ScopeId) -> frozenset[str]:
        """The dotted names outside the project that a callee resolves to."""
        return frozenset(self.resolver.names(func, scope))

    def is_import_time(self, scope: ScopeId, op: int) -> bool:
        """Whether an operation only runs while the program is imported."""
        return op < 0 or self.execution.kinds(scope, op) <= {"import", "test"}

    def open_root(self, expr: m.Expr) -> KeySource | None:
        """Whether an expression hangs on a name that stands for a request or a message, and for which of them."""
        roots = self.catalog.data.open_roots
        while isinstance(expr, m.Attr):
            if expr.name in roots:
                return roots[expr.name]
            expr = expr.base
        return roots.get(expr.id) if isinstance(expr, m.Name) else None

    @staticmethod
    def is_requested(values: Values) -> bool:
        """Whether a name is a web framework's stand-in for the request at hand."""
        return any(isinstance(v, External) and v.name.startswith(_REQUESTS) for v in values)

    @staticmethod
    def are_definitions(values: Values) -> bool:
        """Whether something is known, and a module, a class or a part of another package: what its text defines."""
        return bool(values) and all(isinstance(v, Module | Class) or is_outside(v) for v in values)

    def by_word(self, word: str, text: str, comes: str, otherwise: str, source: KeySource) -> Domain:
        """What a word hints at that ends a text; `comes` and `otherwise` say why where it names what comes and goes,
        and where it tells nothing; `source` is taken where it does not tell that."""
        hint = self.catalog.word_hint(word)
        found = source if hint.source == "unknown" else hint.source
        match hint.domain:
            case "open":
                return Domain("open", comes, weak=True, source=found)
            case "closed" | "thread":
                return Domain("unknown", f"`{text}` names something finite", weak=True, source=found)
        return Domain("unknown", otherwise, source=source)

    # --- what is passed ---

    def by_name(self, name: str) -> Domain:
        """What the name of a parameter hints at that only callers outside the project give."""
        root = self.open_root(m.Name(name))
        if root is not None:
            return Domain("open", f"`{name}` is a request or message", weak=True, source=root)
        given = f"`{name}` is given by callers outside the project"
        return self.by_word(name, name, given, given, "outside")

    def rest(self, function: ScopeId, position: int, site: CallSite) -> tuple[m.Expr, ...] | None:
        """What a call gives a `*` or `**` parameter, if it spreads nothing but what the caller was given as one."""
        found = gathered(self.program.facts(function), position, site)
        spread = [expr.value for expr in found or () if isinstance(expr, m.Star)]
        return found if all(self.is_passed_on(expr, site.scope) for expr in spread) else None

    def of_many(self, function: ScopeId, position: int, whole: Origin) -> Origin:
        """What a parameter is made of by all that it is given: one of many keywords that is open says nothing of what
        is taken from among them."""
        kind = self.program.facts(function).parameters[position].kind
        return NOT_KNOWN if kind == "double-star" and not is_closed(whole) else whole

    def is_passed_on(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is all that a function was given by a `*` or `**` parameter."""
        bound = self.program.only(scope, expr) if isinstance(expr, m.Name) else None
        if bound is None or bound.kind != "parameter":
            return False
        return self.program.facts(scope).parameters[bound.index].kind in {"star", "double-star"}

    # --- tables ---

    def key_of(self, table: m.Name | m.Attr) -> Domain | None:
        """What a key of a table of the program is: there are no more of them than that table has, which is judged where
        it is made; None for one that loses keys, since what was copied from it then outlives it."""
        name = table.name if isinstance(table, m.Attr) else table.id
        if self._shrinks(name):
            return None
        return Domain("unknown", f"a key of the table `{name}`", weak=True, source="derived")

    @kept
    def _shrinks(self, table: str) -> bool:
        """Whether anything of that name loses keys somewhere in the program."""
        return any(self._takes_out(site) for site in self.program.sites(table))

    def _takes_out(self, site: Site) -> bool:
        match site.parent:
            case m.Sub(base=base) if base is site.node:
                return role_of(self.program, site.outer) == "deleted"
            case m.Attr(name=method):
                return method == "clear" or bool(self.catalog.removing(method))
        return False

    # --- annotations ---

    def annotated(self, annotation: m.Expr | None, scope: ScopeId) -> Domain | None:
        """The domain of the values that an annotation allows; None where it says nothing."""
        match annotation:
            case m.Const(kind="none"):
                return CLOSED_LITERAL
            case m.Binary(op="|", items=items) | m.Display(items=items):
                return self._all(items, scope)
            case m.Sub(base=base, index=index):
                domains = {self.catalog.annotation(name).domain for name in self.resolver.names(base, scope)}
                if "parts" in domains:
                    return self._all(index.items if isinstance(index, m.Display) else (index,), scope)
                return self._plain(base, scope)
            case m.Name() | m.Attr():
                return self._plain(annotation, scope)
        return None

    def switched(self, default: m.Expr | None, scope: ScopeId) -> Domain | None:
        """What a default says of a parameter without an annotation: one that is a truth value or a member of an enum
        is a switch, whose other positions are as few."""
        match default:
            case m.Const(kind="bool"):
                return Domain("closed", "a truth value by its default", weak=True, source="constant")
            case m.Attr(base=base):
                owners = self.resolver.values(base, scope)
                if owners and all(isinstance(v, Class) and self.is_enum(v.scope) for v in owners):
                    return Domain("closed", "a member of an enum by its default", weak=True, source="enum")
        return None

    def of_keys(self, annotation: m.Expr | None, scope: ScopeId) -> Domain | None:
        """The domain of the keys, or of the elements, of the container that an annotation describes, where it closes
        them."""
        match annotation:
            case m.Binary(op="|", items=items):
                found = [domain for item in items if (domain := self.of_keys(item, scope)) is not None]
                return found[0] if len(found) == 1 else None
            case m.Sub(base=base, index=index):
                first = index.items[0] if isinstance(index, m.Display) and index.items else index
                if _AROUND.isdisjoint(self.resolver.names(base, scope)):
                    return self.closing(first, scope)
                return self.of_keys(first, scope)
        return None

    def closing(self, annotation: m.Expr | None, scope: ScopeId) -> Domain | None:
        """The same, where it closes the set whatever else is known."""
        found = self.annotated(annotation, scope)
        return found if found is not None and found.kind == "closed" and not found.weak else None

    def is_enum(self, cls: ScopeId) -> bool:
        """Whether a class is an enum."""
        return any("Enum" in base for base in self.resolver.all_outside_bases(cls))

    def _all(self, items: tuple[m.Expr, ...], scope: ScopeId) -> Domain | None:
        known = [part for part in (self.annotated(item, scope) for item in items) if part is not None]
        return join(known) if known and len(known) == len(items) else None

    def _plain(self, annotation: m.Expr, scope: ScopeId) -> Domain | None:
        why = f"annotated `{w.dotted(annotation)}`"
        for value in ordered(self.resolver.values(annotation, scope)):
            if isinstance(value, Class):
                bases = self.resolver.all_outside_bases(value.scope)
                if self.is_enum(value.scope):
                    return Domain("closed", why, source="enum")
                found = [entry for base in bases if (entry := self.catalog.annotation_base(base)).domain == "closed"]
                if found:
                    return Domain("closed", why, source=found[0].source)
            elif isinstance(value, External):
                entry = self.catalog.annotation(value.name)
                domain = stated(entry.domain, why, entry.source)
                if domain is not None:
                    weak = entry.weak or (domain.kind == "open" and entry.source in _OF_VALUES)
                    return replace(domain, weak=weak)
        return None


def is_outside(value: Value) -> bool:
    """Whether something is a definition of another package, not data that was looked up on an instance."""
    return isinstance(value, External) and not value.of_instance
