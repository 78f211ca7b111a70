"""Hooks that come in pairs: what one puts in as something opens, its partner takes out as that is closed, for the same
object or by the same key; a framework calls both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Literal, NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.catalog.model import Pair
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import REMOVING, Access, AccessList
from unbounded_lint.link.dataflow.callees import catalogued
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.keys.around import AroundQuery, Lead
from unbounded_lint.link.keys.identity import Shape
from unbounded_lint.link.program.blocks import frames_of, held_at, in_cleanup, layout
from unbounded_lint.link.program.kept import grouped, kept, listed
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import NONE, Asked, flag_of, is_so
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.risks import Risks

_SUBJECT = Shape("subject", ())
_SELF = Shape("self", ())
_REFUSED = m.Const("bool", "False")


class Hooked(NamedTuple):
    """A hook that leads to an access, with the key or the value of the entry as each hook of its pair knows that; and
    that pair, with the further arguments of its decorator."""

    access: Access
    lead: Lead
    pair: Pair
    terms: tuple[m.Arg, ...]
    known_by: Literal["key", "value"]

    @property
    def hook(self) -> ScopeId:
        """The function."""
        return self.lead.scope


class Partners(AroundQuery):
    """Finds the entries of such hooks."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self._risks = Risks(flow, execution)

    def take_out(self, removal: Access, accesses: AccessList) -> bool:
        """Whether a removal takes out what some insert put in, whatever happens."""
        return any(self._is_sure(*each) for each in self._matches(removal, accesses))

    def begun(self, removals: Collection[int], insert: Access, accesses: AccessList) -> frozenset[ScopeId]:
        """The hooks that make an insert run whose entry some removals take out, in their partners, whatever happens;
        the removals by the ids of the expressions that are the container there."""
        found = self._every_begin(accesses).get(id(insert.site.node), ())
        return frozenset(
            o.hook for o, other in found if id(other.access.site.node) in removals and self._is_sure(o, other)
        )

    def hindered(self, removal: Access, accesses: AccessList) -> ScopeId | None:
        """A hook that puts in what its partner would take out, but for an error that keeps it from that."""
        found = self._matches(removal, accesses)
        return next((one.hook for one, other in found if not self._is_sure(one, other)), None)

    def _matches(self, removal: Access, accesses: AccessList) -> Sequence[tuple[Hooked, Hooked]]:
        """The hooks that lead to an insert and to a removal and are partners for one entry."""
        return self._every_match(accesses).get(id(removal.site.node), ())

    @kept
    def _every_match(self, accesses: AccessList) -> Mapping[int, Sequence[tuple[Hooked, Hooked]]]:
        """The same, by the ids of the expressions that are the container where it is removed from."""
        ends = [other for a in accesses if a.kind in REMOVING for other in self._hooked(a, "ends", accesses)]
        inserts = (a for a in accesses if ends and a.kind == "insert")
        hooked = (one for insert in inserts for one in self._hooked(insert, "begins", accesses))
        begins = grouped((self.program.owner_class(one.hook), one) for one in hooked)
        return grouped(
            (id(other.access.site.node), (one, other))
            for other in (ends if begins else ())
            for cls in self._family(other.hook)
            for one in begins.get(cls, ())
            if self._are_partners(one, other, accesses)
        )

    @kept
    def _every_begin(self, accesses: AccessList) -> Mapping[int, Sequence[tuple[Hooked, Hooked]]]:
        """The same, by those where it is inserted into."""
        every = (each for found in self._every_match(accesses).values() for each in found)
        return grouped((id(one.access.site.node), (one, other)) for one, other in every)

    def _family(self, hook: ScopeId) -> Iterable[ScopeId | None]:
        """The classes whose objects may have a hook too; none for a function."""
        owner = self.program.owner_class(hook)
        if owner is None:
            return (None,)
        return dict.fromkeys((*self.resolver.mro(owner), *self.flow.hierarchy.subclasses(owner)))

    def _are_partners(self, one: Hooked, other: Hooked, accesses: AccessList) -> bool:
        alike = (one.pair, one.terms, one.known_by) == (other.pair, other.terms, other.known_by)
        entry = other.lead.key
        if not alike or entry is None or entry not in (one.lead.key, *self._kept_as(one)):
            return False
        return self._stays(entry, one) and self._always(other, one, accesses) and self._is_everywhere(one, other)

    # --- hooks ---

    def _hooked(self, access: Access, which: str, accesses: AccessList) -> tuple[Hooked, ...]:
        """The hooks of that sort which lead to an access."""
        whole = not (access.nested or access.bulk) and access.handed is None
        if not whole or not any(self._pairs(scope, which) for scope in self.graph.above(access.scope)):
            return ()
        known: list[tuple[Literal["key", "value"], m.Expr | None]] = [("key", access.key)]
        if access.kind == "insert":
            known.append(("value", access.value))
        else:
            known += [("value", expr) for expr in self._compared(access, accesses)]
        return tuple(hooked for by, expr in known for hooked in self._climbed(access, which, by, expr))

    def _climbed(
        self, access: Access, which: str, by: Literal["key", "value"], expr: m.Expr | None
    ) -> Iterator[Hooked]:
        shape = self.around.shapes.written(expr, access.scope, access.op) if expr is not None else None
        if shape is None:
            return
        for lead in self.around.leads(Lead(_plain(shape), (access.place,))):
            if lead.key is not None:
                for pair, terms in self._pairs(lead.scope, which):
                    known = lead._replace(key=self._told(_plain(lead.key), lead.scope, pair))
                    yield Hooked(access, known, pair, terms, by)

    @listed
    def _pairs(self, scope: ScopeId, which: str) -> Iterator[tuple[Pair, tuple[m.Arg, ...]]]:
        """The pairs in which a function is what begins or what ends, with the further arguments of its decorator."""
        facts, owner = self.program.facts(scope), self.program.owner_class(scope)
        if owner is not None:
            for base in sorted(self.resolver.all_outside_bases(owner)):
                yield from ((pair, ()) for pair in self.catalog.pair_base(base) if facts.name in getattr(pair, which))
        outside = self.program.parent(scope) or scope
        for call in self.execution.timers.decorations(scope):
            for pair in catalogued(call.func, outside, self.resolver, self.catalog.pairs):
                if _event(call, facts.name, pair) in getattr(pair, which):
                    yield pair, tuple(argument for argument in call.args if argument.keyword is not None)

    # --- keys ---

    def _compared(self, removal: Access, accesses: AccessList) -> Iterator[m.Expr]:
        """What the value of an entry is compared with in the loop over the container that gives a removal its key."""
        facts = self.program.facts(removal.scope)
        items = self._items(removal, accesses)
        for frame in facts.frames if items else ():
            match frame.head:
                case m.Compare(left=left, ops=("==" | "is",), items=(right,)) if frame.kind == "if":
                    if left in items or right in items:
                        yield right if left in items else left

    def _items(self, removal: Access, accesses: AccessList) -> tuple[m.Expr, ...]:
        """The names that a loop over the container gives a value, where the key of a removal is one of them."""
        facts, nodes = self.program.facts(removal.scope), accesses.nodes(removal.scope)
        for index in layout(facts).by_kind.get("for", ()):
            head, target = facts.frames[index].head, facts.frames[index].target
            if isinstance(target, m.Display) and removal.key in target.items:
                if head is not None and any(id(node) in nodes for node in w.walk(head)):
                    return target.items
        return ()

    def _told(self, shape: Shape, hook: ScopeId, pair: Pair) -> Shape:
        """A key as every hook of a pair knows it."""
        if shape.tag == "self":
            return _SELF
        if shape.tag == "name" and shape.parts[1] == hook:
            bound = self.program.only(hook, str(shape.parts[0]))
            if bound is not None and bound.kind == "parameter":
                name = self.program.facts(hook).parameters[bound.index].name
                if bound.index - (self.program.owner_class(hook) is not None) == pair.subject:
                    return _SUBJECT
                return Shape("keyword", (name,)) if name in pair.keywords else shape
        return Shape(shape.tag, tuple(self._told(p, hook, pair) if isinstance(p, Shape) else p for p in shape.parts))

    @listed
    def _kept_as(self, one: Hooked) -> Iterator[Shape]:
        """The attributes of its own object in which a hook keeps a key."""
        facts = self.program.facts(one.hook)
        own = [m.Name(parameter.name) for parameter in facts.parameters[:1]]
        for op, operation in enumerate(facts.ops):
            action = operation.action
            value = action.value if isinstance(action, m.Assign) else None
            for target in action.targets if isinstance(action, m.Assign) and value is not None else ():
                if isinstance(target, m.Attr) and target.base in own and value is not None:
                    shape = self.around.shapes.of(value, one.hook, op)
                    if shape is not None and self._told(_plain(shape), one.hook, one.pair) == one.lead.key:
                        yield Shape("attribute", (_SELF, target.name))

    def _stays(self, entry: Shape, one: Hooked) -> bool:
        """Whether the attributes by which an entry is known are set by the first hook at the latest."""
        owner = self.program.owner_class(one.hook)
        first = {*name_lists().constructors, *one.pair.begins, *one.pair.before}
        if owner is None:
            return True
        classes = {each for cls in (owner, *self.flow.hierarchy.subclasses(owner)) for each in self.resolver.mro(cls)}
        names = tuple(_attributes(entry))
        writes = (each for name in names for cls in classes for each in self.resolver.writes(cls).get(name, ()))
        return all(self.program.facts(write.scope).name in first or write.value == NONE for write in writes)

    # --- whether the partner always removes ---

    def _always(self, other: Hooked, one: Hooked, accesses: AccessList) -> bool:
        """Whether a hook comes to its removal whenever there is such an entry."""
        known = {part.expr for scope, op in one.lead.way for part in held_at(self.program.facts(scope), op)}
        for scope, op in other.lead.way:
            facts, nodes = self.program.facts(scope), accesses.nodes(scope)
            if any(facts.frames[frame].kind in {"except", "try-else", "case"} for frame in frames_of(facts, op)):
                return False
            for part in held_at(facts, op):
                about = any(id(node) in nodes for node in w.walk(part.expr)) or part.expr in known
                if not (about or self._is_of_entry(part, other.access, one, accesses)):
                    return False
        return True

    def _is_of_entry(self, asked: Asked, removal: Access, one: Hooked, accesses: AccessList) -> bool:
        """Whether a test asks for the entry: for its key, for its value in a walk, or for a flag that the first hook
        sets with it."""
        entry = (removal.key, *self._items(removal, accesses))
        if isinstance(asked.expr, m.Compare) and flag_of(asked.expr) is None:
            return any(part in entry for part in w.walk(asked.expr))
        flag = flag_of(asked.expr)
        if flag is None or is_so(asked, NONE):
            return False
        if removal.key is not None and flag in w.walk(removal.key):
            return True
        actions = [op.action for op in self.program.facts(one.hook).ops]
        sets = (a for a in actions if isinstance(a, m.Assign) and isinstance(a.value, m.Const) and flag in a.targets)
        return isinstance(flag, m.Attr) and any(isinstance(a.value, m.Const) and is_so(asked, a.value) for a in sets)

    def _is_everywhere(self, one: Hooked, other: Hooked) -> bool:
        """Whether each class whose first hook puts in has a last one that takes out."""
        owner = self.program.owner_class(one.hook)
        if owner is None:
            return True
        adding, taking = (self.graph.above(each.access.scope) for each in (one, other))
        derived = self.flow.hierarchy.subclasses(owner)
        for cls in (owner, *derived):
            begins = [f for name in one.pair.begins for f in self.resolver.methods(cls, name)]
            ends = [f for name in one.pair.ends for f in self.resolver.methods(cls, name)]
            is_base = cls == owner and bool(derived) and not ends
            if not is_base and any(f in adding for f in begins) and not any(f in taking for f in ends):
                return False
        return True

    # --- what may keep it from that ---

    def _is_sure(self, one: Hooked, other: Hooked) -> bool:
        """Whether no error keeps the last hook from its removal."""
        if one.pair.skipped == "any" or (one.pair.skipped == "opening" and self._may_end(*one.lead.place)):
            return False
        return all(
            in_cleanup(self.program.facts(scope), op) or self._risks.first_behind(scope, -1) >= op
            for scope, op in other.lead.way
        )

    def _may_end(self, scope: ScopeId, op: int) -> bool:
        """Whether a first hook may fail, or refuse what it opens, behind an operation."""
        facts = self.program.facts(scope)
        refused = any(
            isinstance(each.action, m.Raise) or (isinstance(each.action, m.Return) and each.action.value == _REFUSED)
            for each in facts.ops[op + 1 :]
        )
        return refused or self._risks.first_behind(scope, op) < inf


def _plain(shape: Shape) -> Shape:
    """A key in which an object stands for itself, whatever is set on it in between."""
    if shape.tag == "self":
        return Shape("self", shape.parts[:1])
    return Shape(shape.tag, tuple(_plain(part) if isinstance(part, Shape) else part for part in shape.parts))


def _attributes(entry: Shape) -> Iterator[str]:
    """The attributes of the object itself in a key."""
    if entry.tag == "attribute" and entry.parts[0] == _SELF:
        yield str(entry.parts[1])
    for part in entry.parts:
        if isinstance(part, Shape):
            yield from _attributes(part)


def _event(call: m.Call, function: str, pair: Pair) -> str:
    """The event at which a decorated function is called."""
    first = call.args[0] if call.args else None
    if first is not None and first.keyword is None and isinstance(first.value, m.Const):
        return first.value.value
    base = call.func.base if isinstance(call.func, m.Attr) else None
    words = (w.last_name(call.func), w.last_name(base) if base is not None else "", function)
    return next((word for word in words if word in {*pair.begins, *pair.ends}), "")
