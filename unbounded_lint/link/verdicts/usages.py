"""How tests, examples and documentation call a public function that nothing in the project calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.files.source import SourceFile
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.program.bindings import ITEMS, Binding
from unbounded_lint.link.program.blocks import loops_around
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import LinkedModule, ScopeId, Site
from unbounded_lint.link.program.naming import is_aside

Shown: TypeAlias = Callable[[str, tuple[str, ...]], Iterable[tuple[SourceFile, m.ModuleFacts]]]
"""What mentions an identifier outside the program, given docstrings that may show its use."""

WORDS = (
    "in a loop", "in a handler", "decorator", "in a set-up", "at module level", "on a page", "in a function",
    "with an ever new key", "with a definition", "with a literal", "with a variable",
    "several times", "too common a name",
)  # fmt: skip
"""Where the calls that are shown stand, what they give for the key, and whether one function has several of them."""

_FRESH = frozenset({"monotonic", "next", "now", "randint", "random", "time", "token_hex", "urandom", "uuid1", "uuid4"})
_CALLS = 40
"""How many calls are looked at."""


class Usages(Query):
    """Says how users are shown to call a function."""

    def __init__(self, flow: Flow, shown: Shown) -> None:
        super().__init__(flow)
        self._shown = shown

    def of(self, functions: Iterable[ScopeId], names: frozenset[str]) -> tuple[str, ...]:
        """The words for the calls of functions that lead to an insert, given the names that its key is made up of."""
        found = {word for function in functions for word in self._of(function, names)}
        return tuple(word for word in WORDS if word in found) or ("never shown",)

    @kept
    def _of(self, function: ScopeId, names: frozenset[str]) -> Sequence[str]:
        facts, owner = self.program.facts(function), self.program.owner_class(function)
        constructs = owner is not None and facts.name in name_lists().constructors
        name = self.program.facts(owner).name if owner is not None and constructs else facts.name
        maker = "" if owner is None or constructs else self.program.facts(owner).name
        calls = list(islice(self._calls(name, maker, tuple(self._docstrings(function))), _CALLS))
        if not calls:
            return ["too common a name"] if maker and name in name_lists().common_attributes else []
        words = [_where(module, site) for module, site in calls]
        for module, site in calls:
            if site.call is None:
                words.append("with a definition")
                continue
            at = CallSite(site.scope, site.op, site.call, int(owner is not None))
            passed = (argument_of(facts, i, at) for i, p in enumerate(facts.parameters) if p.name in names)
            told = [expr for expr in passed if expr is not None] or [each.value for each in site.call.args[:1]]
            words.extend(_what(module, site, expr) for expr in told)
        places = [(id(module), site.scope) for module, site in calls]
        return [*words, "several times"] if len(set(places)) < len(places) else words

    def _calls(self, name: str, maker: str, docstrings: tuple[str, ...]) -> Iterator[tuple[LinkedModule, Site]]:
        """The calls of a function or class, or those of a method of what a maker makes."""
        for module in self._modules(name, docstrings):
            for site in module.sites(name):
                if site.call is not None or _decorates(module, site):
                    if _may_be_of(maker, module, site) if maker else _is_imported(module, site):
                        yield module, site

    @kept
    def _modules(self, name: str, docstrings: tuple[str, ...]) -> Sequence[LinkedModule]:
        linked = (module for module in self.program.mentioning(name) if is_aside(module.path))
        return (*linked, *(LinkedModule(file, facts) for file, facts in self._shown(name, docstrings)))

    def _docstrings(self, scope: ScopeId | None) -> Iterator[str]:
        while scope is not None:
            match self.program.action(scope, 0):
                case m.Eval(value=m.Const(kind="str", value=text)):
                    yield text
            scope = self.program.parent(scope)


def _may_be_of(maker: str, module: LinkedModule, site: Site) -> bool:
    """Whether a method may be one of a class: if many others have its name, one of an object that is made there."""
    if not isinstance(site.node, m.Attr) or site.node.name not in name_lists().common_attributes:
        return isinstance(site.node, m.Attr)
    made = (binding.expr for binding in _bound(module, site.scope.index, site.node.base))
    return any(isinstance(expr, m.Call) and w.last_name(expr.func) == maker for expr in made)


def _decorates(module: LinkedModule, site: Site) -> bool:
    action = module.scope(site.scope.index).ops[site.op].action
    return isinstance(action, m.Eval) and action.role == "decorator" and site.top in (site.node, site.parent)


def _is_imported(module: LinkedModule, site: Site) -> bool:
    """Whether what is called is imported, or comes from nowhere, as in pieces of documentation."""
    root = w.dotted(site.node).partition(".")[0]
    return bool(root) and all(b.kind == "import" for b in _bound(module, site.scope.index, m.Name(root)))


def _bound(module: LinkedModule, scope: int, expr: m.Expr) -> Sequence[Binding]:
    """The ways in which a name gets its value, in the nearest scope that gives it one."""
    while isinstance(expr, m.Name) and scope >= 0:
        if found := module.names.of(scope).get(expr.id):
            return found
        scope = module.scope(scope).parent
    return ()


def _where(module: LinkedModule, site: Site) -> str:
    """Where a call stands."""
    scope = module.scope(site.scope.index)
    if _decorates(module, site):
        return "decorator"
    if loops_around(scope, site.op) or any(isinstance(parent, m.Comp) for parent in site.parents):
        return "in a loop"
    if scope.kind in {"module", "class"}:
        return "at module level" if module.path.endswith(".py") else "on a page"
    names = {w.last_name(each.func if isinstance(each, m.Call) else each) for each in scope.decorators}
    if "fixture" in names or scope.name.lower().startswith("setup"):
        return "in a set-up"
    return "in a handler" if names - name_lists().transparent and not scope.name.startswith("test") else "in a function"


def _what(module: LinkedModule, site: Site, expr: m.Expr, depth: int = 2) -> str:
    """What a call gives for the key."""
    parts = list(w.walk(expr))
    bound = [b for part in parts for b in _bound(module, site.scope.index, part)]
    is_name, kinds = isinstance(expr, m.Name), {binding.kind for binding in bound}
    fresh = any(isinstance(part, m.Call) and w.last_name(part.func) in _FRESH for part in parts)
    if fresh or not kinds.isdisjoint(ITEMS) or ("parameter" in kinds and not is_name):
        return "with an ever new key"
    if isinstance(expr, m.Lambda) or (isinstance(expr, m.Name | m.Attr) and kinds and kinds <= {"define", "import"}):
        return "with a definition"
    if is_name and depth and bound and bound[0].given is not None:
        return _what(module, site, bound[0].given, depth - 1)
    return "with a variable" if any(isinstance(part, m.Name) for part in parts) else "with a literal"
