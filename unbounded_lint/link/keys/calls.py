"""What the results of calls are made of."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import dotted_text
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.values import CallSite, Class, External, Function, Module, ordered
from unbounded_lint.link.keys.attributes import Attributes
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import (
    CLOSED_LITERAL,
    NOT_KNOWN,
    NOTHING_YET,
    Asked,
    Domain,
    OfResult,
    Origin,
    Parameter,
    closed,
    made_of,
    opened,
    settled,
    stated,
)
from unbounded_lint.link.keys.parameters import Parameters
from unbounded_lint.link.program.program import ScopeId


class Calls:
    """The equations over calls and what functions return."""

    def __init__(self, material: Material, attributes: Attributes, parameters: Parameters) -> None:
        self.material = material
        self.attributes = attributes
        self.program = material.program
        self.resolver = material.resolver
        self.parameters = parameters

    def value(self, call: m.Call, scope: ScopeId) -> Asked:
        """What the result of a call is made of."""
        arguments = [a.value for a in call.args]
        for name in sorted(self.material.callees(call.func, scope)):
            known = yield from self._known(name, arguments, scope)
            if known != NOTHING_YET:
                return known
        callees = ordered(self.resolver.values(call.func, scope))
        functions = [v.scope for v in callees if isinstance(v, Function)]
        if functions:
            return (yield from self._called(functions, call, scope))
        classes = [v for v in callees if isinstance(v, Class)]
        if classes:
            if all(self.material.annotations.is_enum(cls.scope) for cls in classes):
                return closed("an enum member")
            return (yield from self._constructed(classes, arguments, scope))
        if isinstance(call.func, m.Attr):
            return (yield from self._method(call.func, arguments, scope))
        return NOT_KNOWN

    def _called(self, functions: list[ScopeId], call: m.Call, scope: ScopeId) -> Asked:
        bound = 1 if isinstance(call.func, m.Attr) else 0
        found = []
        for function in functions:
            result: Origin = yield OfResult(function)
            site = CallSite(scope, -1, call, bound)
            found.append((yield from self.parameters.applied(result, function, site)))
        return made_of(found)

    def _constructed(self, classes: list[Class], arguments: list[m.Expr], scope: ScopeId) -> Asked:
        if arguments and any(self._is_by_value(cls.scope) for cls in classes):
            return (yield from self.material.all_of(arguments, scope))
        return opened("a new object each time")

    def _is_by_value(self, cls: ScopeId) -> bool:
        """Whether objects of a class that are made alike are the same key."""
        return (
            not name_lists().records_by_value.isdisjoint(decorator_names(self.program.facts(cls)))
            or "__hash__" in self.program.of(cls).bindings(cls.index)
            or any("NamedTuple" in base for base in self.resolver.all_outside_bases(cls))
        )

    # --- calls of what is known ---

    def _known(self, name: str, arguments: list[m.Expr], scope: ScopeId) -> Asked:
        """What the call of something outside the project gives; nothing where that is not known."""
        match name, arguments:
            case "type", [_]:
                return closed("a class")
            case "id", [value]:
                found = yield from settled((yield from self.material.value(value, scope)))
                return found if _is_class(found.domain) else opened("the identity of an object")
            case "bool", _:
                return closed("a truth value")
            case "getattr", [holder, m.Const(value=key), *_]:
                return (yield from self.attributes.value(m.Attr(holder, key), scope))
            case "getattr", [holder, _, *_]:
                named = self._is_namespace(holder, scope)
                return closed("looked up among the names of a module or class") if named else NOTHING_YET
        if name in name_lists().conversions:
            return (yield from self.material.all_of(arguments, scope)) if arguments else Origin(CLOSED_LITERAL)
        return (yield from self._catalogued(name, arguments, scope))

    def _is_namespace(self, holder: m.Expr, scope: ScopeId) -> bool:
        owners = self.resolver.values(holder, scope)
        return bool(owners) and all(
            isinstance(v, Module | Class) or (isinstance(v, External) and not v.of_instance) for v in owners
        )

    def _catalogued(self, name: str, arguments: list[m.Expr], scope: ScopeId) -> Asked:
        why = f"the result of `{name}()`"
        for entry in self.material.catalog.key_call(name):
            if entry.arguments is not None and entry.arguments != len(arguments):
                continue
            domain = stated(entry.domain, why)
            if domain is not None:
                return Origin(domain)
            if entry.domain == "thread":
                return Origin(Domain("unknown", f"`{name}()` is as many as there are threads"))
            if entry.domain == "argument" and 0 <= entry.position < len(arguments):
                found: Origin = yield from self.material.value(arguments[entry.position], scope)
                if entry.otherwise == "open":
                    found = yield from settled(found)
                    return opened(why) if found.domain is None or found.domain.kind == "unknown" else found
                return found
        return NOTHING_YET

    def _method(self, func: m.Attr, arguments: list[m.Expr], scope: ScopeId) -> Asked:
        if func.name in name_lists().text_conversions:
            return (yield from self.material.all_of((func.base, *arguments), scope))
        if func.name in name_lists().lookups:
            found: Origin = yield from self.material.items(func.base, scope)
            if found.parameters or found.domain is None or found.domain.kind != "unknown":
                return found
        for entry in self.material.catalog.key_method(func.name):
            domain = stated(entry.domain, f"the result of `.{func.name}()`")
            if domain is not None:
                return Origin(domain)
            if entry.domain == "argument" and entry.position == -1:
                return (yield from self.material.value(func.base, scope))
        if self.material.is_open_root(func):
            return opened(f"`{dotted_text(func)}()` comes from a request or message", hinted=True)
        return NOT_KNOWN

    # --- what functions return ---

    def result(self, function: ScopeId) -> Asked:
        """What a function returns, in terms of its parameters."""
        facts = self.program.facts(function)
        annotated = self.material.annotations.closing(facts.returns, self.program.parent(function) or function)
        if annotated is not None:
            return Origin(annotated)
        if not name_lists().memos.isdisjoint(decorator_names(facts)):
            return self._remembered(function)
        return (yield from self.material.all_of(self._returned(function), function))

    def _returned(self, function: ScopeId) -> Iterator[m.Expr]:
        for op in self.program.facts(function).ops:
            if isinstance(op.action, m.Return) and op.action.value is not None:
                yield op.action.value

    def _remembered(self, function: ScopeId) -> Origin:
        """The results of a function that remembers them: as many as it gets different arguments."""
        count = len(self.program.facts(function).parameters)
        found = [self.parameters.value(Parameter(function, position)) for position in range(count)]
        return made_of(found) if found else closed("one result that is remembered")


def _is_class(domain: Domain | None) -> bool:
    return domain is not None and domain.kind == "closed" and ("class" in domain.why or "`type" in domain.why)
