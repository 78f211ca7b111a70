"""How tests, examples and documentation call a public function that nothing in the project calls: what its users may
do with it, shown once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.program.bindings import ITEMS, Binding
from unbounded_lint.link.program.blocks import loops_around
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import LinkedModule, ScopeId, Site
from unbounded_lint.source import SourceFile

Shown: TypeAlias = Callable[[str, tuple[str, ...]], Iterable[tuple[SourceFile, m.ModuleFacts]]]
"""What mentions an identifier outside the program, given docstrings that may show its use."""

WORDS = (
    "never shown", "in a loop", "in a handler", "decorator", "in a set-up", "at module level", "in a function",
    "with a loop variable", "with a fresh value", "with a part of a parameter", "with a parameter", "with a definition",
    "with a new object", "with a literal", "with a variable", "several times", "too common a name",
)  # fmt: skip
"""What is said of the calls that are shown: where they stand, what they give for the key, whether one calls twice."""

ASIDE = frozenset({"demo", "demos", "doc", "docs", "example", "examples", "sample", "samples", "tutorial", "tutorials"})
"""Directories of programs that show how a project is used."""

_SET_UPS = frozenset({"setup", "setup_class", "setup_method", "setup_module", "setup_function", "setUp", "setUpClass"})
_FIXTURES = frozenset({"fixture", "asyncio_fixture", "contextmanager", "asynccontextmanager"})
_OF_TESTS = frozenset({"pytest", "mock", "unittest", "patch", "given", "settings", "parameterized", "testutil"})
_FRESH = frozenset({"uuid1", "uuid4", "uuid7", "time", "time_ns", "monotonic", "now", "utcnow", "next", "token_hex",
                    "token_urlsafe", "randint", "random", "randrange", "urandom", "id", "object"})  # fmt: skip
_CALLS = 40
"""How many calls are looked at."""
_CALLERS = 8
_LIFTS = 3
"""How many callers, through how many calls, lead from an insert to a function that users call."""


class Usages(Query):
    """Says how the function that leads to an insert is shown to be called."""

    def __init__(self, flow: Flow, shown: Shown) -> None:
        super().__init__(flow)
        self._shown = shown

    @kept
    def of(self, function: ScopeId, given: tuple[int, ...]) -> tuple[str, ...]:
        """The words for the calls of a function, whose parameters at some places make up the key of an insert."""
        found: set[str] = set()
        functions: list[tuple[int, ScopeId]] = []
        for number, module, site in islice(self._calls(function), _CALLS):
            found.update(_of_call(module, site, self._passed(function, given, site)))
            functions.append((number, site.scope))
        if len(set(functions)) < len(functions):
            found.add("several times")
        if not found and self._is_common(function):
            return WORDS[-1:]
        return tuple(word for word in WORDS if word in found) or WORDS[:1]

    def _is_common(self, function: ScopeId) -> bool:
        """Whether a method has a name by which no receiver can be told."""
        name = self.program.facts(function).name
        return self.program.owner_class(function) is not None and name in name_lists().common_attributes

    def given(self, scope: ScopeId, names: frozenset[str], function: ScopeId) -> tuple[int, ...]:
        """The places of the parameters of a function that reach names of another, which it calls in a few steps."""
        for _ in range(_LIFTS):
            if scope == function:
                parameters = self.program.facts(scope).parameters
                return tuple(at for at, parameter in enumerate(parameters) if parameter.name in names)
            sites = list(islice(self.flow.call_sites(scope), _CALLERS))
            site = next((s for s in sites if s.scope == function), sites[0] if sites else None)
            if site is None:
                break
            facts = self.program.facts(scope)
            passed = [argument_of(facts, at, site) for at, p in enumerate(facts.parameters) if p.name in names]
            names = frozenset(name for expr in passed if expr is not None for name in w.names(expr))
            scope = site.scope
        return ()

    def _passed(self, function: ScopeId, given: tuple[int, ...], site: Site) -> Sequence[m.Expr]:
        """What a call gives for some parameters of a function; all of its arguments where that cannot be told."""
        call = site.call
        if call is None:
            return ()
        facts = self.program.facts(function)
        bound = int(self.program.owner_class(function) is not None)
        at = CallSite(site.scope, site.op, call, bound)
        found = [argument_of(facts, index, at) for index in given]
        return [expr for expr in found if expr is not None] or [argument.value for argument in call.args[:1]]

    # --- the calls ---

    def _calls(self, function: ScopeId) -> Iterator[tuple[int, LinkedModule, Site]]:
        facts, owner = self.program.facts(function), self.program.owner_class(function)
        constructs = owner is not None and facts.name in name_lists().constructors
        name = self.program.facts(owner).name if constructs and owner is not None else facts.name
        for number, module in enumerate(self._modules(name, self._docstrings(function))):
            for site in module.sites(name):
                if site.call is None and not _decorates(module, site):
                    continue
                is_own = constructs or owner is None
                if _is_imported(module, site) if is_own else self._may_be_of(owner, name, module, site):
                    yield number, module, site

    def _may_be_of(self, owner: ScopeId | None, name: str, module: LinkedModule, site: Site) -> bool:
        """Whether the receiver of a method may be of a class: a name that is common says nothing by itself."""
        if owner is None or not isinstance(site.node, m.Attr):
            return False
        if name not in name_lists().common_attributes:
            return True
        made = (b.expr for b in _bound(module, site.scope.index, site.node.base))
        cls = self.program.facts(owner).name
        return any(isinstance(expr, m.Call) and w.last_name(expr.func) == cls for expr in made)

    @kept
    def _modules(self, name: str, docstrings: tuple[str, ...]) -> Sequence[LinkedModule]:
        linked = (module for module in self.program.mentioning(name) if is_aside(module.path))
        return (*linked, *(LinkedModule(file, facts) for file, facts in self._shown(name, docstrings)))

    def _docstrings(self, scope: ScopeId) -> tuple[str, ...]:
        """The docstrings of a function and of what is around it."""
        found = []
        at: ScopeId | None = scope
        while at is not None:
            match self.program.action(at, 0):
                case m.Eval(value=m.Const(kind="str", value=text)):
                    found.append(text)
            at = self.program.parent(at)
        return tuple(found)


def is_aside(path: str) -> bool:
    """Whether a file shows how a project is used."""
    return not ASIDE.isdisjoint(path.split("/")[:-1])


def _bound(module: LinkedModule, scope: int, expr: m.Expr) -> tuple[Binding, ...]:
    """The ways in which a name gets its value, in the nearest scope that gives it one."""
    while isinstance(expr, m.Name) and scope >= 0:
        found = module.names.of(scope).get(expr.id, ())
        if found:
            return found
        scope = module.scope(scope).parent
    return ()


def _is_imported(module: LinkedModule, site: Site) -> bool:
    """Whether what is called is imported, or comes from nowhere, as in pieces of documentation."""
    root = site.node
    while isinstance(root, m.Attr):
        root = root.base
    return isinstance(root, m.Name) and all(b.kind == "import" for b in _bound(module, site.scope.index, root))


def _of_call(module: LinkedModule, site: Site, given: Sequence[m.Expr]) -> Iterator[str]:
    if _decorates(module, site):
        yield "decorator"
        if site.call is None:
            yield "with a definition"
    else:
        yield _where(module, site)
    for expr in given:
        yield _what(module, site, expr)


def _decorates(module: LinkedModule, site: Site) -> bool:
    action = module.scope(site.scope.index).ops[site.op].action
    return isinstance(action, m.Eval) and action.role == "decorator" and site.top in (site.node, site.parent)


def _where(module: LinkedModule, site: Site) -> str:
    index = site.scope.index
    scope = module.scope(index)
    if loops_around(scope, site.op) or any(isinstance(parent, m.Comp) for parent in site.parents):
        return "in a loop"
    while scope.kind == "lambda":
        index = scope.parent
        scope = module.scope(index)
    if scope.kind != "function":
        return "at module level"
    names = [
        {*w.names(each), w.last_name(each.func if isinstance(each, m.Call) else each)} for each in scope.decorators
    ]
    if scope.name in _SET_UPS or any(not _FIXTURES.isdisjoint(each) for each in names):
        return "in a set-up"
    if any(_OF_TESTS.isdisjoint(each) for each in names):
        return "in a handler"
    return "in a function"


def _what(module: LinkedModule, site: Site, expr: m.Expr, depth: int = 2) -> str:
    """What an argument is made of."""
    if isinstance(expr, m.Lambda):
        return "with a definition"
    parts = list(w.walk(expr))
    names = [part for part in parts if isinstance(part, m.Name)]
    bound = [binding for name in names for binding in _bound(module, site.scope.index, name)]
    if any(binding.kind in ITEMS for binding in bound):
        return "with a loop variable"
    if any(isinstance(part, m.Call) and w.last_name(part.func) in _FRESH for part in parts):
        return "with a fresh value"
    if any(binding.kind == "parameter" for binding in bound):
        return "with a parameter" if isinstance(expr, m.Name) else "with a part of a parameter"
    if bound and isinstance(expr, m.Name | m.Attr) and all(b.kind in {"define", "import"} for b in bound):
        return "with a definition"
    values = [binding.expr for binding in bound if binding.kind == "value" and binding.expr is not None]
    if values and depth and isinstance(expr, m.Name):
        return _what(module, site, values[0], depth - 1)
    if isinstance(expr, m.Call):
        return "with a new object"
    return "with a variable" if names else "with a literal"
