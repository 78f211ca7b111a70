"""What expressions, variables, the elements of iterables and the targets of loops over them are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.handles import ARGUMENTS, Use, UseKind, Variable
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.values import Allocation, Class, Instance, is_fresh, ordered, positional
from unbounded_lint.link.keys.attributes import Attributes
from unbounded_lint.link.keys.calls import Calls
from unbounded_lint.link.keys.counters import Counters
from unbounded_lint.link.keys.material import Material, is_outside
from unbounded_lint.link.keys.origins import (
    CLOSED_LITERAL,
    NOT_KNOWN,
    NOTHING_YET,
    Asked,
    Domain,
    Origin,
    Parameter,
    Question,
    closed,
    is_closed,
    mixed,
    opened,
    settled,
    source_of,
)
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.module import ScopeId, Site

_Filling: TypeAlias = tuple[m.Expr, ScopeId, bool]
"""What is put into a container, where, and whether it holds many keys or elements."""

_ELSEWHERE: frozenset[UseKind] = frozenset({*ARGUMENTS, "kept", "augmented"})
"""After these something may be put into a container that is not seen."""


class Expressions:
    """The equations over expressions, variables and elements."""

    def __init__(self, material: Material, calls: Calls, attributes: Attributes, counters: Counters) -> None:
        self.material = material
        self.program = material.program
        self.resolver = material.resolver
        self.calls = calls
        self.attributes = attributes
        self.counters = counters

    def value(self, expr: m.Expr, scope: ScopeId) -> Asked:
        """What an expression is made of."""
        material = self.material
        match expr:
            case m.Const():
                return Origin(CLOSED_LITERAL)
            case m.Compare() | m.Unary(op="not"):
                return closed("a truth value", "constant")
            case m.Name():
                return (yield from self._name(expr, scope))
            case m.Attr():
                return (yield from self.attributes.value(expr, scope))
            case m.Call():
                return (yield from self.calls.value(expr, scope))
            case m.Sub(base=base, index=m.Const(kind="str") as word) if written := self.calls.written.under(
                word, base, scope
            ):
                return (yield from self.calls.all_written(written))
            case m.Sub(base=base, index=index):
                part = material.value if isinstance(index, m.Slice) else material.items
                return (yield part(base, scope))
            case m.Display(items=items) | m.FString(parts=items) | m.BoolOp(items=items):
                return (yield from self._literal(items, scope))
            case m.DictDisplay(items=entries):
                return (
                    yield from self._literal([p for e in entries for p in (e.key, e.value) if p is not None], scope)
                )
            case m.Binary(op="%", items=(left, right)) if not isinstance(left, m.Const):
                divisor = yield from settled((yield material.value(right, scope)))
                return closed("a remainder", source_of(divisor)) if is_closed(divisor) else NOT_KNOWN
            case m.Binary(op="&", items=items):
                return (yield from self.calls.least(items, scope))
            case m.Binary(items=items):
                return (yield from material.all_of(items, scope))
            case m.Unary(operand=inner) | m.Await(value=inner) | m.Walrus(value=inner) | m.Star(value=inner):
                return (yield material.value(inner, scope))
            case m.Lambda(scope=inner):
                return (yield from self._closure(ScopeId(scope.path, inner)))
            case m.IfExp(body=body, orelse=orelse):
                return (yield from material.all_of((body, orelse), scope))
            case m.Comp(element=element, clauses=clauses):
                walked = (material.items(clause.iterable, scope) for clause in clauses)
                return (yield from mixed((material.value(element, scope), *walked)))
        return NOT_KNOWN

    def _literal(self, items: Sequence[m.Expr], scope: ScopeId) -> Asked:
        return (yield from self.material.all_of(items, scope)) if items else Origin(CLOSED_LITERAL)

    # --- variables ---

    def _name(self, expr: m.Name, scope: ScopeId) -> Asked:
        owner = self.resolver.owner(expr.id, scope)
        if owner is None:
            known = self.resolver.values(expr, scope)
            return closed(f"`{expr.id}` is defined once", "names") if known else NOT_KNOWN
        return (yield Question("variable", (expr.id, owner)))

    def variable(self, name: str, owner: ScopeId) -> Asked:
        """What a variable of a scope is made of."""
        counted = self.counters.variable(name, owner)
        if counted is not None:
            return counted
        return (yield from mixed(self._binding(b, name, owner) for b in self.program.bound(owner, name)))

    def loop_target(self, name: str, owner: ScopeId, which: int) -> Asked:
        """What a variable is made of by one of the ways in which it gets its value."""
        return (yield from self._binding(self.program.bound(owner, name)[which], name, owner))

    def _binding(self, binding: Binding, name: str, owner: ScopeId) -> Asked:
        scope = ScopeId(owner.path, binding.scope)
        at_import = scope.index == owner.index == 0 and self.material.is_import_time(scope, binding.op)
        match binding.kind:
            case "define":
                return (yield from self._definition(binding, scope))
            case "import":
                return closed(f"`{name}` is imported", "names")
            case "parameter":
                return (yield from self.calls.parameter(Parameter(scope, binding.index)))
            case "value" | "item" | "item-part" if at_import:
                return closed(f"`{name}` is set at import", "constant")
            case "value":
                annotated = self.material.closing(binding.annotation, scope)
                if annotated is not None:
                    return Origin(annotated)
            case "item" | "item-part" if binding.expr is not None:
                return (yield from self.target(binding, binding.expr, scope))
            case "part" if isinstance(called := _awaited(binding.expr), m.Call):
                part = yield from self.calls.part(called, binding.index, scope)
                if part != NOTHING_YET:
                    return part
            case "entered" | "other":
                return self._exception(binding, scope)
        expr = binding.given or binding.expr
        return NOT_KNOWN if expr is None else (yield self.material.value(expr, scope))

    def _definition(self, binding: Binding, scope: ScopeId) -> Asked:
        kind = self.program.of(scope).scope(binding.index).kind
        lasting = scope.index == 0 or self.program.facts(scope).kind == "class"
        if not lasting:
            return NOT_KNOWN if kind == "class" else (yield from self._closure(ScopeId(scope.path, binding.index)))
        return closed(f"a {kind} of the program", "class" if kind == "class" else "function")

    def _closure(self, function: ScopeId) -> Asked:
        """What a function inside another is made of: the program's text, and what it captures, by defaults as well."""
        outside = self.program.parent(function) or function
        captured = (Question("variable", each) for each in self.material.flow.scoping.captured(function))
        defaults = (p.default for p in self.program.facts(function).parameters if p.default is not None)
        given = (self.material.value(default, outside) for default in defaults)
        return (yield from mixed((closed("a function of the program", "function"), *captured, *given)))

    def _exception(self, binding: Binding, scope: ScopeId) -> Origin:
        frames = self.program.facts(scope).frames
        caught = binding.kind == "other" and any(f.kind == "except" and f.op == binding.op for f in frames)
        return opened("an exception object", "exception") if caught else NOT_KNOWN

    # --- elements ---

    def items(self, iterable: m.Expr, scope: ScopeId) -> Asked:
        """What the elements of an iterable are made of."""
        match iterable:
            case m.DictDisplay(items=entries):
                return (yield from self._literal([entry.key or entry.value for entry in entries], scope))
            case m.Call():
                return (yield from self._of_call(iterable, scope))
            case m.Name() | m.Attr():
                return (yield from self._of_holder(iterable, scope))
            case m.Binary(items=items) | m.BoolOp(items=items):
                return (yield from self._all_items(items, scope))
            case m.IfExp(body=body, orelse=orelse):
                return (yield from self._all_items((body, orelse), scope))
        return (yield self.material.value(iterable, scope))

    def _of_call(self, call: m.Call, scope: ScopeId) -> Asked:
        func, args = call.func, call.args
        if isinstance(func, m.Attr) and func.name in name_lists().key_views:
            return (yield self.material.items(func.base, scope))
        names = self.material.callees(func, scope)
        if names & name_lists().gatherers and args:
            walked = [a.value for a in args if a.keyword is None]
            if not walked:
                return closed("words written in the program", "names")
            return (yield from self._all_items(walked[1:] if "filter" in names else walked, scope))
        if "range" in names:
            return (yield from self.material.all_of((a.value for a in args), scope))
        return (yield self.material.value(call, scope))

    def _all_items(self, holders: Iterable[m.Expr], scope: ScopeId) -> Asked:
        return (yield from mixed(self.material.items(holder, scope) for holder in holders))

    # --- holders ---

    def _of_holder(self, holder: m.Name | m.Attr, scope: ScopeId) -> Asked:
        values = self.resolver.values(holder, scope)
        text = w.dotted(holder)
        if any(isinstance(v, Class) and self.material.is_enum(v.scope) for v in values):
            return closed("the members of an enum", "enum")
        made = [value for value in ordered(values) if isinstance(value, Allocation)]
        if made:
            constant = all(self._is_constant(value) for value in made)
            return closed(f"an item of the constant `{made[0].name}`", "names") if constant else NOT_KNOWN
        if self.material.is_requested(values):
            return opened(f"`{text}` comes from a request", "request")
        if self.material.execution.loops.is_stream(holder, scope):
            return opened(f"`{text}` is read from outside", "data")
        if values and all(is_outside(value) for value in values):
            return closed("an imported constant", "names")
        if self._is_receiver(holder, scope):
            return NOT_KNOWN  # that an object is ever new says nothing of what it has under its keys
        found = yield self.material.value(holder, scope)
        if not isinstance(holder, m.Attr) or not self._is_lengthened(holder, scope):
            return found
        # what an attribute is given at first says nothing of what is put into it later
        whole = yield from settled(found)
        return NOT_KNOWN if is_closed(whole) else found

    def _is_receiver(self, holder: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression names the object that a method of an ordinary class is called on."""
        bound = self.program.only(scope, holder)
        cls = self.program.owner_class(scope)
        if bound is None or bound.kind != "parameter" or bound.index or cls is None:
            return False
        return Instance(cls) in self.resolver.values(holder, scope) and not self.material.is_enum(cls)

    def _is_constant(self, value: Allocation) -> bool:
        """Whether a container is made at import and nothing adds to it later."""
        if value.scope.index and self.program.facts(value.scope).kind != "class":
            return False
        return not any(
            self._adds(site)
            and (site.scope.path == value.scope.path or value in self.resolver.values(site.node, site.scope))
            and not self.material.execution.kinds(site.scope, site.op) <= {"import", "test", "dead"}
            for site in self.program.sites(value.name)
        )

    def _adds(self, site: Site) -> bool:
        """Whether an operation adds to what a name stands for."""
        match site.parents:
            case (*_, m.Call(), m.Attr(name=method)):
                return bool(self.material.catalog.inserting(method))
            case (*_, m.Sub(base=base)) if base is site.node:
                return role_of(self.program, site.outer) == "stored"
        return role_of(self.program, site) == "augmented"

    # --- targets of loops ---

    def target(self, binding: Binding, iterable: m.Expr, scope: ScopeId) -> Asked:
        """What the target of a loop over an iterable, or a part of it, is made of."""
        match iterable:
            case m.Call(func=func) if w.last_name(func) == "enumerate" and binding.kind == "item-part":
                if binding.index == 0:
                    return self._position(iterable, scope)
        table = _whose_keys(binding, iterable)
        keywords = yield from self.calls.keywords(table, scope)
        if keywords != NOTHING_YET:
            return keywords
        filled = self._filled(table, scope)
        if filled is not None:
            return (yield from self._all_put_in(filled))
        found = yield self.material.items(iterable, scope)
        told = found.parameters or found.domain is None or found.domain.kind != "unknown" or found.domain.weak
        copied = self.material.key_of(table) if not told and isinstance(table, m.Attr) else None
        return Origin(copied) if copied is not None else found

    def _position(self, counted: m.Call, scope: ScopeId) -> Origin:
        """What the number is that `enumerate` gives an item: one of a few where what it walks over is there when it
        begins, and is made anew rather than lengthened; any where it may go on for ever, or begins at any number."""
        walked, *start = (argument.value for argument in counted.args)
        begins = not start or isinstance(start[0], m.Const)
        if begins and self.material.execution.loops.is_held(walked, scope) and not self._is_lengthened(walked, scope):
            return closed(f"a position in {w.dotted(walked) or 'what is at hand'}", "names")
        return Origin(Domain("unknown", "a position", source="counter"))

    def _is_lengthened(self, walked: m.Expr, scope: ScopeId) -> bool:
        """Whether anything is added to what has a name out of which something is walked: anywhere in the program, or
        in its function."""
        nodes = tuple(w.walk(walked))
        holders = {id(node.base) for node in nodes if isinstance(node, m.Attr)}
        return any(
            self._adds(site)
            for node in nodes
            if isinstance(node, m.Name | m.Attr) and id(node) not in holders
            for site in self._sites_of(node, scope)
        )

    def _sites_of(self, holder: m.Name | m.Attr, scope: ScopeId) -> Iterator[Site]:
        """Where the name of a holder stands, that of a function's own variable in that function alone."""
        if isinstance(holder, m.Attr):
            return self.program.sites(holder.name)
        owner = self.resolver.owner(holder.id, scope)
        if owner is None or not owner.index:
            return self.program.sites(holder.id)
        return iter(self.program.of(owner).sites_within(owner.index, holder.id))

    def _filled(self, table: m.Expr | None, scope: ScopeId) -> Sequence[_Filling] | None:
        """What a container that a function makes for itself is made of, and what is put into it as a key or an element;
        None for any other, and where it is given to what may fill it."""
        if not isinstance(table, m.Name) or self.resolver.owner(table.id, scope) != scope:
            return None
        bound = self.program.only(scope, table)
        if bound is None or bound.given is None or not is_fresh(bound.given) or not scope.index:
            return None
        found: list[_Filling] = [(bound.given, scope, True)]
        for use in self.material.flow.uses(Variable(scope, table.id)):
            if use.site.scope == scope and use.kind in _ELSEWHERE and not self._only_reads(use):
                return None
            found.extend(self._put_in(use.site))
        return found

    def _only_reads(self, use: Use) -> bool:
        known = name_lists().readers | name_lists().gatherers
        return isinstance(use.outer, m.Call) and not known.isdisjoint(
            self.resolver.names(use.outer.func, use.site.scope)
        )

    def _put_in(self, site: Site) -> Iterator[_Filling]:
        """The key or element that an operation puts into a container, and whether it is many at once."""
        match site.parent:
            case m.Sub(base=base, index=index) if base is site.node:
                if role_of(self.program, site.outer) in {"stored", "augmented"}:
                    yield index, site.scope, False
            case m.Attr(name=method) if (call := site.method_call) is not None:
                given = positional(call)
                for effect in self.material.catalog.inserting(method) if given else ():
                    yield given[min(effect.key, len(given) - 1)], site.scope, effect.bulk

    def _all_put_in(self, filled: Sequence[_Filling]) -> Asked:
        ask = self.material
        return (yield from mixed((ask.items if many else ask.value)(expr, scope) for expr, scope, many in filled))


def _awaited(expr: m.Expr | None) -> m.Expr | None:
    return expr.value if isinstance(expr, m.Await) else expr


def _whose_keys(binding: Binding, iterable: m.Expr) -> m.Expr | None:
    """What the target of a loop takes the keys of; None where it takes anything else."""
    match binding.kind, iterable:
        case "item", m.Name():
            return iterable
        case "item", m.Call(func=m.Name(id=copy), args=(first, *_)) if copy in name_lists().finite_copies:
            return _whose_keys(binding, first.value)
        case "item", m.Call(func=m.Attr(base=base, name="keys"), args=()):
            return base
        case "item-part", m.Call(func=m.Attr(base=base, name="items"), args=()) if binding.index == 0:
            return base
    return None
