"""One step of a value: from where it stands to what is done with it there, or to what holds it next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Returned, Use, UseKind, Variable, Yielded
from unbounded_lint.link.dataflow.hierarchy import Hierarchy, is_declared_only
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.scoping import is_static
from unbounded_lint.link.dataflow.values import Class, External, Function, Value, ordered, outcomes
from unbounded_lint.link.program.definitions import AT_ENTRY, Reaching
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId, Site, stored
from unbounded_lint.link.program.program import Program


class Item(msgspec.Struct, frozen=True, gc=False):
    """Something that holds the value from now on."""

    handle: Handle
    bound: int
    guess: bool
    origin: Place | None = None
    """What gave it the value: for a local name the one assignment, or the call; for an attribute the assignment to it,
    or the call that made its object."""
    answered: bool = False
    """The function gives this parameter back, and where the call's result goes is followed from the call itself."""


class Taken(msgspec.Struct, frozen=True, gc=False):
    """One step from where a value stands: what is done with it there, and what holds it next."""

    uses: tuple[Use, ...]
    items: tuple[Item, ...]


class Steps:
    """Takes steps forwards. Strict ones do not lead into an attribute that is bound to other things elsewhere: what is
    done to that need not concern this value."""

    def __init__(
        self, program: Program, declared: Resolver, hierarchy: Hierarchy, reaching: Reaching, *, strict: bool
    ) -> None:
        self.program = program
        self.declared = declared
        self.hierarchy = hierarchy
        self.reaching = reaching
        self.strict = strict
        self._taken: dict[int, Taken] = {}

    def of(self, site: Site, bound: int, guess: bool) -> Taken:
        """The step of a value that stands at a site."""
        # One number for each way to stand somewhere: of hundreds of thousands, tuples would take three times as much.
        standing = ((bound << 32 | site.op) << 1 | guess) << 64 | id(site.node)
        known = self._taken.get(standing)
        if known is None:
            found = tuple(self._take(site, bound, guess))
            items = tuple(out for out in found if isinstance(out, Item))
            known = self._taken[standing] = Taken(tuple(out for out in found if isinstance(out, Use)), items)
        return known

    def _onward(self, site: Site, bound: int, guess: bool) -> Iterator[Use | Item]:
        """The step of what stands at a site for a value as well."""
        taken = self.of(site, bound, guess)
        yield from taken.uses
        yield from taken.items

    def _take(self, site: Site, bound: int, guess: bool) -> Iterator[Use | Item]:
        node, parents = site.node, site.parents
        while parents and _passes_up(parents[-1], node):
            if isinstance(parents[-1], m.Walrus):
                yield from self.to_target(m.Name(parents[-1].target), site.scope, bound, guess)
            node, parents = parents[-1], parents[:-1]
        here = site if node is site.node else Site(site.scope, site.op, node, parents)
        if not parents:
            yield from self._at_top(here, bound, guess)
            return
        parent = parents[-1]
        match parent:
            case m.Call(func=func) if func is node:
                yield Use("called", here, bound, guess)
            case m.Call():
                yield from self._as_argument(here, parent, bound, guess)
            case m.Attr(name="__func__"):
                yield from self._onward(here.outer, 0, guess)
            case m.Attr():
                yield Use("member", here, bound, guess)
            case m.Sub(base=base):
                yield Use("subscript" if base is node else self._as_index(here), here, bound, guess)
            case m.Compare(ops=ops, items=items):
                contained = any(o in {"in", "not in"} and i is node for o, i in zip(ops, items, strict=True))
                yield Use("contained" if contained else "tested", here, bound, guess)
            case m.Unary(op="not"):
                yield Use("tested", here, bound, guess)
            case m.Comp(clauses=clauses):
                iterated = any(c.iterable is node for c in clauses)
                yield Use("iterated" if iterated else "read", here, bound, guess)
            case m.Yield(is_from=False):
                yield Item(Yielded(here.scope), bound, guess)
                yield Use("escaped", here, bound, guess)
            case m.Display():
                yield from self._in_display(here, parent, bound, guess)
            case m.Star() | m.Yield():
                yield Use("iterated", here, bound, guess)
            case m.DictDisplay():
                yield Use("kept", here, bound, guess)
            case _:
                yield Use("read", here, bound, guess)

    def _as_index(self, site: Site) -> UseKind:
        """What a subscript does with its index: one that is written to keeps it, as a key."""
        return "read" if stored(self.program.op(site).action, site.outer) is None else "kept"

    def _at_top(self, site: Site, bound: int, guess: bool) -> Iterator[Use | Item]:
        op = self.program.op(site)
        match op.action:
            case m.Assign(targets=targets, value=value):
                if value is site.node:
                    for target in targets:
                        reached = list(self.to_target(target, site.scope, bound, guess, site.op))
                        yield from reached
                        if not reached and isinstance(target, m.Sub | m.Attr):
                            yield Use("kept", site, bound, guess)
                elif any(target is site.node for target in targets):
                    yield Use("rebound", site, bound, guess)
            case m.AugAssign(target=target):
                yield Use("augmented" if target is site.node else "read", site, bound, guess)
            case m.Delete():
                yield Use("deleted", site, bound, guess)
            case m.Return():
                yield Item(Returned(site.scope), bound, guess)
                yield Use("escaped", site, bound, guess)
            case m.Eval(role="decorator"):
                yield Use("decorates", site, bound, guess)
            case m.Eval(role="for"):
                yield Use("iterated", site, bound, guess)
            case m.Eval(role="with"):
                yield Use("entered", site, bound, guess)
                for frame in self.program.facts(site.scope).frames:
                    if frame.kind == "with" and frame.head is site.node and isinstance(frame.target, m.Name):
                        yield from self.to_target(frame.target, site.scope, bound, guess)
            case m.Eval(role="if" | "while" | "assert"):
                yield Use("tested", site, bound, guess)
            case _:
                yield Use("read", site, bound, guess)

    def to_target(
        self, target: m.Expr, scope: ScopeId, bound: int, guess: bool, origin: int | None = None
    ) -> Iterator[Item]:
        place = None if origin is None else (scope, origin)
        for handle in self.declared.handles(target, scope):
            if isinstance(handle, Attribute):
                if not (self.strict and self._holds_others(handle.cls, handle.name)):
                    yield Item(handle, bound, guess, place)
            else:
                own = isinstance(target, m.Name) and handle.scope == scope
                yield Item(handle, bound, guess, place if own else None)

    def _holds_others(self, cls: ScopeId, name: str) -> bool:
        """Whether an attribute is bound to different things in different places.

        Then what is done to it need not concern this value.
        """
        writes = [
            write.value
            for c in self.declared.mro(cls)
            for write in self.declared.writes(c).get(name, ())
            if write.value is not None
        ]
        return len([value for value in writes if not isinstance(value, m.Const)]) > 1

    def _as_argument(self, site: Site, call: m.Call, bound: int, guess: bool) -> Iterator[Use | Item]:
        argument = next(a for a in call.args if a.value is site.node)
        if _falls_back(call, argument):
            yield from self._onward(site.outer, bound, guess)
        callees = ordered(self.declared.values(call.func, site.scope))
        known = False
        for callee in callees:
            name = callee.name if isinstance(callee, External) else ""
            if name in name_lists().partials and call.args[0].value is site.node:
                given = sum(1 for a in call.args[1:] if a.keyword is None and not a.star)
                yield Use("partial", site, bound, guess)
                yield from self._onward(site.outer, bound + given, guess)
                known = True
            elif name in name_lists().partials:
                for taken in self._held_by_partial(call, argument, site.scope):
                    known = True
                    yield Item(taken, bound, guess, (taken.scope, AT_ENTRY))
            elif name in name_lists().casts:
                yield from self._onward(site.outer, bound, guess)
                known = True
            else:
                for target in (callee, *self.hierarchy.implementations(callee)):
                    for item in self.into(target, call, argument):
                        known = known or not self._is_declared_only(target)
                        if not isinstance(item, Variable):
                            yield Item(item, bound, guess, (site.scope, site.op))
                            continue
                        answered = isinstance(target, Function) and self._gives_back(item)
                        yield Item(item, bound, guess, (item.scope, AT_ENTRY), answered)
                        if answered:
                            yield from self._onward(site.outer, bound, guess)
        if not known or any(isinstance(c, External) for c in callees):
            yield Use("argument", site, bound, guess)

    def _held_by_partial(self, call: m.Call, argument: m.Arg, scope: ScopeId) -> Iterator[Variable]:
        """The parameters of functions of the project that get an argument of a partial call of them."""
        func = call.args[0].value
        behind = m.Call(func, call.args[1:], call.span)
        for callee in ordered(self.declared.values(func, scope)):
            if isinstance(callee, Function):
                yield from (item for item in self.into(callee, behind, argument) if isinstance(item, Variable))

    def _is_declared_only(self, callee: Value) -> bool:
        return isinstance(callee, Function) and is_declared_only(self.program.facts(callee.scope))

    @kept
    def _gives_back(self, parameter: Variable) -> bool:
        """Whether a function returns a parameter as it came in."""
        facts = self.program.facts(parameter.scope)
        if facts.is_generator:
            return False
        for index, op in enumerate(facts.ops):
            if not isinstance(op.action, m.Return) or op.action.value is None:
                continue
            for node, parents in w.walk_with_parents(op.action.value):
                chain = (*parents, node)
                passed = all(_passes_up(above, below) for above, below in pairwise(chain))
                if passed and isinstance(node, m.Name) and node.id == parameter.name:
                    if not self.reaching.is_overwritten(parameter.scope, parameter.name, AT_ENTRY, index):
                        return True
        return False

    def into(self, callee: Value, call: m.Call, argument: m.Arg) -> Iterator[Handle]:
        """The parameter (or dataclass field) of a callee that an argument of a call becomes."""
        if isinstance(callee, Class):
            makers = self.declared.class_attribute(callee.scope, "__init__", on_class=False)
            functions = [v.scope for v in makers if isinstance(v, Function)]
            if not functions:
                yield from self._field(callee.scope, call, argument)
            for function in functions:
                yield from self._parameter(function, 1, call, argument)
        elif isinstance(callee, Function):
            facts = self.program.facts(callee.scope)
            bound = 1 if callee.receiver is not None and not is_static(facts) else 0
            yield from self._parameter(callee.scope, bound, call, argument)

    def _parameter(self, function: ScopeId, bound: int, call: m.Call, argument: m.Arg) -> Iterator[Handle]:
        parameters = self.program.facts(function).parameters
        if argument.keyword is not None:
            if any(p.name == argument.keyword for p in parameters):
                yield Variable(function, argument.keyword)
            return
        if argument.star:
            return
        positional = [a for a in call.args if a.keyword is None and a.star != "**"]
        place = next(i for i, a in enumerate(positional) if a is argument) + bound
        if any(a.star for a in positional[: place - bound]):
            return
        plain = [p for p in parameters if p.kind in {"normal", "positional-only"}]
        if place < len(plain):
            yield Variable(function, plain[place].name)

    def _field(self, cls: ScopeId, call: m.Call, argument: m.Arg) -> Iterator[Handle]:
        fields = [
            target.id
            for op in self.program.facts(cls).ops
            if isinstance(op.action, m.Assign) and op.action.annotation is not None
            for target in op.action.targets
            if isinstance(target, m.Name)
        ]
        if argument.keyword is not None:
            if argument.keyword in fields:
                yield Attribute(cls, argument.keyword)
            return
        place = next(i for i, a in enumerate(call.args) if a is argument)
        if not argument.star and place < len(fields):
            yield Attribute(cls, fields[place])

    def _in_display(self, site: Site, display: m.Display, bound: int, guess: bool) -> Iterator[Use | Item]:
        """A value written into a tuple or list: unpacked at once, looped over at once, or kept."""
        outer = site.parents[:-1]
        action = self.program.op(site).action
        if not outer and isinstance(action, m.Assign):
            if any(target is display for target in action.targets):
                yield Use("rebound", site, bound, guess)
                return
            for target in action.targets:
                if isinstance(target, m.Display) and len(target.items) == len(display.items):
                    position = next(i for i, item in enumerate(display.items) if item is site.node)
                    yield from self.to_target(target.items[position], site.scope, bound, guess)
        walked = tuple(self._walked(site, display))
        for target in walked:
            yield from self.to_target(target, site.scope, bound, guess)
        passed = tuple(self._passed_on(site, display, bound, guess))
        yield from passed
        if not passed and not walked:
            yield Use("kept", site, bound, guess)

    def _walked(self, site: Site, display: m.Display) -> Iterator[m.Expr]:
        """What the items of a display become one after the other, where a loop or a comprehension walks it at once."""
        action, outer = self.program.op(site).action, site.parents[:-1]
        if not outer and isinstance(action, m.Eval) and action.role == "for":
            for frame in self.program.facts(site.scope).frames:
                if frame.kind == "for" and frame.head is display and frame.target is not None:
                    yield frame.target
        if outer and isinstance(outer[-1], m.Comp):
            yield from (clause.target for clause in outer[-1].clauses if clause.iterable is display)

    def _passed_on(self, site: Site, display: m.Display, bound: int, guess: bool) -> Iterator[Item]:
        """`Thread(target=f, args=(value,))`: the value becomes a parameter of `f`."""
        call = site.parents[-2] if len(site.parents) > 1 else None
        if not isinstance(call, m.Call) or not any(a.keyword == "args" and a.value is display for a in call.args):
            return
        later = m.Call(call.func, tuple(m.Arg(item, None, "") for item in display.items), call.span)
        given = next(a for a in later.args if a.value is site.node)
        for argument in call.args:
            for callee in ordered(self.declared.values(argument.value, site.scope)):
                if isinstance(callee, Function):
                    yield from (Item(handle, bound, guess) for handle in self.into(callee, later, given))


def _falls_back(call: m.Call, argument: m.Arg) -> bool:
    """Whether a call gives back an argument where it finds nothing: `options.get(name, value)`, and the like."""
    match call:
        case (
            m.Call(func=m.Attr(name="get" | "pop"), args=(_, default))
            | m.Call(func=m.Name(id="getattr"), args=(_, _, default))
        ):
            return default is argument and argument.keyword is None and not argument.star
    return False


def _passes_up(parent: m.Expr, node: m.Expr) -> bool:
    """Whether the value of `parent` can be that of its part `node`."""
    match parent:
        case m.IfExp(test=test):
            return test is not node
        case m.BoolOp():
            return any(part is node for part in outcomes(parent))
        case m.Await() | m.Walrus():
            return True
    return False
