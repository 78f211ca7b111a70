"""What a key is made of: its domain, and the parameters of functions that it also comes from."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.questions import Nodes
from unbounded_lint.link.dataflow.values import Class, Instance
from unbounded_lint.link.program.program import ScopeId

DomainKind: TypeAlias = Literal["open", "closed", "unknown"]


@dataclass(frozen=True, slots=True)
class Domain:
    """kind is open, closed or unknown; `why` one clause; weak: it rests on a name or a missing annotation, not on
    data flow; hinted: on less than a source of ever new values, such as a root called `request` or a `+=`."""

    kind: DomainKind
    why: str
    weak: bool = False
    hinted: bool = False

    @property
    def rank(self) -> int:
        """How much it says about a whole of which it is a part: open most, closed least."""
        return ("closed", "unknown", "open").index(self.kind) * 2 + (not self.weak)


CLOSED_LITERAL = Domain("closed", "a literal")
UNKNOWN = Domain("unknown", "of unknown origin")


def stated(kind: str, why: str) -> Domain | None:
    """The domain that an entry of the catalogue states, None where it leaves it open what the domain is."""
    match kind:
        case "open" | "closed":
            return Domain(kind, why)
    return None


def join(parts: Iterable[Domain]) -> Domain:
    """The domain of something that can be any of the parts, or is made of all of them: open wins, then unknown."""
    return max(parts, key=lambda part: part.rank, default=UNKNOWN)


class Parameter(NamedTuple):
    """A parameter of a function, by its position."""

    function: ScopeId
    position: int


class Origin(NamedTuple):
    """What a value is made of: the domain of what is known of it (None: nothing yet), and the parameters that it is
    made of besides."""

    domain: Domain | None
    parameters: frozenset[Parameter] = frozenset()


NOT_KNOWN = Origin(UNKNOWN)
NOTHING_YET = Origin(None)

Asked: TypeAlias = Generator[Any, Any, Origin]
"""A part of an equation that gives an origin."""


def closed(why: str) -> Origin:
    """An origin from a closed set."""
    return Origin(Domain("closed", why))


def opened(why: str, *, weak: bool = False, hinted: bool = False) -> Origin:
    """An origin from an open set."""
    return Origin(Domain("open", why, weak, hinted))


def made_of(origins: Iterable[Origin]) -> Origin:
    """What is made of all of some origins; nothing is known of what is made of none."""
    found = list(origins)
    domains = [origin.domain for origin in found if origin.domain is not None]
    parameters = frozenset[Parameter]().union(*(origin.parameters for origin in found))
    if not found:
        return NOT_KNOWN
    return Origin(join(domains) if domains else None, parameters)


def widened(one: Origin, other: Origin) -> Origin:
    """What two rounds of a circle say together; of two domains that say as much, the first in the alphabet."""
    domains = [origin.domain for origin in (one, other) if origin.domain is not None]
    best = max((domain.rank for domain in domains), default=0)
    chosen = min((domain for domain in domains if domain.rank == best), key=lambda d: d.why, default=None)
    return Origin(chosen, one.parameters | other.parameters)


class OfUse(NamedTuple):
    """The domain of a key where an operation uses it, with nothing left to ask."""

    node: int
    scope: ScopeId
    op: int
    kind: str = "use"


class OfValue(NamedTuple):
    """What an expression is made of."""

    node: int
    scope: ScopeId
    kind: str = "value"


class OfItems(NamedTuple):
    """What the elements of an iterable are made of."""

    node: int
    scope: ScopeId
    kind: str = "items"


class OfVariable(NamedTuple):
    """What a variable of a scope is made of."""

    name: str
    owner: ScopeId
    kind: str = "variable"


class OfMember(NamedTuple):
    """What an attribute of a class or its instances is made of."""

    value: Instance | Class
    name: str
    kind: str = "member"


class OfResult(NamedTuple):
    """What a function returns, in terms of its parameters."""

    function: ScopeId
    kind: str = "result"


class OfArgument(NamedTuple):
    """The domain of what the callers of a function pass for a parameter, with nothing left to ask."""

    function: ScopeId
    position: int
    kind: str = "argument"


class OfKeywords(NamedTuple):
    """The domain of the keys of a `**parameter`; unknown where they are not words in the calls."""

    function: ScopeId
    kind: str = "keywords"


def settled(origin: Origin) -> Asked:
    """An origin with the domains of what callers pass in place of its parameters."""
    found = [] if origin.domain is None else [origin.domain]
    for parameter in sorted(origin.parameters):
        passed: Origin = yield OfArgument(*parameter)
        if passed.domain is not None:
            found.append(passed.domain)
    return Origin(join(found)) if found else NOTHING_YET


def is_closed(origin: Origin) -> bool:
    """Whether all that a settled origin is made of is closed."""
    return origin.domain is not None and origin.domain.kind == "closed" and not origin.parameters


class KeyNodes(Nodes):
    """The questions about expressions."""

    def value(self, expr: m.Expr, scope: ScopeId) -> OfValue:
        """The question what an expression is made of."""
        return OfValue(self.identity(expr), scope)

    def items(self, expr: m.Expr, scope: ScopeId) -> OfItems:
        """The question what the elements of an expression are made of."""
        return OfItems(self.identity(expr), scope)

    def use(self, expr: m.Expr, scope: ScopeId, op: int) -> OfUse:
        """The question for the domain of a key where it is used."""
        return OfUse(self.identity(expr), scope, op)
