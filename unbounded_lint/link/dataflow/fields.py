"""What reading an attribute of an instance gives: what was stored in it, or a method bound to the instance."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.scoping import declarations, is_property, is_static, takes_class
from unbounded_lint.link.dataflow.values import External
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.program import Program
from unbounded_lint.link.program.truth import NONE


class Fields:
    """Answers questions about the attributes of the instances of a class."""

    def __init__(self, program: Program, resolver: Resolver) -> None:
        self.program = program
        self.resolver = resolver

    def keeps(self, cls: ScopeId, name: str) -> bool:
        """Whether an attribute keeps what is stored in it: it is known, neither a property nor another descriptor, and
        nothing empties it later."""
        known = False
        for owner in self.resolver.mro(cls):
            if self._lets_go(owner, name):
                return False
            known = known or name in self.resolver.writes(owner) or self._declares(owner, name)
        return known

    def is_method(self, cls: ScopeId, name: str) -> bool:
        """Whether reading an attribute gives a method bound to the instance."""
        for owner in self.resolver.mro(cls):
            for binding in self.program.bound(owner, name):
                facts = self.program.of(owner).scope(binding.index) if binding.kind == "define" else None
                if facts is None or facts.kind != "function":
                    return False
                return not (is_static(facts) or takes_class(facts) or is_property(facts))
        return False

    def _lets_go(self, cls: ScopeId, name: str) -> bool:
        module = self.program.of(cls)
        if any(self._is_descriptor(binding, cls) for binding in module.names.of(cls.index).get(name, ())):
            return True
        for write in self.resolver.writes(cls).get(name, ()):
            is_maker = self.program.facts(write.scope).name in name_lists().constructors
            if write.value == NONE and not is_maker:
                return True
        return any(isinstance(self.program.op(site).action, m.Delete) for site in module.sites(name))

    def _is_descriptor(self, binding: Binding, cls: ScopeId) -> bool:
        """Whether what the body of a class binds to the name may store in its own way."""
        if binding.kind != "value":
            return True
        if not isinstance(binding.expr, m.Call):
            return False
        made_by = self.resolver.values(binding.expr.func, cls)
        return not any(isinstance(value, External) and value.name in name_lists().field_makers for value in made_by)

    def _declares(self, cls: ScopeId, name: str) -> bool:
        """Whether the body of a class declares a field that its constructor fills."""
        return any(not _is_unfilled(annotation) for annotation in declarations(self.program.facts(cls), name))


def _is_unfilled(annotation: m.Expr) -> bool:
    """Whether a declaration in the body of a class is of something else than a field of its instances."""
    outer = annotation.base if isinstance(annotation, m.Sub) else annotation
    return w.last_name(outer) in {"ClassVar", "InitVar"}
