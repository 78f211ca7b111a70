"""What attributes are made of: by what they are looked up on, and by what their class writes to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.making import FACTORIES
from unbounded_lint.link.dataflow.scoping import declarations
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.values import Class, Function, Instance, Module, Value, Values, ordered
from unbounded_lint.link.keys.counters import Counters
from unbounded_lint.link.keys.material import Material, is_outside
from unbounded_lint.link.keys.origins import (
    LASTING,
    NOTHING_YET,
    Asked,
    KeySource,
    Origin,
    Question,
    closed,
    declared_as,
    is_closed,
    mixed,
    opened,
    settled,
    source_of,
)
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId

_SETTINGS = frozenset({"settings", "config", "conf", "cfg", "options", "preferences", "prefs"})
_MESSAGES: frozenset[KeySource] = frozenset({"message", "request"})
_CONTEXTS = frozenset({"ctx", "context"})


class Attributes:
    """The equations over attributes."""

    def __init__(self, material: Material, counters: Counters) -> None:
        self.material = material
        self.counters = counters
        self.program = material.program
        self.resolver = material.resolver

    def value(self, expr: m.Attr, scope: ScopeId) -> Asked:
        """What an attribute is made of."""
        text = w.dotted(expr)
        bases = self.resolver.values(expr.base, scope)
        known = self._at_once(expr, scope, text, bases)
        if known is not None:
            return known
        if self._is_method(expr, scope):
            return (yield self.material.value(expr.base, scope))
        found = yield from mixed((NOTHING_YET, *(self._on(base, expr.name) for base in ordered(bases))))
        if found != NOTHING_YET:
            return (yield from self._or_of_message(found, expr, scope))
        holder = yield self.material.value(expr.base, scope)
        whole = yield from settled(holder)
        if is_closed(whole) and source_of(whole) in LASTING:
            # what a class or a function has may be an object that changes: its own parts are not asked for here
            return closed(f"`{text}` belongs to code", "code" if source_of(whole) == "code" else "names")
        root = self.material.open_root(expr)
        if root is not None and not _is_setting_of_context(text):
            return opened(f"`{text}` comes from a request or message", root, hinted=True)
        made = isinstance(expr.base, m.Call | m.Await | m.Sub)
        if made and holder.domain is not None and holder.domain.kind == "open":
            return holder
        comes = f"`{text}` names something that comes and goes"
        told = f"`{text}`, and where that comes from cannot be told"
        hinted = self.material.by_word(expr.name, text, comes, told, _guess(text))
        return Origin(hinted) if hinted.weak else _of_message(whole) or Origin(hinted)

    def _or_of_message(self, found: Origin, expr: m.Attr, scope: ScopeId) -> Asked:
        """What an attribute is made of; where its class tells nothing of that, it may be as new as the message that has
        it."""
        whole = yield from settled(found)
        if whole.domain is None or whole.domain.kind != "unknown":
            return found
        holder = yield from settled((yield self.material.value(expr.base, scope)))
        return _of_message(holder) or found

    def _at_once(self, expr: m.Attr, scope: ScopeId, text: str, bases: Values) -> Origin | None:
        """What can be told without asking where anything comes from."""
        finite = self.material.catalog.attribute_source(expr.name)
        if finite is not None:
            return closed(f"`{expr.name}` is one of a finite set", finite)
        values = self.resolver.values(expr, scope)
        if values and all(_is_definition(value) for value in values):
            return closed("a definition of the program", _source(ordered(values)[0]))
        if self.material.is_requested(bases):
            return opened(f"`{text}` comes from a request", "request")
        if bases and all(is_outside(base) for base in bases):
            return closed(f"`{text}` is a constant of another package", "names")
        if self._is_part_of_constant(expr, bases, scope):
            return closed(f"`{text}` is a part of a constant", "constant")
        if self._is_part_of_few(expr, bases):
            return closed(f"`{text}` stays what it is while the program runs", "constant")
        return None

    def _is_part_of_few(self, expr: m.Attr, bases: Values) -> bool:
        """Whether an attribute belongs to objects that the program makes once each, and nothing but their making gives
        it a value."""
        classes = [base.scope for base in bases if isinstance(base, Instance)]
        if not classes or len(classes) < len(bases) or self._is_written_later(expr.name):
            return False
        written = all(self.resolver.writes(cls).get(expr.name) for cls in classes)
        return written and all(map(self.material.lifetimes.is_of_few, classes))

    def _is_method(self, expr: m.Attr, scope: ScopeId) -> bool:
        """Whether an attribute is a method with the object that it was looked up on: it is another one for each."""
        methods = self.resolver.values(expr, scope)
        return bool(methods) and all(isinstance(v, Function) and v.receiver is not None for v in methods)

    def _is_part_of_constant(self, expr: m.Attr, bases: Values, scope: ScopeId) -> bool:
        """`Versions.FIRST.name`, where a class body makes the object `FIRST`, and only constructors write to `name`."""
        holder = expr.base
        if not isinstance(holder, m.Attr) or not bases or not all(isinstance(base, Instance) for base in bases):
            return False
        owners = self.resolver.values(holder.base, scope)
        made = all(isinstance(v, Class) and self.program.bound(v.scope, holder.name) for v in owners)
        return bool(owners) and made and not any(self._is_written_later(name) for name in (holder.name, expr.name))

    @kept
    def _is_written_later(self, attribute: str) -> bool:
        """Whether anything but a constructor writes to any attribute of that name."""
        return any(
            isinstance(site.node, m.Attr)
            and role_of(self.program, site) in {"stored", "augmented"}
            and self.program.facts(site.scope).name not in name_lists().initialisers
            for site in self.program.sites(attribute)
        )

    # --- by what the class writes ---

    def _on(self, value: Value, name: str) -> Asked:
        """What `value.name` is made of, by what the class assigns to it."""
        if isinstance(value, Module):
            module = self.program.named(value.name)
            counted = self.counters.variable(name, ScopeId(module.path, 0)) if module is not None else None
            return counted or closed("set at import in another module", "constant")
        if not isinstance(value, Instance | Class):
            return NOTHING_YET
        if self.material.is_enum(value.scope):
            return closed("an enum member", "enum")
        return (yield Question("member", (value.scope, name)))

    def member(self, owner: ScopeId, name: str) -> Asked:
        """What an attribute of a class or its instances is made of; nothing where none of its classes has it."""
        counted = self.counters.attribute(owner, name)
        if counted is not None:
            return counted
        for cls in self.resolver.mro(owner):
            found = yield from self._own(cls, name)
            if found != NOTHING_YET:
                return found
        return (yield from mixed((NOTHING_YET, *self._by_keyword(owner, name))))

    def _by_keyword(self, cls: ScopeId, name: str) -> Iterator[Question]:
        """What is given for an attribute where objects are made, by a constructor that sets whatever it is given."""
        if any(self._sets_all(maker) for maker in self.resolver.methods(cls, "__init__")):
            for use in self.material.flow.constructions(cls):
                for argument in use.call.args if use.call is not None else ():
                    if argument.keyword == name:
                        yield self.material.value(argument.value, use.site.scope)

    @kept
    def _sets_all(self, maker: ScopeId) -> bool:
        """Whether a constructor takes any keywords, and sets attributes of its object by names that it is given."""
        facts = self.program.facts(maker)
        if not facts.parameters or facts.parameters[-1].kind != "double-star":
            return False
        receiver = m.Name(facts.parameters[0].name)
        return any(
            call.func == m.Name("setattr") and len(call.args) == 3 and call.args[0].value == receiver
            for op in facts.ops
            for call in w.calls(op.action)
            if not isinstance(call.args[1].value if len(call.args) > 1 else None, m.Const)
        )

    def _own(self, cls: ScopeId, name: str) -> Asked:
        parts = tuple(self._given(cls, name))
        factory = self._factory(cls, name)
        if factory is not None:
            made = yield from settled((yield self.material.value(factory, cls)))
            if made.domain is not None and made.domain.kind == "open":  # else it tells nothing of what makers are given
                parts = (made, *parts)
        declared = self.material.annotated(next(declarations(self.program.facts(cls), name), None), cls)
        if not parts:
            return Origin(declared) if declared is not None else NOTHING_YET
        whole = yield from mixed(parts)
        return declared_as(declared, (yield from settled(whole))) if declared is not None else whole

    @kept
    def _factory(self, cls: ScopeId, name: str) -> m.Call | None:
        """The call that gives a declared field its value, in each object that is made without one."""
        for binding in self.program.bound(cls, name):
            call = binding.expr
            if isinstance(call, m.Call) and name_lists().field_makers & set(self.resolver.names(call.func, cls)):
                factories = [argument.value for argument in call.args if argument.keyword in FACTORIES]
                return m.Call(factories[0], (), call.span) if factories else None
        return None

    def _given(self, cls: ScopeId, name: str) -> Iterator[Origin | Question]:
        """What the body of a class and its methods give an attribute."""
        for binding in self.program.bound(cls, name):
            if binding.kind == "define":
                yield Question("result", (ScopeId(cls.path, binding.index),))
            elif binding.kind == "value" and binding.expr is not None and not isinstance(binding.expr, m.Call):
                yield self.material.value(binding.expr, cls)
        for write in self.resolver.writes(cls).get(name, ()):
            annotated = self.material.closing(write.annotation, write.scope)
            if annotated is not None:
                yield Origin(annotated)
            elif write.value is not None:
                yield self.material.value(write.value, write.scope)


def _of_message(holder: Origin) -> Origin | None:
    """What a part of a message or request is that nothing else is known of; None for a part of anything else."""
    told = holder.domain
    if told is None or told.kind != "open" or told.source not in _MESSAGES:
        return None
    return Origin(replace(told, weak=True))


def _is_definition(value: Value) -> bool:
    return isinstance(value, Class | Module) or (isinstance(value, Function) and value.receiver is None)


def _source(definition: Value) -> KeySource:
    match definition:
        case Class():
            return "class"
        case Module():
            return "module"
    return "function"


def _guess(text: str) -> KeySource:
    """What the parts of an attribute's text say of its source."""
    parts = {part.strip("_") for part in text.lower().split(".")}
    return "derived" if _SETTINGS.isdisjoint(parts) else "configuration"


def _is_setting_of_context(text: str) -> bool:
    """`ctx.options.name`: a context carries the settings of the program as well as what is at hand."""
    parts = text.lower().split(".")
    return any(one in _CONTEXTS and two.strip("_") in _SETTINGS for one, two in pairwise(parts))
