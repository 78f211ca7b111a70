"""What attributes are made of: by what they are looked up on, and by what their class writes to them."""

from __future__ import annotations

from itertools import pairwise

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import dotted_text
from unbounded_lint.link.dataflow.values import Class, External, Function, Instance, Module, Value, Values, ordered
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import (
    NOTHING_YET,
    Asked,
    Domain,
    OfMember,
    OfResult,
    Origin,
    closed,
    made_of,
    opened,
)
from unbounded_lint.link.program.program import ScopeId, Site

_CLASSLIKE = frozenset(
    {"__class__", "__name__", "__qualname__", "__module__", "__code__", "__func__", "__doc__", "__file__"}
)
_PROGRAM_SETTINGS = frozenset({"settings", "config", "conf", "cfg", "options", "preferences", "prefs"})
_SETTINGS = _PROGRAM_SETTINGS | {"opts", "args", "argv", "params", "environ"}
_CONTEXTS = frozenset({"ctx", "context"})


class Attributes:
    """The equations over attributes."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.program = material.program
        self.resolver = material.resolver

    def value(self, expr: m.Attr, scope: ScopeId) -> Asked:
        """What an attribute is made of."""
        text = dotted_text(expr)
        bases = self.resolver.values(expr.base, scope)
        known = self._at_once(expr, scope, text, bases)
        if known is not None:
            return known
        found = []
        for base in ordered(bases):
            part = yield from self._on(base, expr.name)
            if part != NOTHING_YET:
                found.append(part)
        if found:
            return made_of(found)
        if self.material.is_open_root(expr) and not _is_setting_of_context(expr):
            return opened(f"`{text}` comes from a request or message", hinted=True)
        if isinstance(expr.base, m.Call | m.Await | m.Sub):
            base_origin: Origin = yield from self.material.value(expr.base, scope)
            if base_origin.domain is not None and base_origin.domain.kind == "open":
                return base_origin
        if _names_settings(expr):
            return Origin(Domain("unknown", f"`{text}` is a setting", weak=True))
        return self._by_word(expr.name, text)

    def _at_once(self, expr: m.Attr, scope: ScopeId, text: str, bases: Values) -> Origin | None:
        """What can be told without asking where anything comes from."""
        if expr.name in _CLASSLIKE:
            return closed(f"`{expr.name}` of a definition")
        values = self.resolver.values(expr, scope)
        if values and all(_is_definition(value) for value in values):
            return closed("a definition of the program")
        if self.material.is_requested(bases):
            return opened(f"`{text}` comes from a request")
        if bases and all(isinstance(v, External) and not v.of_instance for v in bases):
            return closed(f"`{text}` is a constant of another package")
        if self._is_part_of_constant(expr, bases, scope):
            return closed(f"`{text}` is a part of a constant")
        return None

    def _by_word(self, word: str, text: str) -> Origin:
        hint = self.material.catalog.word_domain(word)
        if hint == "open":
            return opened(f"`{text}` names something that comes and goes", weak=True)
        if hint in {"closed", "thread"}:
            return Origin(Domain("unknown", f"`{text}` names something finite", weak=True))
        return Origin(Domain("unknown", f"`{text}`, and where that comes from cannot be told"))

    # --- parts of constants ---

    def _is_part_of_constant(self, expr: m.Attr, bases: Values, scope: ScopeId) -> bool:
        """`Versions.FIRST.name`, where a class body or a module makes the object `FIRST` once, and nothing writes its
        attribute but its constructor."""
        instances = [base for base in bases if isinstance(base, Instance)]
        if not instances or len(instances) < len(bases) or not self._is_bound_at_import(expr.base, scope):
            return False
        classes = (cls for value in instances for cls in self.resolver.mro(value.scope))
        if any(b.kind == "define" for c in classes for b in self.program.of(c).bindings(c.index).get(expr.name, ())):
            return False
        return not any(self._is_written_later(site) for site in self.program.sites(expr.name))

    def _is_written_later(self, site: Site) -> bool:
        action = self.program.op(site).action
        targets = action.targets if isinstance(action, m.Assign) else ()
        targets = (action.target,) if isinstance(action, m.AugAssign) else targets
        stores = isinstance(site.node, m.Attr) and any(target is site.node for target in targets)
        return stores and self.program.facts(site.scope).name not in name_lists().initialisers

    def _is_bound_at_import(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether a name of a class body that nothing binds anew stands for an object made while it is imported."""
        if not isinstance(expr, m.Attr):
            return False
        owners = [v.scope for v in self.resolver.values(expr.base, scope) if isinstance(v, Class)]
        for owner in owners:
            bindings = self.program.of(owner).bindings(owner.index).get(expr.name, ())
            if len(bindings) != 1 or bindings[0].kind != "value" or not isinstance(bindings[0].expr, m.Call):
                return False
            if any(self._is_written_later(site) for site in self.program.sites(expr.name)):
                return False
            if not self.material.is_import_time(owner, bindings[0].op):
                return False
        return bool(owners)

    # --- by what the class writes ---

    def _on(self, value: Value, name: str) -> Asked:
        """What `value.name` is made of, by what the class assigns to it."""
        if isinstance(value, Module):
            return closed("set at import in another module")
        if not isinstance(value, Instance | Class):
            return NOTHING_YET
        if name in {"name", "value"} and self.material.annotations.is_enum(value.scope):
            return closed("an enum member")
        found: Origin = yield OfMember(value, name)
        return found

    def member(self, value: Instance | Class, name: str) -> Asked:
        """What an attribute of a class or its instances is made of; nothing where none of its classes has it."""
        for cls in self.resolver.mro(value.scope):
            bindings = self.program.of(cls).bindings(cls.index).get(name, ())
            writes = self.resolver.writes(cls).get(name, ())
            if bindings or writes or self.material.annotations.of_field(cls, name) is not None:
                found = yield from self._own(cls, name)
                if found != NOTHING_YET:
                    return found
        return NOTHING_YET

    def _own(self, cls: ScopeId, name: str) -> Asked:
        parts = []
        annotations = self.material.annotations
        is_enum = annotations.is_enum(cls)
        for binding in self.program.of(cls).bindings(cls.index).get(name, ()):
            if is_enum and binding.kind == "value":
                return closed("an enum member")
            if binding.kind == "define":
                parts.append((yield OfResult(ScopeId(cls.path, binding.index))))
            elif binding.kind == "value" and binding.expr is not None and not isinstance(binding.expr, m.Call):
                parts.append((yield from self.material.value(binding.expr, cls)))
        for write in self.resolver.writes(cls).get(name, ()):
            annotated = annotations.closing(write.annotation, write.scope)
            if annotated is not None:
                parts.append(Origin(annotated))
            elif write.value is not None:
                parts.append((yield from self.material.value(write.value, write.scope)))
        declared = annotations.of_field(cls, name)
        if declared is not None and (not parts or declared.kind == "closed"):
            return Origin(declared)
        return made_of(parts) if parts else NOTHING_YET


def _is_definition(value: Value) -> bool:
    return isinstance(value, Class | Module) or (isinstance(value, Function) and value.receiver is None)


def _names_settings(expr: m.Attr) -> bool:
    """Whether an attribute is read off something called settings, or the like: weak evidence for few values."""
    base = expr.base
    while isinstance(base, m.Attr):
        if base.name.strip("_").lower() in _SETTINGS:
            return True
        base = base.base
    return isinstance(base, m.Name) and base.id.strip("_").lower() in _SETTINGS


def _is_setting_of_context(expr: m.Expr) -> bool:
    """`ctx.options.name`: a context carries the settings of the program as well as what is at hand."""
    parts = dotted_text(expr).split(".")
    return any(one.lower() in _CONTEXTS and two.strip("_").lower() in _PROGRAM_SETTINGS for one, two in pairwise(parts))
