"""What holds a container and how long: names of modules, class attributes, attributes of singletons.

One container has these views, each made from the one before: `ContainerKind` (the catalogue's entry: a type and what
its methods do), `Made` (`making`: an expression that makes one of a kind), `Holder` (here: where one that lasts is
held) and `Container` (`verdicts/container`: the holder with all that is done to it). `Allocation` (`dataflow/values`)
is no view of it: the value that a display or call of a builtin gives, long-lived or not, by which two names are told
apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.keepers import is_local, lasts_as_body
from unbounded_lint.link.containers.lifetimes import Life, Lifetimes
from unbounded_lint.link.containers.making import Made, Making, foremost
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Variable
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import Class, ExternalResult, argument_of, is_fresh
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.blocks import frames_of, in_block, sure_frame
from unbounded_lint.link.program.definitions import AT_ENTRY
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import LinkedModule, Place, ScopeId, Site


@dataclass(frozen=True, slots=True)
class Holder:
    """A long-lived container: where it is held and what makes that last, where it is defined first, and all that is
    assigned to it."""

    handle: Handle
    symbol: str
    name: str
    life: Life
    scope: ScopeId
    op: int
    made: Made
    definitions: tuple[Place, ...]

    @property
    def origin(self) -> Place | None:
        """The call by which a parameter gets its default, where that is what is held; None for all others."""
        if isinstance(self.handle, Variable) and self.handle.scope != self.scope and self.handle.scope.index:
            return self.handle.scope, AT_ENTRY
        return None


_Bound: TypeAlias = tuple[m.Expr | None, ScopeId, int]
"""What is bound to a name, where."""

_Found: TypeAlias = tuple[Made, tuple[Place, ...]]
"""What a name holds, and the operations that make it."""


class Containers(Query):
    """Finds the long-lived containers of a module. Where it is told how to see what matters, it leaves out the other
    attributes before it asks how long their owners last, which takes longer."""

    def __init__(
        self, flow: Flow, making: Making, lifetimes: Lifetimes, matters: Callable[[Holder], bool] | None = None
    ) -> None:
        super().__init__(flow)
        self.making = making
        self.lifetimes = lifetimes
        self.matters = matters
        families = sorted({kind.family for kind in self.catalog.data.containers})
        self._inserting = {"get", "__setitem__"}.union(
            *(self.catalog.methods_that_insert(family) for family in families)
        )

    def of_module(self, module: LinkedModule) -> Iterator[Holder]:
        """The long-lived containers that a module defines, in source order of their scopes."""
        yield from self._held(ScopeId(module.path, 0), Life("module"))
        for index, scope in enumerate(module.facts.scopes):
            here = ScopeId(module.path, index)
            if scope.kind == "class":
                if not is_local(self.program, here):
                    yield from self._held(here, Life("class"))
                yield from self._of_instances(here)
            elif scope.kind == "function":
                yield from self._of_frame(here)
        yield from self._of_others(module)

    def _held(self, owner: ScopeId, life: Life) -> Iterator[Holder]:
        for name, bindings in self.program.of(owner).names.of(owner.index).items():
            if name.startswith("__") and name.endswith("__"):
                continue
            found = self._made_by_bindings(owner, bindings)
            if found is None:
                continue
            if life.kind == "class" and (self.is_default(owner, name) or self.is_field(owner, name)):
                continue
            yield self._holder(owner, name, life, found)

    def _holder(self, owner: ScopeId, name: str, life: Life, found: _Found) -> Holder:
        made, places = found
        facts = self.program.facts(owner)
        symbol = f"{self.program.of(owner).name}:{facts.qualname}{'.' if facts.qualname else ''}{name}"
        handle: Handle = Attribute(owner, name) if facts.kind == "class" else Variable(owner, name)
        return Holder(handle, symbol, name, life, *places[0], made, places)

    def _made(self, bound: Iterable[_Bound]) -> tuple[Made | None, list[Place]]:
        """What speaks for a name among what is bound to it, and where any container is."""
        made = {
            (scope, op): one
            for expr, scope, op in bound
            if expr is not None and (one := self.making.made(expr, scope)) is not None
        }
        return foremost(made.values()), list(made)

    def _made_by_bindings(self, owner: ScopeId, bindings: tuple[Binding, ...]) -> _Found | None:
        """The container a name is bound to, and the operations that bind one in the owner's own scope (or in a function
        that declares the name global, where no other does)."""
        given = ((binding.given, ScopeId(owner.path, binding.scope), binding.op) for binding in bindings)
        bound = [each for each in given if each[0] is not None and self.is_live(*each[1:])]
        chosen, places = self._made(each for each in bound if not self._is_bound_anew(owner, each, bound))
        own = [place for place in places if place[0] == owner]
        return (chosen, tuple(own or places)) if chosen is not None else None

    def _is_bound_anew(self, owner: ScopeId, one: _Bound, bound: Iterable[_Bound]) -> bool:
        """Whether the body of a module or class binds a name to another container after one in any case: whatever runs
        later finds that."""
        facts, (_, scope, op) = self.program.facts(owner), one
        return facts.kind != "function" and any(
            scope == at == owner
            and later > op
            and in_block(facts, sure_frame(facts, later), op)
            and expr is not None
            and self.making.made(expr, owner) is not None
            for expr, at, later in bound
        )

    def is_live(self, scope: ScopeId, op: int) -> bool:
        """Whether the operation stands outside `if TYPE_CHECKING`."""
        facts = self.program.facts(scope)
        heads = (facts.frames[index].head for index in frames_of(facts, op) if facts.frames[index].kind == "if")
        return not any(head is not None and w.last_name(head) == "TYPE_CHECKING" for head in heads)

    def is_default(self, cls: ScopeId, name: str) -> bool:
        """Whether instances get a value of their own in place of the class's."""
        relatives = (*self.resolver.mro(cls), *self.flow.hierarchy.subclasses(cls))
        return any(
            not write.on_class for relative in relatives for write in self.resolver.writes(relative).get(name, ())
        )

    def is_field(self, cls: ScopeId, name: str) -> bool:
        """Whether a class-level assignment declares a field that every instance gets anew."""
        if self.resolver.all_outside_bases(cls) & name_lists().copied_defaults:
            return True
        makers = name_lists().field_makers
        calls = [b.expr for b in self.program.bound(cls, name) if isinstance(b.expr, m.Call)]
        made = (value for call in calls for value in self.resolver.values(call, cls))
        return any(not makers.isdisjoint(self.resolver.names(call.func, cls)) for call in calls) or any(
            isinstance(value, ExternalResult) and value.name in makers for value in made
        )

    def _of_instances(self, cls: ScopeId) -> Iterator[Holder]:
        for name, found in self._instance_holders(cls):
            holder = self._holder(cls, name, Life("class"), found)
            if self.matters is not None and not self.matters(holder):
                continue
            if lasts_as_body(self.program, cls) and self._is_set_on_class(cls, name):
                yield holder
            elif (life := self.lifetimes.of_class(cls)) is not None:
                yield replace(holder, life=life.part())

    def _is_set_on_class(self, cls: ScopeId, name: str) -> bool:
        """Whether methods bind an attribute on the class itself, whatever objects there are of it."""
        return any(write.on_class for write in self.resolver.writes(cls).get(name, ()))

    def _of_frame(self, function: ScopeId) -> Iterator[Holder]:
        """The containers that are local variables of a function whose frame lasts, or which one that lasts captures;
        and those that are defaults of its parameters, which last as the function does."""
        facts = self.program.facts(function)
        waits = self.lifetimes.serving.may_wait(function)
        for name, bindings in self.program.of(function).names.of(function.index).items():
            own = tuple(b for b in bindings if b.scope == function.index and b.kind in {"value", "part"})
            fresh = any(b.given is not None and is_fresh(b.given) for b in own)
            if not fresh or not (waits or self._is_mentioned_inside(function, name)):
                continue
            if not self._grows_inside(function, name):
                continue
            life = self.lifetimes.of_variable(function, name)
            found = self._made_by_bindings(function, own) if life is not None else None
            if found is not None and life is not None:
                yield self._holder(function, name, life, found)
        outside = self.program.parent(function)
        for index, parameter in enumerate(facts.parameters):
            if parameter.default is None or outside is None or not self._grows_inside(function, parameter.name):
                continue
            made = self.making.made(parameter.default, outside)
            if made is not None and not is_local(self.program, function) and self.may_be_left_out(function, index):
                place = (outside, self.program.of(function).defined_at(function.index))
                yield self._holder(function, parameter.name, Life("module", 1), (made, (place,)))

    def may_be_left_out(self, function: ScopeId, index: int) -> bool:
        """Whether some call may leave out a parameter of a function: one that cannot be seen, or is seen to do so."""
        execution, facts = self.lifetimes.execution, self.program.facts(function)
        seen = execution.roots.has_entry_points or facts.name.startswith("_")
        sites = self.flow.call_sites(function) if seen and self.flow.is_only_called(function) else ()
        if not sites or execution.is_begun(function):
            return True
        return any(argument_of(facts, index, site) is None for site in sites)

    def _is_mentioned_inside(self, function: ScopeId, name: str) -> bool:
        """Whether a function inside another mentions a name."""
        return any(site.scope != function for site in self.program.of(function).sites_within(function.index, name))

    def _of_others(self, module: LinkedModule) -> Iterator[Holder]:
        """The containers that the module hangs on objects that last: those of other packages, and those of classes of
        the project that do not make such a container themselves."""
        seen: set[Handle] = set()
        for index, scope in enumerate(module.facts.scopes):
            here = ScopeId(module.path, index)
            for op, one in enumerate(scope.ops):
                if not isinstance(one.action, m.Assign) or one.action.value is None or not is_fresh(one.action.value):
                    continue
                targets = [target for target in one.action.targets if isinstance(target, m.Attr | m.Sub)]
                made = self.making.made(one.action.value, here) if targets else None
                if made is None:
                    continue
                for target in targets:
                    holder = self._hung(module, target, made, here, op) or self._given_to_object(target, here, op)
                    if holder is not None and holder.handle not in seen:
                        seen.add(holder.handle)
                        yield holder

    def _hung(self, module: LinkedModule, target: m.Expr, made: Made, here: ScopeId, op: int) -> Holder | None:
        """What an assignment hangs on an object of another package."""
        handle = self.lifetimes.keepers.foreign(target, here, op)
        if handle is None:
            return None
        symbol = f"{module.name}:{handle.below}.{handle.name}"
        return Holder(handle, symbol, handle.name, Life("application"), here, op, made, ((here, op),))

    def _given_to_object(self, target: m.Expr, here: ScopeId, op: int) -> Holder | None:
        """What an assignment gives a class of the project, or an object of one that lasts, whose class has no container
        of that name: None but for the first of all that give it one, and where it cannot be told which class it is."""
        if not isinstance(target, m.Attr):
            return None
        owners = self.resolver.owners(target.base, here)
        if len(owners) != 1:
            return None
        (cls,), name = owners, target.name
        if not self._is_of_interest(cls, name) or self._holds(cls, name):
            return None
        given = self.resolver.assigned(name, owners)
        chosen, places = self._made((_value(self.program.facts(g.scope), g.op), g.scope, g.op) for g in given)
        if chosen is None or min(places) != (here, op):
            return None
        on_class = Class(cls) in self.resolver.values(target.base, here)
        if on_class and lasts_as_body(self.program, cls):
            return self._holder(cls, name, Life("class"), (chosen, (min(places),)))
        life = self.lifetimes.of_class(cls)
        return self._holder(cls, name, life.part(), (chosen, (min(places),))) if life is not None else None

    def _holds(self, cls: ScopeId, name: str) -> bool:
        """Whether a class, or a relative, makes a container of that name itself."""
        for one in {*self.resolver.mro(cls), *self.flow.hierarchy.subclasses(cls)}:
            written = ((write.value, write.scope, write.op) for write in self.resolver.writes(one).get(name, ()))
            if self._made(written)[0] is not None or self._made_by_bindings(one, self.program.bound(one, name)):
                return True
        return False

    def _grows_inside(self, function: ScopeId, name: str) -> bool:
        """Whether anything in a function could insert into a variable of it."""
        return any(map(self._inserts_or_hands_on, self.program.of(function).sites_within(function.index, name)))

    def _is_of_interest(self, cls: ScopeId, name: str) -> bool:
        """Whether an attribute is looked at: anything in the program could insert into it.

        A quick look, which spares most classes the search for their instances.
        """
        if self.matters is None:
            return True
        owners, others = self._growing(name)
        return others or not owners.isdisjoint(self.flow.hierarchy.kin(cls))

    @kept
    def _growing(self, name: str) -> tuple[frozenset[ScopeId], bool]:
        """The classes whose own bodies and methods could insert into their attribute of that name; or whether anything
        else could do so, to one of whatever class."""
        owners = set[ScopeId]()
        for site in self.program.sites(name):
            is_name = isinstance(site.node, m.Name)
            if (is_name and self.program.facts(site.scope).kind != "class") or not self._inserts_or_hands_on(site):
                continue
            owner = site.scope if is_name else self.flow.receiving(site)
            if owner is None or self.flow.hierarchy.is_protocol(owner):
                return frozenset(), True
            owners.add(owner)
        return frozenset(owners), False

    def _inserts_or_hands_on(self, site: Site) -> bool:
        action = self.program.op(site).action
        match site.parent:
            case None:
                if isinstance(action, m.Assign):
                    return action.value is site.node
                return isinstance(action, m.AugAssign | m.Return)
            case m.Sub(base=base) if base is site.node:
                return len(site.parents) > 1 or isinstance(action, m.Assign | m.AugAssign)
            case m.Attr(name=method):
                return method in self._inserting or len(site.parents) < 2
            case m.Call(func=func):
                return not (isinstance(func, m.Name) and func.id in name_lists().readers)
            case m.Compare() | m.Unary() | m.Comp() | m.FString() | m.Binary():
                return False
        return True

    def _by_name(self, value: m.Expr | None, scope: ScopeId) -> m.Expr | None:
        """What an attribute is given: of a local name that does not last itself, what it stands for."""
        if not isinstance(value, m.Name) or not scope.index:
            return value
        bound = self.program.only(scope, value)
        if bound is None or bound.kind not in {"value", "part"} or bound.given is None or not is_fresh(bound.given):
            return value
        return value if self.lifetimes.of_variable(scope, value.id) is not None else bound.given

    def _instance_holders(self, cls: ScopeId) -> Iterator[tuple[str, _Found]]:
        writes, assigned = self.resolver.writes(cls), set[str]()
        for name, written in writes.items():
            if not self._is_of_interest(cls, name):
                continue
            if not self.is_default(cls, name) and self._made_by_bindings(cls, self.program.bound(cls, name)):
                continue  # the body of the class holds it already
            given = ((self._by_name(write.value, write.scope), write.scope, write.op) for write in written)
            chosen, places = self._made(given)
            initial = [place for place in places if self.program.facts(place[0]).name in name_lists().constructors]
            if chosen is not None:
                assigned.add(name)
                yield name, (chosen, tuple(initial or places[:1]))
        for name, bindings in self.program.of(cls).names.of(cls.index).items():
            if name in assigned or all(binding.given is None for binding in bindings):
                continue
            if self._is_of_interest(cls, name) and self.is_field(cls, name):
                found = self._made_by_bindings(cls, bindings)
                if found is not None:
                    yield name, found


def _value(facts: m.Scope, op: int) -> m.Expr | None:
    """What an assignment gives its targets; None for what is no assignment."""
    action = facts.ops[op].action
    return action.value if isinstance(action, m.Assign) else None
