"""What the results of calls are made of, and the parameters of what is called: of what the callers pass, as the
annotation allows, or as the name hints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.scoping import decorator_names, is_static, is_super
from unbounded_lint.link.dataflow.values import CallSite, Class, Function, argument_of, ordered
from unbounded_lint.link.keys.attributes import Attributes
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import (
    CLOSED_LITERAL,
    LASTING,
    NOT_KNOWN,
    NOTHING_YET,
    UNKNOWN,
    Asked,
    Asking,
    Domain,
    Origin,
    Parameter,
    Question,
    closed,
    declared_as,
    is_closed,
    made_of,
    mixed,
    opened,
    settled,
    source_of,
    stated,
)
from unbounded_lint.link.keys.routes import Routes
from unbounded_lint.link.keys.written import Written
from unbounded_lint.link.program.module import ScopeId

OVERRIDES = 16
"""How many methods of derived classes are looked at that may run in place of one."""

_IDENTITY = "the identity of an object"
_ATTRIBUTE_HOOKS = frozenset({"__getattr__", "__getattribute__"})


class Calls:
    """The equations over calls, what functions return and what they are given."""

    def __init__(self, material: Material, attributes: Attributes) -> None:
        self.material = material
        self.attributes = attributes
        self.program = material.program
        self.resolver = material.resolver
        self.written = Written(material)
        self._routes = Routes(material.execution)

    def value(self, call: m.Call, scope: ScopeId) -> Asked:
        """What the result of a call is made of."""
        arguments = [a.value for a in call.args]
        for name in sorted(self.material.callees(call.func, scope)):
            known = yield from self._known(name, call, scope)
            if known != NOTHING_YET:
                return known
        callees = ordered(self.resolver.values(call.func, scope))
        functions = [v for v in callees if isinstance(v, Function)]
        if functions:
            site = CallSite(scope, -1, call, 1 if isinstance(call.func, m.Attr) else 0)
            return (yield from mixed(self._returned(each, site) for each in self._run(functions, call.func)))
        classes = [v.scope for v in callees if isinstance(v, Class)]
        if classes:
            return (yield from self._constructed(classes, call, scope))
        if isinstance(call.func, m.Attr):
            return (yield from self._method(call.func, arguments, scope))
        return NOT_KNOWN

    def part(self, call: m.Call, index: int, scope: ScopeId) -> Asked:
        """What a part of the result of a call is made of; nothing where that is not written out wherever it is
        returned."""
        functions = [v for v in ordered(self.resolver.values(call.func, scope)) if isinstance(v, Function)]
        ran = self._run(functions, call.func)
        if not ran or any(self.written.at(function, index) is None for function in ran):
            return NOTHING_YET
        site = CallSite(scope, -1, call, 1 if isinstance(call.func, m.Attr) else 0)
        return (yield from mixed(self._returned(each, site, index) for each in ran))

    def _run(self, functions: list[Function], func: m.Expr) -> list[ScopeId]:
        """The functions, and the methods of derived classes that may run in their place."""
        found = dict.fromkeys(function.scope for function in functions)
        for function in functions:
            if function.receiver is not None and isinstance(func, m.Attr) and not is_super(func.base):
                others = self.material.flow.hierarchy.overriding(function.receiver, func.name)
                found.update(dict.fromkeys(other.scope for other in others[:OVERRIDES]))
        return list(found)

    def _returned(self, function: ScopeId, site: CallSite, part: int | None = None) -> Asked:
        """What a function returns, or a part of that, in terms of what a call gives it."""
        if part is None:
            result = yield Question("result", (function,))
        else:
            result = yield from self.material.all_of(self.written.at(function, part) or (), function)
        others = frozenset(parameter for parameter in result.parameters if parameter.function != function)
        given = (self._given(parameter, site) for parameter in sorted(result.parameters - others))
        return (yield from mixed((Origin(result.domain, others), *given)))

    def _given(self, parameter: Parameter, site: CallSite) -> Asked:
        rest = self.material.rest(*parameter, site)
        if rest is not None:
            whole = (yield from self.material.all_of(rest, site.scope)) if rest else Origin(CLOSED_LITERAL)
            return self.material.of_many(*parameter, whole)
        passed = argument_of(self.program.facts(parameter.function), parameter.position, site)
        if passed is not None:
            return (yield self.material.value(passed, site.scope))
        default = yield from self._default(parameter)
        return NOT_KNOWN if default == NOTHING_YET else default

    def _default(self, parameter: Parameter) -> Asked:
        default = self.program.facts(parameter.function).parameters[parameter.position].default
        if default is None:
            return NOTHING_YET
        return (yield self.material.value(default, self._outside(parameter.function)))

    def _outside(self, function: ScopeId) -> ScopeId:
        return self.program.parent(function) or function

    def _constructed(self, classes: list[ScopeId], call: m.Call, scope: ScopeId) -> Asked:
        if all(self.material.is_enum(cls) for cls in classes):
            return closed("an enum member", "enum")
        if call.args and any(self._is_by_value(cls) for cls in classes):
            return (yield from self.material.all_of([a.value for a in call.args], scope))
        sure = yield from self._is_made_of_open(call, scope)
        return opened("a new object each time", "object", hinted=not sure)

    def _is_by_value(self, cls: ScopeId) -> bool:
        """Whether objects of a class that are made alike are the same key."""
        return (
            not name_lists().records_by_value.isdisjoint(decorator_names(self.program.facts(cls)))
            or bool(self.program.bound(cls, "__hash__"))
            or any("NamedTuple" in base for base in self.resolver.all_outside_bases(cls))
        )

    # --- calls of what is known ---

    def _known(self, name: str, call: m.Call, scope: ScopeId) -> Asked:
        """What the call of something outside the project gives; nothing where that is not known."""
        arguments = [argument.value for argument in call.args]
        placed = [argument.value for argument in call.args if argument.keyword is None]  # no `key=`
        match name, placed:
            case "type", [_]:
                return closed("a class", "class")
            case "id", [value]:
                found = yield from settled((yield self.material.value(value, scope)))
                known = found.domain is not None and found.domain.kind != "open"
                lasts = source_of(found) == "object" or (is_closed(found) and source_of(found) in LASTING)
                return found if known and lasts else opened(_IDENTITY, "identity")
            case "bool", _:
                return closed("a truth value", "constant")
            case "next", [walked, *_] if _is_held(self.material, walked, scope):
                return (yield self.material.items(walked, scope))
            case "min", [_, _, *_]:
                return (yield from self.least(placed, scope))
            case "getattr", [holder, m.Const(value=key), *_]:
                return (yield from self.attributes.value(m.Attr(holder, key), scope))
            case "getattr", [holder, _, *_]:
                if self.material.are_definitions(self.resolver.values(holder, scope)):
                    return closed("looked up among the names of a module or class", "names")
                return NOTHING_YET
        if name in name_lists().partials:
            return (yield from self.material.all_of(arguments, scope))
        if name in name_lists().conversions:
            return (yield from self.material.all_of(placed, scope)) if arguments else Origin(CLOSED_LITERAL)
        return (yield from self._catalogued(name, arguments, scope))

    def least(self, parts: Sequence[m.Expr], scope: ScopeId) -> Asked:
        """What is made of the least of some numbers, or of the bits that they share: one that is closed closes it."""
        for part in parts:
            found = yield from settled((yield self.material.value(part, scope)))
            if is_closed(found):
                return closed(f"no more than {w.dotted(part) or 'a constant'}", source_of(found))
        return (yield from self.material.all_of(parts, scope))

    def _catalogued(self, name: str, arguments: list[m.Expr], scope: ScopeId) -> Asked:
        why = f"the result of `{name}()`"
        for entry in self.material.catalog.key_call(name):
            if entry.arguments is not None and entry.arguments != len(arguments):
                continue
            domain = stated(entry.domain, why, entry.source)
            if domain is not None:
                return Origin(replace(domain, weak=entry.weak))
            if entry.domain == "argument" and 0 <= entry.position < len(arguments):
                found = yield self.material.value(arguments[entry.position], scope)
                if entry.otherwise == "open":
                    found = yield from settled(found)
                    return (
                        found
                        if found.domain is not None and found.domain.kind != "unknown"
                        else opened(why, entry.source)
                    )
                return found
        return NOTHING_YET

    def _method(self, func: m.Attr, arguments: list[m.Expr], scope: ScopeId) -> Asked:
        if func.name in name_lists().text_conversions:
            return (yield from self.material.all_of((func.base, *arguments), scope))
        if func.name in name_lists().lookups:
            word = arguments[0] if arguments else None
            written = self.written.under(word, func.base, scope) if isinstance(word, m.Const) else None
            if written:
                return (yield from self.all_written((*written, *((other, scope) for other in arguments[1:]))))
            found = yield self.material.items(func.base, scope)
            if found.parameters or found.domain is None or found.domain.kind != "unknown":
                return found
        for entry in self.material.catalog.key_method(func.name):
            domain = stated(entry.domain, f"the result of `.{func.name}()`", entry.source)
            if domain is not None:
                return Origin(domain)
            if entry.domain == "argument" and entry.position == -1:
                return (yield self.material.value(func.base, scope))
        root = self.material.open_root(func)
        if root is not None:
            return opened(f"`{w.dotted(func)}()` comes from a request or message", root, hinted=True)
        return NOT_KNOWN

    def all_written(self, found: Sequence[tuple[m.Expr, ScopeId]]) -> Asked:
        """What is made of all of some expressions, each of a scope of its own."""
        parts = []
        for expr, scope in found:
            parts.append((yield from settled((yield self.material.value(expr, scope)))))
        return made_of(parts)

    # --- inside functions ---

    def result(self, function: ScopeId) -> Asked:
        """What a function returns, in terms of its parameters."""
        facts = self.program.facts(function)
        annotated = self.material.annotated(facts.returns, self._outside(function))
        if annotated is not None and annotated.kind == "closed" and not annotated.weak:
            return Origin(annotated)
        if not name_lists().memos.isdisjoint(decorator_names(facts)):
            # it gives as many results as it gets different arguments
            if not facts.parameters:
                return closed("one result that is remembered", "constant")
            return (yield from mixed(self.parameter(Parameter(function, at)) for at in range(len(facts.parameters))))
        found = yield from self.material.all_of(self.program.returned(function), function)
        return found._replace(domain=declared_as(annotated, found).domain)

    def parameter(self, parameter: Parameter) -> Asked:
        """What a parameter is made of inside its function: of itself, unless it is closed whoever calls."""
        annotated = self._annotated(parameter)
        if annotated is not None and annotated.kind == "closed" and not annotated.weak:
            return Origin(annotated)
        facts, owner = self.program.facts(parameter.function), self.program.owner_class(parameter.function)
        if parameter.position or owner is None or facts.kind != "function" or is_static(facts):
            return Origin(None, frozenset({parameter}))
        values = self.resolver.parameter(parameter.function, 0)
        if any(isinstance(v, Class) for v in values):
            return closed("a class of the program", "class")
        return (yield from self._receiver(owner))

    def _annotated(self, parameter: Parameter) -> Domain | None:
        facts, outside = self.program.facts(parameter.function), self._outside(parameter.function)
        given = facts.parameters[parameter.position]
        if given.annotation is None or name_lists().anything & {*self.resolver.names(given.annotation, outside)}:
            return self.material.switched(given.default, outside)
        return self.material.annotated(given.annotation, outside)

    def _receiver(self, cls: ScopeId) -> Asked:
        """An object that puts itself in: as many as are made; how many its users make, nothing here says."""
        flow, execution = self.material.flow, self.material.execution
        if flow.hierarchy.is_metaclass(cls):
            return closed("a class of the program", "class")
        uses = [use for built in (cls, *flow.hierarchy.subclasses(cls)) for use in flow.class_uses(built)]
        sites = [use.site for use in uses if use.kind == "called"]
        if sites and all(execution.runs_once(site.scope, site.op) for site in sites):
            return closed("objects made when the program starts", "object")
        if not uses and not self.resolver.all_outside_bases(cls):
            return Origin(Domain("unknown", "an object of a class that nothing here makes", weak=True, source="object"))
        sure = any(context.recurs for site in sites for context in execution.at(site.scope, site.op))
        for site in () if sure else sites:
            call = site.outer.node if site.parents else None
            sure = sure or (yield from self._is_made_of_open(call, site.scope))
        return opened("an object of a class that is made again and again", "object", hinted=not sure)

    def _is_made_of_open(self, call: m.Expr | None, scope: ScopeId) -> Asking[bool]:
        """Whether a construction is given something that is ever new."""
        arguments = [a.value for a in call.args] if isinstance(call, m.Call) else []
        given = yield from settled((yield from self.material.all_of(arguments, scope)))
        return given.domain is not None and given.domain.kind == "open" and not given.domain.weak

    # --- keywords ---

    def keywords(self, holder: m.Expr | None, scope: ScopeId) -> Asked:
        """The keys of a `**parameter`: words in the calls, unless a call spreads a map whose keys come from elsewhere,
        or something that cannot be seen calls the function. Nothing for anything else."""
        if not isinstance(holder, m.Name):
            return NOTHING_YET
        owner = self.resolver.owner(holder.id, scope)
        bound = self.program.only(owner, holder)
        if owner is None or bound is None or bound.kind != "parameter":
            return NOTHING_YET
        facts = self.program.facts(owner)
        is_spread = facts.parameters[bound.index].kind == "double-star"
        if not is_spread or decorator_names(facts) - name_lists().plain_decorators:
            return NOTHING_YET
        found = yield Question("keywords", (owner,))
        return found if is_closed(found) else NOTHING_YET

    def spread(self, function: ScopeId) -> Asked:
        """The domain of the keys of the `**parameter` of a function."""
        flow = self.material.flow
        if any(use.kind not in {"called", "read", "tested"} for use in flow.function_uses(function)):
            return NOT_KNOWN
        for site in flow.call_sites(function):
            for argument in site.call.args if site.call is not None else ():
                if argument.star == "**":
                    inner = yield from self.keywords(argument.value, site.scope)
                    if inner == NOTHING_YET:
                        inner = yield from settled((yield self.material.items(argument.value, site.scope)))
                    if not is_closed(inner):
                        return NOT_KNOWN
        return closed("keywords written in the calls", "names")

    # --- what is passed ---

    def argument(self, parameter: Parameter) -> Asked:
        """The domain of what the callers of a function pass for a parameter."""
        facts = self.program.facts(parameter.function)
        if facts.name in _ATTRIBUTE_HOOKS:
            return closed("an attribute name written in the program", "names")
        annotated = self._annotated(parameter)
        handed = self.material.graph.handing.calls(parameter.function)
        given = (site for site in handed if argument_of(facts, parameter.position, site) is not None)
        calls = (*self.material.flow.likely_calls(parameter.function), *given)
        sites = calls or self.material.graph.dispatched(parameter.function)
        told = yield from mixed((NOTHING_YET, *(self._passed(parameter, site) for site in sites)))
        name = facts.parameters[parameter.position].name
        if name in self._routes.places(parameter.function):
            told = made_of((told, opened(f"`{name}` is a part of the address that is asked for", "request")))
        if annotated is not None and annotated.kind == "open" and (told.domain or UNKNOWN).kind == "unknown":
            return Origin(annotated)
        if told.domain is not None and (calls or told.domain.kind != "unknown"):
            return declared_as(annotated, told)
        return declared_as(annotated, Origin(self._of_event(parameter) or self.material.by_name(name)))

    def _of_event(self, parameter: Parameter) -> Domain | None:
        """What a framework passes to a function that it runs for each request or event, unless that may be left out or
        is one of a few that its address states."""
        function, given = parameter.function, self.program.facts(parameter.function).parameters[parameter.position]
        name = given.name
        if self._routes.is_of_few(*parameter):
            return Domain("closed", f"`{name}` is one of a few that the function is set for", source="status")
        if given.default is not None or self._routes.is_stated(function, name):
            return None
        ways = {context.by for context in self.material.execution.direct(function)}
        if "request" in ways:
            return Domain("open", f"`{name}` comes with a request", source="request")
        return Domain("open", f"`{name}` comes with an event", weak=True, source="message") if "hook" in ways else None

    def _passed(self, parameter: Parameter, site: CallSite) -> Asked:
        if self.material.is_import_time(site.scope, site.op):
            return closed("given by calls at import", "names")
        rest = self.material.rest(*parameter, site)
        passed = argument_of(self.program.facts(parameter.function), parameter.position, site)
        if rest is not None or passed is not None:
            given = rest or (() if passed is None else (passed,))
            used = (self.material.use(expr, site.scope, site.op) for expr in given)
            whole = (yield from mixed(used)) if given else Origin(CLOSED_LITERAL)
            return self.material.of_many(*parameter, whole)
        if site.call is not None and not any(a.star for a in site.call.args):
            return (yield from settled((yield from self._default(parameter))))
        return (yield from _spread(self.material, parameter, site))


def _is_held(material: Material, walked: m.Expr, scope: ScopeId) -> bool:
    """Whether an iterator walks over what is there."""
    if isinstance(walked, m.Call):
        return not name_lists().gatherers.isdisjoint(material.callees(walked.func, scope))
    return isinstance(walked, m.Comp)


def _spread(material: Material, parameter: Parameter, site: CallSite) -> Asked:
    """What a call passes that spreads one sequence over all the places from some on: elements that are made in one
    way; what the caller was itself given, part by part, is a mixture that says nothing of one of them."""
    placed = [a for a in site.call.args if a.keyword is None and a.star != "**"] if site.call is not None else []
    spread = [a.value for a in placed if a.star]
    given = material.program.facts(parameter.function).parameters[parameter.position]
    if len(spread) != 1 or not placed[-1].star or given.kind not in {"normal", "positional-only"}:
        return NOT_KNOWN
    bound = material.program.only(site.scope, spread[0]) if isinstance(spread[0], m.Name) else None
    whole = bound.given if bound is not None and bound.given is not None else spread[0]
    if isinstance(whole, m.Display) and not any(isinstance(item, m.Star) for item in whole.items):
        at = parameter.position - site.bound - len(placed) + 1
        return (yield material.value(whole.items[at], site.scope)) if 0 <= at < len(whole.items) else NOT_KNOWN
    if material.is_passed_on(whole, site.scope):
        return NOT_KNOWN
    found = yield from settled((yield material.items(whole, site.scope)))
    return found if found.domain is not None and found.domain.kind == "open" else NOT_KNOWN
