"""Where a value goes: all that is done with it, and who calls a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unbounded_lint.catalog.load import Catalog, name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.fields import Fields
from unbounded_lint.link.dataflow.handles import HANDED_ON, Handle, Use, Variable
from unbounded_lint.link.dataflow.hierarchy import Hierarchy
from unbounded_lint.link.dataflow.questions import Pool
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.scoping import Scoping, is_property, is_static, takes_class
from unbounded_lint.link.dataflow.sites import Role, Sites, role_of
from unbounded_lint.link.dataflow.steps import Steps
from unbounded_lint.link.dataflow.traces import NEAR, Traces, decorated_name
from unbounded_lint.link.dataflow.values import CallSite, External, ExternalResult
from unbounded_lint.link.program.definitions import Reaching
from unbounded_lint.link.program.kept import kept, listed
from unbounded_lint.link.program.module import Place, ScopeId, Site, stored
from unbounded_lint.link.program.program import Program

OPERATORS = frozenset({"__contains__", "__delitem__", "__getitem__", "__setitem__"})
"""The methods of a container that operators run."""

_RUN: Mapping[Role, tuple[str, ...]] = {
    "stored": ("__setitem__",),
    "deleted": ("__delitem__",),
    "augmented": ("__getitem__", "__setitem__"),
    "read": ("__getitem__",),
}
"""What is done to an item -> the methods that do it."""


def _no_calls(_function: ScopeId) -> tuple[CallSite, ...]:
    return ()


class Flow:
    """Answers what becomes of values. Memoised.

    `declared` takes parameters by their annotations and defaults alone: where a value goes must not depend on where
    others come from, or the two searches would never end. `resolver` follows parameters to their call sites as well.
    """

    def __init__(self, program: Program, catalog: Catalog) -> None:
        self.program = program
        self.catalog = catalog
        self.scoping = Scoping(program)
        pool = Pool()
        self.declared = Resolver(program, self.scoping, _no_calls, pool)
        self.resolver = Resolver(program, self.scoping, self.call_sites, pool)
        self.hierarchy = Hierarchy(program, self.declared)
        self._sites = Sites(program, self.declared, self.hierarchy)
        self.fields = Fields(program, self.resolver)
        self.reaching = reaching = Reaching(program)
        self.steps = Steps(program, self.declared, self.hierarchy, reaching, strict=False)
        strict = Steps(program, self.declared, self.hierarchy, reaching, strict=True)
        self._traces = Traces(self._sites, reaching, self.steps, strict)

    # --- questions ---

    def uses(self, handle: Handle, origin: Place | None = None) -> tuple[Use, ...]:
        """Everything done with the value that a handle holds, or with the one that it got at a place, wherever it
        flows."""
        return self._traces.of(handle, origin).uses

    def site_uses(self, site: Site) -> tuple[Use, ...]:
        """Everything done with the value of an expression, wherever it flows."""
        return self._traces.of_site(site).uses

    def destinations(self, site: Site) -> tuple[Handle, ...]:
        """The names, attributes and returns that the value of an expression reaches in a few steps."""
        return self._traces.of_site(site, NEAR).holders

    def near_uses(self, site: Site) -> tuple[Use, ...]:
        """What is done with the value of an expression in a few steps."""
        return self._traces.of_site(site, NEAR).uses

    def function_uses(self, function: ScopeId) -> tuple[Use, ...]:
        """Everything done with a function."""
        return self._traces.of_function(function).uses

    def class_uses(self, cls: ScopeId) -> tuple[Use, ...]:
        """Everything done with a class."""
        outside = self.program.parent(cls)
        assert outside is not None
        return self.uses(Variable(outside, self.program.facts(cls).name))

    @kept
    def constructions(self, cls: ScopeId) -> tuple[Use, ...]:
        """The calls that make objects of a class, or of one derived from it."""
        return tuple(use for built in (cls, *self.hierarchy.subclasses(cls)) for use in self._makings(built))

    @kept
    def _makings(self, cls: ScopeId) -> tuple[Use, ...]:
        """The calls that make objects of that very class, by its name or by the receiver of one of its methods."""
        module = self.program.of(cls)
        methods = [ScopeId(cls.path, i) for i in module.functions_of.get(cls.index, ()) if takes_class(module.scope(i))]
        receivers = [
            self.uses(Variable(method, self.program.facts(method).parameters[0].name))
            for method in methods
            if self.program.parent(method) == cls and self.program.facts(method).parameters
        ]
        return tuple(use for uses in (self.class_uses(cls), *receivers) for use in uses if use.kind == "called")

    def receiving(self, site: Site) -> ScopeId | None:
        """The class of the method whose receiver has the attribute at a site; None where the base is anything else."""
        return self._sites.receiving(site)

    # --- calls ---

    @kept
    def answered(self, scope: ScopeId) -> tuple[tuple[int, m.Call], ...]:
        """The calls of a scope whose results it uses and that a function of the project may answer, and where they
        stand."""
        used = self.program.of(scope).used_calls(scope.index)
        return tuple((op, call) for op, call in used if any(self.resolver.functions(call.func, scope)))

    @kept
    def is_only_called(self, function: ScopeId) -> bool:
        """Whether nothing gets hold of a function that may use it unseen: whoever runs it calls it."""
        return all(use.kind not in HANDED_ON for use in self.function_uses(function))

    @listed
    def call_sites(self, function: ScopeId) -> Iterator[CallSite]:
        """The calls of a function in the project; constructor calls for `__init__`, reads for a property, operators for
        the methods of a container."""
        facts = self.program.facts(function)
        owner = self.program.owner_class(function)
        reads = owner is not None and is_property(facts)
        for use in self.function_uses(function):
            call = self._applied(use)
            if call is not None:
                yield CallSite(use.site.scope, use.site.op, call, use.bound, use.guess)
            elif reads and use.kind not in {"rebound", "decorates"}:
                yield CallSite(use.site.scope, use.site.op, None, use.bound, use.guess)
        if owner is not None and facts.name in name_lists().constructors:
            yield from self._constructions(owner, facts.name)
        if owner is not None and facts.name == "__call__":
            for built in self.hierarchy.instances(owner):
                metas = self.declared.metaclasses(built)  # a nearer one may have a method of its own
                if any(function in self.declared.methods(meta, facts.name) for meta in metas):
                    yield from self._made_by(built)
        if owner is not None and facts.name in OPERATORS:
            yield from self._operations(owner, facts.name)

    @kept
    def likely_calls(self, function: ScopeId) -> tuple[CallSite, ...]:
        """The same, without those that are matched by a name alone where all that passes for the receiver, once callers
        are asked for it, is of another package."""
        return tuple(site for site in self.call_sites(function) if not (site.guess and self._is_of_another(site)))

    def _is_of_another(self, site: CallSite) -> bool:
        if site.call is None or not isinstance(site.call.func, m.Attr):
            return False
        values = self.resolver.values(site.call.func.base, site.scope)
        return bool(values) and all(isinstance(value, External | ExternalResult) for value in values)

    def _constructions(self, cls: ScopeId, method: str) -> Iterator[CallSite]:
        for built in (cls, *self.hierarchy.subclasses(cls)):
            if built != cls and method in self.program.of(built).names.of(built.index):
                continue
            yield from self._made_by(built)

    def _made_by(self, cls: ScopeId) -> Iterator[CallSite]:
        for use in self._makings(cls):
            yield CallSite(use.site.scope, use.site.op, use.call, 1)

    def _operations(self, cls: ScopeId, method: str) -> Iterator[CallSite]:
        """The operators on objects of a class that run a method of it, each as the call that it stands for."""
        for site in self._operated(cls, method):
            op, outer = self.program.op(site), site.outer
            match outer.node:
                case m.Compare(left=key) if method == "__contains__":
                    given: tuple[m.Expr | None, ...] = (key,)
                case m.Sub(index=key) if method in _RUN.get(role_of(self.program, outer), ()):
                    given = (key, stored(op.action, outer) if method == "__setitem__" else None)
                case _:
                    continue
            arguments = tuple(m.Arg(part, None, "") for part in given if part is not None)
            yield CallSite(site.scope, site.op, m.Call(m.Attr(site.node, method), arguments, op.span), 1)

    def _operated(self, cls: ScopeId, method: str) -> Iterator[Site]:
        """Where an operator has an object on its side that has a method from a class: one of the class, of one derived
        from it, or the receiver of a method that the class inherits."""
        own = [
            built
            for built in self.hierarchy.subclasses(cls)
            if method not in self.program.of(built).names.of(built.index)
        ]
        for built in (cls, *own):
            yield from self._sites.of_operators(built)
        for above in self.declared.mro(cls)[1:]:
            yield from (site for site in self._sites.of_operators(above) if self._sites.is_receiver(site))

    def receiver_uses(self, cls: ScopeId) -> Iterator[Use]:
        """What the methods of a class and of its bases do with their receiver."""
        for owner in self.declared.mro(cls):
            for index in self.program.of(owner).functions_of.get(owner.index, ()):
                facts, scope = self.program.of(owner).scope(index), ScopeId(owner.path, index)
                if self.program.owner_class(scope) == owner and facts.parameters and not is_static(facts):
                    yield from self.uses(Variable(scope, facts.parameters[0].name))

    def _applied(self, use: Use) -> m.Call | None:
        """The call that a use makes; a decorator is a call with the decorated object."""
        if use.kind == "decorates":
            name = decorated_name(self.program, use.site)
            span = self.program.op(use.site).span
            return m.Call(use.site.node, (m.Arg(m.Name(name), None, ""),), span) if name else None
        return use.call


class Query:
    """Something that can be asked about a program, with what its answers are made of at hand."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.catalog = flow.catalog
