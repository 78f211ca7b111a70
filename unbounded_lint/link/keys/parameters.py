"""What parameters are made of: of what the callers pass, as the annotation allows, or as the name hints."""

from __future__ import annotations

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.scoping import is_static
from unbounded_lint.link.dataflow.values import CallSite, Class, argument_of
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.narrowing import Narrowing
from unbounded_lint.link.keys.origins import (
    NOT_KNOWN,
    NOTHING_YET,
    UNKNOWN,
    Asked,
    Domain,
    OfVariable,
    Origin,
    Parameter,
    closed,
    join,
    made_of,
    opened,
    settled,
)
from unbounded_lint.link.program.program import ScopeId

_ATTRIBUTE_HOOKS = frozenset({"__getattr__", "__getattribute__"})


class Parameters:
    """The equations over parameters."""

    def __init__(self, material: Material, narrowing: Narrowing) -> None:
        self.material = material
        self.program = material.program
        self.narrowing = narrowing

    def variable(self, name: str, owner: ScopeId) -> Asked:
        """What a variable of a scope is made of; asked for by all that meet its name."""
        found: Origin = yield OfVariable(name, owner)
        return found

    def value(self, parameter: Parameter) -> Origin:
        """What a parameter is made of inside its function: of itself, unless it is closed whoever calls."""
        facts = self.program.facts(parameter.function)
        annotated = self._annotated(parameter)
        if annotated is not None and annotated.kind == "closed":
            return Origin(annotated)
        owner = self.program.owner_class(parameter.function)
        is_receiver = parameter.position == 0 and owner is not None and facts.kind == "function"
        if is_receiver and owner is not None and not is_static(facts):
            values = self.material.resolver.parameter(parameter.function, 0)
            is_class = any(isinstance(v, Class) for v in values)
            return closed("a class of the program") if is_class else self._receiver(owner)
        return Origin(None, frozenset({parameter}))

    def _annotated(self, parameter: Parameter) -> Domain | None:
        annotation = self.program.facts(parameter.function).parameters[parameter.position].annotation
        return self.material.annotations.of(annotation, self._outside(parameter.function))

    def _outside(self, function: ScopeId) -> ScopeId:
        return self.program.parent(function) or function

    def _receiver(self, cls: ScopeId) -> Origin:
        """An object that puts itself in: as many as are made."""
        flow = self.material.flow
        uses = [u for u in flow.class_uses(cls) if u.kind == "called" and not self.program.is_test(u.site.scope)]
        uses += [u for c in flow.subclasses(cls) for u in flow.class_uses(c) if u.kind == "called"]
        if uses and all(self.material.is_import_time(u.site.scope, u.site.op) for u in uses):
            return closed("objects made at import")
        return opened("an object of a class that is made again and again")

    # --- what is passed ---

    def applied(self, origin: Origin, function: ScopeId, site: CallSite) -> Asked:
        """What is made of parameters of a function, in terms of one call of it."""
        found = [] if origin.domain is None else [Origin(origin.domain)]
        for parameter in sorted(origin.parameters):
            if parameter.function == function:
                found.append((yield from self._given(parameter, site)))
            else:
                found.append(Origin(None, frozenset({parameter})))
        return made_of(found) if found else NOTHING_YET

    def _given(self, parameter: Parameter, site: CallSite) -> Asked:
        passed = argument_of(self.program.facts(parameter.function), parameter.position, site)
        if passed is not None:
            return (yield from self.material.value(passed, site.scope))
        default = yield from self._default(parameter)
        return NOT_KNOWN if default == NOTHING_YET else default

    def _default(self, parameter: Parameter) -> Asked:
        default = self.program.facts(parameter.function).parameters[parameter.position].default
        if default is None:
            return NOTHING_YET
        return (yield from self.material.value(default, self._outside(parameter.function)))

    def argument(self, parameter: Parameter) -> Asked:
        """The domain of what the callers of a function pass for a parameter."""
        facts = self.program.facts(parameter.function)
        if facts.name in _ATTRIBUTE_HOOKS:
            return closed("an attribute name written in the program")
        annotated = self._annotated(parameter)
        found = []
        for site in self.material.flow.live_calls(parameter.function):
            found.append((yield from self._passed(parameter, site)))
        domains = [origin.domain for origin in found if origin.domain is not None]
        if domains:
            passed = join(domains)
            open_anyway = passed.kind == "unknown" and annotated is not None and annotated.kind == "open"
            return Origin(annotated if open_anyway else passed)
        if annotated is not None and annotated.kind == "open":
            return Origin(annotated)
        return Origin(self._by_name(facts.parameters[parameter.position].name))

    def _passed(self, parameter: Parameter, site: CallSite) -> Asked:
        if site.op >= 0 and self.material.is_import_time(site.scope, site.op):
            return closed("given by calls at import")
        passed = argument_of(self.program.facts(parameter.function), parameter.position, site)
        if passed is not None:
            narrowed = (yield from self.narrowing.at(passed, site.scope, site.op)) if site.op >= 0 else None
            if narrowed is not None:
                return Origin(narrowed)
            return (yield from settled((yield from self.material.value(passed, site.scope))))
        if site.call is not None and not any(a.star for a in site.call.args):
            return (yield from settled((yield from self._default(parameter))))
        return Origin(UNKNOWN)

    def _by_name(self, name: str) -> Domain:
        catalog = self.material.catalog
        if self.material.is_open_root(m.Name(name)):
            return Domain("open", f"`{name}` is a request or message", weak=True)
        hint = catalog.word_domain(name)
        if hint == "open":
            return Domain("open", f"`{name}` is given by callers outside the project", weak=True)
        if hint in {"closed", "thread"}:
            return Domain("unknown", f"`{name}` names something finite", weak=True)
        return Domain("unknown", f"`{name}` is given by callers outside the project")
