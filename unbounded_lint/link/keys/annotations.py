"""The domain that an annotation allows."""

from __future__ import annotations

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import callee_names, dotted_text
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.values import Class, External, ordered
from unbounded_lint.link.keys.origins import CLOSED_LITERAL, Domain, join, stated
from unbounded_lint.link.program.program import ScopeId


class Annotations:
    """Reads annotations as domains; None where one says nothing."""

    def __init__(self, resolver: Resolver, catalog: Catalog) -> None:
        self.resolver = resolver
        self.catalog = catalog

    def of(self, annotation: m.Expr | None, scope: ScopeId) -> Domain | None:
        """The domain of the values that an annotation allows."""
        match annotation:
            case m.Const(kind="none"):
                return CLOSED_LITERAL
            case m.Binary(op="|", items=items) | m.Display(items=items):
                return self._all(items, scope)
            case m.Sub(base=base, index=index):
                domains = {self.catalog.annotation_domain(name) for name in callee_names(base, scope, self.resolver)}
                if "parts" in domains:
                    return self._all(index.items if isinstance(index, m.Display) else (index,), scope)
                return self._plain(base, scope)
            case m.Name() | m.Attr():
                return self._plain(annotation, scope)
        return None

    def closing(self, annotation: m.Expr | None, scope: ScopeId) -> Domain | None:
        """The same, where it closes the set."""
        found = self.of(annotation, scope)
        return found if found is not None and found.kind == "closed" else None

    def is_enum(self, cls: ScopeId) -> bool:
        """Whether a class is an enum."""
        return any("Enum" in base for base in self.resolver.all_outside_bases(cls))

    def _all(self, items: tuple[m.Expr, ...], scope: ScopeId) -> Domain | None:
        known = [part for part in (self.of(item, scope) for item in items) if part is not None]
        return join(known) if known and len(known) == len(items) else None

    def _plain(self, annotation: m.Expr, scope: ScopeId) -> Domain | None:
        why = f"annotated `{dotted_text(annotation)}`"
        for value in ordered(self.resolver.values(annotation, scope)):
            if isinstance(value, Class):
                bases = self.resolver.all_outside_bases(value.scope)
                if self.is_enum(value.scope) or any(self.catalog.base_domain(base) == "closed" for base in bases):
                    return Domain("closed", why)
            elif isinstance(value, External):
                domain = stated(self.catalog.annotation_domain(value.name), why)
                if domain is not None:
                    return domain
        return None
