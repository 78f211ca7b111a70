"""What an expression can be: modules, functions, classes, instances, containers and things from outside."""

from __future__ import annotations

from itertools import islice
from typing import TypeAlias

import msgspec

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.program.module import Place, ScopeId


class Module(msgspec.Struct, frozen=True, gc=False):
    """A module or package of the project."""

    name: str


class Function(msgspec.Struct, frozen=True, gc=False):
    """A function or lambda of the project; `receiver` is the class it was looked up on, if it is bound."""

    scope: ScopeId
    receiver: ScopeId | None = None


class Class(msgspec.Struct, frozen=True, gc=False):
    """A class of the project."""

    scope: ScopeId


class Instance(msgspec.Struct, frozen=True, gc=False):
    """Any instance of a class of the project."""

    scope: ScopeId


class External(msgspec.Struct, frozen=True, gc=False):
    """Something outside the project, by its dotted name; builtins have their bare name. `of_instance` marks what was
    looked up on an instance: it is data that comes and goes, not a definition of another package."""

    name: str
    of_instance: bool = False


class ExternalResult(msgspec.Struct, frozen=True, gc=False):
    """What calling something outside the project gave: an instance, mostly."""

    name: str


class Allocation(msgspec.Struct, frozen=True, gc=False):
    """A container written out or built in an assignment: the scope and operation that make it, and the name it first
    got."""

    scope: ScopeId
    op: int
    name: str


Value: TypeAlias = Module | Function | Class | Instance | External | ExternalResult | Allocation
Values: TypeAlias = frozenset[Value]
NOTHING: Values = frozenset()


def ordered(values: Values) -> tuple[Value, ...]:
    """The values in an order that does not depend on hashing."""
    return tuple(values) if len(values) < 2 else tuple(sorted(values, key=_order))


def functions_in(values: Values) -> tuple[Function, ...]:
    """The functions among values, in the order in which `ordered` has them."""
    found = [value for value in values if isinstance(value, Function)]
    return tuple(found if len(found) < 2 else sorted(found, key=_order))


def _order(value: Value) -> tuple[str, str, int, str]:
    match value:
        case Allocation(scope=scope, op=op, name=name):
            return "allocation", scope.path, scope.index * 1_000_000 + op, name
        case Class(scope=scope) | Instance(scope=scope):
            return value.__class__.__name__, scope.path, scope.index, ""
        case Function(scope=scope, receiver=receiver):
            return "function", scope.path, scope.index, "" if receiver is None else f"{receiver.path} {receiver.index}"
    return value.__class__.__name__, value.name, isinstance(value, External) and value.of_instance, ""


class CallSite(msgspec.Struct, frozen=True, gc=False):
    """One call of a function: where, the call (None for a bare decorator), how many leading parameters are bound, and
    whether the receiver was matched by the function's name alone."""

    scope: ScopeId
    op: int
    call: m.Call | None
    bound: int
    guess: bool = False

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.scope, self.op


def argument_of(facts: m.Scope, index: int, site: CallSite) -> m.Expr | None:
    """The expression that a call passes for the parameter at an index of a function, None when it passes none or it
    cannot be told."""
    return None if site.call is None else passed(site.call, facts.parameters[index], index - site.bound)


def gathered(facts: m.Scope, index: int, site: CallSite) -> tuple[m.Expr, ...] | None:
    """What a call gives a parameter that takes all that no other does, what it spreads and may be in it as a `Star`;
    None for any other parameter."""
    parameter = facts.parameters[index]
    if site.call is None or parameter.kind not in {"star", "double-star"}:
        return None
    if parameter.kind == "star":
        placed = [a for a in site.call.args if a.keyword is None and a.star != "**"]
        skipped = next((at for at, a in enumerate(placed) if a.star), len(placed))
        rest = placed[min(max(index - site.bound, 0), skipped) :]
    else:
        taken = {other.name for other in facts.parameters if other.kind in {"normal", "keyword-only"}}
        rest = [a for a in site.call.args if a.star == "**" or (a.keyword and a.keyword not in taken)]
    return tuple(m.Star(argument.value) if argument.star else argument.value for argument in rest)


def passed(call: m.Call, parameter: m.Parameter, position: int) -> m.Expr | None:
    """The expression that a call passes for a parameter that stands at a position of its arguments."""
    if parameter.kind in {"normal", "positional-only"} and 0 <= position < len(call.args):
        if all(a.keyword is None and not a.star for a in islice(call.args, position + 1)):
            return call.args[position].value
    return next((a.value for a in call.args if a.keyword == parameter.name), None)


def positional(call: m.Call) -> list[m.Expr]:
    """The arguments that a call is given by their places alone, one by one."""
    return [argument.value for argument in call.args if argument.keyword is None and not argument.star]


def outcomes(choice: m.BoolOp) -> tuple[m.Expr, ...]:
    """The parts of `a and b` or `a or b` that its value can be: of an `and` the last alone, since it is another only
    where that is nothing."""
    return choice.items[-1:] if choice.op == "and" else choice.items


def is_fresh(expr: m.Expr) -> bool:
    """Whether an expression makes a new container on the spot."""
    match expr:
        case m.DictDisplay() | m.Display():
            return True
        case m.Comp(kind=kind):
            return kind != "generator"
        case m.Call(func=m.Name(id=name) | m.Attr(name=name)):
            return name in name_lists().fresh
    return False
